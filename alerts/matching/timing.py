"""Which of the dates in a sentence is the day of an event: its own clause's, never that of a statement or of a term's end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from alerts.matching.clauses import PlacedDate, Sentence
from alerts.matching.triggers import Trigger
from steppewatch.languages import en
from steppewatch.languages import en_events as words
from steppewatch.languages.en_triggers import Frame
from steppewatch.model import EventType

_SAME_DAY = re.compile(
    r"\b(?:the|that) same (?:day|evening|night|morning|afternoon)\b|\bthat (?:day|evening|night)\b", re.IGNORECASE
)
_NEXT_DAY = re.compile(r"\b(?:the (?:next|following) (?:day|morning)|a day later|the day after)\b", re.IGNORECASE)
_NEW_DAY = frozenset({"until", "till", "to", "for", "on"})
_UNTIL = frozenset({"until", "till", "to", "through"})
# What stands between a date and a trigger makes it less likely that they belong together.
_COMMA, _JOINT, _BORDER, _BACKWARDS = 2, 8, 25, 3
_TOO_FAR = 40
_FRONT = 4
_REACH = 60


def owners_of(sentence: Sentence) -> dict[int, int]:
    """For the first word of each date, the first word of the verb or trigger it belongs to (-1 where none is near)."""
    return {one.first: _owner(sentence, one) for one in sentence.dates}


def date_of(sentence: Sentence, trigger: Trigger, owners: Mapping[int, int], text: str, last: str | None) -> PlacedDate | None:
    """The date of a trigger. `last` is the ISO day of the event told before, for `the same day` and `the next day`."""
    if trigger.type is EventType.HEARING_POSTPONED:
        return _new_day(sentence, trigger)
    usable = [one for one in sentence.dates if not _is_of_statement(sentence, one) and not _is_end(sentence, one, trigger)]
    own = [one for one in usable if owners[one.first] == trigger.first]
    if own:
        return min(own, key=lambda one: _cost(sentence, one, trigger.first))
    partner = next((other for other in sentence.triggers if _is_joined(sentence, trigger, other)), None)
    if partner is not None:
        return date_of(sentence, partner, owners, text, last)
    front = next(
        (one for one in usable if one.first <= _FRONT and one.last < trigger.first and _reaches(sentence, one, trigger)), None
    )
    return front or _relative_to_last(sentence, trigger, text, last)


def old_day(sentence: Sentence, trigger: Trigger, new: PlacedDate | None) -> str | None:
    """The day from which a sitting was moved."""
    days = [
        one.iso for one in sentence.dates if one is not new and not _is_of_statement(sentence, one) and one.first > trigger.last
    ]
    return days[0] if trigger.type is EventType.HEARING_POSTPONED and days else None


def _new_day(sentence: Sentence, trigger: Trigger) -> PlacedDate | None:
    """The day to which a sitting is moved: the last one after `until`, `to` or `for` that follows the verb."""
    verbs = [at for at in range(len(sentence.tokens)) if sentence.low(at) in words.PUT_OFF]
    days = [
        one for one in sentence.dates if any(at < one.first for at in verbs) and sentence.low(one.first - 1) in _NEW_DAY - {"on"}
    ]
    return days[-1] if days else None


def _is_joined(sentence: Sentence, trigger: Trigger, other: Trigger) -> bool:
    """`searched and sealed on Sunday`: the second phrase carries the date of both."""
    between = range(trigger.last + 1, other.first)
    if other.first > trigger.last and other.frame is Frame.NOUN and other.type is EventType.COURT_HEARING:
        within = any(sentence.low(at) in ("in", "at", "after") for at in between)
        return within and not any(sentence.is_border(at) for at in between)  # `sentenced in a secret trial in 2018`
    return bool(between) and all(sentence.low(at) in ("and", "then", "later") for at in between)


def _owner(sentence: Sentence, one: PlacedDate) -> int:
    near = range(max(one.first - _REACH, 0), min(one.last + _REACH, len(sentence.tokens)))
    heads = [trigger.first for trigger in sentence.triggers if trigger.first in near]
    heads += [at for at in near if _rivals(sentence, at)]
    nouns = {
        trigger.first
        for trigger in sentence.triggers
        if trigger.frame is Frame.NOUN and trigger.type is not EventType.COURT_HEARING
    }
    costs = {head: _cost(sentence, one, head) + (_JOINT if head in nouns and one.last < head else 0) for head in heads}
    best = min(costs, key=lambda head: costs[head], default=-1)
    return best if best >= 0 and costs[best] < _TOO_FAR else -1


def _rivals(sentence: Sentence, at: int) -> bool:
    """Whether a word is a verb of its own that may carry a date: `moved on May 3 and was arrested`."""
    low = sentence.low(at)
    if low in words.CARRIERS or low in words.BE or low in words.HAVE or low in words.SPEECH:
        return False
    if any(trigger.first <= at <= trigger.last for trigger in sentence.triggers):
        return False
    return low in en.PAST_CUES or (
        low.endswith("ed") and len(low) > 4 and low not in words.NOT_PAST and sentence.low(at - 1) not in words.DETERMINERS
    )


def _cost(sentence: Sentence, one: PlacedDate, head: int) -> int:
    low, high = (head, one.first) if head < one.first else (one.last, head)
    cost = high - low + (_BACKWARDS if head > one.last else 0)
    over = low
    for at in range(low + 1, high):
        closing = sentence.insertion_after(at)
        if at > over and closing is not None and closing < high:
            over, cost = closing, cost - (closing - at)
        if at <= over or sentence.date_at(at) or (at == one.last + 1 and _is_anniversary(sentence, one)):
            continue
        word = sentence.low(at)
        if (
            word in (";", "that")
            or word in words.RELATIVES
            or (word in words.SUBORDINATORS and word not in _UNTIL and not _before_date(sentence, at))
        ):
            cost += _BORDER
        elif word in words.COORDINATORS:
            cost += _JOINT if head < one.first else _BORDER
        elif word == ",":
            opening = sentence.inserted_before(at)
            cost += _BORDER if opening is not None and opening < low == head else _COMMA
    return cost


def _is_anniversary(sentence: Sentence, one: PlacedDate) -> bool:
    """`a year to the day since the arrest`: the date is that of the arrest."""
    return sentence.low(one.last) == "day" and sentence.low(one.last + 1) in ("since", "after")


def _before_date(sentence: Sentence, at: int) -> bool:
    return sentence.date_at(at + 1) is not None


def _is_of_statement(sentence: Sentence, one: PlacedDate) -> bool:
    """`told reporters on Wednesday`, `said in a letter dated May 2`: a verb of speech is the last verb before it."""
    for at in range(one.first - 1, max(one.first - 7, -1), -1):
        low = sentence.low(at)
        if low in words.SPEECH and sentence.low(at - 1) == "be":  # `the verdict will be announced on Monday`
            return False
        if low in words.SPEECH or low in ("dated", "according"):
            return True
        if low in (",", ";", "that", "and") or any(trigger.first <= at <= trigger.last for trigger in sentence.triggers):
            return False
    return False


def _is_end(sentence: Sentence, one: PlacedDate, trigger: Trigger) -> bool:
    """`under house arrest until November 1`: the end of a measure is not its day; a sitting put off until then is."""
    if trigger.type in (EventType.COURT_HEARING, EventType.HEARING_POSTPONED):
        return False
    return sentence.low(one.first - 1) in _UNTIL


def _reaches(sentence: Sentence, one: PlacedDate, trigger: Trigger) -> bool:
    return not any(
        sentence.low(at) in (";", "that", "after", "since", "before") or sentence.low(at) in words.RELATIVES
        for at in range(one.last + 1, trigger.first)
    )


def _relative_to_last(sentence: Sentence, trigger: Trigger, text: str, last: str | None) -> PlacedDate | None:
    if last is None or len(last) != len("2019-04-08"):
        return None
    for pattern, days in ((_SAME_DAY, 0), (_NEXT_DAY, 1)):
        hit = pattern.search(text, sentence.start, sentence.end)
        if hit:
            iso = (date.fromisoformat(last) + timedelta(days=days)).isoformat()
            return PlacedDate(iso, trigger.first, trigger.last, hit.start(), hit.end())
    return None
