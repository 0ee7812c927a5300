"""Tokens for full-text search that serve any engine which splits at blanks: folded words, and Han text as bigrams."""

from __future__ import annotations

import re

from steppewatch.text.folding import fold_text
from steppewatch.text.words import HAN, WORD, is_han

_HAN_RUN = re.compile(rf"[{HAN}]+")
_QUOTED_OR_WORD = re.compile(r'[“”"«»„](?P<phrase>[^“”"«»„]*)[“”"«»„]|(?P<word>[^\s“”"«»„]+)')


def search_tokens(text: str) -> str:
    """The tokens of a text, separated by blanks: `Ürümqi 新疆喀什` -> `ürümqi 新疆 疆喀 喀什`."""
    return " ".join(_tokens(text))


def search_query(user_text: str) -> list[list[str]]:
    """What a user asks for, as phrases of adjacent tokens, all of which must be found.

    Each word is a phrase of its own; "words in quotes" are one phrase.
    """
    found = (_tokens(hit["phrase"] or hit["word"] or "") for hit in _QUOTED_OR_WORD.finditer(user_text))
    return [tokens for tokens in found if tokens]


def _tokens(text: str) -> list[str]:
    folded = fold_text(text)
    tokens: list[str] = []
    at = 0
    while word := WORD.search(folded, at):
        if is_han(word[0][0]):
            run = _HAN_RUN.match(folded, word.start())
            assert run is not None
            tokens += _bigrams(run[0])
            at = run.end()
        else:
            tokens.append(word[0])
            at = word.end()
    return tokens


def _bigrams(run: str) -> list[str]:
    return [run] if len(run) == 1 else [run[at : at + 2] for at in range(len(run) - 1)]
