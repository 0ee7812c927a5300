"""What a right configuration becomes: frozen dataclasses with every value read, every default filled in, every path absolute."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from steppewatch.config.load import load, load_watchlist
from steppewatch.config.settings import Fetch, Keep, Secret, Settings
from steppewatch.errors import ConfigError
from steppewatch.model import EventType, Priority, WatchKind
from steppewatch.registry import Registry

KIND = """
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from steppewatch.config.settings import Secret
@dataclass(frozen=True, slots=True)
class Login:
    user: str
    password: Secret | None = None
@dataclass(frozen=True, slots=True)
class Config:
    sender: str = field(default="", metadata={"key": "from"})
    login: Login | None = None
    logins: tuple[Login, ...] = ()
    key: str | Secret = ""
    path: Path | None = None
    pause: timedelta = timedelta(0)
    heads: dict[str, Secret] = field(default_factory=dict)
    def __post_init__(self):
        if self.login is not None and self.login.password is not None and len(self.login.password.value) < 3:
            raise ValueError("login: too short")
"""


@pytest.fixture
def kinds(tmp_path: Path) -> Iterator[Registry]:
    package = tmp_path / "plugs" / "one_shelf"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "post.py").write_text(KIND)
    sys.path.insert(0, str(package.parent))
    yield Registry("one_shelf")
    sys.path.remove(str(package.parent))
    for name in [name for name in sys.modules if name.partition(".")[0] == "one_shelf"]:
        del sys.modules[name]


def read(tmp_path: Path, kinds: Registry, text: str, **environ: str) -> Settings:
    path = tmp_path / "config.yaml"
    path.write_text("version: 1\n" + text, encoding="utf-8")
    return load(path, sources=kinds, channels=kinds, environ=environ)[0]


def options(tmp_path: Path, kinds: Registry, keys: str, **environ: str) -> Any:
    channel = read(tmp_path, kinds, f"channels: [{{id: a, kind: post, {keys}}}]", **environ).channels[0]
    return channel.options


def test_nothing_but_a_version_gives_the_defaults(tmp_path: Path, kinds: Registry) -> None:
    settings = read(tmp_path, kinds, "project:\nsources:\n")
    assert settings.store == tmp_path / "var" / "steppewatch.db"
    assert settings.archive.path == tmp_path / "var" / "archive"
    assert settings.archive.keep is Keep.MATCHED
    assert settings.crawl.timeout == timedelta(seconds=30)
    assert settings.probes.port == 8377
    assert settings.files == (tmp_path / "config.yaml",)


def test_every_section(tmp_path: Path, kinds: Registry) -> None:
    settings = read(
        tmp_path,
        kinds,
        "project: {name: Watch, timezone: Europe/Istanbul, contact: https://example.org/about}\n"
        "store: sqlite:////srv/x.db\narchive: {path: raw, keep: all}\n"
        "crawl:\n  obey_robots: false\n  robots_expire: 2h\n  per_host: {concurrency: 3, delay: 20ms}\n  timeout: 15s\n"
        "  max_body: 2MiB\n  retries: 0\n  verify_tls: false\n  allow_private: [10.0.0.0/8, '::1']\n  hosts: {A.test: 10.0.0.1}\n"
        "  first_poll: {alert_on_newer_than: 7d}\n  give_up_after: 6h\n  parse: {workers: 1, wall: 2s, cpu: 1s, memory: 500MB}\n"
        "delivery: {give_up_after: 1d, lease: 1m, timeout: 9s, first_retry: 1s, longest_retry: 1h}\n"
        "heartbeat: {url: 'https://ping.example.org/x', every: 1m}\nprobes: {port: null}\nlog: {level: debug, format: json}\n",
    )
    assert settings.store == Path("/srv/x.db")
    assert settings.archive.path == tmp_path / "raw"
    crawl = settings.crawl
    assert (crawl.per_host.concurrency, crawl.per_host.delay) == (3, timedelta(milliseconds=20))
    assert crawl.max_body == 2 * 1024 * 1024
    assert crawl.allow_private == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert crawl.hosts == {"a.test": "10.0.0.1"}
    assert (crawl.alert_on_newer_than, crawl.give_up_after) == (timedelta(days=7), timedelta(hours=6))
    assert (crawl.parse.workers, crawl.parse.wall, crawl.parse.memory) == (1, timedelta(seconds=2), 500_000_000)
    assert (crawl.obey_robots, crawl.verify_tls, crawl.retries) == (False, False, 0)
    assert settings.delivery.longest_retry == timedelta(hours=1)
    assert settings.heartbeat.every == timedelta(minutes=1)
    assert settings.probes.port is None
    assert (settings.log.level, settings.log.format) == ("debug", "json")
    assert settings.project.timezone == "Europe/Istanbul"


def test_words_that_older_yaml_takes_for_something_else(tmp_path: Path, kinds: Registry) -> None:
    settings = read(
        tmp_path,
        kinds,
        "sources: [{id: no, kind: post, url: 'https://a.org', language: no, country: NO, tags: [on, 22:00, 1.2.3]}]\n",
    )
    source = settings.sources[0]
    assert (source.id, source.language, source.country, source.tags) == ("no", "no", "NO", ("on", "22:00", "1.2.3"))


@pytest.mark.parametrize(
    ("every", "shortest", "longest"),
    [("", 600, 21_600), ("{min: 12h}", 43_200, 43_200), ("{max: 1m}", 60, 60), ("{min: 1s, max: 2s}", 1, 2)],
)
def test_intervals_make_room_for_each_other(every: str, shortest: int, longest: int, tmp_path: Path, kinds: Registry) -> None:
    source = read(
        tmp_path, kinds, f"sources: [{{id: a, kind: post, url: 'http://a.org:81/x?y', every: {every}, fetch: feed}}]"
    ).sources[0]
    assert (source.min_interval.total_seconds(), source.max_interval.total_seconds()) == (shortest, longest)
    assert source.fetch is Fetch.FEED


def test_watches(tmp_path: Path, kinds: Registry) -> None:
    settings = read(
        tmp_path,
        kinds,
        "watchlists:\n  - id: people\n    watches:\n"
        "      - {id: w1, kind: person, name: ' Aibek  Tulegen ', aliases: [Айбек, Айбек], not: [Aibek Cup], with: [Almaty],\n"
        "         events: any, priority: low, priority_on_event: normal, labels: {case: x-1}}\n"
        "      - {id: w2, kind: keyword, terms: [camp, 再教育营], events: [arrest]}\n"
        "      - {id: w3, kind: keyword, name: laager}\n"
        "  - id: none\n    watches:\n",
    )
    first, second, third = settings.watches
    assert (first.name, first.aliases, first.not_terms, first.with_terms) == (
        "Aibek Tulegen",
        ("Айбек",),
        ("Aibek Cup",),
        ("Almaty",),
    )
    assert (first.events, first.priority, first.priority_on_event) == (frozenset(EventType), Priority.LOW, Priority.NORMAL)
    assert (first.labels, first.list_id, first.kind) == ({"case": "x-1"}, "people", WatchKind.PERSON)
    assert (second.name, second.spellings, second.events) == ("w2", ("camp", "再教育营"), frozenset({EventType.ARREST}))
    assert (third.name, third.spellings) == ("laager", ("laager",))
    assert settings.watchlists[1].watches == ()


def test_alerts_go_to_every_channel_that_is_on_unless_a_list_names_some(tmp_path: Path, kinds: Registry) -> None:
    settings = read(
        tmp_path,
        kinds,
        "channels: [{id: a, kind: post}, {id: b, kind: post, paused: true}, {id: c, kind: post}]\n"
        "watchlists: [{id: all}, {id: some, channels: [c, b]}, {id: nowhere, channels: []}]\n",
    )
    assert [watchlist.channels for watchlist in settings.watchlists] == [("a", "c"), ("c",), ()]
    assert settings.delivery.health == ()


def test_the_keys_of_a_kind(tmp_path: Path, kinds: Registry) -> None:
    (tmp_path / "word").write_text("from a file\r\n")
    made = options(
        tmp_path,
        kinds,
        "from: me, login: {user: u, password: {env: WORD}}, logins: [{user: v, password: {file: word}}, {user: x}],"
        " key: plain, path: var/x, pause: 5s, heads: {a: {env: WORD}}",
        WORD="from the environment",
    )
    assert made.sender == "me"
    assert made.login.password == Secret("from the environment")
    assert [login.password for login in made.logins] == [Secret("from a file"), None]
    assert (made.key, made.path, made.pause) == ("plain", tmp_path / "var" / "x", timedelta(seconds=5))
    assert made.heads == {"a": Secret("from the environment")}
    assert "environment" not in repr(made)
    assert options(tmp_path, kinds, "key: {env: WORD}", WORD="w").key == Secret("w")


def test_a_paused_channel_needs_no_secret_but_is_checked_otherwise(tmp_path: Path, kinds: Registry) -> None:
    keys = "paused: true, login: {user: u, password: {env: WORD}}"
    assert options(tmp_path, kinds, keys) is None
    assert options(tmp_path, kinds, keys, WORD="long enough").login.user == "u"
    with pytest.raises(ConfigError, match='unknown key "pth"'):
        options(tmp_path, kinds, keys + ", pth: 1")
    with pytest.raises(ConfigError, match="too short"):
        options(tmp_path, kinds, keys, WORD="x")


def test_included_files_are_read_once_and_paths_begin_at_the_main_file(tmp_path: Path, kinds: Registry) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "b.yaml").write_text("sources: [{id: b, kind: post, url: 'https://b.org', path: x}]")
    (tmp_path / "more" / "a.yaml").write_text("watchlists: [{id: a}]\nsources: [{id: a, kind: post, url: 'https://a.org'}]")
    (tmp_path / "more" / "folder.yaml").mkdir()
    settings = read(
        tmp_path, kinds, "include: [more/*.yaml, 'more/a.*', '*.yaml']\nsources: [{id: m, kind: post, url: 'https://m.org'}]"
    )
    assert [source.id for source in settings.sources] == ["m", "a", "b"]
    assert settings.files == tuple(tmp_path / name for name in ("config.yaml", "more/a.yaml", "more/b.yaml"))
    path = settings.sources[2].options.path  # type: ignore[attr-defined]
    assert path == tmp_path / "x"


def test_findings_name_files_as_the_user_did(tmp_path: Path, kinds: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.yaml").write_text("x: 1")
    (tmp_path / "sub" / "main.yaml").write_text("version: 1\ninclude: [a.yaml]\n")
    for given, expected in ((Path("sub/main.yaml"), "sub/a.yaml"), (Path("sub/../sub/main.yaml"), "sub/a.yaml")):
        with pytest.raises(ConfigError) as caught:
            load(given, sources=kinds, channels=kinds, environ={})
        assert caught.value.findings[-1].file == expected


# ----------------------------------------------------------------------------------------------------- watchlists alone
def test_a_watchlist_as_json(tmp_path: Path) -> None:
    watches = [{"id": "w\U0001f600"[:1], "kind": "org", "name": "Ата \U0001f600 журт", "aliases": ['a/b "c" \\ d']}]
    path = tmp_path / "list.json"
    for indent in (None, 2, "\t"):
        path.write_text(json.dumps({"watchlists": [{"id": "eval", "watches": watches}]}, indent=indent), encoding="utf-8")
        (watchlist,) = load_watchlist(path)
        assert watchlist.watches[0].spellings == ("Ата \U0001f600 журт", 'a/b "c" \\ d')
        assert watchlist.channels == ()


def test_a_watchlist_may_be_empty_and_name_channels_that_nobody_knows(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text("watchlists: [{id: a, channels: [legal], watches: []}, {id: b}]\n")
    assert [(one.id, one.watches, one.channels) for one in load_watchlist(path)] == [("a", (), ()), ("b", (), ())]
    path.write_text("watchlists: []\n")
    assert load_watchlist(path) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "this file is empty"), ("sources: []", 'the key "watchlists" is missing'), ("watchlists: [], x: 1", "does not fit"),
     ("watchlists: []\nsources: []", 'unknown key "sources"'), ("- a", "a block of keys is wanted")],
)  # fmt: skip
def test_a_file_without_watchlists(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        load_watchlist(path)
