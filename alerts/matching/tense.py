"""Whether the words around a place in an English text speak of what lies ahead or of what is past."""

from __future__ import annotations

import re

from alerts.matching.calendar import Direction
from steppewatch.languages import en

# So far to each side we look; news sentences keep their verb within this distance, and the cost stays linear.
_REACH = 160


def _words(cues: tuple[str, ...]) -> str:
    return "|".join(re.escape(cue).replace(r"\ ", r"\s+") for cue in sorted(cues, key=len, reverse=True))


_UP_TO = re.compile(r"\b(?:until|till|by)$", re.IGNORECASE)
_BORDER = re.compile(rf"[.,;:!?()\n\"“”—–]|(?<!appear )(?<!appears )(?<!appeared )\b(?:{_words(en.TENSE_BORDERS)})\b")
_CUE = re.compile(
    rf"(?:(?<![\w'])|(?='))(?:(?P<future>(?:will|shall|would|(?:is|are|due|set)\s+to)\s+be\s+[a-z]+|{_words(en.FUTURE_CUES)})|(?P<past>{_words(en.PAST_CUES)}|[a-z]{{2,}}ed))\b",
    re.IGNORECASE,
)


def direction_at(text: str, start: int, end: int) -> Direction:
    """Where a weekday at text[start:end] lies: by the last verb before it in its stretch of text, else the first one after."""
    cue = _cue_at(text, start, end)
    return Direction.AHEAD if cue == "future" else Direction.BACK


def is_past_at(text: str, start: int, end: int) -> bool:
    """Whether the words around a place tell of the past."""
    return _cue_at(text, start, end) == "past"


def _cue_at(text: str, start: int, end: int) -> str | None:
    before = text[max(start - _REACH, 0) : start].rstrip(" ,")
    if _UP_TO.search(before):
        return "future"
    stretch = before[max((border.end() for border in _BORDER.finditer(before)), default=0) :]
    cues = list(_CUE.finditer(stretch))
    if cues:
        return cues[-1].lastgroup
    after = text[end : end + _REACH].lstrip(" ,")
    border = _BORDER.search(after)
    cue = _CUE.search(after, 0, border.start() if border else len(after))
    return cue.lastgroup if cue else None
