"""Who is spoken of in an English sentence: named persons, pronouns, "the activist", "his brother", police and courts.

A `Discourse` goes through a text with the reader and remembers who was named. A person who is nobody's watch is remembered too,
because what happens to them must not be told of a watched one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from alerts.matching.sentences import Token
from steppewatch.languages import en
from steppewatch.languages import en_events as words
from steppewatch.model import Watch, WatchKind


class Role(Enum):
    """What a noun phrase stands for."""

    PERSON = "person"  # it can happen to them
    AGENT = "agent"  # police, courts: they do it
    THING = "thing"


@dataclass(frozen=True, slots=True)
class Participant:
    """A noun phrase: the words first..last of a sentence.

    `watches` are whom it means, empty for everybody else. `possessive` phrases only introduce the next one; `possessor` is
    whom the phrase belongs to (`X's trial`).
    """

    first: int
    last: int
    role: Role
    watches: frozenset[str] = frozenset()
    possessive: bool = False
    possessor: frozenset[str] | None = None
    head: str = ""
    named: bool = False


@dataclass(slots=True)
class _Person:
    """Somebody named or described before. `fits` says whether "he" may mean them."""

    watches: frozenset[str]
    parts: frozenset[str]
    gender: str = ""
    fits: bool = True


@dataclass(frozen=True, slots=True)
class Named:
    """A mention of watches at text[start:end], in the original text."""

    start: int
    end: int
    watches: frozenset[str]


@dataclass(slots=True)
class Discourse:
    """Who was named so far, the last one last."""

    watches: Mapping[str, Watch]
    people: list[_Person] = field(default_factory=list)

    def read(self, tokens: Sequence[Token], named: Sequence[Named]) -> list[Participant]:
        """The participants of the next sentence, in their order."""
        return _Reader(self, tokens, named).read()

    def meet(self, watches: frozenset[str], parts: Sequence[str], gender: str, *, fits: bool) -> None:
        """Remember somebody as the last named."""
        known = next((one for one in self.people if one.parts and set(parts) <= one.parts and one.watches == watches), None)
        if known:
            self.people.remove(known)
            gender, fits = gender or known.gender, fits or known.fits
            parts = [*known.parts]
        self.people.append(_Person(watches, frozenset(parts), gender, fits))
        del self.people[:-_MOST_PEOPLE]

    def by_part(self, part: str) -> _Person | None:
        """The last named person with this surname or given name."""
        return next((one for one in reversed(self.people) if part in one.parts), None)

    def last_fitting(self, gender: str = "") -> frozenset[str] | None:
        """Whom "he" (m), "she" (f) or "the activist" means; None where nobody fits, empty where it is nobody's watch."""
        for one in reversed(self.people):
            if one.fits and (not gender or not one.gender or one.gender == gender):
                if gender:
                    one.gender = gender
                return one.watches
        return None

    def is_person(self, watch: str) -> bool:
        """Whether a watch is a person (and not an organisation)."""
        return self.watches[watch].kind is WatchKind.PERSON


# A text that names more people than this is a list; the first ones are no longer meant by "he".
_MOST_PEOPLE = 60
_LONGEST_PHRASE = 6
_FEMALE_ENDINGS = ("ova", "eva", "kyzy", "qyzy", "gyzy", "yeva")
_MALE_ENDINGS = ("ov", "ev", "uly", "ulı", "yev")


def _gender_of(surname: str) -> str:
    low = surname.lower()
    if low.endswith(_FEMALE_ENDINGS):
        return "f"
    return "m" if low.endswith(_MALE_ENDINGS) else ""


class _Reader:
    """Reads the participants of one sentence from left to right."""

    def __init__(self, discourse: Discourse, tokens: Sequence[Token], named: Sequence[Named]) -> None:
        self._discourse = discourse
        self._tokens = tokens
        self._named = {index: one for one in named for index, token in enumerate(tokens) if one.start <= token.start < one.end}
        self._found: list[Participant] = []
        self._possessor: frozenset[str] | None = None  # the possessive phrase that ended just before
        self._phrase_head = ""  # the last plain noun phrase, in case a name follows: `her lawyer Aiman Umarova`

    def read(self) -> list[Participant]:
        self._look_ahead()
        at = 0
        while at < len(self._tokens):
            found = self._name_at(at) or self._pronoun_at(at) or self._phrase_at(at)
            if found is None:
                low = self._tokens[at].low
                if low not in ("'s", "'") and (not low[0].isalnum() or low in words.AUXILIARIES):
                    self._possessor, self._phrase_head = None, ""
                at += 1
                continue
            self._found.append(found)
            at = found.last + 1
        return self._found

    def _look_ahead(self) -> None:
        """`After her release, X ...`: while nobody is named yet, the first name of the sentence is whom "her" means."""
        if self._discourse.people or not self._named:
            return
        first = min(self._named)
        end = max(index for index, one in self._named.items() if one is self._named[first])
        for watch in self._named[first].watches:
            if self._discourse.is_person(watch):
                parts = [token.text for token in self._tokens[first : end + 1]]
                self._discourse.meet(frozenset({watch}), parts, _gender_of(parts[-1]), fits=True)

    # ------------------------------------------------------------------------------------------------------- names
    def _name_at(self, at: int) -> Participant | None:
        named = self._named.get(at)
        if named is not None:
            return self._watched_at(at, named)
        if not self._is_name_word(at):
            return None
        end = at
        while (
            end + 1 < len(self._tokens)
            and self._is_name_word(end + 1)
            and end + 1 not in self._named
            and end - at < _LONGEST_PHRASE
        ):
            end += 1
        run = [self._tokens[index].text for index in range(at, end + 1)]
        if any(word.lower() in words.NOT_PERSONS for word in run):
            return Participant(at, end, Role.THING, head=run[-1].lower())
        return self._other_at(at, end, run)

    def _watched_at(self, at: int, named: Named) -> Participant | None:
        end = at
        while end + 1 < len(self._tokens) and self._tokens[end + 1].start < named.end:
            end += 1
        parts = [token.text for token in self._tokens[at : end + 1]]
        fits = self._names_somebody_fitting(at) or self._acts(end)
        if end == at and fits and self._given_name_before(at):
            return Participant(at, end, Role.PERSON, named=True, possessive=self._is_possessive(end))
        for watch in sorted(named.watches):
            if self._discourse.is_person(watch):
                self._discourse.meet(frozenset({watch}), parts, _gender_of(parts[-1]), fits=fits)
        return self._close(
            Participant(at, end, Role.PERSON, named.watches, self._is_possessive(end), self._take_possessor(), named=True)
        )

    def _other_at(self, at: int, end: int, run: list[str]) -> Participant | None:
        known = self._discourse.by_part(run[-1]) if len(run) == 1 else None
        relation = self._phrase_head
        if known is not None:
            watches = known.watches
            self._discourse.meet(
                watches, [*known.parts], known.gender, fits=known.fits or self._names_somebody_fitting(at) or self._acts(end)
            )
        elif len(run) > 1 and not self._is_place(at):
            watches = frozenset()
            self._discourse.meet(
                watches, run, words.BYSTANDERS.get(relation, "") or _gender_of(run[-1]), fits=self._names_somebody_fitting(at)
            )
        elif relation in words.BYSTANDERS or relation in words.DESCRIPTIONS:
            watches = frozenset()
            self._discourse.meet(watches, run, words.BYSTANDERS.get(relation, ""), fits=self._names_somebody_fitting(at))
        else:
            return None
        return self._close(
            Participant(at, end, Role.PERSON, watches, self._is_possessive(end), self._take_possessor(), named=True)
        )

    def _is_name_word(self, at: int) -> bool:
        token = self._tokens[at]
        if not token.capital or not token.text[0].isalpha() or len(token.text) < 2:
            return False
        low = token.low
        if at == 0 and (low in words.PREPOSITIONS or low in words.SUBORDINATORS or low in words.ADVERBS or low in words.AGENTS):
            return False
        return not (
            low in words.DETERMINERS
            or low in words.SUBJECT_PRONOUNS
            or low in words.POSSESSIVE_PRONOUNS
            or low in words.PLURAL_PRONOUNS
            or low in words.PLURAL_POSSESSIVES
            or low in words.BYSTANDERS
            or low in words.COORDINATORS
            or low in words.AUXILIARIES
            or token.text in en.WEEKDAYS
            or token.text in en.MONTHS
            or (low in words.PREPOSITIONS | words.SUBORDINATORS)
            or (low in words.DESCRIPTIONS | words.AGENTS and at + 1 < len(self._tokens) and self._tokens[at + 1].capital)
        )

    def _given_name_before(self, at: int) -> bool:
        """Whether a single watched word is the surname of somebody else: `Daulet Ospantayev`."""
        if at == 0 or not self._is_name_word(at - 1) or self._tokens[at - 1].low in words.NOT_PERSONS:
            return False
        return self._tokens[at - 1].low not in en.NUMBERS and (at > 1 or len(self._found) == 0)

    def _names_somebody_fitting(self, at: int) -> bool:
        """Whether what stands before a name leaves it as one "he" may mean: not `her lawyer X`, `Judge X`."""
        before = self._tokens[at - 1].low if at else ""
        head = self._phrase_head
        return not (head in words.BYSTANDERS or head in words.AGENTS or before in words.BYSTANDERS or before in words.AGENTS)

    def _acts(self, end: int) -> bool:
        """Whether somebody does or undergoes something here, other than to speak."""
        following = self._tokens[end + 1].low if end + 1 < len(self._tokens) else "."
        if following in words.SPEECH:
            return False
        return (
            following in words.BE | words.HAVE or following in en.PAST_CUES or (following.endswith("ed") and following.isalpha())
        )

    def _is_place(self, at: int) -> bool:
        return at > 0 and self._tokens[at - 1].low in ("in", "at", "near", "outside", "to", "into", "across", "around")

    # ---------------------------------------------------------------------------------------------------- pronouns
    def _pronoun_at(self, at: int) -> Participant | None:
        low = self._tokens[at].low
        if low in words.POSSESSIVE_PRONOUNS and not (low == "her" and self._ends_phrase(at)):
            watches = self._discourse.last_fitting(words.POSSESSIVE_PRONOUNS[low]) or frozenset()
            self._possessor, self._phrase_head = watches, ""
            return Participant(at, at, Role.PERSON, watches, possessive=True)
        if low in words.SUBJECT_PRONOUNS or low == "her":
            watches = self._discourse.last_fitting(words.SUBJECT_PRONOUNS.get(low, "f")) or frozenset()
            return self._close(Participant(at, at, Role.PERSON, watches))
        if low in words.PLURAL_POSSESSIVES:
            self._possessor = frozenset()
            return Participant(at, at, Role.PERSON, possessive=True)
        if low in words.PLURAL_PRONOUNS:
            return self._close(Participant(at, at, Role.PERSON if low != "it" else Role.THING))
        return None

    def _ends_phrase(self, at: int) -> bool:
        """Whether "her" is an object here (`arrested her on Monday`) and not the owner of what follows (`her arrest`)."""
        following = self._tokens[at + 1].low if at + 1 < len(self._tokens) else "."
        return (
            not following[0].isalpha()
            or following in words.PREPOSITIONS
            or following in words.SUBORDINATORS
            or following in words.COORDINATORS
            or following in words.ADVERBS
            or following in words.AUXILIARIES
            or following in words.DETERMINERS
            or following in ("free", "go", "guilty", "away", "up", "out", "back", "down")
        )

    # ----------------------------------------------------------------------------------------------------- phrases
    def _phrase_at(self, at: int) -> Participant | None:
        """`the city court`, `four women`, `his brother`, `prosecutors`: a determiner or a plain noun we know."""
        low = self._tokens[at].low
        opened = low in words.DETERMINERS or low.isdigit() or self._possessor is not None
        start = at if low not in words.DETERMINERS and not low.isdigit() else at + 1
        if not opened and not self._known(low):
            return None
        end, head = self._phrase_end(start)
        if end < at or (head == "" and end < start):
            return None
        if head in words.TIME_NOUNS:
            self._possessor = None
            return None
        return self._described(at, end, head)

    def _phrase_end(self, start: int) -> tuple[int, str]:
        end, head = start - 1, ""
        for index in range(start, min(start + _LONGEST_PHRASE, len(self._tokens))):
            low = self._tokens[index].low
            if index in self._named or not low[0].isalpha() or self._stops(low, index, start):
                break
            if self._is_name_word(index) and not self._known(low) and (head or self._starts_name(index)):
                break
            end, head = index, low
        return end, self._best_head(start, end, head)

    def _starts_name(self, at: int) -> bool:
        """Whether somebody's name begins here, and not `Kazakh` in `the Kazakh court`."""
        if self._discourse.by_part(self._tokens[at].text) is not None:
            return True
        following = at + 1 < len(self._tokens) and self._is_name_word(at + 1)
        return following and not {self._tokens[at].low, self._tokens[at + 1].low} & words.NOT_PERSONS

    def _best_head(self, start: int, end: int, head: str) -> str:
        known = [self._tokens[index].low for index in range(start, end + 1) if self._known(self._tokens[index].low)]
        return known[-1] if known else head

    def _stops(self, low: str, index: int, start: int) -> bool:
        if low in words.PREPOSITIONS or low in words.SUBORDINATORS or low in words.COORDINATORS or low in words.RELATIVES:
            return True
        if (
            low in words.AUXILIARIES
            or low in words.SPEECH
            or low in words.ADVERBS
            or low in words.DETERMINERS - {"two", "three", "four"}
        ):
            return True
        if low in words.MODALS or low in words.PLANS or low in words.SUBJECT_PRONOUNS or low in words.POSSESSIVE_PRONOUNS:
            return True
        return index > start and (low in en.PAST_CUES or low.endswith("ed") or low in words.PRESENT_VERBS)

    def _known(self, low: str) -> bool:
        return low in words.BYSTANDERS or low in words.DESCRIPTIONS or low in words.AGENTS or low in words.TIME_NOUNS

    def _described(self, at: int, end: int, head: str) -> Participant:
        possessor = self._take_possessor()
        possessive = self._is_possessive(end)
        definite = self._tokens[at].low in ("the", "this")
        follower = self._tokens[end + 1] if end + 1 < len(self._tokens) else None
        role, watches = Role.THING, frozenset[str]()
        if head in words.BYSTANDERS and head not in words.DESCRIPTIONS:
            role = Role.PERSON
            if words.BYSTANDERS[head] and not possessive and self._acts(end):
                self._discourse.meet(
                    frozenset(), (), words.BYSTANDERS[head], fits=True
                )  # `his brother was ...`: now "he" is the brother
        elif head in words.DESCRIPTIONS:
            role = Role.PERSON
            if definite and not (follower and (follower.low in ("of", "from", "who", "whose", "at", "with") or follower.capital)):
                watches = self._discourse.last_fitting() or frozenset()
        elif head in words.AGENTS:
            role = Role.AGENT
        if possessive:
            self._possessor = frozenset() if role is not Role.PERSON or not watches else watches
        self._phrase_head = head
        return Participant(at, end, role, watches, possessive, possessor, head)

    # ----------------------------------------------------------------------------------------------------- joints
    def _is_possessive(self, end: int) -> bool:
        following = self._tokens[end + 1].low if end + 1 < len(self._tokens) else ""
        return following == "'s" or (following == "'" and self._tokens[end].low.endswith("s"))

    def _take_possessor(self) -> frozenset[str] | None:
        taken, self._possessor = self._possessor, None
        return taken

    def _close(self, one: Participant) -> Participant:
        self._possessor = one.watches if one.possessive else None
        self._phrase_head = ""
        return one
