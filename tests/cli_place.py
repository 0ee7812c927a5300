"""A folder with a configuration, and a store filled by the store's own functions, for the tests of the commands."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from console.cli import steppewatch
from steppewatch.clock import wire_now
from steppewatch.model import (
    Alert,
    AlertKind,
    ArchiveRecord,
    Article,
    ArticleOrigin,
    Decision,
    DecisionReason,
    Event,
    EventStatus,
    EventType,
    Excerpt,
    Link,
    Mention,
    Priority,
    TextField,
)
from steppewatch.store import Connection, Store, alerts, articles, links, outbox, quarantine, sources, ticks

NOW = datetime(2019, 4, 3, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
STEERING = "\x1b[31mred\x1b]0;title\x07 = \u202ereversed\r"

CONFIG = """\
version: 1
include: [sources/*.yaml, watchlists/*.yaml]
project: {name: A test, timezone: Asia/Almaty, contact: watch@example.org}
store: sqlite:///var/steppewatch.db
archive: {path: var/archive, keep: matched}
channels:
  - {id: screen, kind: console}
  - {id: log, kind: file, path: var/alerts.jsonl}
probes: {port: null}
"""
SOURCES = """\
# what we read
sources:
  - {id: steady, kind: feed, url: "https://steady.example/rss", language: ru}  # never fails
  - {id: broken, kind: feed, url: "https://broken.example/rss"}
  - {id: fresh, kind: feed, url: "https://fresh.example/rss"}
  - {id: resting, kind: page, url: "https://resting.example/", links: {css: "a.news"}, paused: true}
"""
WATCHLISTS = """\
watchlists:
  - id: people
    channels: [log]
    watches:
      - {id: orazbek, kind: person, name: Orazbek Tulegen, aliases: [Оразбек Тулеген], not: ["Orazbek Street"], with: [court]}
      - {id: dinara, kind: person, name: Dinara Sapar}
  - id: topics
    watches:
      - {id: quarry, kind: keyword, name: The quarry, terms: [limestone quarry, известняковый карьер]}
"""


def run_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the program as a user does; it never prints a traceback."""
    command = [sys.executable, "-m", "console", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


@dataclass(frozen=True)
class Place:
    """A folder with a configuration and a store, and the ids of what lies in it."""

    folder: Path
    article: int = 0
    old_article: int = 0

    @property
    def config(self) -> str:
        return str(self.folder / "config.yaml")

    def run(self, *arguments: str, input: str | None = None, env: Mapping[str, str] | None = None) -> Result:
        """Call a command in this process; what the command did not expect is raised here."""
        result = CliRunner().invoke(steppewatch, [*arguments, "--config", self.config], input=input, env=env)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def json(self, *arguments: str) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


def make_place(folder: Path) -> Place:
    """A configuration, and no store yet."""
    for name, text in (("config.yaml", CONFIG), ("sources/all.yaml", SOURCES), ("watchlists/all.yaml", WATCHLISTS)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return Place(folder)


def fill_place(folder: Path) -> Place:
    """A configuration, and a store in which something happened."""
    place = make_place(folder)
    store = Store.open(folder / "var" / "steppewatch.db")
    try:
        return store.write_now(partial(fill, place))
    finally:
        store.close_now()


def fill(place: Place, db: Connection) -> Place:
    configured = [(one, "feed", f"https://{one}.example/rss") for one in ("steady", "broken", "fresh")]
    sources.synchronise(db, configured=configured, now=NOW)
    later = {"next_due": NOW + HOUR, "interval": HOUR}
    found = [
        links.NewLink(Link(f"https://steady.example/{number}", title=f"title {number}", published=NOW), url, False)
        for number in (1, 2, 3, 4)
        for url in (f"https://steady.example/{number}",)
    ]
    links.add_new(db, source="steady", links=found, now=NOW)
    sources.record_success(db, source="steady", now=NOW, reason="links", links=4, **later)
    sources.record_failure(db, source="broken", now=NOW, reason="not_a_feed", **later)
    body = b"<rss style='url(url('"
    for _ in range(2):
        quarantine.add(
            db, now=NOW, source="broken", url="https://broken.example/rss", task="parse", reason="hung", message="", body=body
        )
    ticks.record(db, name="pulse", at=wire_now() - timedelta(seconds=5), pid=4711)
    article = fill_article(db)
    old = articles.add(
        db,
        article=replace(ARTICLE, url="https://x.example/old", canonical_url="https://x.example/old", archive=None),
        story="s2",
        backfill=True,
        now=NOW - 48 * HOUR,
    )
    articles.add_findings(
        db, article=old, mentions=(MENTION,), events=(), decisions=(Decision("orazbek", DecisionReason.BACKFILL),), now=NOW
    )
    links.mark_given_up(db, link=3, reason="client_error")
    return replace(place, article=article, old_article=old)


ARTICLE = Article(
    url="https://steady.example/1",
    canonical_url="https://steady.example/one",
    source="steady",
    title="Orazbek Tulegen arrested in Taraz",
    text=f"Police arrested Orazbek Tulegen on Monday. {STEERING}",
    description='=HYPERLINK("https://evil.example")',
    author="@reporter",
    language="en",
    published=NOW - HOUR,
    published_offset="+06:00",
    fetched=NOW,
    origin=ArticleOrigin.FEED_AFTER_FAILURE,
    note="timeout",
    archive=ArchiveRecord("2019-04-03.warc.gz", 120, "ab" * 32),
)
MENTION = Mention("orazbek", "Orazbek Tulegen", TextField.TITLE, 0, 15, 1.0, "Orazbek Tulegen as it stands")
EVENT = Event(EventType.ARREST, EventStatus.ACTUAL, "2019-04-01", ("orazbek",), "arrested", TextField.TEXT, 7, 15)
ALERT = Alert(
    id="3f2a9c00",
    kind=AlertKind.EVENT,
    created=NOW,
    headline=f"Orazbek Tulegen: arrest {STEERING}",
    priority=Priority.HIGH,
    watch="orazbek",
    watch_name="Orazbek Tulegen",
    watchlist="people",
    story="s1",
    article_url="https://steady.example/one",
    article_title="Orazbek Tulegen arrested in Taraz",
    article_source="steady",
    article_language="en",
    article_published=NOW - HOUR,
    mentions=(MENTION,),
    events=(EVENT,),
    excerpts=(Excerpt("Police arrested Orazbek Tulegen on Monday.", ((16, 31),)),),
    why=("title: “Orazbek Tulegen”: Orazbek Tulegen as it stands",),
    reason="new_event",
    subject="https://steady.example/one",
)
HEALTH = Alert(
    id="b7",
    kind=AlertKind.HEALTH,
    created=NOW + HOUR,
    headline="=New source steady",
    priority=Priority.LOW,
    reason="first_poll",
    subject="steady",
)


def fill_article(db: Connection) -> int:
    """One article whose alert was sent to one recipient, refused by another, and waits for a third."""
    article = articles.add(db, article=ARTICLE, story="s1", backfill=False, now=NOW)
    links.mark_stored(db, link=1, article=article, reason="stored")
    decisions = (Decision("orazbek", DecisionReason.NEW_EVENT),)
    articles.add_findings(db, article=article, mentions=(MENTION,), events=(EVENT,), decisions=decisions, now=NOW)
    alerts.add(db, ALERT, (("log", "file"), ("mail", "refuses@example.org"), ("mail", "slow@example.org")), article=article)
    alerts.add(db, HEALTH, ())
    first, second, third = outbox.claim(db, now=NOW, lease_for=HOUR, limit=3, per_channel=9)
    outbox.mark_sent(db, row=first, now=NOW, answer="written")
    outbox.mark_dead(db, row=second, now=NOW, answer="SMTP 550 no such user")
    far = datetime(2999, 1, 1, tzinfo=UTC)
    outbox.mark_retry(db, row=third, now=NOW, next_attempt=far, answer="SMTP 451 later")
    return article
