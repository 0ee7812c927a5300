"""Find names and terms exactly as they are spelled, whatever their number and however long the text.

All spellings are compiled into one trie over words. A text is folded and walked once: at each word that begins some
spelling the trie is followed as far as the text goes along. The cost is the number of words in the text times the words of the
longest spelling that begins there, and does not grow with the number of watches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from alerts.matching.explain import score_of, why_of
from steppewatch.model import Mention, TextField, Watch, WatchKind
from steppewatch.text.folding import Folded, fold, fold_text
from steppewatch.text.words import MARKS, WORD, is_han

# A text that names a watch more often than this in one field says nothing new, and must not fill the memory.
MOST_MENTIONS = 1_000
# Before an apostrophe a short name may be half a word (Ma'mut), a longer one is a word with an ending (Kashgar'da).
_SHORTEST_BEFORE_ENDING = 4
_POSSESSIVE = re.compile(rf"'(?:s(?![^\W_{MARKS}])|(?![^\W_]))")
_ELISION = re.compile(r"(?:^|[^\w'])(?:l|d|qu)'$")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Spelling:
    """One spelling of one watch: the words are in the trie, `before` and `after` are punctuation that must stand around."""

    watch: int
    label: str
    original: str
    before: str
    after: str
    vetoes: bool


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    spellings: list[Spelling] = field(default_factory=list)


@dataclass(slots=True)
class _Progress:
    """How far a watch has come in one field."""

    busy_until: int = 0
    vetoed_until: int = 0
    found: int = 0


class NameFinder:
    """The spellings of all watches, compiled once."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._watches = tuple(watches)
        self._root = _Node()
        for index, watch in enumerate(self._watches):
            for label, spelling, vetoes in _spellings(watch):
                self._add(index, label, spelling, vetoes)

    def find(self, text: str, where: TextField) -> list[Mention]:
        """The mentions in one field, in the order of their beginnings, at most MOST_MENTIONS a watch."""
        folded = fold(text)
        progress: dict[int, _Progress] = {}
        mentions: list[Mention] = []
        first = self._root.children
        for word in WORD.finditer(folded.text):
            node = first.get(word[0])
            if node is not None:
                ends = list(_walk(node, folded.text, word))
                mentions += self._take(ends, folded, word.start(), text, where, progress)
        return mentions

    def _add(self, watch: int, label: str, original: str, vetoes: bool) -> None:
        folded = fold_text(original)
        hits = list(WORD.finditer(folded))
        if not hits:
            return
        node, at = self._root, hits[0].start()
        for hit in hits:
            node = node.children.setdefault(_gap(folded[at : hit.start()]) + hit[0], _Node())
            at = hit.end()
        before = _BLANKS.sub("", folded[: hits[0].start()])
        after = _BLANKS.sub("", folded[at:]).rstrip(".")
        node.spellings.append(Spelling(watch, label, original, before, after, vetoes))

    def _take(
        self,
        ends: list[tuple[int, _Node]],
        folded: Folded,
        start: int,
        text: str,
        where: TextField,
        progress: dict[int, _Progress],
    ) -> Iterator[Mention]:
        """The mentions that begin at this word: the longest of each watch, unless it stands in a `not` phrase."""
        hits = [
            (start - len(spelling.before), end + len(spelling.after), spelling)
            for end, node in reversed(ends)
            for spelling in node.spellings
            if _stands_alone(folded.text, start, end, spelling)
        ]
        for _, end, spelling in hits:
            if spelling.vetoes:
                state = progress.setdefault(spelling.watch, _Progress())
                state.vetoed_until = max(state.vetoed_until, end)
        for begin, end, spelling in hits:
            state = progress.setdefault(spelling.watch, _Progress())
            if spelling.vetoes or begin < state.busy_until or end <= state.vetoed_until or state.found >= MOST_MENTIONS:
                continue
            state.busy_until, state.found = end, state.found + 1
            yield self._mention(spelling, text, where, folded.span(begin, end))

    def _mention(self, spelling: Spelling, text: str, where: TextField, span: tuple[int, int]) -> Mention:
        surface = text[span[0] : span[1]]
        return Mention(
            watch=self._watches[spelling.watch].id,
            surface=surface,
            field=where,
            start=span[0],
            end=span[1],
            score=score_of(surface, spelling.original),
            why=why_of(surface, spelling.original, spelling.label),
        )


def _spellings(watch: Watch) -> Iterator[tuple[str, str, bool]]:
    if watch.kind is WatchKind.KEYWORD:
        yield from (("term", term, False) for term in watch.terms)
    else:
        yield "name", watch.name, False
        yield from (("alias", alias, False) for alias in watch.aliases)
    yield from (("not", phrase, True) for phrase in watch.not_terms)


def _walk(node: _Node, text: str, word: re.Match[str]) -> Iterator[tuple[int, _Node]]:
    """Every node with spellings that can be reached from here, with the end of its last word; the shortest first."""
    at = word.end()
    while True:
        if node.spellings:
            yield at, node
        if not node.children:
            return
        following = WORD.search(text, at)
        if following is None:
            return
        child = node.children.get(_gap(text[at : following.start()]) + following[0])
        if child is None:
            return
        node, at = child, following.end()


def _gap(between: str) -> str:
    """What stands between two words, with any white space as one blank, and none around a middle dot."""
    gap = _BLANKS.sub(" ", between)
    return "·" if gap.strip() == "·" else gap


def _stands_alone(text: str, start: int, end: int, spelling: Spelling) -> bool:
    """Whether a name is a word of its own here, and not half of a word with an apostrophe."""
    if not text.startswith(spelling.after, end) or not text.endswith(spelling.before, 0, start):
        return False
    if spelling.before or spelling.after or is_han(text[start]):
        return True
    if (
        text[start - 1 : start] == "'"
        and text[start - 2 : start - 1].isalnum()
        and not _ELISION.search(text, max(start - 4, 0), start)
    ):
        return False
    if end - start >= _SHORTEST_BEFORE_ENDING or text[end : end + 1] != "'":
        return True
    return _POSSESSIVE.match(text, end) is not None
