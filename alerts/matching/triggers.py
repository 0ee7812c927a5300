"""Find the phrases in an English sentence that may tell an event."""

from __future__ import annotations

import re
from dataclasses import dataclass

from alerts.matching.sentences import Token
from steppewatch.languages import en_events as words
from steppewatch.languages.en_triggers import DAYS_NOT_YEARS, OTHER_SENSES, TRIGGERS, Frame
from steppewatch.model import EventType

_COMPILED = tuple(
    (kind, frame, re.compile(rf"(?<![\w-])(?:{pattern})(?![\w])", re.IGNORECASE)) for kind, frame, pattern in TRIGGERS
)
_OTHER_SENSE = re.compile("|".join(rf"(?<![\w-])(?:{pattern})(?!\w)" for pattern in OTHER_SENSES), re.IGNORECASE)
_DAYS, _YEARS = (re.compile(rf"(?<![\w-]){pattern}", re.IGNORECASE) for pattern in DAYS_NOT_YEARS)
_BASE_AFTER = (
    frozenset({"to", "police", "did", "does", "do", "didn't", "doesn't", "don't", "won't", "cannot"}) | words.MODALS | words.PLANS
)
# A headline capitalises most of its words; there a capital says nothing.
_HEADLINE_SHARE = 0.6
_TERM_REACH = 80


@dataclass(frozen=True, slots=True)
class Trigger:
    """A phrase that may tell an event: the words first..last of a sentence, text[start:end]."""

    type: EventType
    frame: Frame
    first: int
    last: int
    start: int
    end: int


def find_triggers(text: str, tokens: list[Token]) -> list[Trigger]:
    """The triggers of one sentence, in their order; where two overlap the one listed first stays."""
    if not tokens:
        return []
    low, high = tokens[0].start, tokens[-1].end
    sentence = text[low:high]
    barred = [(hit.start() + low, hit.end() + low) for hit in _OTHER_SENSE.finditer(sentence)]
    found: list[Trigger] = []
    for kind, frame, pattern in _COMPILED:
        for hit in pattern.finditer(sentence):
            trigger = _trigger(kind, frame, hit.start() + low, hit.end() + low, text, tokens)
            if trigger and not any(trigger.start < end and start < trigger.end for start, end in barred):
                found.append(trigger)
    return sorted(_first_of_overlapping(found), key=lambda one: one.first)


def _trigger(kind: EventType, frame: Frame, start: int, end: int, text: str, tokens: list[Token]) -> Trigger | None:
    inside = [index for index, token in enumerate(tokens) if token.start < end and start < token.end]
    if not inside:
        return None
    first, last = inside[0], inside[-1]
    if _is_title(tokens, first, last) or (frame is Frame.BASE) != _is_base(frame, tokens, first):
        return None
    if kind is EventType.SENTENCE and frame is not Frame.NOUN and _counts_days(text[end : end + _TERM_REACH]):
        kind = EventType.ARREST
    return Trigger(kind, frame, first, last, start, end)


def _is_base(frame: Frame, tokens: list[Token], first: int) -> bool:
    """Whether a word that may be noun or verb (arrest, release) is a verb here."""
    if frame not in (Frame.BASE, Frame.NOUN):
        return False
    if tokens[first].low.endswith("ing") and frame is Frame.BASE:
        return True
    before = next((tokens[index] for index in range(first - 1, -1, -1) if tokens[index].low not in words.ADVERBS), None)
    return before is not None and before.low in _BASE_AFTER and tokens[first].low in words.NOUN_OR_VERB


def _is_title(tokens: list[Token], first: int, last: int) -> bool:
    """Whether a phrase is a name or a title (House Arrest, Arrested Development): capitals where none belong."""
    if not tokens[last].capital and not tokens[first].capital:
        return False
    letters = [token for token in tokens if token.text[0].isalpha()]
    if sum(token.capital for token in letters) > _HEADLINE_SHARE * len(letters):
        return False
    return first > 0 or (last > first and tokens[last].capital)


def _counts_days(after: str) -> bool:
    return bool(_DAYS.search(after)) and not _YEARS.search(after)


def _first_of_overlapping(found: list[Trigger]) -> list[Trigger]:
    kept: list[Trigger] = []
    for one in found:
        rivals = [other for other in kept if one.first <= other.last and other.first <= one.last]
        if not rivals:
            kept.append(one)
        elif all(one.last - one.first > other.last - other.first for other in rivals):
            kept = [other for other in kept if other not in rivals] + [one]
    return kept
