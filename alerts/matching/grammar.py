"""Grammar around a verb of an English sentence: its subject, its object, and who is joined to them."""

from __future__ import annotations

from alerts.matching.clauses import Sentence
from alerts.matching.people import Participant, Role
from steppewatch.languages import en_events as words

# So many words after a verb we look for its object.
OBJECT_REACH = 14


def is_adjective(sentence: Sentence, first: int) -> bool:
    """`the arrested activist`, `her jailed brother`."""
    before = sentence.low(first - 1)
    return before in words.DETERMINERS - {"all", "both", "that"} or before in words.POSSESSIVE_PRONOUNS or before == "'s"


def is_passive(sentence: Sentence, first: int) -> bool:
    """Whether a form of be stands before a participle, through adverbs and through `and` (`was arrested and sentenced`)."""
    at = first - 1
    while at >= 0 and (
        sentence.low(at) in words.ADVERBS or sentence.low(at) in words.NEGATIONS or sentence.low(at).endswith("ly")
    ):
        at -= 1
    return sentence.low(at) in words.BE


def is_active(sentence: Sentence, first: int) -> bool:
    at = first - 1
    while at >= 0 and sentence.low(at) in words.ADVERBS:
        at -= 1
    return sentence.low(at) in words.HAVE


def subject_before(sentence: Sentence, at: int) -> Participant | None:
    """The subject of a verb: the nearest phrase before it that hangs on no preposition; through `who` the one before that."""
    for index in sentence.backwards(at):
        if sentence.low(index) in words.RELATIVES:
            return antecedent(sentence, index)
        found = sentence.ending(index)
        if found is not None and not found.possessive and not hangs_on_preposition(sentence, found):
            relative = _relative_around(sentence, found)
            return found if relative is None else antecedent(sentence, relative)
        if sentence.is_strong(index) and not _is_without_subject(sentence, index):
            return None
    return None


def _relative_around(sentence: Sentence, one: Participant) -> int | None:
    """`the driver who hit X was sentenced`: X is the object of a clause that began with `who`, not the subject."""
    at = one.first - 1
    while at >= 0 and not sentence.is_border(at) and sentence.ending(at) is None:
        at -= 1
    return at if sentence.low(at) == "who" and at < one.first - 1 else None


def _is_without_subject(sentence: Sentence, at: int) -> bool:
    """`after serving ...`, `while detained ...`: such a clause borrows the subject of the main one."""
    return sentence.low(at) in words.SUBORDINATORS and sentence.low(at + 1).endswith(("ing", "ed"))


def antecedent(sentence: Sentence, relative: int) -> Participant | None:
    before = (one for one in reversed(sentence.participants) if one.last < relative and not one.possessive)
    return next(before, None)


def hangs_on_preposition(sentence: Sentence, one: Participant) -> bool:
    """`of X`, `for the publisher X`: plain words before the name belong to it."""
    at = one.first - 1
    while at >= 0 and sentence.low(at) == "'s":
        at -= 1
    owner = sentence.ending(at)
    while owner is not None and owner.possessive:
        at = owner.first - 1
        owner = sentence.ending(at)
    steps = 0
    while (
        at >= 0
        and steps < 4
        and sentence.low(at).isalpha()
        and not sentence.is_border(at)
        and sentence.low(at) not in words.PREPOSITIONS
    ):
        if sentence.is_finite(at) or (sentence.ending(at) is not None and sentence.ending(at) != _descriptor(sentence, one)):
            return False
        at, steps = at - 1, steps + 1
    if sentence.low(at) == "to" and any(not _is_noun(sentence.low(index)) for index in range(at + 1, one.first)):
        return False  # `to move X to house arrest`
    return sentence.low(at) in words.PREPOSITIONS and sentence.date_at(at + 1) is None


def _is_noun(low: str) -> bool:
    return low in words.DESCRIPTIONS or low in words.BYSTANDERS or low in words.AGENTS or low in words.DETERMINERS or low == "'s"


def _descriptor(sentence: Sentence, one: Participant) -> Participant | None:
    """`the activist` right before a name."""
    before = sentence.ending(one.first - 1)
    return before if one.named else None


def subject_of_main_clause(sentence: Sentence, first: int) -> Participant | None:
    """`Detained in May, X was ...`; `If extradited, X would ...`: the one named right after the comma."""
    comma = next((index for index in range(first, len(sentence.tokens)) if sentence.low(index) == ","), None)
    if comma is None or any(sentence.is_finite(index) for index in range(first + 1, comma)):
        return None
    if any(sentence.is_finite(index) for index in range(first) if sentence.opener(first) == ""):
        return None
    following = (one for one in sentence.participants if one.first > comma and one.first <= comma + 6)
    return next((one for one in following if not one.possessive), None)


def with_partners(sentence: Sentence, subject: Participant, verb: int) -> frozenset[str]:
    """The subject, and with a plural verb those joined to it: `A, B and C were`."""
    together = set(subject.watches)
    nor = sentence.low(_beginning(sentence, subject) - 1) in ("nor", "or")
    if not nor and not any(sentence.low(index) in words.PLURAL_BE for index in range(subject.last + 1, verb)):
        return frozenset(together)
    one: Participant | None = subject
    while one is not None and sentence.low(_beginning(sentence, one) - 1) in ("and", "nor", "or", ","):
        at = _beginning(sentence, one) - 2
        one = sentence.ending(at - 1) if sentence.low(at) == "," else sentence.ending(at)
        together |= one.watches if one else frozenset()
    return frozenset(together)


def _beginning(sentence: Sentence, one: Participant) -> int:
    """The first word of a phrase with its owner: `his wife`, `X's brother`."""
    at = one.first
    while True:
        owner = sentence.ending(at - 2 if sentence.low(at - 1) in ("'s", "'") else at - 1)
        if owner is None or not owner.possessive:
            return at
        at = owner.first


def object_after(sentence: Sentence, last: int) -> list[Participant] | None:
    """The object of a verb and those joined to it, or None. Plain words before a name are part of it."""
    at = last + 1
    while at < min(last + OBJECT_REACH, len(sentence.tokens)):
        dated = sentence.date_at(at) or (sentence.date_at(at + 1) if sentence.low(at) == "on" else None)
        if dated is not None:
            at = dated.last + 1
            continue
        found = sentence.starting(at)
        if found is not None:
            named = sentence.starting(found.last + 1)
            if not found.possessive and not (named and named.named):
                return with_followers(sentence, found)
            at = found.last + 1
            continue
        if not (sentence.low(at)[0].isalpha() or sentence.low(at) in ("'s", "'")) or sentence.is_strong(at):
            return None
        if (
            sentence.low(at) in words.PREPOSITIONS
            or sentence.low(at) in words.AUXILIARIES
            or sentence.low(at) in words.COORDINATORS
        ):
            return None
        at += 1
    return None


def with_followers(sentence: Sentence, first: Participant) -> list[Participant]:
    joined = [first]
    while True:
        at = joined[-1].last + 1
        if sentence.low(at) in (",", ":"):
            at += 1
        if sentence.low(at) == "and":
            at += 1
        following = sentence.starting(at)
        if following is None or at == joined[-1].last + 1:
            return joined
        named = sentence.starting(following.last + 1)
        following = named if named and named.named and not following.possessive else following
        if following.role is not Role.PERSON:
            return joined
        if following.possessive or (sentence.low(following.last + 1) in words.AUXILIARIES):
            return joined
        joined.append(following)
