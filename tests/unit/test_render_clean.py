"""Words from outside are harmless in a mail header, on a terminal and in a right-to-left line."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.render.clean import block, cut, inline, one_line, terminal, web_address
from steppewatch.clock import monotonic

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("Hearing\r\nBcc: all@example.org", "Hearing Bcc: all@example.org"),
        ("a\u2028b\u2029c\x85d\x0be\x1cf", "a b c d e f"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]8;;https://bad.example\x07click\x1b]8;;\x07", "click"),
        ("\x1b]0;title\x1b\\shown", "shown"),
        ("before\x1b]never ended, and this stays", "before]never ended, and this stays"),
        ("\u202egnp.exe\u202c \u2066x\u2069", "gnp.exe x"),
        ("nul\x00 bell\x07 del\x7f", "nul bell del"),
        ("half \ud83d of a face", "half \ufffd of a face"),
        ("\ufeffBOM \U000e0041tag", "BOM tag"),
    ],
)
def test_one_line_drops_what_steers(dirty: str, clean: str) -> None:
    assert one_line(dirty, 200) == clean


@pytest.mark.parametrize(
    "text", ["می\u200cخواهم", "Серікжан", "سەرىكجان بىلاش", "赛尔克坚·比拉什", "👩\u200d👧", "\u200fשלום\u200e", "Ǵ ý ŋ"]
)
def test_letters_of_every_script_stay(text: str) -> None:
    assert one_line(text, 200) == text
    assert terminal(text) == text


def test_a_cut_leaves_marks_with_their_letter() -> None:
    text = "abc" + "e\u0301\u0302" * 10
    for limit in range(4, len(text)):
        short = cut(text, limit)
        assert len(short) <= limit
        assert short.endswith("…")
        assert text.startswith(short[:-1])
        following = text[len(short) - 1]
        assert not unicodedata.combining(following)


def test_a_text_of_nothing_but_marks_is_cut_all_the_same() -> None:
    assert len(cut("\u0301" * 70_000, 100)) == 100


def test_a_block_keeps_its_paragraphs() -> None:
    assert block(" one\r\ntwo\t \x0bthree\n\n\n\n four \u202e\n") == "one\ntwo\nthree\n\nfour"


def test_a_terminal_sees_escapes_written_out() -> None:
    assert terminal("a\x1b[2Jb\rc\x9bd\u202ee\ud800\nf\tg\r\n") == "a\\x1b[2Jb\\rc\\x9bd\\u202ee\\ud800\nf\tg\n"


@given(ANY_TEXT)
def test_whatever_comes_can_be_encoded_and_is_one_line(text: str) -> None:
    line = one_line(text, 50)
    assert len(line) <= 50
    assert len(line.splitlines()) <= 1
    line.encode()
    assert line == one_line(line, 50) or line.endswith("…")
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in inline(text) + terminal(line))


@given(ANY_TEXT)
def test_whatever_comes_leaves_a_terminal_alone(text: str) -> None:
    shown = terminal(text)
    shown.encode()
    assert {character for character in shown if unicodedata.category(character) == "Cc"} <= {"\n", "\t"}
    assert {character for character in block(text) if unicodedata.category(character) == "Cc"} <= {"\n"}


@pytest.mark.parametrize("url", ["https://news.example/a?b=c&d=%D0%B0#e", "http://қазақ.example/ә", "HTTPS://[2001:db8::1]/"])
def test_a_web_address_may_be_a_link(url: str) -> None:
    assert web_address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "data:text/html,x",
        "//news.example/", "/path", "", "https://", "https:///path", "http://[::1", "ftp://news.example/",
        "https://bank.example@bad.example/", 'https://news.example/"onclick="', "https://news.example/<b>",
        "https://news.example/a b", "https://news.example/\u202eexe", "https://news.example/" + "a" * 3000,
    ],
)  # fmt: skip
def test_anything_else_may_not(url: str) -> None:
    assert web_address(url) is None


@pytest.mark.parametrize("piece", ["\x90", "\x1b]", "\x9b0;", "\n ", " ", "\x9da", '."'])
def test_the_cost_grows_with_the_length_and_no_faster(piece: str) -> None:
    text = piece * 200_000
    started = monotonic()
    one_line(text, 100)
    block(text)
    terminal(text)
    assert monotonic() - started < 5.0  # seconds; a cost that grows with the square takes minutes
