"""`analyze` on a real pipe: every line answered before the next is read, and a wrong line answered in its place."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from console.cli.analyze import analyze_lines
from steppewatch.model import Watch, WatchKind

WATCHLIST = """\
watchlists:
  - id: people
    watches:
      - {id: adilkhan, kind: person, name: Marlen Adilkhan, aliases: [Марлен Адильхан]}
      - {id: camps, kind: keyword, terms: [再教育营]}
"""
ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-c", "from console.cli import main; main()", "analyze", "--watchlist")
WATCHES = (Watch("adilkhan", WatchKind.PERSON, "Marlen Adilkhan"),)


def answer(*lines: bytes) -> tuple[int, list[dict[str, Any]]]:
    out = io.StringIO()
    code = analyze_lines(io.BytesIO(b"".join(line + b"\n" for line in lines)), out, WATCHES)
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    watchlist = tmp_path / "watchlist.yaml"
    watchlist.write_text(WATCHLIST, encoding="utf-8")
    with subprocess.Popen((*COMMAND, str(watchlist)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as running:
        yield running
        running.kill()


def ask(process: subprocess.Popen[bytes], line: object) -> dict[str, Any]:
    assert isinstance(process.stdin, io.BufferedIOBase)
    assert process.stdout is not None
    process.stdin.write(json.dumps(line).encode() + b"\n")
    process.stdin.flush()
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def test_each_line_is_answered_before_the_next_is_written(process: subprocess.Popen[bytes]) -> None:
    text = "Marlen Adilkhan was detained on April 8, his lawyer said on Wednesday."
    first = ask(process, {"id": "1", "text": text, "title": "MARLEN ADILKHAN detained", "lang": "en", "published": "2021-04-14"})
    assert first["id"] == "1"
    assert first["lang"] == "en"
    assert [(one["watch"], one["field"], one["surface"]) for one in first["mentions"]] == [
        ("adilkhan", "title", "MARLEN ADILKHAN"),
        ("adilkhan", "text", "Marlen Adilkhan"),
    ]
    (event,) = first["events"]
    assert event == {
        "type": "arrest",
        "status": "actual",
        "date": "2021-04-08",
        "watches": ["adilkhan"],
        "quote": "detained on April 8",
        "field": "text",
        "start": 20,
        "end": 39,
    }
    assert [(one["date"], one["text"]) for one in first["dates"]] == [("2021-04-08", "April 8"), ("2021-04-14", "Wednesday")]
    second = ask(process, {"id": 2, "text": "他被关进再教育营。"})
    assert (second["id"], second["lang"], second["mentions"][0]["surface"]) == (2, "zh", "再教育营")
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=30) == 0


def test_a_wrong_line_is_told_in_its_place_and_in_the_exit_code() -> None:
    code, answers = answer(
        b'{"id": "1", "text": "Marlen Adilkhan"}',
        b"not json",
        b"[1, 2]",
        b'{"id": "4"}',
        b'{"id": "5", "text": 5}',
        b'{"id": "6", "text": "x", "published": "yesterday"}',
        b'{"id": "7", "text": "x", "title": ["x"]}',
        b'\xff\xfe{"id": "8", "text": "x"}',
        b'{"id": "9", "text": "Marlen Adilkhan"}',
    )
    assert code == 1
    assert [one["id"] for one in answers] == ["1", None, None, "4", "5", "6", "7", None, "9"]
    assert ["error" in one for one in answers] == [False, True, True, True, True, True, True, True, False]
    assert all(f"line {number}: " in one["error"] for number, one in enumerate(answers, 1) if "error" in one)


def test_the_deepest_json_is_a_wrong_line_too() -> None:
    code, answers = answer(b"[" * 200_000, b'{"id": "2", "text": "Marlen Adilkhan"}')
    assert (code, len(answers), len(answers[1]["mentions"])) == (1, 2, 1)


def test_half_surrogates_and_control_characters_come_through() -> None:
    code, (found,) = answer(
        rb'{"id": "\ud800", "text": "\ud83d Marlen\u0000 Marlen Adilkhan\udc00 \u2028 \ufffe", "lang": "\ud800"}'
    )
    assert code == 0
    assert found["id"] == "\ud800"
    (mention,) = found["mentions"]
    assert mention["surface"] == "Marlen Adilkhan"
    assert (mention["start"], mention["end"]) == (10, 25)


def test_nothing_said_is_nothing_found() -> None:
    code, answers = answer(b'{"id": "1", "text": ""}', b"", b'{"id": "2", "text": " \\n ", "lang": null, "published": null}')
    assert code == 0
    assert answers == [{"id": one, "lang": None, "mentions": [], "events": [], "dates": []} for one in ("1", "2")]


def test_the_day_is_counted_where_the_article_was_published() -> None:
    line = b'{"id": "1", "lang": "en", "text": "He left yesterday.", "published": "2021-04-14T01:00:00+06:00"}'
    _, (found,) = answer(line)
    assert [one["date"] for one in found["dates"]] == ["2021-04-13"]


def test_a_line_of_ten_megabytes() -> None:
    text = "Nobody of note came to Almaty. " * 330_000 + "Marlen Adilkhan was detained."
    code, (found,) = answer(json.dumps({"id": "1", "text": text, "lang": "en"}).encode())
    assert code == 0
    assert [one["start"] for one in found["mentions"]] == [text.index("Marlen")]


class _Recorder(io.StringIO):
    """Remembers how much was written whenever it is flushed."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed = 0

    def flush(self) -> None:
        self.flushed = len(self.getvalue().splitlines())


def test_an_answer_is_flushed_before_the_next_line_is_read() -> None:
    out = _Recorder()

    class Lines(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            asked.append(out.flushed)
            return super().readline(size)

    asked: list[int] = []
    lines: IO[bytes] = Lines(b'{"id": 1, "text": "a"}\n' * 3)
    analyze_lines(lines, out, WATCHES)
    assert asked == [0, 1, 2, 3]


def test_a_missing_watchlist_is_said_and_exits_with_2(tmp_path: Path) -> None:
    done = subprocess.run(
        (*COMMAND, str(tmp_path / "none.yaml")), input=b"", cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert b"none.yaml" in done.stderr
    assert b"Traceback" not in done.stderr
