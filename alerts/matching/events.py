"""Read what happened to whom from an English text, sentence by sentence."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from alerts.matching.attribution import whose
from alerts.matching.clauses import PlacedDate, Sentence, find_insertions
from alerts.matching.dates import FoundDate
from alerts.matching.people import Discourse, Named
from alerts.matching.sentences import Token, split_sentences, tokenize
from alerts.matching.status import status_of
from alerts.matching.timing import date_of, old_day, owners_of
from alerts.matching.triggers import Trigger, find_triggers
from steppewatch.languages import en_events as words
from steppewatch.languages.en_triggers import Frame
from steppewatch.model import Event, EventStatus, EventType, Mention, TextField, Watch

# No article is longer; what lies beyond is read for names only.
LONGEST_READ = 300_000
# A sentence longer than this is a list or a table.
_LONGEST_SENTENCE = 2_000
_MOST_WORDS, _MOST_TRIGGERS, _MOST_DATES = 250, 10, 6
_LONGEST_QUOTE = 160


@dataclass(slots=True)
class EventReader:
    """Reads the fields of one article one after the other, and remembers who was named."""

    watches: Mapping[str, Watch]
    published: date | None
    events: list[Event] = field(default_factory=list)
    _discourse: Discourse = field(init=False)
    _last_day: str | None = None

    def __post_init__(self) -> None:
        self._discourse = Discourse(self.watches)

    def read(self, text: str, where: TextField, mentions: Sequence[Mention], dates: Sequence[FoundDate]) -> None:
        """Read one field. `mentions` are those of persons and organisations in this field, `dates` its dates."""
        named = _named(mentions)
        for start, end in split_sentences(text[:LONGEST_READ]):
            if end - start > _LONGEST_SENTENCE:
                continue
            sentence = self._sentence(text, start, end, named, dates)
            for event in self._events(sentence, text, where):
                _tell_once(self.events, event)

    def _sentence(self, text: str, start: int, end: int, named: Sequence[Named], dates: Sequence[FoundDate]) -> Sentence:
        tokens = tokenize(text, start, end)
        participants = self._discourse.read(tokens, _within(named, start, end))
        placed = _place(_within(dates, start, end), tokens)
        names = [one for one in participants if one.named]
        kept = [
            trigger
            for trigger in find_triggers(text, tokens)
            if not any(one.first <= trigger.first and trigger.last <= one.last for one in names)
        ]
        shown = [trigger for trigger in kept if not _is_hidden(trigger, kept, tokens)]
        if len(tokens) > _MOST_WORDS or len(shown) > _MOST_TRIGGERS or len(placed) > _MOST_DATES:
            shown = []  # a list or a table
        return Sentence(start, end, tuple(tokens), tuple(participants), tuple(shown), tuple(placed), find_insertions(tokens))

    def _events(self, sentence: Sentence, text: str, where: TextField) -> list[Event]:
        found: list[tuple[Trigger, frozenset[str] | None]] = [
            (one, whose(sentence, one, self._discourse)) for one in sentence.triggers
        ]
        settled = [(one, watches if watches is not None else _from_neighbours(one, found)) for one, watches in found]
        told = replace(sentence, triggers=tuple(one for one, watches in settled if watches is not None))
        owners = owners_of(told)
        return [
            self._event(told, one, date_of(told, one, owners, text, self._last_day), watches, text, where)
            for one, watches in settled
            if watches
        ]

    def _event(
        self, sentence: Sentence, trigger: Trigger, day: PlacedDate | None, watches: frozenset[str], text: str, where: TextField
    ) -> Event:
        status = status_of(sentence, trigger, day.iso if day else None, self.published)
        if day is not None:
            self._last_day = day.iso
        start, end = _quoted(trigger, day)
        return Event(
            type=trigger.type,
            status=status,
            date=day.iso if day else None,
            watches=tuple(sorted(watches)),
            quote=text[start:end],
            field=where,
            start=start,
            end=end,
            sentence=text[sentence.start : sentence.end],
            old_date=old_day(sentence, trigger, day),
        )


def _place(dates: Sequence[FoundDate], tokens: Sequence[Token]) -> list[PlacedDate]:
    """Dates by the words they are made of."""
    placed: list[PlacedDate] = []
    for one in dates:
        inside = [index for index, token in enumerate(tokens) if token.start < one.end and one.start < token.end]
        if inside:
            placed.append(PlacedDate(one.iso, inside[0], inside[-1], one.start, one.end))
    return placed


_Placed = TypeVar("_Placed", Named, FoundDate)


def _within(places: Sequence[_Placed], start: int, end: int) -> Sequence[_Placed]:
    """Those that begin in text[start:end], of places in the order of the text."""
    return places[bisect_left(places, start, key=_start_of) : bisect_left(places, end, key=_start_of)]


def _start_of(place: Named | FoundDate) -> int:
    return place.start


def _named(mentions: Sequence[Mention]) -> list[Named]:
    """Mentions by place; of overlapping ones the longest stays, watches with the same words share it."""
    named: list[Named] = []
    for one in sorted(mentions, key=lambda mention: (mention.start, -mention.end)):
        if named and one.start < named[-1].end:
            if (one.start, one.end) == (named[-1].start, named[-1].end):
                named[-1] = replace(named[-1], watches=named[-1].watches | {one.watch})
            continue
        named.append(Named(one.start, one.end, frozenset({one.watch})))
    return named


def _from_neighbours(trigger: Trigger, found: Sequence[tuple[Trigger, frozenset[str] | None]]) -> frozenset[str] | None:
    """A sitting told in one sentence with a measure is about the same person."""
    if trigger.type not in (EventType.COURT_HEARING, EventType.HEARING_POSTPONED):
        return None
    others = {watches for other, watches in found if watches and other is not trigger}
    return next(iter(others)) if len(others) == 1 else None


def _is_hidden(trigger: Trigger, triggers: Sequence[Trigger], tokens: Sequence[Token]) -> bool:
    """Whether another trigger already tells this: a hearing put off is no hearing, leaving house arrest is no house arrest."""
    kinds = {other.type for other in triggers if other is not trigger}
    if trigger.type is EventType.COURT_HEARING:
        return EventType.HEARING_POSTPONED in kinds or _has_no_day(tokens)
    if trigger.type is EventType.HOUSE_ARREST:
        before = {token.low for token in tokens[max(trigger.first - 5, 0) : trigger.first + 1]}
        return EventType.RELEASE in kinds and "from" in before
    return trigger.type is EventType.RELEASE and trigger.frame is Frame.VERB and _to_house_arrest(trigger, triggers, tokens)


def _has_no_day(tokens: Sequence[Token]) -> bool:
    """`No date has been set for a trial`, `a day has not been named yet`: a sitting somebody expects, but none there is."""
    low = [token.low for token in tokens]
    days = [at for at, word in enumerate(low) if word in words.DAY_NOUNS]
    if any("no" in low[max(at - 2, 0) : at] for at in days):
        return True
    fixes = any(word in words.FIXED for word in low)
    return bool(days) and fixes and any(word in words.NEGATIONS or word.endswith("n't") or word == "yet" for word in low)


def _to_house_arrest(trigger: Trigger, triggers: Sequence[Trigger], tokens: Sequence[Token]) -> bool:
    """`released to house arrest`: an order of house arrest is not also a release."""
    return any(
        other.type is EventType.HOUSE_ARREST
        and 0 < other.first - trigger.last <= 3
        and tokens[other.first].low in ("to", "into", "under")
        for other in triggers
    )


def _quoted(trigger: Trigger, day: PlacedDate | None) -> tuple[int, int]:
    if day is None or max(day.end, trigger.end) - min(day.start, trigger.start) > _LONGEST_QUOTE:
        return trigger.start, trigger.end
    return min(day.start, trigger.start), max(day.end, trigger.end)


def _tell_once(events: list[Event], event: Event) -> None:
    """Add an event unless it is told already: the same type, status and watches, and dates that agree."""
    for index, known in enumerate(events):
        if known.type is not event.type or known.watches != event.watches or not _agree(known.date, event.date):
            continue
        if known.status is event.status:
            events[index] = event if len(event.date or "") > len(known.date or "") else known
            return
        if {event.status, known.status} == {EventStatus.PAST_REFERENCE, EventStatus.ACTUAL}:
            told = known if known.status is EventStatus.ACTUAL else event
            dated = event if len(event.date or "") > len(known.date or "") else known
            events[index] = told if told.date == dated.date else replace(dated, status=EventStatus.ACTUAL)
            return
    events.append(event)


def _agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one.startswith(other) or other.startswith(one)
