"""The store on real files: all or nothing, leases, errors that say what to do."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from steppewatch.errors import StoreError
from steppewatch.model import (
    Alert,
    AlertKind,
    Article,
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
from steppewatch.store.migrations import MIGRATIONS

NOW = datetime(2019, 4, 3, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "var" / "steppewatch.db")
    yield opened
    opened.close_now()


def alert(number: int = 1, **changes: object) -> Alert:
    made = Alert(
        id=f"a{number}",
        kind=AlertKind.MENTION,
        created=NOW,
        headline="headline",
        priority=Priority.NORMAL,
        watch="w",
        story="s1",
        reason="new",
        subject="https://example.org/1",
        excerpts=(Excerpt("a name here", ((2, 6),)),),
        labels={"case": "7"},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def activate(store: Store, *ids: str) -> None:
    configured = [(one, "feed", f"https://{one}.example/") for one in ids]
    store.write_now(partial(sources.synchronise, configured=configured, now=NOW))


def new_link(number: int, *, backfill: bool = False) -> links.NewLink:
    url = f"https://example.org/{number}"
    return links.NewLink(Link(url, title=f"title {number}", published=NOW), url, backfill)


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def half(db: Connection) -> None:
        alerts.add(db, alert(), (("screen", "screen"),))
        raise KeyError("something goes wrong after the first insert")

    with pytest.raises(KeyError):
        store.write_now(half)
    assert store.read_now(alerts.count) == 0
    assert store.read_now(outbox.listing) == ()


def test_a_transaction_cut_by_kill_9_leaves_nothing(store: Store, tmp_path: Path) -> None:
    script = f"""
import os, signal
from pathlib import Path
from steppewatch.store import Store
store = Store.open(Path({str(tmp_path / "var" / "steppewatch.db")!r}))
def act(db):
    db.run("INSERT INTO ticks (name, at, pid) VALUES ('x', '2019', 1)")
    os.kill(os.getpid(), signal.SIGKILL)
store.write_now(act)
"""
    done = subprocess.run([sys.executable, "-c", script], timeout=20, check=False)
    assert done.returncode == -9
    assert store.read_now(ticks.listing) == ()


def test_an_alert_is_told_once_for_each_watch_story_reason_and_subject(store: Store) -> None:
    add = store.write_now
    assert add(lambda db: alerts.add(db, alert(1), (("screen", "screen"),)))
    assert not add(lambda db: alerts.add(db, alert(2), (("screen", "screen"),)))
    assert add(lambda db: alerts.add(db, alert(3, watch="other"), (("screen", "screen"),)))
    assert len(store.read_now(outbox.listing)) == 2


def test_an_alert_comes_back_as_it_was(store: Store) -> None:
    event = Event(EventType.ARREST, EventStatus.ACTUAL, "2019-03-10", ("w",), "arrested", TextField.TEXT, 3, 11)
    mention = Mention("w", "Серікжан Біләш", TextField.TITLE, 0, 14, 1.0, "alias")
    full = alert(events=(event,), mentions=(mention,), why=("because",), article_published=NOW)
    store.write_now(lambda db: alerts.add(db, full, ()))
    assert store.read_now(lambda db: alerts.get(db, alert="a1")) == full


def test_a_delivery_is_claimed_by_one_and_marked_only_with_its_lease(store: Store) -> None:
    store.write_now(lambda db: alerts.add(db, alert(), (("mail", "a@example.org"),)))
    claim = partial(outbox.claim, now=NOW, lease_for=MINUTE, limit=10, per_channel=9)
    (row,) = store.write_now(claim)
    assert store.write_now(claim) == ()
    (again,) = store.write_now(partial(outbox.claim, now=NOW + 2 * MINUTE, lease_for=MINUTE, limit=10, per_channel=9))
    assert again.key == row.key, "the key is the same over all attempts"
    late = partial(outbox.mark_sent, row=row, now=NOW, answer="250")
    assert not store.write_now(late), "the first sender lost its lease"
    assert store.write_now(partial(outbox.mark_sent, row=again, now=NOW, answer="250"))
    (record,) = store.read_now(outbox.listing)
    assert record.state is outbox.OutboxState.SENT and record.attempts == 1


def test_a_dead_letter_and_its_health_alert_are_one_transaction(store: Store) -> None:
    store.write_now(lambda db: alerts.add(db, alert(), (("mail", "a@example.org"),)))
    (row,) = store.write_now(partial(outbox.claim, now=NOW, lease_for=MINUTE, limit=10, per_channel=9))
    health = alert(9, kind=AlertKind.HEALTH, watch="", story="", reason="dead_letter", subject="mail")
    mark = partial(outbox.mark_dead, row=row, now=NOW, answer="550", health=health, health_recipients=(("screen", "screen"),))
    assert store.write_now(mark)
    assert store.read_now(outbox.count_by_state) == {"dead": 1, "waiting": 1}
    assert store.write_now(partial(outbox.retry_dead, now=NOW + MINUTE)) == 1
    assert store.read_now(outbox.count_by_state) == {"waiting": 2}


def test_links_are_kept_once_and_wait_until_stored_or_given_up(store: Store) -> None:
    activate(store, "a", "b")
    add = partial(links.add_new, source="a", links=[new_link(1), new_link(2)], now=NOW)
    assert store.write_now(add) == 2
    assert store.write_now(partial(links.add_new, source="b", links=[new_link(2), new_link(3)], now=NOW)) == 1
    claim = partial(links.claim_due, now=NOW, lease_for=MINUTE, limit=10, per_source=10)
    first, second, third = store.write_now(claim)
    assert store.write_now(claim) == ()
    assert store.write_now(partial(links.mark_stored, link=first.id, article=7, reason="stored"))
    assert not store.write_now(partial(links.mark_stored, link=first.id, article=8, reason="stored"))
    store.write_now(partial(links.mark_retry, link=second.id, next_attempt=NOW + MINUTE, reason="timeout"))
    store.write_now(partial(links.mark_given_up, link=third.id, reason="client_error"))
    assert store.read_now(links.count_by_state) == {"stored": 1, "waiting": 1, "given_up": 1}
    assert store.read_now(partial(links.count_ready, now=NOW)) == 0
    assert store.read_now(partial(links.count_ready, now=NOW + MINUTE)) == 1


def test_one_source_never_takes_every_place(store: Store) -> None:
    activate(store, "busy", "small")
    busy = [new_link(number) for number in range(50)]
    store.write_now(partial(links.add_new, source="busy", links=busy, now=NOW))
    store.write_now(partial(links.add_new, source="small", links=[new_link(99)], now=NOW + MINUTE))
    claim = partial(links.claim_due, now=NOW + MINUTE, lease_for=MINUTE, limit=10, per_source=4)
    assert [link.source for link in store.write_now(claim)].count("small") == 1
    assert store.write_now(claim) == (), "four of the busy source are in flight"


def test_links_of_a_paused_source_wait_until_it_is_back(store: Store) -> None:
    activate(store, "a")
    store.write_now(partial(links.add_new, source="a", links=[new_link(1)], now=NOW))
    claim = partial(links.claim_due, now=NOW, lease_for=MINUTE, limit=5, per_source=4)
    activate(store)
    assert store.write_now(claim) == () and store.read_now(partial(links.count_ready, now=NOW)) == 0
    activate(store, "a")
    assert len(store.write_now(claim)) == 1


def test_links_that_may_alert_go_before_back_fill(store: Store) -> None:
    activate(store, "a")
    old = [new_link(number, backfill=True) for number in range(5)]
    store.write_now(partial(links.add_new, source="a", links=[*old, new_link(9)], now=NOW))
    claim = partial(links.claim_due, now=NOW, lease_for=MINUTE, limit=1, per_source=4)
    assert not store.write_now(claim)[0].backfill


def test_a_source_that_moved_forgets_its_validators(store: Store) -> None:
    store.write_now(partial(sources.synchronise, configured=[("a", "feed", "https://one.example/")], now=NOW))
    validators = sources.Validators("etag", None, "hash")
    success = partial(
        sources.record_success,
        source="a",
        now=NOW,
        next_due=NOW + MINUTE,
        interval=MINUTE,
        reason="links",
        links=3,
        validators=validators,
    )
    store.write_now(success)
    store.write_now(partial(sources.synchronise, configured=[("a", "feed", "https://one.example/")], now=NOW))
    assert store.read_now(sources.states)[0].etag == "etag"
    store.write_now(partial(sources.synchronise, configured=[("a", "feed", "https://two.example/")], now=NOW))
    (state,) = store.read_now(sources.states)
    assert (state.etag, state.body_hash, state.next_due) == (None, None, NOW)


def test_a_paused_source_is_not_polled_and_keeps_its_history(store: Store) -> None:
    store.write_now(partial(sources.synchronise, configured=[("a", "feed", "https://one.example/")], now=NOW))
    store.write_now(partial(sources.synchronise, configured=[], now=NOW))
    assert store.write_now(partial(sources.claim_due, now=NOW, lease_for=MINUTE, limit=5)) == ()
    assert [state.id for state in store.read_now(sources.states)] == ["a"]


def test_a_failed_poll_keeps_the_validators(store: Store) -> None:
    store.write_now(partial(sources.synchronise, configured=[("a", "feed", "https://one.example/")], now=NOW))
    validators = sources.Validators("etag", "yesterday", "hash")
    common = {"source": "a", "now": NOW, "next_due": NOW + MINUTE, "interval": MINUTE}
    store.write_now(lambda db: sources.record_success(db, reason="links", validators=validators, **common))  # type: ignore[arg-type]
    store.write_now(lambda db: sources.record_failure(db, reason="timeout", **common))  # type: ignore[arg-type]
    (state,) = store.read_now(sources.states)
    assert (state.etag, state.failures, state.last_reason) == ("etag", 1, "timeout")


def article(url: str = "https://example.org/1", **changes: object) -> Article:
    made = Article(url, url, "source", "Суд в Алматы", "Сотталушы 拘留新疆 was here.", published=NOW, published_offset="+06:00")
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("words", ["алматы", "新疆", '"was here"', "拘留新疆", "СУД"])
def test_articles_are_found_by_words_of_any_script(store: Store, words: str) -> None:
    added = store.write_now(partial(articles.add, article=article(), story="s1", backfill=False, now=NOW))
    (found,) = store.read_now(partial(articles.search, words=words, limit=5))
    assert found.id == added and found.article == article()


@pytest.mark.parametrize("words", ["лмат", "疆新", '"here was"', "", '"', "*", "NOT", "a:b"])
def test_a_search_finds_whole_words_only_and_survives_odd_queries(store: Store, words: str) -> None:
    store.write_now(partial(articles.add, article=article(), story="s1", backfill=False, now=NOW))
    assert store.read_now(partial(articles.search, words=words, limit=5)) == ()


def test_the_same_text_under_the_same_canonical_address_is_one_article(store: Store) -> None:
    added = store.write_now(partial(articles.add, article=article(), story="s1", backfill=False, now=NOW))
    copy = article(url="https://example.org/1?from=feed", canonical_url="https://example.org/1")
    assert store.read_now(partial(articles.find_same, article=copy)) == added
    home_page = replace(copy, text="another text under the same canonical address")
    assert store.read_now(partial(articles.find_same, article=home_page)) is None


def test_findings_come_back_with_their_reasons(store: Store) -> None:
    event = Event(EventType.RELEASE, EventStatus.ACTUAL, None, ("w",), "freed", TextField.TEXT, 0, 5)
    mention = Mention("w", "Name", TextField.TEXT, 0, 4, 1.0, "exact")
    decision = Decision("w", DecisionReason.BACKFILL)

    def add(db: Connection) -> int:
        number = articles.add(db, article=article(), story="s1", backfill=True, now=NOW)
        articles.add_findings(db, article=number, mentions=[mention], events=[event], decisions=[decision], now=NOW)
        return number

    number = store.write_now(add)
    assert store.read_now(partial(articles.mentions_of, article=number)) == (mention,)
    assert store.read_now(partial(articles.events_of, article=number)) == (event,)
    assert store.read_now(partial(articles.decisions_of, article=number)) == (decision,)
    assert store.read_now(partial(articles.backfill_figures, source="source")) == (1, 1)


def test_quarantine_counts_the_same_bytes_and_keeps_a_megabyte(store: Store) -> None:
    add = partial(
        quarantine.add,
        now=NOW,
        source="a",
        url="https://example.org/feed",
        task="parse_listing",
        reason="hung",
        message="5 s",
        body=b"x" * 3_000_000,
    )
    store.write_now(add)
    store.write_now(add)
    (kept,) = store.read_now(quarantine.listing)
    assert (kept.times, kept.size) == (2, quarantine.KEPT_BYTES)


# -- bad ground under our feet -----------------------------------------------------------------------------------------
def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match="cannot be used"):
        Store.open(tmp_path / "file" / "steppewatch.db")


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "steppewatch.db"
    path.write_bytes(b"this is not SQLite" * 100)
    with pytest.raises(StoreError, match="not a usable SQLite database"):
        Store.open(path)


def test_a_store_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "steppewatch.db"
    Store.open(path).close_now()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(StoreError, match="newer Steppewatch"):
        Store.open(path)


def test_a_store_that_must_exist_and_does_not_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store"):
        Store.open(tmp_path / "steppewatch.db", create=False)


def test_a_full_store_refuses_and_goes_on_when_there_is_room(store: Store) -> None:
    store.write_now(lambda db: alerts.add(db, alert(0), ()))
    pages = store.write_now(lambda db: db.rows("PRAGMA page_count"))[0]["page_count"]
    store.write_now(lambda db: db.rows(f"PRAGMA max_page_count = {pages}"))
    big = article(text="word " * 200_000)
    with pytest.raises(StoreError, match="full"):
        store.write_now(partial(articles.add, article=big, story="s", backfill=False, now=NOW))
    assert store.read_now(articles.count) == 0
    store.write_now(lambda db: db.rows("PRAGMA max_page_count = 1000000"))
    store.write_now(partial(articles.add, article=big, story="s", backfill=False, now=NOW))
    assert store.read_now(articles.count) == 1


def test_a_read_only_store_is_a_sentence(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "var" / "steppewatch.db"
    store.write_now(lambda db: alerts.add(db, alert(0), ()))
    store.close_now()
    script = f"""
import os
from pathlib import Path
from steppewatch.errors import StoreError
from steppewatch.store import Store
if os.getuid() == 0:
    os.setuid(65534)  # root may write anywhere
try:
    Store.open(Path({str(path)!r}))
except StoreError as error:
    print(error)
"""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and len(folder.parts) > 2:
            folder.chmod(0o755)
    path.chmod(0o444)
    path.parent.chmod(0o555)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=True)
    path.parent.chmod(0o755)
    assert "cannot be written" in done.stdout, done
