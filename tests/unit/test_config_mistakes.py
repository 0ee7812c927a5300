"""Every mistake in a configuration is told with its exact place. A § in a text stands before the place and is taken out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steppewatch.config.load import load, load_watchlist
from steppewatch.config.report import format_findings
from steppewatch.config.settings import Settings
from steppewatch.errors import ConfigError, Finding
from steppewatch.registry import Registry

SOURCE_KIND = """
from dataclasses import dataclass
@dataclass(frozen=True, slots=True)
class Selector:
    css: str
    def __post_init__(self):
        if self.css == "[":
            raise ValueError("css: not a selector")
@dataclass(frozen=True, slots=True)
class Config:
    links: Selector
"""
BARE_KIND = """
from dataclasses import dataclass
@dataclass(frozen=True, slots=True)
class Config:
    pass
"""
POST_KIND = """
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal
from steppewatch.config.settings import Secret
@dataclass(frozen=True, slots=True)
class Login:
    user: str
    password: Secret
    tls: Literal["on", "off"] = "on"
@dataclass(frozen=True, slots=True)
class Config:
    to: tuple[str, ...]
    sender: str = field(default="x", metadata={"key": "from"})
    login: Login | None = None
    key: str | Secret = ""
    path: Path | None = None
    pause: timedelta = timedelta(0)
    def __post_init__(self):
        if self.sender == "nobody":
            raise ValueError("from: nobody is no sender")
"""

GOOD = "version: 1\nproject: {contact: desk@example.org}\nchannels: [{id: screen, kind: bare}]\n"
PASSWORD = "hunter2-Zx9"

# What stands after GOOD, words of the message (or its hint).
MISTAKES: list[tuple[str, str]] = [
    ("§projct: {}", 'unknown key "projct" (did you mean "project"?)'),
    ("§routes: []", 'unknown key "routes"'),
    ("§version: 1", 'the key "version" stands here twice: first in line 1'),
    ("store: §postgresql://db/x", "SQLite only"),
    ("store: §5", "text is wanted: put it in quotes"),
    ("archive: {keep: §sometimes}", '"sometimes" is not known here: one of all, matched, none is wanted'),
    ("archive: {keep: §matchd}", 'did you mean "matched"?'),
    ("crawl: {timeout: §30}", "a time with its unit is wanted"),
    ("crawl: {timeout: §0s}", "a time above zero is wanted"),
    ("crawl: {timeout: §999999999d}", "longer than ten years"),
    ("crawl: {max_body: §10 apples}", "a size with its unit is wanted"),
    ("crawl: {obey_robots: §perhaps}", "true or false is wanted"),
    ("crawl: {retries: §true}", "a whole number is wanted"),
    ("crawl: {retries: §-1}", "this must be at least 0"),
    ("crawl:\n  per_host: {concurrency: §many}", "a whole number is wanted"),
    ("crawl:\n  per_host: {concurrency: 1, §daily_limit: 5}", 'unknown key "daily_limit"'),
    ("crawl: {allow_private: [10.0.0.0/8, §10.0.0.1/8]}", 'did you mean "10.0.0.0/8"?'),
    ("crawl: {allow_private: §10.0.0.0/8}", "a list is wanted"),
    ("crawl: {hosts: {a.test: §nowhere}}", '"nowhere" is no IP address'),
    ("crawl: §[]", "a block of keys is wanted"),
    ("log: {level: §loud}", "one of debug, info, warning, error is wanted"),
    ("probes: {port: §70000}", "at most 65535"),
    ("heartbeat: {url: §example.org}", "begins with https://"),
    ("delivery: {first_retry: §2d, longest_retry: 1d}", "after longest_retry"),
    ("health: {channels: [§scren]}", 'there is no channel "scren" (did you mean "screen"?)'),
    ("include: [§/etc/*.yaml]", "must lie in the folder of this file"),
    ("include: [§../*.yaml]", "must lie in the folder of this file"),
    ("sources:\n  - §just text", "a block of keys is wanted"),
    ("sources:\n  - §kind: bare\n    url: https://a.org", 'the key "id" is missing here'),
    ("sources:\n  - {id: a, kind: §bear, url: https://a.org}", 'there are bare, page (did you mean "bare"?)'),
    ("sources:\n  - {id: a, kind: §sitemap, url: https://a.org}", 'no kind of source called "sitemap"'),
    ("sources:\n  - {id: a, kind: bare, url: §ftp://a.org}", "begins with https://"),
    ("sources:\n  - {id: a, kind: bare, url: §https://u:p@a.org}", "no user or password may stand in an address"),
    ("sources:\n  - {id: a, kind: bare, url: https://a.org, §backfill: 3}", 'unknown key "backfill"'),
    ("sources:\n  - {id: a, kind: bare, url: https://a.org, every: {min: §2h, max: 1h}}", "longer than `max`"),
    ("sources:\n  - {id: a, kind: page, url: https://a.org, links: {§cs: x, css: y}}", 'did you mean "css"?'),
    ("sources:\n  - {id: a, kind: page, url: https://a.org, links: {css: §'['}}", "not a selector"),
    ("sources:\n  - §{id: a, kind: page, url: https://a.org}", 'the key "links" is missing here'),
    ("sources:\n  - {id: §a b, kind: bare, url: https://a.org}", "an id is made of"),
    ("channels2: []\nsources: §{}", "a list is wanted"),
    ("watchlists:\n  - {id: l, channels: [§mail], watches: []}", 'there is no channel "mail"'),
    ("watchlists:\n  - {id: l, watches: [{id: w, kind: §persn, name: Aibek}]}", 'did you mean "person"?'),
    ("watchlists:\n  - {id: l, watches: [{id: w, kind: §query, name: Aibek}]}", "one of person, org, place, keyword is wanted"),
    ("watchlists:\n  - {id: l, watches: [{id: w, kind: person, name: §B}]}", '"B" has only one letter'),
    ("watchlists:\n  - {id: l, watches: [{id: w, kind: person, name: §'12'}]}", "has no letters"),
    ("watchlists:\n  - {id: l, watches: [{id: w, kind: person, name: §' '}]}", "this is empty"),
    ("watchlists:\n  - {id: l, watches: [§{id: w, kind: person}]}", 'the key "name" is missing here'),
    ("watchlists:\n  - {id: l, watches: [§{id: w, kind: keyword}]}", 'the key "terms" is missing here'),
    ("watchlists:\n  - {id: l, watches: [{id: w, kind: org, name: Bar, terms: §[x1]}]}", "only a keyword has terms"),
    ("watchlists:\n  - {id: l, watches: [{id: w, kind: keyword, terms: [camp, §'!']}]}", "too short to look for"),
    ("watchlists:\n  - {id: l, watches: [{id: w, kind: person, name: Aibek, aliases: §Бек}]}", "a list is wanted"),
    ("watchlists:\n  - {id: l, watches: [{id: w, kind: person, name: Aibek, aliases: [§12]}]}", "put it in quotes"),
    ("watchlists:\n  - {id: l, watches: [{id: w, kind: person, name: Aibek, events: [§arest]}]}", 'did you mean "arrest"?'),
    ("watchlists:\n  - {id: l, watches: [{id: w, kind: person, name: Aibek, §surname_alone: never}]}", '"surname_alone"'),
    ("watchlists:\n  - {id: l, watches: [{id: w, kind: org, name: 新疆, priority: §hihg}]}", 'did you mean "high"?'),
    ("crawl: {timeout: 5s\nlog§: {}", 'a "," or the closing "}" is missing'),
    ("log:\n§\t level: info", "a tab cannot indent"),
    ("log: {level: §'info}", "never closed"),
    ("log: §*nobody", "no anchor of this name"),
    ("log: &a [§*a]", "inside what it points to"),
    ("log: §!!python/none x", "tags"),
    ("§---\nlog: {}", "begins a second"),
    ('log: {level: §"a\\u0007"}', "U+0007"),
    ("project2: §\x07", "this character cannot stand in YAML"),
]

CHANNEL_MISTAKES: list[tuple[str, str]] = [
    ("kind: §pots, to: [a]", 'did you mean "post"?'),
    ("kind: post, to: §a", "a list is wanted"),
    ("kind: post, to: [a], from: §5", "text is wanted"),
    ("kind: post, to: [a], §sender: a", 'unknown key "sender"'),
    ("kind: post, to: [a], from: §nobody", "nobody is no sender"),
    ("kind: post, to: [a], pause: §5", "a time with its unit is wanted"),
    ("kind: post, to: [a], path: §[x]", "this value is not understood"),
    ("kind: post, to: [a], login: {user: u, tls: §of, password: {file: there}}", 'did you mean "off"?'),
    ("kind: post, to: [a], login: §{user: u}", 'the key "password" is missing here'),
    (f"kind: post, to: [a], login: {{user: u, password: §{PASSWORD}}}", "a secret never stands in this file: write {env: "),
    (f"kind: post, to: [a], login: {{user: u, password: §{{value: {PASSWORD}}}}}", "a secret never stands in this file"),
    (
        f"kind: post, to: [a], login: {{user: u, password: {{env: §{PASSWORD}}}}}",
        "the environment variable named here is not set",
    ),
    ("kind: post, to: [a], login: {user: u, password: {env: §NOT_SET}}", 'the environment variable "NOT_SET" is not set'),
    ("kind: post, to: [a], login: {user: u, password: {env: §EMPTY_ONE}}", '"EMPTY_ONE" is empty'),
    ("kind: post, to: [a], login: {user: u, password: {file: §./none}}", 'the file "./none" does not exist'),
    (f"kind: post, to: [a], login: {{user: u, password: {{file: §{PASSWORD}}}}}", "the file named here does not exist"),
    ("kind: post, to: [a], login: {user: u, password: {file: §./folder}}", "is no file"),
]

Loader = Callable[[Path], tuple[Settings, tuple[Finding, ...]]]


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Registry, Registry]]:
    """Two packages of plug-ins: sources of kind bare and page, channels of kind bare and post."""
    shelf = tmp_path_factory.mktemp("shelf")
    for package, kinds in (
        ("shelf_of_sources", {"bare": BARE_KIND, "page": SOURCE_KIND}),
        ("shelf_of_channels", {"bare": BARE_KIND, "post": POST_KIND}),
    ):
        (shelf / package).mkdir()
        for name, text in {"__init__": "", **kinds}.items():
            (shelf / package / f"{name}.py").write_text(text, encoding="utf-8")
    sys.path.insert(0, str(shelf))
    yield Registry("shelf_of_sources"), Registry("shelf_of_channels")
    sys.path.remove(str(shelf))
    for name in [name for name in sys.modules if name.startswith("shelf_of_")]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def loader(registries: tuple[Registry, Registry]) -> Loader:
    environ: Mapping[str, str] = {"EMPTY_ONE": "", "GOOD_ONE": "s3cret"}
    return lambda path: load(path, sources=registries[0], channels=registries[1], environ=environ)


def refused(loader: Loader, path: Path) -> tuple[Finding, ...]:
    with pytest.raises(ConfigError) as caught:
        loader(path)
    return caught.value.findings


def written(folder: Path, marked: str, name: str = "config.yaml") -> tuple[Path, str]:
    """The file without its §, and `line:column` of the §."""
    before, _, after = marked.partition("§")
    path = folder / name
    path.write_text(before + after, encoding="utf-8")
    return path, f"{before.count(chr(10)) + 1}:{len(before.rpartition(chr(10))[2]) + 1}"


@pytest.mark.parametrize(("text", "words"), MISTAKES)
def test_a_mistake_is_told_with_its_place(text: str, words: str, loader: Loader, tmp_path: Path) -> None:
    path, place = written(tmp_path, GOOD + text)
    told = [str(finding) for finding in refused(loader, path)]
    assert [one for one in told if one.startswith(f"{path}:{place}: ") and words in one], told


@pytest.mark.parametrize(("text", "words"), CHANNEL_MISTAKES)
def test_a_mistake_in_the_keys_of_a_kind(text: str, words: str, loader: Loader, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("s3cret\n")
    (tmp_path / "folder").mkdir()
    path, place = written(tmp_path, f"{GOOD.replace(']', ', ')}\n  {{id: second, {text}}}]\n")
    findings = refused(loader, path)
    told = [str(finding) for finding in findings]
    assert told == [one for one in told if one.startswith(f"{path}:{place}: ") and words in one]
    assert PASSWORD not in format_findings(findings) + repr(findings)


def test_all_mistakes_of_all_files_are_told_in_their_order(loader: Loader, tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "config.yaml").write_text(
        "version: 2\ninclude: [lists/*.yaml, none/*.yaml]\nproject: {contact: a@b.org, timezone: Asia/Almati}\n"
        "channels: [{id: screen, kind: bare}]\nsources:\n  - {id: one, kind: bare, url: 'https://a.org'}\n"
        "watchlists:\n  - {id: people, watches: [{id: w, kind: person, name: A}]}\n"
    )
    (tmp_path / "lists" / "a.yaml").write_text(
        "channels: []\nsources:\n  - {id: one, kind: bare, url: 'https://b.org'}\n  - {id: two, kind: bear, url: nowhere}\n"
    )
    (tmp_path / "lists" / "b.yaml").write_text("watchlists: [\n")
    (tmp_path / "lists" / "c.yaml").write_text(
        "watchlists:\n  - {id: people, channels: [lgo], watches: [{id: w, kind: person, name: Aibek}]}\n"
    )
    findings = refused(loader, tmp_path / "config.yaml")
    places = [(Path(finding.file).name, finding.line, finding.column) for finding in findings]
    assert places == [
        ("config.yaml", 1, 10),
        ("config.yaml", 2, 25),
        ("config.yaml", 3, 39),
        ("config.yaml", 8, 56),
        ("a.yaml", 1, 1),
        ("a.yaml", 3, 10),
        ("a.yaml", 4, 21),
        ("a.yaml", 4, 32),
        ("b.yaml", 2, 1),
        ("c.yaml", 2, 10),
        ("c.yaml", 2, 29),
        ("c.yaml", 2, 50),
    ]
    assert [finding.warning for finding in findings].count(True) == 1  # the pattern that matches nothing
    told = [str(finding) for finding in findings]
    assert f"see {tmp_path / 'config.yaml'}:6:10" in told[5]
    assert f"see {tmp_path / 'config.yaml'}:8:10" in told[9]
    assert f"see {tmp_path / 'config.yaml'}:8:33" in told[11]


def test_warnings_do_not_refuse(loader: Loader, tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("# nothing yet\n")
    path = tmp_path / "config.yaml"
    path.write_text(
        "version: 1\ninclude: [empty.yaml, nothing.yaml]\n"
        "channels: [{id: screen, kind: bare}, {id: off, kind: bare, paused: true}]\nhealth: {channels: ['off', screen]}\n"
        "sources: [{id: a, kind: bare, url: 'https://a.org', tls: insecure}]\n"
        "watchlists: [{id: l, channels: ['off'], watches: [{id: v, kind: org, name: Atameken},\n"
        "  {id: w, kind: org, name: atameken}]}]\n"
    )
    settings, warnings = loader(path)
    assert all(warning.warning for warning in warnings)
    assert [warning.line for warning in warnings] == [1, 2, 4, 5, 6, 7, 0]
    assert settings.delivery.health == ("screen",)
    assert settings.watchlists[0].channels == ()
    assert settings.sources[0].insecure_tls


def test_a_file_that_is_not_there_says_what_to_do(loader: Loader, tmp_path: Path) -> None:
    assert "steppewatch init" in str(refused(loader, tmp_path / "none.yaml")[0])
    assert "this is a folder" in str(refused(loader, tmp_path)[0])
    assert "this is a folder" in str(refused(loader, tmp_path / "")[0])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "this file is empty (`steppewatch init`"),
        (b"\xef\xbb\xbf# only a comment\n", "this file is empty"),
        (b"---\n", "this file is empty"),
        (b"version: 1\nproject: {name: \xff}\n", "this is not UTF-8 text (byte 28)"),
        (b"#" * 10_000_001, "larger than 10 MB"),
        (b"daemon:*:1:2\nmail:*:1:2\n", "block of keys is wanted"),
        (b"name: x\ndependencies: [y]\n", "this is no configuration of Steppewatch"),
        (b"[" * 4000, "nested more than 50 levels deep"),
        (b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + b"".join(
            b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 30)
        ), "repeat more than 10000 things"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_configuration(content: bytes, words: str, loader: Loader, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    findings = refused(loader, path)
    assert len(findings) == 1
    assert words in str(findings[0])


def test_a_second_place_is_told_where_a_kind_cannot_be_read(loader: Loader, tmp_path: Path) -> None:
    """What does not depend on the kind is checked all the same."""
    path, _ = written(tmp_path, GOOD + "sources:\n  - {id: a, kind: none, url: nowhere, paused: perhaps, whatever: 1}\n")
    assert [finding.column for finding in refused(loader, path)] == [19, 30, 47]


SECRET_PLACES = [
    "password: {S}", "password: '{S}", 'password: "{S}\n      more: 1', "password: |\n        {S}\n        {S}: x",
    "password: *{S}",
    "password: &{S}", "password: !{S}", "password: !x!{S} y", "password: @{S}", "password: a: {S}", "password: ab:{S}",
    "password: {{env: {S}}}", "password: {{file: {S}}}", "password: {{file: {S}, env: x}}", "password: {{{S}: 1}}",
    "password: {{env: {{{S}: 1}}}}", "password: [{S}]", "password: [{S}", "pasword: {S}", "passwrd: {S}", "smtp_pass: {S}",
    "API-Token: {S}", "password: {{env: X}}\n      password: {S}", "password:\n        {S}", "password:\n        {S}: x: y",
    "password:\n        {S}\n         - x: : y", "password: {S}\x07", 'password: "\\{S}"', 'password: "{S}\\u0000"',
    "? password\n      : {S}", "x: 1 # password: {S}", "url: https://u:{S}@a.org", "url: 'https://u:a/{S}@a.org'",
]  # fmt: skip


@pytest.mark.parametrize("template", SECRET_PLACES)
def test_no_finding_shows_a_secret(template: str, loader: Loader, tmp_path: Path) -> None:
    secret = "hunter2XY"
    text = GOOD.replace("[{id: screen, kind: bare}]", "\n  - id: m\n    kind: post\n    to: x\n    login:\n      user: 5\n      ")
    path = tmp_path / "config.yaml"
    path.write_text(text.rstrip() + "\n      " + template.format(S=secret) + "\n", encoding="utf-8")
    findings = refused(loader, path)
    shown = format_findings(findings) + repr(findings)
    assert not [secret[at : at + 4] for at in range(6) if secret[at : at + 4] in shown]


def test_an_alias_does_not_carry_a_secret_into_the_light(loader: Loader, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        f"version: 1\nproject: {{contact: a@b.org, nam: &x {PASSWORD}}}\n"
        "channels: [{id: m, kind: post, to: [a], login: {user: u, password: *x}}]\n"
    )
    shown = format_findings(refused(loader, path))
    assert "nam" in shown
    assert PASSWORD not in shown


# ------------------------------------------------------------------------------------------------------- any file at all
_PIECES = st.sampled_from(
    ["version: 1", "sources:", "watchlists:", "  - ", "id: a", "kind: page", "{", "}", "[", "]", ": ", "\n", "\t", "'", '"',
     "&a ", "*a ", "!x ", "|\n", "? ", "%TAG ! x\n", "---\n", "watches: ", "include: ['*']", "name: ", "password: ", "\ud800",
     "\\U00110000", "<<: "]
)  # fmt: skip
_TEXTS = st.lists(_PIECES | st.text(max_size=8), max_size=25).map("".join)
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
_KEYS = st.sampled_from(
    ["version", "include", "project", "store", "crawl", "hosts", "sources", "watchlists", "channels", "watches", "id", "kind",
     "url", "every", "min", "links", "css", "login", "password", "env", "file", "path", "name", "aliases", "terms", "events"]
)  # fmt: skip
_TREES = st.recursive(
    _LEAVES | st.sampled_from(["page", "post", "keyword", "person", "any", "1h", "https://a.org"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=6),
    max_leaves=10,
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch") / "config.yaml"


def _load_whatever_it_is(loader: Loader, path: Path) -> None:
    for read in (loader, load_watchlist):
        try:
            read(path)
        except ConfigError as error:
            assert format_findings(error.findings)
            assert [finding for finding in error.findings if not finding.warning]


@given(_TEXTS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_or_refused(loader: Loader, scratch: Path, text: str) -> None:
    scratch.write_bytes(text.encode("utf-8", "surrogatepass"))
    _load_whatever_it_is(loader, scratch)


@given(st.dictionaries(_KEYS, _TREES, max_size=6))
@settings(max_examples=60, deadline=None)
def test_any_tree_is_read_or_refused(loader: Loader, scratch: Path, tree: dict[str, object]) -> None:
    scratch.write_text(json.dumps({"version": 1, **tree}), encoding="utf-8")
    _load_whatever_it_is(loader, scratch)
