"""Findings on the screen: the caret stands under the place, whatever the letters before it."""

from __future__ import annotations

import unicodedata

import pytest

from steppewatch.config.report import WIDEST, format_findings
from steppewatch.errors import Finding


def columns(text: str) -> int:
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def test_a_finding_has_its_place_its_line_and_a_caret() -> None:
    finding = Finding("config.yaml", 3, 5, "unknown key", 'did you mean "name"?', "    nam: x")
    assert format_findings([finding, Finding("a.yaml", 0, 0, "this file is empty", warning=True)]) == (
        'config.yaml:3:5: unknown key (did you mean "name"?)\n    nam: x\n    ^\na.yaml: warning: this file is empty'
    )


@pytest.mark.parametrize("before", ["name: 新疆, ", "name: Ｘ，", "name: и\u0306мя, ", "\tname:\t\tx,\t", "  a: ئۈرۈمچى "])
def test_the_caret_stands_under_its_place(before: str) -> None:
    shown = format_findings([Finding("c.yaml", 1, len(before) + 1, "m", "", before + "HERE: 1")]).split("\n")
    assert columns(shown[1][: shown[1].index("HERE")]) == len(shown[2]) - 1
    assert shown[2].endswith("^")


@pytest.mark.parametrize("at", [0, 1, 150, 499, 500, 999])
@pytest.mark.parametrize("letter", ["a", "新"])
def test_a_long_line_is_cut_around_the_place(at: int, letter: str) -> None:
    line = letter * at + "X" + letter * (999 - at)
    shown = format_findings([Finding("c.yaml", 1, at + 1, "m", "", line)]).split("\n")
    assert columns(shown[1]) <= WIDEST + 8
    assert columns(shown[1][: shown[1].index("X")]) == len(shown[2]) - 1


def test_a_caret_beyond_the_end_stands_at_the_end() -> None:
    assert format_findings([Finding("c.yaml", 1, 40, "m", "", "key: ***")]).split("\n")[2] == "    " + " " * 8 + "^"


def test_nothing_of_a_file_commands_the_terminal() -> None:
    hostile = "a: \x1b[2J\u202e\u2066\x9b31m\r\x00"
    shown = format_findings([Finding(f"x{hostile}.yaml", 1, 4, hostile, hostile, hostile)])
    assert all(char.isprintable() or char == "\n" for char in shown)
