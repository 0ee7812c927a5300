"""Which script a text is written in."""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum

from steppewatch.text.words import HAN


class Script(StrEnum):
    """Scripts we tell apart, by their ISO 15924 codes."""

    LATIN = "Latn"
    CYRILLIC = "Cyrl"
    ARABIC = "Arab"
    HAN = "Han"
    OTHER = "Zyyy"


_RUNS = {
    Script.LATIN: re.compile(r"[A-Za-zÀ-ÖØ-öø-ʯḀ-ỿ]+"),
    Script.CYRILLIC: re.compile(r"[Ѐ-ԯ]+"),
    Script.ARABIC: re.compile(r"[\u0620-\u064a\u066e-\u06d3\u06d5\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]+"),
    Script.HAN: re.compile(rf"[{HAN}]+"),
}
# A Han character says about as much as a short word.
_WEIGHT = {Script.HAN: 3}


def main_script(text: str) -> Script | None:
    """The script with the most letters in a text; None for a text without letters."""
    counts: Counter[Script] = Counter()
    for script, run in _RUNS.items():
        counts[script] = sum(len(letters) for letters in run.findall(text)) * _WEIGHT.get(script, 1)
    script, count = counts.most_common(1)[0]
    if count:
        return script
    return Script.OTHER if any(char.isalpha() for char in text) else None
