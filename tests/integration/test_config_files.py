"""The configuration that stands at the root, read with the real kinds of sources and channels."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from alerts.matching.names import NameFinder
from steppewatch.config.load import load, load_watchlist
from steppewatch.config.settings import Settings
from steppewatch.errors import ConfigError
from steppewatch.model import TextField
from steppewatch.registry import Registry
from steppewatch.text.script import main_script

ROOT = Path(__file__).parents[2]
KINDS = {"sources": Registry("crawler.sources"), "channels": Registry("alerts.channels")}
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(scope="module")
def default() -> Settings:
    return load(ROOT / "config.yaml", **KINDS, environ={})[0]


def test_the_default_runs_without_a_secret(default: Settings) -> None:
    _, warnings = load(ROOT / "config.yaml", **KINDS, environ={})
    assert ["contact" in warning.message for warning in warnings] == [True]
    assert {channel.id: channel.paused for channel in default.channels} == {
        "screen": False,
        "log": False,
        "mail": True,
        "hook": True,
    }
    assert default.store == ROOT / "var" / "steppewatch.db"
    assert default.channels[1].options.path == ROOT / "var" / "alerts.jsonl"  # type: ignore[attr-defined]


def test_the_paused_blocks_are_right_once_their_secrets_are_there(tmp_path: Path) -> None:
    for name in ("config.yaml", "sources", "watchlists"):
        source = ROOT / name
        shutil.copytree(source, tmp_path / name) if source.is_dir() else shutil.copy(source, tmp_path / name)
    text = (tmp_path / "config.yaml").read_text(encoding="utf-8").replace("    paused: true\n", "")
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    secrets = {"STEPPEWATCH_SMTP_PASSWORD": "p", "STEPPEWATCH_WEBHOOK_SECRET": WEBHOOK_SECRET}
    settings, _ = load(tmp_path / "config.yaml", **KINDS, environ=secrets)
    assert all(channel.options is not None and not channel.paused for channel in settings.channels)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.yaml", **KINDS, environ={**secrets, "STEPPEWATCH_WEBHOOK_SECRET": "whsec_dG9vIHNob3J0"})
    assert [(finding.line > 0, "24 bytes" in finding.message) for finding in caught.value.findings if not finding.warning] == [
        (True, True)
    ]
    assert "dG9vIHNob3J0" not in repr(caught.value.findings)


def test_the_sources_say_where_they_were_seen(default: Settings) -> None:
    assert len(default.sources) == 15
    assert {source.language for source in default.sources} >= {"en", "ru", "kk", "zh", "tr"}
    for path in (ROOT / "sources").glob("*.yaml"):
        blocks = re.split(r"\n\n|sources:\n", path.read_text(encoding="utf-8"))[1:]
        assert blocks
        assert all(re.match(r"  # .*Seen in .*Confidence: (high|medium)\.\n  - ", block, re.DOTALL) for block in blocks)


def test_every_spelling_of_the_default_is_found_by_its_own_watch(default: Settings) -> None:
    finder = NameFinder(default.watches)
    for watch in default.watches:
        for spelling in watch.spellings:
            found = {mention.watch for mention in finder.find(f"«{spelling}»", TextField.TEXT)}
            assert watch.id in found, spelling


def test_the_top_people_are_watched_in_several_scripts(default: Settings) -> None:
    watches = {watch.id: watch for watch in default.watches}
    for watch in ("bilash", "sauytbay", "tohti", "dawut", "isa", "wuc", "xinjiang", "urumqi"):
        assert len({main_script(spelling) for spelling in watches[watch].spellings}) >= 3, watch


def test_each_watchlist_file_is_one_for_analyze(default: Settings) -> None:
    files = sorted((ROOT / "watchlists").glob("*.yaml"))
    alone = [watch.id for path in files for one in load_watchlist(path) for watch in one.watches]
    assert alone == [watch.id for watch in default.watches]


SOURCE = "sources:\n  - {id: a, url: 'https://a.org', "
CHANNEL = "channels:\n  - {id: a, "


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SOURCE + "kind: page, links: §{css: '[['}}", "not a CSS selector"),
        (SOURCE + "kind: page, links: {css: a, §csss: a}}", 'did you mean "css"?'),
        (SOURCE + "kind: feed, §links: {css: a}}", 'unknown key "links"'),
        ("channels:\n  - §{id: a, kind: file}", 'the key "path" is missing here'),
        (CHANNEL + "kind: webhook, url: §'ftp://x'}", "begins with https://"),
        (CHANNEL + "kind: email, to: §[x], from: a@b.org, smtp: {host: h}}", "is not a mail address"),
        (CHANNEL + "kind: email, to: [x@b.org], from: a@b.org, smtp: {host: h, §prt: 1}}", 'did you mean "port"?'),
        (CHANNEL + "kind: email, to: [x@b.org], from: a@b.org, smtp: §{host: h, user: u}}", "both or none"),
    ],
)
def test_mistakes_in_the_keys_of_the_real_kinds(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    before, _, after = text.partition("§")  # stands before the place
    path.write_text(f"{before}{after}\nversion: 1\n")
    with pytest.raises(ConfigError) as caught:
        load(path, **KINDS, environ={})
    told = [str(finding) for finding in caught.value.findings if not finding.warning]
    assert len(told) == 1
    assert told[0].startswith(f"{path}:2:{len(before.splitlines()[1]) + 1}: ")
    assert words in told[0]
