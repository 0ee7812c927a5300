"""Folding keeps the way back to the original, whatever the text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppewatch.text.folding import fold, fold_text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("BİLASH", "bilash"),
        ("SINCAN", "Sincan"),
        ("yıldız", "YILDIZ"),
        ("Qur’ban", "Qur'ban"),
        ("Ulughchat", "Ulugh\u00adchat"),
        ("қашқар", "ҚАШ\u200bҚАР"),
        ("قەشقەر", "قەشـقەر"),
        ("علي", "على"),
        ("کاشغر", "كاشغر"),
        ("ﻣﺤﻤﺪ", "محمد"),
        ("и\u0306лия", "йлия"),
        ("Сауытба́й", "Сауытбай"),
        ("ＡＢＣ", "abc"),
        ("阿里·汗", "阿里•汗"),
    ],
)
def test_spellings_of_one_word_fold_together(one: str, other: str) -> None:
    assert fold_text(one) == fold_text(other)


@pytest.mark.parametrize(("one", "other"), [("Gülnur", "Gulnur"), ("шаш", "шащ"), ("قان", "خان"), ("古丽", "古麗")])
def test_different_letters_stay_different(one: str, other: str) -> None:
    assert fold_text(one) != fold_text(other)


def test_dotted_capital_leaves_offsets_alone() -> None:
    folded = fold("HEYİT geldi")
    start = folded.text.index("geldi")
    assert folded.span(start, start + 5) == (6, 11)


def test_span_takes_in_marks_and_leaves_out_what_follows() -> None:
    text = "в Сауытба́\u200b дом"
    folded = fold(text)
    start = folded.text.index("сауытба")
    begin, end = folded.span(start, start + len("сауытба"))
    assert text[begin:end] == "Сауытба\u0301"


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_the_map_never_falls_and_covers_what_it_folds(text: str) -> None:
    folded = fold(text)
    assert len(folded.starts) == len(folded.ends) == len(folded.text)
    spans = list(zip(folded.starts, folded.ends, strict=True))
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(a <= c and b <= d for (a, b), (c, d) in pairwise(spans))
