"""Search tokens: one form for the index and for the question."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from steppewatch.text.search import search_query, search_tokens


def test_words_are_folded_and_han_text_becomes_bigrams() -> None:
    assert search_tokens("Ürümqi, 新疆喀什 (2019)!") == "ürümqi 新疆 疆喀 喀什 2019"


def test_a_single_han_character_stands_alone() -> None:
    assert search_tokens("他 went") == "他 went"


def test_query_has_one_phrase_a_word_and_one_for_words_in_quotes() -> None:
    assert search_query('Bilash "house arrest" “домашний арест” 再教育营') == [
        ["bilash"],
        ["house", "arrest"],
        ["домашний", "арест"],
        ["再教", "教育", "育营"],
    ]


def test_a_query_of_signs_asks_nothing() -> None:
    assert search_query('"" * OR( --') == [["or"]]
    assert search_query("  ") == []


@given(st.text(st.characters(exclude_categories=()), max_size=100))
def test_what_a_text_says_is_found_by_asking_for_it(text: str) -> None:
    tokens = search_tokens(text).split()
    quoted = search_query('"' + "".join(char for char in text if char not in '“”"«»„') + '"')
    if quoted and not set(text) & set('“”"«»„'):
        assert quoted == [tokens]


@given(st.text(st.characters(exclude_categories=()), max_size=100))
def test_tokens_hold_no_quotes_and_no_blanks(text: str) -> None:
    assert all(token.strip() == token and '"' not in token for token in search_tokens(text).split(" ") if token)
