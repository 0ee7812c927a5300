"""How the commands print, and the parts of `doctor` and `export` that are plain functions."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path

import click
import pytest

from console.cli import doctor
from console.cli.sheet import safe_cell
from console.cli.source_file import SourceFileError, add_source
from console.cli.table import Branch, Column, ago, cell, line, print_json, say, show, show_fields, show_tree
from console.cli.times import DurationType, SinceType
from console.cli.whole_file import write_whole

MOMENT = datetime(2019, 4, 8, 10, 0, tzinfo=timezone(timedelta(hours=6)))


class Kind(StrEnum):
    FEED = "feed"


ROWS = [{"id": "a", "kind": Kind.FEED, "at": MOMENT, "tags": ("x", "y"), "title": "Бір\tекі\nүш \x1b[31m"}, {"id": "b"}]
COLUMNS = [Column("id"), Column("kind"), Column("at"), Column("tags"), Column("title")]


def test_a_pipe_gets_tab_separated_lines(capsys: pytest.CaptureFixture[str]) -> None:
    show(ROWS, COLUMNS, json=False)
    assert capsys.readouterr().out == "a\tfeed\t2019-04-08T04:00:00Z\tx, y\tБір екі үш \\x1b[31m\nb\t\t\t\t\n"


def test_a_pipe_gets_nothing_where_there_is_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show([], COLUMNS, json=False, empty="Nothing here.")
    assert capsys.readouterr().out == ""


def test_json_is_one_array_with_texts_as_they_are(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    show(ROWS, COLUMNS, json=True)
    printed = capfdbinary.readouterr().out
    assert b"\x1b" not in printed
    assert json.loads(printed) == [
        {"id": "a", "kind": "feed", "at": "2019-04-08T04:00:00Z", "tags": ["x", "y"], "title": "Бір\tекі\nүш \x1b[31m"},
        {"id": "b"},
    ]


def test_json_of_nothing_is_an_empty_array(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    print_json([])
    assert capfdbinary.readouterr().out == b"[]\n"


def test_a_locale_with_few_letters_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr("sys.stdout", stream)
    show([{"id": "Серікжан"}], [Column("id")], json=False)
    print_json({"id": "Серікжан"})
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    first, second = stream.buffer.getvalue().splitlines()
    assert first.isascii()
    assert json.loads(second) == {"id": "Серікжан"}


def test_fields_leave_out_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    show_fields({"name": "A", "aliases": ["b", "c"], "not": (), "note": None, "count": 0})
    assert capsys.readouterr().out == "name     A\naliases  b\n         c\ncount    0\n"


def test_a_tree_in_a_pipe_is_indented(capsys: pytest.CaptureFixture[str]) -> None:
    tree = Branch("root")
    tree.add("first").add("under\x1b it")
    tree.add("second")
    show_tree(tree)
    assert capsys.readouterr().out == "root\n  first\n    under\\x1b it\n  second\n"


def test_a_line_of_ours_keeps_its_indentation_and_steers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    say("  two\nlines \x9b31m", error=True)
    assert capsys.readouterr().err == "  two lines \\x9b31m\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\r\n b", "a b"), ("\ud800", "\\ud800"), ("x\u202ey", "x\\u202ey"), ("سەرىكجان\u200c", "سەرىكجان\u200c")],
)
def test_a_line_from_outside_steers_no_terminal(text: str, shown: str) -> None:
    assert line(text) == shown


def test_a_cell_for_people_has_minutes() -> None:
    assert cell(MOMENT, for_people=True) == "2019-04-08 04:00 UTC"
    assert (cell(None), cell(True), cell([1, None])) == ("", "yes", "1, ")


@pytest.mark.parametrize(("seconds", "words"), [(-3, "0 s"), (59.9, "59 s"), (60, "1 min"), (7300, "2 h"), (200_000, "2 d")])
def test_how_long_ago(seconds: float, words: str) -> None:
    assert ago(seconds) == words


# -- export ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", " =", "  @", "\0="])
def test_a_cell_is_no_formula(start: str) -> None:
    assert safe_cell(f"{start}cmd|' /C calc'!A0").startswith("'")


@pytest.mark.parametrize(("value", "text"), [("a=b", "a=b"), (None, ""), (12, "12"), (MOMENT, "2019-04-08T04:00:00Z"), ("", "")])
def test_other_cells_stay_as_they_are(value: object, text: str) -> None:
    assert safe_cell(value) == text


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("before")
    with pytest.raises(ValueError, match="half way"), write_whole(path) as file:
        file.write(b"half")
        raise ValueError("half way")
    assert [one.name for one in tmp_path.iterdir()] == ["out.csv"]
    assert path.read_text() == "before"
    path.chmod(0o640)
    with write_whole(path) as file:
        file.write(b"after")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("after", 0o640)


def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    with write_whole(tmp_path / "new") as file:
        file.write(b"x")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7d", timedelta(days=7)),
        ("2019-04-08", datetime(2019, 4, 8, tzinfo=UTC)),
        ("2019-04-08T10:00:00+06:00", MOMENT),
    ],
)
def test_since_takes_a_duration_or_a_time(text: str, expected: object) -> None:
    assert SinceType().convert(text, None, None) == expected


@pytest.mark.parametrize("text", ["soon", "7", "7 years", "2019-13-01"])
def test_since_takes_nothing_else(text: str) -> None:
    with pytest.raises(click.BadParameter):
        SinceType().convert(text, None, None)
    with pytest.raises(click.BadParameter):
        DurationType().convert(text, None, None)


# -- adding to a file a person wrote -----------------------------------------------------------------------------------
BEFORE = """\
# ours
include: ['a.yaml']  # quotes as the user likes them

sources:
- id: first  # the first
  url: "https://first.example/"
  tags: [a,   b]
# the end
watchlists: []
"""


def test_a_source_is_added_and_the_rest_stays(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(BEFORE)
    add_source(path, {"id": "second", "url": "https://second.example/"}, lambda: None)
    after = path.read_text().splitlines()
    kept = [one for one in BEFORE.splitlines() if "tags" not in one]  # blanks inside brackets are not kept
    assert [one for one in kept if one not in after] == []
    assert after.index("- id: second") > after.index('  url: "https://first.example/"')


@pytest.mark.parametrize(
    "text", ["- a list\n", "sources: none\n", "sources: {a: b}\n", "a: [\n", "just words\n", b"\xff\xfe".decode("latin-1")]
)
def test_a_file_without_a_list_of_sources_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sources.yaml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(SourceFileError, match=r"sources\.yaml"):
        add_source(path, {"id": "a"}, lambda: None)
    assert path.read_bytes() == text.encode("latin-1")


# -- doctor ------------------------------------------------------------------------------------------------------------
def test_doctor_knows_an_old_python() -> None:
    assert doctor.check_python((3, 10, 4)).state == "fail"
    assert doctor.check_python((3, 11, 0)).state == "ok"
    assert doctor.check_python((4, 0, 0)).state == "ok"


def test_doctor_finds_another_owner_of_our_names() -> None:
    found = doctor.check_packages({"alerts": ["steppewatch", "alerts"], "crawler": ["steppewatch"]})
    assert found.state == "fail"
    assert "alerts belongs to alerts" in found.message
    assert doctor.check_packages({name: ["steppewatch"] for name in doctor.OWN_NAMES}).state == "ok"
    assert doctor.check_packages({}).state == "ok", "an editable install names no packages"


def test_doctor_finds_a_distribution_that_owns_our_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "other_thing-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Other-Thing\nVersion: 1.0\n")
    (info / "RECORD").write_text("crawler/__init__.py,,\nother_thing-1.0.dist-info/METADATA,,\n")
    (info / "top_level.txt").write_text("crawler\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = doctor.check_packages(doctor.owners())
    assert found.state == "fail"
    assert "crawler belongs to other-thing" in found.message


def test_doctor_knows_a_clock_that_was_never_set() -> None:
    assert doctor.check_clock(datetime(1970, 1, 1, tzinfo=UTC)).state == "fail"
    assert doctor.check_clock(datetime(2024, 1, 1, tzinfo=UTC)).state == "ok"


def test_doctor_looks_at_time_zones() -> None:
    assert doctor.check_zones("Asia/Almaty").state == "ok"
    assert doctor.check_zones("Asia/Nowhere").state == "fail"


def test_doctor_looks_at_the_folder_of_the_archive(tmp_path: Path) -> None:
    assert doctor.check_archive(tmp_path / "not" / "yet").state == "ok"
    assert list(tmp_path.iterdir()) == [], "looking makes nothing"
    (tmp_path / "file").write_text("")
    assert doctor.check_archive(tmp_path / "file").state == "fail"


def test_doctor_looks_at_the_disk(tmp_path: Path) -> None:
    assert "GB free" in doctor.check_disk(tmp_path / "not" / "yet").message
