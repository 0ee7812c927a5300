"""Say in words why something in a text counts as a watched name."""

from __future__ import annotations

LETTER_FOR_LETTER = 1.0
FOLDED = 0.98


def score_of(surface: str, spelling: str) -> float:
    """How sure a find is: 1.0 letter for letter, a little less where something was folded."""
    return LETTER_FOR_LETTER if surface == spelling else FOLDED


def why_of(surface: str, spelling: str, label: str) -> str:
    """The derivation: which spelling (`name`, `alias` or `term`) and what was folded to find it."""
    return f'{label} "{spelling}", {_difference(surface, spelling)}'


def _difference(surface: str, spelling: str) -> str:
    if surface == spelling:
        return "letter for letter"
    if surface.split() == spelling.split():
        return "white space folded"
    if surface.casefold().split() == spelling.casefold().split():
        return "capitals folded"
    return "characters folded"
