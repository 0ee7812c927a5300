"""One English sentence as the reader sees it: its words, who is in it, what may have happened, and where clauses meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from alerts.matching.people import Participant
from alerts.matching.sentences import Token
from alerts.matching.triggers import Trigger
from steppewatch.languages import en
from steppewatch.languages import en_events as words

_STRONG_MARKS = frozenset(";:—–…") | {"--"}
_LONGEST_ASIDE = 8
_SOFT_MARKS = frozenset(',()"“”')


@dataclass(frozen=True, slots=True)
class PlacedDate:
    """A date as the words first..last of a sentence."""

    iso: str
    first: int
    last: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with everything found in it. All lists are in the order of the text."""

    start: int
    end: int
    tokens: tuple[Token, ...]
    participants: tuple[Participant, ...]
    triggers: tuple[Trigger, ...]
    dates: tuple[PlacedDate, ...]
    insertions: Mapping[int, int]  # the closing comma or bracket -> the opening one

    def low(self, at: int) -> str:
        """The word at an index in small letters; empty outside the sentence."""
        return self.tokens[at].low if 0 <= at < len(self.tokens) else ""

    def starting(self, at: int) -> Participant | None:
        """The participant that begins at this word."""
        return next((one for one in self.participants if one.first == at), None)

    def ending(self, at: int) -> Participant | None:
        """The participant that ends at this word."""
        return next((one for one in self.participants if one.last == at), None)

    def date_at(self, at: int) -> PlacedDate | None:
        """The date this word belongs to."""
        return next((one for one in self.dates if one.first <= at <= one.last), None)

    def is_strong(self, at: int) -> bool:
        """Whether a clause ends here: a semicolon, a dash, `that`, `after`, `because` ..."""
        return self.low(at) in _STRONG_MARKS or self.low(at) in words.SUBORDINATORS or self.low(at) in words.RELATIVES

    def is_border(self, at: int) -> bool:
        """Whether a stretch of words ends here: as above, or a comma, a bracket, `and`, `but`."""
        return self.is_strong(at) or self.low(at) in _SOFT_MARKS or self.low(at) in words.COORDINATORS

    def stretch_before(self, at: int) -> range:
        """The words before `at` back to the nearest border."""
        start = at
        while start > 0 and not self.is_border(start - 1):
            start -= 1
        return range(start, at)

    def stretch_after(self, at: int) -> list[int]:
        """The words after `at` up to the nearest border, over insertions."""
        found: list[int] = []
        end = at + 1
        while end < len(self.tokens):
            if self.is_border(end):
                closing = self.insertion_after(end)
                if closing is None:
                    break
                end = closing + 1
                continue
            found.append(end)
            end += 1
        return found

    def insertion_after(self, opening: int) -> int | None:
        """Where the insertion that begins with this comma or bracket ends, if one does."""
        return next((closing for closing, start in self.insertions.items() if start == opening), None)

    def opener(self, at: int) -> str:
        """The word that opens the clause of `at` (`after`, `if`, `that`, `who`), or nothing for a main clause."""
        index = at - 1
        while index >= 0:
            if self.is_strong(index):
                return self.low(index) if self.low(index).isalpha() else ""
            if self.low(index) == "," and self.inserted_before(index) is None and self._main_follows(index, at):
                return ""
            index = self._over_insertion(index) - 1
        return ""

    def _main_follows(self, comma: int, at: int) -> bool:
        """Whether a new main clause begins after this comma: somebody is named between it and the word."""
        return any(comma < one.first and one.last < at and not one.possessive for one in self.participants)

    def inserted_before(self, comma: int) -> int | None:
        """Where the insertion that this comma or bracket closes begins (`X, who ..., was`; `X, a teacher, was`)."""
        return self.insertions.get(comma)

    def _over_insertion(self, at: int) -> int:
        if self.low(at) not in (",", ")"):
            return at
        opening = self.inserted_before(at)
        return at if opening is None else opening

    def backwards(self, at: int) -> Iterator[int]:
        """The words before `at`, leaving out insertions that do not hold it."""
        index = at - 1
        while index >= 0:
            opening = self._over_insertion(index)
            if opening != index:
                index = opening - 1
                continue
            yield index
            index -= 1

    def is_finite(self, at: int) -> bool:
        """Whether a word looks like a verb that makes a clause."""
        return is_finite(self.low(at))


def is_finite(low: str) -> bool:
    """Whether a word in small letters looks like a verb that makes a clause."""
    return low in words.BE | words.HAVE | words.MODALS or low in ("will", "would") or low in en.PAST_CUES or low in words.SPEECH


def find_insertions(tokens: Sequence[Token]) -> dict[int, int]:
    """The insertions of a sentence: closing comma or bracket -> opening one."""
    found: dict[int, int] = {}
    comma = bracket = None
    for index, token in enumerate(tokens):
        if token.low == ")" and bracket is not None:
            found[index], bracket = bracket, None
        elif token.low == "(":
            bracket = index
        elif token.low == ",":
            if comma is not None and _is_insertion([one.low for one in tokens[comma + 1 : index]]):
                found[index] = comma
            comma = index
    return found


def _is_insertion(inside: list[str]) -> bool:
    if not inside:
        return False
    if inside[0] in words.RELATIVES or (len(inside) <= _LONGEST_ASIDE and any(low in words.SPEECH for low in inside[-2:])):
        return True  # `, who ...,` or `, her daughter says,`
    opens = inside[0] in words.PREPOSITIONS or inside[0] in words.INSERTION_OPENERS or inside[0].isdigit()
    return opens and not any(is_finite(low) for low in inside)
