"""Whether an event happened, will happen, may happen, did not happen, or is only background. The first line that fits wins."""

from __future__ import annotations

from datetime import date

from alerts.matching.clauses import Sentence
from alerts.matching.triggers import Trigger
from steppewatch.languages import en_events as words
from steppewatch.languages.en_triggers import Frame
from steppewatch.model import EventStatus, EventType

_SITTINGS = frozenset({EventType.COURT_HEARING, EventType.HEARING_POSTPONED})
_BEFORE_THAT = 5


def status_of(sentence: Sentence, trigger: Trigger, iso: str | None, published: date | None) -> EventStatus:
    """The status of the event of a trigger, whose date is already known."""
    if _is_negated(sentence, trigger):
        return EventStatus.NEGATED
    if trigger.type is EventType.HEARING_POSTPONED:
        return EventStatus.SCHEDULED
    if _is_hypothetical(sentence, trigger):
        return EventStatus.HYPOTHETICAL
    if _is_ahead(sentence, trigger, iso, published):
        return EventStatus.SCHEDULED
    return EventStatus.PAST_REFERENCE if _is_background(sentence, trigger) else EventStatus.ACTUAL


def _group(sentence: Sentence, trigger: Trigger) -> list[str]:
    """The words of the stretch before a trigger."""
    return [sentence.low(index) for index in sentence.stretch_before(trigger.first) if not sentence.date_at(index)]


def _governing(sentence: Sentence, trigger: Trigger) -> list[str]:
    """The words right before the `that` under which a trigger stands (`denied that X was arrested`)."""
    start = sentence.stretch_before(trigger.first).start
    if start and sentence.low(start - 1) in ("that", "whether", "if"):
        return [sentence.low(index) for index in range(max(start - 1 - _BEFORE_THAT, 0), start - 1)]
    return []


def _is_negated(sentence: Sentence, trigger: Trigger) -> bool:
    if trigger.type is EventType.DISAPPEARANCE:
        return False
    before = _group(sentence, trigger)
    opening = sentence.low(sentence.stretch_before(trigger.first).start - 1)
    if opening == "nor" or _has_negation(before, trigger):
        return True
    if any(word in words.DENIALS for word in [*before, *_governing(sentence, trigger)]):
        return trigger.type not in (EventType.APPEAL, EventType.ASYLUM)
    if trigger.frame is Frame.NOUN:
        return any(
            word in ("not", "never", "cancelled", "canceled") or word.endswith("n't") for word in _verbs_after(sentence, trigger)
        )
    return False


def _has_negation(before: list[str], trigger: Trigger) -> bool:
    direct = True
    for distance, word in enumerate(reversed(before)):
        if word == "only" and distance + 1 < len(before) and before[-distance - 2] == "not":
            return False
        if word in words.NEGATIONS or word.endswith("n't"):
            return True
        if word == "no" and direct and (distance <= 2 or trigger.frame in (Frame.VERB, Frame.BY_AGENT)):
            return True
        direct = direct and word not in ("for", "of", "to", "about")
    return False


def _is_hypothetical(sentence: Sentence, trigger: Trigger) -> bool:
    before = _group(sentence, trigger)
    if trigger.frame in (Frame.NOUN, Frame.HEARS):
        before = before + _verbs_after(sentence, trigger)
    if _is_reported_plan(sentence, trigger):
        before = [word for word in before if word != "would"]
    if any(word in words.MODALS for word in before):
        return True
    if _wishes(_group(sentence, trigger)) or _wishes(_governing(sentence, trigger)):
        return True
    return sentence.opener(trigger.first) in ("if", "whether", "unless")


def _wishes(group: list[str]) -> bool:
    """Whether a word of fear, demand or request stands here; `call` only with `for` or `on`."""
    for at, word in enumerate(group):
        if word.startswith("call"):
            if group[at + 1 : at + 2] in (["for"], ["on"]):
                return True
        elif word in ("if", "face") or word.startswith(words.WISHES):
            return True
    return False


def _is_reported_plan(sentence: Sentence, trigger: Trigger) -> bool:
    """`She said the trial would open on Monday`: told in the past, a plan all the same."""
    told = [sentence.low(index) for index in range(len(sentence.tokens))]
    return trigger.type is EventType.COURT_HEARING and "if" not in told and any(word in words.SPEECH for word in told)


def _verbs_after(sentence: Sentence, trigger: Trigger) -> list[str]:
    found: list[str] = []
    for index in sentence.stretch_after(trigger.last):
        other = sentence.starting(index)
        if (
            other
            and sentence.low(index - 1) not in words.PREPOSITIONS
            and sentence.ending(index - 1)
            and index > trigger.last + 1
        ):
            break  # `the arrest of X | the paper has not come out`: somebody else's verb
        if not sentence.date_at(index):
            found.append(sentence.low(index))
    return found


def _is_ahead(sentence: Sentence, trigger: Trigger, iso: str | None, published: date | None) -> bool:
    before, after = _group(sentence, trigger), _verbs_after(sentence, trigger)
    if any(word in words.PLANS for word in before):
        return True
    if any(before[at] in ("is", "are") and before[at + 1] == "to" for at in range(len(before) - 1)):  # `is to be released`
        return True
    if iso is not None and published is not None and iso > published.isoformat()[: len(iso)]:
        return True
    if trigger.type not in _SITTINGS:
        return False
    around = [*before, *after]
    if "would" in before or any(word in words.PLANS for word in after) or "next" in before[-3:]:
        return True
    is_to = any(around[at] in words.BE and around[at + 1] == "to" for at in range(len(around) - 1))
    return is_to or (any(word in ("set", "is") for word in after) and "set" in after and iso is None)


def _is_background(sentence: Sentence, trigger: Trigger) -> bool:
    before = _group(sentence, trigger)
    opener = sentence.opener(trigger.first)
    if trigger.type in _SITTINGS:
        return opener in ("after", "before", "since") or bool(
            set(before[-4:]) & {"during", "after", "since", "before", "following", "ago"}
        )
    if trigger.frame is Frame.NOUN:
        reported = any(word in words.REPORTS_OF for word in before)
        return trigger.type is not EventType.APPEAL and (not reported or bool(set(before) & {"serving", "served"}))
    if trigger.first and sentence.tokens[trigger.first].low.endswith("ing") and before[-1:] in (["for"], ["of"], ["without"]):
        return True
    return opener in ("since", "after", "before", "until", "when") or (opener in words.RELATIVES and "had" in before)
