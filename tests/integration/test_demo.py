"""`steppewatch demo`: the whole job against the bundled world, and a log that gives nobody away."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from console.demo.script import load_script
from steppewatch.config.load import load_watchlist

LANGUAGES = {"en", "ru", "kk", "zh", "ug", "tr"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "world"


@pytest.fixture(scope="module")
def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "console", "demo", "--once", "--folder", str(folder), "--log-level", "debug"]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def test_everything_that_should_arrive_arrives(demo: subprocess.CompletedProcess[str]) -> None:
    assert demo.returncode == 0, demo.stdout[-3000:] + demo.stderr[-3000:]
    assert "All that should arrive has arrived." in demo.stdout


def test_the_log_at_debug_level_holds_no_watched_name_in_any_script(demo: subprocess.CompletedProcess[str], folder: Path) -> None:
    log = (folder / "log.jsonl").read_text(encoding="utf-8")
    assert '"level": "debug"' in log and '"event": "stored"' in log, "it was a log at debug level"
    said = demo.stderr + log
    for watchlist in load_watchlist(folder / "watchlists.yaml"):
        for watch in watchlist.watches:
            for spelling in watch.spellings:
                for word in (spelling, *spelling.split()):
                    assert len(word) < 4 or word.lower() not in said.lower(), word
    for piece in load_script().pieces:
        assert piece.title not in said and piece.path not in said and piece.author not in said
        assert json.dumps(piece.title)[1:-1] not in said


def test_the_world_is_what_it_says(demo: subprocess.CompletedProcess[str]) -> None:
    script = load_script()
    assert len(script.sites) == 6 and len(script.pieces) == 25
    assert {piece.language.partition("-")[0] for piece in script.pieces} == LANGUAGES
    assert {site.behaviour for site in script.sites} == {
        "plain",
        "not_modified",
        "recovers",
        "hangs_parser",
        "robots",
        "refuses_articles",
    }
    for word in ("hung", "not_modified", "deliveries", "why", "first alert delivered after"):
        assert word in demo.stdout, word


def test_a_folder_that_holds_a_world_is_not_written_over(demo: subprocess.CompletedProcess[str], folder: Path) -> None:
    command = [sys.executable, "-m", "console", "demo", "--once", "--folder", str(folder)]
    again = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert again.returncode == 2 and "already holds a world" in again.stderr


def test_ctrl_c_ends_it_and_shows_what_came(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "console", "demo", "--folder", str(tmp_path / "world")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        deadline = time.monotonic() + 60
        while not (line := running.stdout.readline()).startswith("first alert"):
            assert time.monotonic() < deadline and (line or running.poll() is None)
        running.send_signal(2)
        rest = running.stdout.read()
    assert "Sources" in rest and "where to look" not in rest
