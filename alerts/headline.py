"""What an alert says first, and the sentences it shows. Pure: words in, words out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alerts.render.clean import ELLIPSIS, inline, one_line
from alerts.render.words import event_name, on_date
from steppewatch.model import LIVE_STATUSES, Event, EventStatus, EventType, Excerpt, Mention, TextField

LONGEST_HEADLINE = 160
LONGEST_NAME = 80
CONTEXT = 240  # code points on either side of a mention in which the ends of its sentence are looked for
LONGEST_MARK = 120

# What somebody must hear first when one article tells several things.
_URGENCY = (
    EventType.DEATH_IN_CUSTODY,
    EventType.DISAPPEARANCE,
    EventType.EXTRADITION,
    EventType.ARREST,
    EventType.INTERNMENT,
    EventType.COURT_HEARING,
    EventType.HEARING_POSTPONED,
    EventType.SENTENCE,
    EventType.CHARGE,
    EventType.HOUSE_ARREST,
    EventType.RELEASE,
    EventType.APPEAL,
    EventType.RAID,
    EventType.ASYLUM,
    EventType.FORCED_LABOUR,
    EventType.PROTEST,
)
# A sentence of the article stands before the source's own summary of it; the title is shown anyway.
_FIELDS = (TextField.TEXT, TextField.LEAD, TextField.FEED, TextField.PAGE, TextField.TITLE)

# A full stop ends a sentence before white space, unless a single letter (an initial) or a form of address stands before
# it, or the text goes on in lower case (an abbreviation). Han and Arabic-script stops, and line ends, need no white space.
_SENTENCE_END = re.compile(
    r"""[。！？؟۔]['"”’»」]*\s*"""
    r"""|[!?…]['"”’»]*\s+"""
    r"""|(?<!\b\w)(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bMrs)(?<!\bProf)\.['"”’»]*\s+(?=[^\sa-zа-яё])"""
    r"""|\n\s*"""
)


def headline(watch_name: str, article_title: str, events: Sequence[Event]) -> str:
    """One line that says who and what: the most urgent event that happened or is due, else the article's title.

    `events` are those about the watch. "Court hearing on 8 April 2019: Sayragul Sauytbay", "Serikjan Bilash: <title>".
    """
    name = one_line(watch_name, LONGEST_NAME)
    live = [event for event in events if event.status in LIVE_STATUSES]
    if live:
        return one_line(f"{_event_headline(min(live, key=_urgency))}: {name}", LONGEST_HEADLINE)
    title = one_line(article_title, LONGEST_HEADLINE)
    return one_line(f"{name}: {title}" if title else name, LONGEST_HEADLINE)


def _urgency(event: Event) -> tuple[int, bool, str]:
    scheduled_first = event.status is not EventStatus.SCHEDULED
    return _URGENCY.index(event.type), scheduled_first, event.date or "9999"


def _event_headline(event: Event) -> str:
    words = event_name(event.type)
    if event.date is None:
        return words
    if event.type is EventType.HEARING_POSTPONED:
        return f"{words} to {on_date(event.date).partition(' ')[2]}"
    return f"{words} {on_date(event.date)}"


@dataclass(slots=True)
class _Sentence:
    """A sentence with at least one mention: [start:end] of a field, and the mentions in it."""

    field: TextField
    start: int
    end: int
    cut_before: bool
    cut_after: bool
    marks: list[tuple[int, int]]


def excerpts(texts: Mapping[TextField, str], mentions: Iterable[Mention], limit: int = 3) -> tuple[Excerpt, ...]:
    """The sentences around the mentions of one watch, each once, with the places of the name in it.

    The text of an excerpt is cleaned (`render.clean.inline`) and at most about 600 code points long. A mention whose
    offsets lie outside its field is passed over. The title is quoted only where nothing else can be.
    """
    found: dict[str, Excerpt] = {}
    for sentence in _sentences(texts, mentions):
        excerpt = _excerpt(texts[sentence.field], sentence)
        found.setdefault(excerpt.text, excerpt)
        if len(found) == limit:
            break
    return tuple(found.values())


def _sentences(texts: Mapping[TextField, str], mentions: Iterable[Mention]) -> list[_Sentence]:
    sentences: list[_Sentence] = []
    for mention in sorted(mentions, key=lambda mention: (_FIELDS.index(mention.field), mention.start)):
        text = texts.get(mention.field, "")
        if not 0 <= mention.start < mention.end <= len(text) or (mention.field is TextField.TITLE and sentences):
            continue
        mark = (mention.start, min(mention.end, mention.start + LONGEST_MARK))
        last = sentences[-1] if sentences else None
        if last is not None and last.field is mention.field and mark[0] < last.end:
            last.marks.append(mark)
        else:
            sentences.append(_sentence_around(text, mention.field, mark))
    return sentences


def _sentence_around(text: str, field: TextField, mark: tuple[int, int]) -> _Sentence:
    """The sentence of a mention, cut where it goes on for more than CONTEXT on a side."""
    left, right = max(0, mark[0] - CONTEXT), min(len(text), mark[1] + CONTEXT)
    # One code point more than the part before the name, because a full stop is judged by what follows it.
    ends = [found.end() for found in _SENTENCE_END.finditer(text, left, mark[0] + 1)]
    before = [end for end in ends if end <= mark[0]]
    after = _SENTENCE_END.search(text, mark[1], right)
    return _Sentence(
        field,
        before[-1] if before else left,
        after.end() if after else right,
        cut_before=not before and left > 0,
        cut_after=after is None and right < len(text),
        marks=[mark],
    )


def _excerpt(text: str, sentence: _Sentence) -> Excerpt:
    """Clean the sentence piece by piece, so that the marks still fit."""
    built = ELLIPSIS if sentence.cut_before else ""
    places: list[tuple[int, int]] = []
    position = sentence.start
    for start, end in sentence.marks:
        if start < position or end > sentence.end:
            continue
        piece = inline(text[position:start])
        built += piece if places else piece.lstrip()
        name = inline(text[start:end])
        places.append((len(built), len(built) + len(name)))
        built += name
        position = end
    built += inline(text[position : sentence.end]).rstrip()
    return Excerpt(built + (ELLIPSIS if sentence.cut_after else ""), tuple(places))
