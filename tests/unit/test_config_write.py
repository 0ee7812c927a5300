"""A first configuration from answers, and a file that is replaced only by one that can be read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from steppewatch.config.load import load
from steppewatch.config.write import MailAnswers, StarterAnswers, starter, why_not_a_name, write_checked
from steppewatch.errors import ConfigError
from steppewatch.registry import Registry

SOURCES, CHANNELS = Registry("crawler.sources"), Registry("alerts.channels")
MAIL = MailAnswers(("case@example.org", "Law <law@example.org>"), "Watch <w@example.org>", "smtp.example.org", user="w: {x}")
ANSWERS = StarterAnswers('Families\' "watch": #1', "desk@example.org", ("Серікжан Біләш", "O'Neil: #x", "{a}", "B", ""), MAIL)


def write(path: Path, text: str, *, replace: bool = False, **environ: str) -> tuple[object, ...]:
    return write_checked(path, text, sources=SOURCES, channels=CHANNELS, environ=environ, replace=replace)


def test_a_starter_loads_and_says_what_was_answered(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.yaml"
    answers = replace(ANSWERS, feeds=("https://paper.example/rss",))
    assert write(path, starter(answers), STEPPEWATCH_SMTP_PASSWORD="p") == ()
    made, _ = load(path, sources=SOURCES, channels=CHANNELS, environ={"STEPPEWATCH_SMTP_PASSWORD": "p"})
    assert made.project.name == ANSWERS.project
    assert [watch.name for watch in made.watches] == ["Серікжан Біләш", "O'Neil: #x"]
    assert [channel.id for channel in made.channels] == ["screen", "log", "mail"]
    assert made.channels[2].options.smtp.user == "w: {x}"  # type: ignore[attr-defined]
    assert made.channels[2].options.to == MAIL.to  # type: ignore[attr-defined]
    assert made.sources[0].url == "https://paper.example/rss"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["config.yaml"]


def test_a_starter_without_mail_names_or_sources_loads(tmp_path: Path) -> None:
    made = write(tmp_path / "config.yaml", starter(StarterAnswers("", "desk@example.org", ())))
    assert made == ()


def test_a_paused_mail_channel_needs_no_password_yet(tmp_path: Path) -> None:
    text = starter(replace(ANSWERS, mail=replace(MAIL, paused=True)))
    assert write(tmp_path / "config.yaml", text) == ()
    with pytest.raises(ConfigError, match="STEPPEWATCH_SMTP_PASSWORD"):
        write(tmp_path / "other.yaml", starter(ANSWERS))


@given(st.text(), st.lists(st.text(max_size=20), max_size=4), st.text(max_size=20))
@settings(max_examples=60, deadline=None)
def test_whatever_is_typed_is_quoted(project: str, names: list[str], user: str) -> None:
    from steppewatch.config.yaml import read_yaml

    mail = replace(MAIL, user=user)
    text = starter(StarterAnswers(project, "", tuple(names), mail, feeds=(project,), include=(user,)))
    read = read_yaml(text)
    assert read.root is not None
    assert read.mistakes == ()
    assert {name for name in names if why_not_a_name(name) is None} or "      # - {id: somebody" in text


@given(st.lists(st.text(max_size=20), max_size=5))
@example(["0ÐÞ", "1e5 аб", "Null", "true", "新疆", "新 疆"])
@settings(max_examples=60, deadline=None)
def test_names_that_can_be_watched_load(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "names.yaml"
    write(path, starter(StarterAnswers("x", "desk@example.org", tuple(names))), replace=True)
    made, _ = load(path, sources=SOURCES, channels=CHANNELS, environ={})
    assert len(made.watches) == len({" ".join(watch.name.split()) for watch in made.watches})
    assert bool(made.watches) == any(why_not_a_name(name) is None for name in names)


def test_a_wrong_text_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("version: 1\n")
    path.chmod(0o640)
    with pytest.raises(ConfigError) as caught:
        write(path, "version: 1\nprojct: {}\n", replace=True)
    assert (caught.value.findings[-1].file, caught.value.findings[-1].line) == (str(path), 2)
    assert path.read_text() == "version: 1\n"
    assert [one.name for one in tmp_path.iterdir()] == ["config.yaml"]
    write(path, "version: 1\ninclude: ['*.yaml']\n", replace=True)
    assert path.read_text().startswith("version: 1\ninclude")
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("mine")
    with pytest.raises(ConfigError, match="exists already"):
        write(path, starter(StarterAnswers("x", "desk@example.org", ())))
    assert path.read_text() == "mine"
