"""Find the words of a folded text: whole words where words are written apart, single characters in Han text."""

from __future__ import annotations

import re
import unicodedata

HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"


def _marks() -> str:
    """The combining marks of the basic plane as ranges for a character class. `\\w` does not know them."""
    ranges: list[list[int]] = []
    for point in range(0x300, 0xFE30):
        if unicodedata.category(chr(point)) in ("Mn", "Mc", "Me"):
            if ranges and ranges[-1][1] == point - 1:
                ranges[-1][1] = point
            else:
                ranges.append([point, point])
    return "".join(f"{chr(low)}-{chr(high)}" for low, high in ranges)


MARKS = _marks()
_LETTER = rf"[^\W_{HAN}]"
# Possessive quantifiers: nothing is ever tried twice, so a word of ten million letters costs ten million steps.
WORD = re.compile(rf"[{HAN}]|{_LETTER}++(?:[{MARKS}]++{_LETTER}*+)*+|(?:[{MARKS}]++{_LETTER}*+)++")
HAN_CHARACTER = re.compile(rf"[{HAN}]")


def is_han(char: str) -> bool:
    """Whether this single character is a Han character."""
    return HAN_CHARACTER.match(char) is not None


def words(folded: str) -> list[str]:
    """The words of a folded text in order, each Han character by itself."""
    return WORD.findall(folded)
