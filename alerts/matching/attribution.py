"""Whom an event is about: the one who undergoes it, never the speaker, the lawyer, the judge or a brother.

Every function answers with the ids of watches, with an empty set where it is somebody else, and with None where the sentence
does not say.
"""

from __future__ import annotations

from alerts.matching.clauses import Sentence
from alerts.matching.grammar import (
    OBJECT_REACH,
    antecedent,
    hangs_on_preposition,
    is_active,
    is_adjective,
    is_passive,
    object_after,
    subject_before,
    subject_of_main_clause,
    with_followers,
    with_partners,
)
from alerts.matching.people import Discourse, Participant, Role
from alerts.matching.triggers import Trigger
from steppewatch.languages import en_events as words
from steppewatch.languages.en_triggers import Frame
from steppewatch.model import EventType

Watches = frozenset[str]
NOBODY: Watches = frozenset()


def whose(sentence: Sentence, trigger: Trigger, discourse: Discourse) -> Watches | None:
    """Whom the event of a trigger is about."""
    match trigger.frame:
        case Frame.VERB:
            return _of_verb(sentence, trigger)
        case Frame.BY_AGENT:
            subject = subject_before(sentence, trigger.first)
            return _watches(object_after(sentence, trigger.last)) if subject and subject.role is Role.AGENT else NOBODY
        case Frame.BASE:
            return _watches(object_after(sentence, trigger.last))
        case Frame.SUBJECT:
            return _subjects(sentence, trigger.first)
        case Frame.STATE:
            return _nearest_person(sentence, trigger.first)
        case Frame.HEARS:
            return _heard(sentence, trigger)
        case Frame.OWNER:
            return _owner(sentence, trigger, discourse)
        case Frame.PLACE:
            return _of_place(sentence, trigger)
        case Frame.CAUSE:
            return _of_cause(sentence, trigger)
        case Frame.NOUN:
            return _of_noun(sentence, trigger, discourse)


def _of_verb(sentence: Sentence, trigger: Trigger) -> Watches | None:
    if is_adjective(sentence, trigger.first):
        return NOBODY
    if is_passive(sentence, trigger.first):
        return _subjects(sentence, trigger.first)
    undergoing = object_after(sentence, trigger.last)
    if undergoing is not None:
        return _watches(undergoing)
    if trigger.type in (EventType.ASYLUM, EventType.SENTENCE) and (receiver := _receiver(sentence, trigger.last)) is not None:
        return receiver
    if is_active(sentence, trigger.first):
        return _whom(sentence, trigger.first)
    return _subjects(sentence, trigger.first)


def _receiver(sentence: Sentence, last: int) -> Watches | None:
    """`granted asylum to X`."""
    for at in sentence.stretch_after(last):
        found = sentence.starting(at + 1)
        if sentence.low(at) == "to" and found is not None and found.role is Role.PERSON and not found.possessive:
            return found.watches
    return None


def _whom(sentence: Sentence, first: int) -> Watches | None:
    """`X, whom police have detained`."""
    at = next((index for index in range(first - 1, -1, -1) if sentence.low(index) == "whom"), None)
    return None if at is None else _watches(antecedent(sentence, at))


def _subjects(sentence: Sentence, first: int) -> Watches | None:
    subject = subject_before(sentence, first)
    if subject is None:
        subject = subject_of_main_clause(sentence, first)
    if subject is None:
        return None
    if subject.role is Role.AGENT and (whom := _whom(sentence, first)) is not None:
        return whom
    return with_partners(sentence, subject, first)


def _watches(found: Participant | list[Participant] | None) -> Watches | None:
    if found is None:
        return None
    if isinstance(found, Participant):
        return found.watches
    return frozenset(watch for one in found for watch in one.watches)


def _nearest_person(sentence: Sentence, first: int) -> Watches | None:
    """Who is in a state: the object if a verb puts them there, else the subject; both are the nearest person before."""
    for index in sentence.backwards(first):
        if sentence.low(index) in words.RELATIVES:
            return _watches(antecedent(sentence, index))
        found = sentence.ending(index)
        if found and found.role is Role.THING and found.possessor and found.head in words.PAPERS:
            return found.possessor  # `replaced X's prison term with house arrest`
        if found and found.role is not Role.THING and not found.possessive and not hangs_on_preposition(sentence, found):
            return with_partners(sentence, found, first)
        if sentence.is_strong(index):
            return None
    return None


def _of_noun(sentence: Sentence, trigger: Trigger, discourse: Discourse) -> Watches | None:
    owner = _owner_before(sentence, trigger.first)
    if owner is None:
        owner = _linked_after(sentence, trigger.last)
    if owner is not None:
        return owner
    subject = subject_before(sentence, trigger.first)
    if (
        subject
        and subject.watches
        and any(sentence.low(index) in words.UNDERGOING for index in range(subject.last + 1, trigger.first))
    ):
        return subject.watches
    if trigger.type in (EventType.COURT_HEARING, EventType.HEARING_POSTPONED):
        return _of_sitting(sentence, trigger, discourse)
    return None


def _owner_before(sentence: Sentence, first: int) -> Watches | None:
    """`X's next appeal`, `his arrest`: whom the phrase that ends in the trigger belongs to."""
    holding = next(
        (one for one in sentence.participants if one.first <= first <= one.last + 1 and one.possessor is not None), None
    )
    if holding is not None and not (holding.last < first and holding.possessive):
        return holding.possessor
    at = first - 1
    for _ in range(4):
        found = sentence.ending(at)
        if found is not None and found.possessive:
            return found.watches
        if sentence.low(at) == "'s":
            owner = sentence.ending(at - 1)
            return owner.watches if owner else NOBODY
        dated = sentence.date_at(at)
        if dated is None and (not sentence.low(at).isalpha() or sentence.low(at) in words.PREPOSITIONS or sentence.is_border(at)):
            return None
        at = dated.first - 1 if dated else at - 1
    return None


def _linked_after(sentence: Sentence, last: int) -> Watches | None:
    """`the trial of X`, `the hearing in Almaty in the case against X`, `arrest for X`: the first person after a link."""
    at, linked = last + 1, False
    while at < len(sentence.tokens) and not sentence.is_strong(at) and at < last + OBJECT_REACH:
        low = sentence.low(at)
        found = sentence.starting(at)
        if low in words.LINKS:
            linked = True
        elif found is not None:
            following = sentence.starting(found.last + 1) or sentence.starting(found.last + 2)
            if found.possessive and linked | (following is not None and following.head in words.PAPERS):
                if following is None or following.role is Role.THING:
                    return found.watches if following is None or following.head in words.PAPERS else NOBODY
                at = following.first
                continue
            if linked and found.role is Role.PERSON and not found.possessive:
                named = sentence.starting(found.last + 1)
                return _watches(with_followers(sentence, named if named and named.named else found))
            if linked and found.role is not Role.PERSON and sentence.low(found.last + 1) not in words.LINKS:
                return found.possessor or NOBODY
            at = found.last
        elif (
            low in words.COORDINATORS
            or low in words.AUXILIARIES
            or low in words.PRESENT_VERBS
            or low in ",:"
            or _is_verb(sentence, at)
        ):
            return None
        at += 1
    return None


def _is_verb(sentence: Sentence, at: int) -> bool:
    low = sentence.low(at)
    return sentence.is_finite(at) or (
        low.endswith("ed") and low not in words.NOT_PAST and sentence.low(at - 1) not in words.DETERMINERS
    )


def _of_sitting(sentence: Sentence, trigger: Trigger, discourse: Discourse) -> Watches | None:
    """`The trial continues on 23 January`, `at a hearing on Monday ...`: of the person this sentence or the text is about."""
    if sentence.low(trigger.last).endswith("s") or sentence.low(trigger.last) in words.GOES_ON:
        return None  # `at the trials`: of no one person; `will resume on Monday`: of whom the sitting before it is
    here = {watch for one in sentence.participants if one.role is Role.PERSON for watch in one.watches}
    others = any(one.role is Role.PERSON and one.named and not one.watches for one in sentence.participants)
    if len(here) == 1 and not others:
        return frozenset(here)
    if here or others:
        return None
    before = {sentence.low(index) for index in range(max(trigger.first - 3, 0), trigger.first)}
    if before & {"the", "next", "first", "another", "final", "this", "closing"} or trigger.first == 0 or "a" in before:
        return discourse.last_fitting()
    return None


def _heard(sentence: Sentence, trigger: Trigger) -> Watches | None:
    for one in sentence.participants:
        if one.first <= trigger.last:
            continue
        if one.possessive:
            following = sentence.starting(one.last + 2) or sentence.starting(one.last + 1)
            if one.role is Role.PERSON and (following is None or following.role is Role.THING):
                return one.watches
            continue
        if one.role is Role.PERSON:
            named = sentence.starting(one.last + 1)
            return named.watches if named and named.named else one.watches
        if one.possessor:
            return one.possessor
    return None


def _owner(sentence: Sentence, trigger: Trigger, discourse: Discourse) -> Watches | None:
    subject = subject_before(sentence, trigger.first)
    if subject is None:
        return None
    if subject.possessor is not None and subject.head in words.BYSTANDERS:
        return subject.possessor if subject.head in words.DEFENDERS else NOBODY
    if subject.head in words.DEFENDERS:
        return _linked_after(sentence, subject.last) or discourse.last_fitting()
    return subject.watches


def _of_place(sentence: Sentence, trigger: Trigger) -> Watches | None:
    found: Participant | None
    if is_passive(sentence, trigger.first):
        found = subject_before(sentence, trigger.first)
    else:
        undergoing = object_after(sentence, trigger.last)
        found = undergoing[0] if undergoing else subject_before(sentence, trigger.first)
    if found is None:
        return None
    if found.possessor is not None:
        return found.possessor
    if sentence.low(found.last + 1) in ("of", "at"):
        owner = sentence.starting(found.last + 2)
        return owner.watches if owner else None
    return found.watches


def _of_cause(sentence: Sentence, trigger: Trigger) -> Watches | None:
    for one in sentence.participants:
        if one.first > trigger.last and one.role is Role.PERSON and one.watches:
            between = {sentence.low(index) for index in range(trigger.last + 1, one.first)}
            return (
                one.watches
                if between & {"for", "of", "release", "demanding", "demand", "over", "support", "against", "free"}
                else None
            )
    return None
