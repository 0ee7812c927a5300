"""Fold a text to the form in which spellings are compared, and keep the way back to the original.

Folded away: capitals (with the Turkish dotted and dotless i all becoming one i), compatibility and presentation forms
(NFKC, letter by letter), zero-width characters, soft hyphens and other format characters, tatweel, Arabic vowel signs,
stress marks; typographic apostrophes, dashes and middle dots become one of each; ي/ى/ی and ك/ک, ھ/ه become one.
"""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

_APOSTROPHES = "'’‘ʼʻʹʽ′‵`´＇‛ˈ"
_DASHES = "-‐‑‒–—―−﹣－"
_MIDDLE_DOTS = "·‧•・･∙⋅"
_SAME = {
    **dict.fromkeys(_APOSTROPHES, "'"),
    **dict.fromkeys(_DASHES, "-"),
    **dict.fromkeys(_MIDDLE_DOTS, "·"),
    "İ": "i",
    "ı": "i",
    "ى": "ي",
    "ی": "ي",
    "ک": "ك",
    "ھ": "ه",
    "ـ": "",  # tatweel stretches a line and means nothing
    "ٴ": "",  # the high hamza of Kazakh, written or left out
}
_STRESS = "\u0300\u0301"
_DOT_ABOVE = "\u0307"
# More marks than this on one letter are decoration; composing them all would take more than linear time.
_MOST_MARKS = 4


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text. Character i stands for original[starts[i]:ends[i]]; both sequences never fall."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original of the folded span [start:end], which must not be empty."""
        return self.starts[start], self.ends[end - 1]


class _Table(dict[str, str]):
    """Folded form of each single character, worked out when it is first met. A private memo, never shared state."""

    def __missing__(self, char: str) -> str:
        folded = self[char] = _fold_piece(char)
        return folded


def fold(text: str) -> Folded:
    """Fold a text of any length and any content (lone surrogates too) in linear time."""
    if text.isascii():
        return Folded(text.lower().replace("`", "'"), range(len(text)), range(1, len(text) + 1))
    table = _Table()
    letters = set(text)
    if all(len(table[char]) == 1 and not unicodedata.combining(char) for char in letters):
        folded = text.translate({ord(char): table[char] for char in letters})
        return Folded(folded, range(len(text)), range(1, len(text) + 1))
    return _fold_by_piece(text, table)


def fold_text(text: str) -> str:
    """Only the folded text."""
    return fold(text).text


def _fold_by_piece(text: str, table: _Table) -> Folded:
    pieces: list[str] = []
    starts, ends = array("L"), array("L")
    marks = {char for char in set(text) if unicodedata.combining(char)}
    at, length = 0, len(text)
    while at < length:
        end = at + 1
        while end < length and end - at <= _MOST_MARKS and text[end] in marks:
            end += 1
        piece = table[text[at]] if end == at + 1 else _fold_piece(text[at:end])
        pieces.append(piece)
        for _ in piece:
            starts.append(at)
            ends.append(end)
        at = end
    return Folded("".join(pieces), starts, ends)


def _fold_piece(piece: str) -> str:
    """Fold a letter with the marks on it."""
    if piece in _SAME:
        return _SAME[piece]
    composed = unicodedata.normalize("NFKC", piece)
    if composed[:1] == " " and len(composed) > 1:  # a spacing accent: ¨ would become a blank and a mark
        composed = piece
    folded = "".join(_fold_letter(char) for char in composed)
    return folded.replace("i" + _DOT_ABOVE, "i")


def _fold_letter(char: str) -> str:
    same = _SAME.get(char)
    if same is not None:
        return same
    if char in _STRESS or _is_vowel_sign(char) or unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f":
        return ""
    return "".join(_SAME.get(small, small) for small in char.casefold())


def _is_vowel_sign(char: str) -> bool:
    return "\u064b" <= char <= "\u0655" or char == "\u0670"
