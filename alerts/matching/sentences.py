"""Cut an English text into sentences and words, with their places in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from steppewatch.languages import en_events as words

# Possessive, and never begun inside a run: a line of a million dots is read once.
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"”’')\]]*+(?=\s)|\n\s*\n")
_TOKEN = re.compile(
    r"['’]s(?![^\W_])"
    r"|[^\W\d_]+(?:[-‐‑](?:[^\W\d_]+|\d+))*(?:['’](?!s(?![^\W_]))[^\W\d_]+)*"
    r"|\d[\d.,:/]*\d|\d+(?:[-‐‑][^\W\d_]+)*|--|\S"
)
_LAST_WORD = re.compile(r"[\w.]+$")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or mark of punctuation at text[start:end]. `low` is it in small letters with straight apostrophes."""

    text: str
    low: str
    start: int
    end: int

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()


def split_sentences(text: str) -> list[tuple[int, int]]:
    """(start, end) of each sentence, without the white space around it."""
    found: list[tuple[int, int]] = []
    at = 0
    for hit in _END.finditer(text):
        if hit[0][0] == "." and _is_abbreviation(text, hit.start(), hit.end()):
            continue
        end = hit.start() if hit[0][0].isspace() else hit.end()
        _append(found, text, at, end)
        at = hit.end()
    _append(found, text, at, len(text))
    return found


def _append(found: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        start += len(piece) - len(piece.lstrip())
        found.append((start, start + len(stripped)))


def _is_abbreviation(text: str, dot: int, end: int) -> bool:
    """A full stop after an initial or a known short form, or before a small letter, ends no sentence."""
    following = text[end : end + 40].lstrip()[:1]
    if following.islower():
        return True
    last = _LAST_WORD.search(text, max(dot - 12, 0), dot)
    if last is None:
        return False
    word = last[0]
    if word.lower() in words.ABBREVIATIONS:
        return word.lower() not in words.ABBREVIATIONS_AT_END or following.isdigit()
    return len(word) == 1 and word.isupper()


def tokenize(text: str, start: int, end: int) -> list[Token]:
    """The words of text[start:end], a possessive 's apart from its name."""
    return [Token(hit[0], hit[0].lower().replace("’", "'"), hit.start(), hit.end()) for hit in _TOKEN.finditer(text, start, end)]
