"""The command line as a program: help, usage, exit codes, terminals, the health of the installation."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from cli_place import Place, fill_place, make_place

from steppewatch.errors import ConfigError


@pytest.fixture
def bare(tmp_path: Path) -> Place:
    return make_place(tmp_path)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return fill_place(tmp_path)


# -- the start -----------------------------------------------------------------------------------------------------------
HEAVY = ("scrapy", "twisted", "trafilatura", "pydantic", "rich", "aiohttp", "sqlite_utils", "ruamel", "apscheduler", "structlog")


def in_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_help_imports_nothing_heavy_and_answers_at_once() -> None:
    code = f"""
import sys, time
began = time.perf_counter()
sys.argv = ["steppewatch", "--help"]
from console.cli import main
try:
    main()
except SystemExit as ended:
    assert ended.code == 0
print(sorted(name for name in {HEAVY!r} if name in sys.modules), time.perf_counter() - began, sep="|")
"""
    times = []
    for _ in range(3):
        *told, last = in_process(code).splitlines()
        heavy, seconds = last.split("|")
        assert heavy == "[]"
        assert any("explain" in line for line in told)
        times.append(float(seconds))
    assert min(times) < 0.7


def test_the_help_of_every_command_shows_examples_and_imports_nothing_heavy() -> None:
    code = f"""
import sys
import click
from click.testing import CliRunner
from console.cli import COMMANDS, steppewatch
mine = "check init explain sources watch alerts outbox channels export status doctor".split()
def walk(command, words):
    yield words
    for name in getattr(command, "commands", {{}}):
        yield from walk(command.commands[name], [*words, name])
for name in mine:
    for words in walk(steppewatch.get_command(None, name), [name]):
        result = CliRunner().invoke(steppewatch, [*words, "--help"])
        assert result.exit_code == 0, (words, result.output)
        assert "Examples:" in result.output and "steppewatch " + " ".join(words) in result.output, (words, result.output)
print(sorted(name for name in {HEAVY!r} if name in sys.modules))
"""
    assert in_process(code).strip() == "[]"


@pytest.mark.parametrize("arguments", [["nonsense"], ["outbox", "retry"], ["export", "articles", "--since", "soon"]])
def test_wrong_usage_ends_with_a_sentence_and_2(place: Place, arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "console", *arguments, *(["--config", place.config] if arguments != ["nonsense"] else [])],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "Error:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_configuration_ends_with_2_and_no_traceback(tmp_path: Path) -> None:
    for arguments in (["check"], ["status"], ["sources", "list"], ["alerts", "list"], ["export", "alerts"]):
        command = [sys.executable, "-m", "console", *arguments, "--config", str(tmp_path / "none.yaml")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2, done.stderr
        assert "none.yaml" in done.stderr
        assert "Traceback" not in done.stderr


def test_commands_without_a_store_say_what_makes_one(bare: Place) -> None:
    for arguments in (["alerts", "list"], ["outbox", "list"], ["explain", "1"], ["export", "articles"]):
        command = [sys.executable, "-m", "console", *arguments, "--config", bare.config]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 1
        assert "steppewatch run" in done.stderr
        assert "Traceback" not in done.stderr
    assert not (bare.folder / "var").exists(), "a command that only looks makes no store"


# -- check ---------------------------------------------------------------------------------------------------------------
def test_check_counts_what_is_configured(bare: Place) -> None:
    result = bare.run("check")
    assert result.exit_code == 0
    assert "4 sources, 3 watches, 2 channels" in result.stdout


def test_check_tells_every_error_with_its_place_and_ends_with_2(bare: Place) -> None:
    (bare.folder / "sources" / "all.yaml").write_text(
        "sources:\n  - {id: a, kind: fed, url: 'https://a.example/'}\n  - {id: b}\n"
    )
    with pytest.raises(ConfigError):
        bare.run("check")
    done = subprocess.run(
        [sys.executable, "-m", "console", "check", "--config", bare.config],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "all.yaml:2:" in done.stderr
    assert "all.yaml:3:" in done.stderr


def test_check_ends_with_3_for_warnings_only_under_strict(bare: Place) -> None:
    path = bare.folder / "sources" / "all.yaml"
    path.write_text(path.read_text().replace("language: ru}", "language: ru, tls: insecure}"))
    assert bare.run("check").exit_code == 0
    result = bare.run("check", "--strict")
    assert result.exit_code == 3
    assert "all.yaml:3:" in result.stderr


# -- doctor --------------------------------------------------------------------------------------------------------------
def doctor(place: Place) -> tuple[int, dict[str, str]]:
    command = [sys.executable, "-m", "console", "doctor", "--json", "--config", place.config]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, {one["name"]: one["state"] for one in json.loads(done.stdout)}


def test_doctor_finds_nothing_wrong_here(place: Place) -> None:
    code, states = doctor(place)
    wrong = {name for name, state in states.items() if state == "fail"}
    assert (code, wrong) == (0, set())
    assert {"python", "packages", "configuration", "store", "disk", "archive", "time zones", "clock", "workers"} <= set(states)


def test_doctor_finds_a_damaged_store(place: Place) -> None:
    path = place.folder / "var" / "steppewatch.db"
    body = bytearray(path.read_bytes())
    for start in range(4096 * 2, len(body), 4096):  # every page but the first
        body[start : start + 200] = os.urandom(200)
    path.write_bytes(body)
    code, states = doctor(place)
    assert (code, states["store"]) == (1, "fail")


def test_doctor_finds_a_wrong_configuration_and_looks_at_the_rest(bare: Place) -> None:
    (bare.folder / "config.yaml").write_text("sorces: []\n")
    code, states = doctor(bare)
    assert (code, states["configuration"], states["workers"]) == (1, "fail", "ok")


def test_doctor_is_not_upset_by_a_missing_store(bare: Place) -> None:
    code, states = doctor(bare)
    assert (code, states["store"]) == (0, "warn")


# -- a terminal ----------------------------------------------------------------------------------------------------------
def on_terminal(arguments: list[str], env: Mapping[str, str], width: int = 100) -> str:
    """What a command prints on a terminal of some width."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "console", *arguments]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "COLUMNS": str(width), "TERM": "xterm", **env}
    ) as process:
        os.close(theirs)
        printed = b"".join(read_all(ours))
        assert process.wait(60) == 0, printed
    os.close(ours)
    return printed.decode()


def read_all(terminal: int) -> Iterator[bytes]:
    while True:
        assert select.select([terminal], [], [], 60)[0], "nothing came for a minute"
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            return
        if not piece:
            return
        yield piece


def test_a_terminal_gets_a_table_in_colours_and_no_color_is_respected(place: Place) -> None:
    arguments = ["sources", "list", "--config", place.config]
    environment = dict.fromkeys(("NO_COLOR", "FORCE_COLOR", "COLORTERM"), "")
    coloured = on_terminal(arguments, environment)
    assert "\x1b[" in coloured
    assert "source" in coloured.splitlines()[0], "with headings"
    bare = on_terminal(arguments, {**environment, "NO_COLOR": "1"}, width=60)
    assert "\x1b[" not in bare
    assert max(map(len, bare.splitlines())) <= 60


def test_a_terminal_gets_a_tree(place: Place) -> None:
    printed = on_terminal(["alerts", "show", "3f2a", "--config", place.config], {"NO_COLOR": "1"})
    assert "├── " in printed
    assert "\x1b" not in printed
