"""Links: what sources announced. A link is a waiting row until its article is stored or it is given up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from steppewatch.model import Link
from steppewatch.store.connection import Connection, Row, moment, moment_or_none, stamp, stamp_or_none


class LinkState(StrEnum):
    """Where a link stands."""

    WAITING = "waiting"
    STORED = "stored"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link to keep: `url_key` is its canonical address; `backfill` says that it is too old to alert on."""

    link: Link
    url_key: str
    backfill: bool


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A link as a row."""

    id: int
    source: str
    link: Link
    backfill: bool
    attempts: int
    first_seen: datetime


def add_new(db: Connection, *, source: str, links: Iterable[NewLink], now: datetime) -> int:
    """Keep the links not known yet, under whatever source; the number that was new."""
    return sum(_add(db, source, new, now) for new in links)


def _add(db: Connection, source: str, new: NewLink, now: datetime) -> bool:
    link = new.link
    added = db.insert(
        "links",
        source=source,
        url=link.url,
        url_key=new.url_key,
        title=link.title,
        summary=link.summary,
        author=link.author,
        guid=link.guid,
        language=link.language,
        published=stamp_or_none(link.published),
        published_offset=link.published_offset,
        first_seen=stamp(now),
        backfill=int(new.backfill),
        state=LinkState.WAITING,
        next_attempt=stamp(now),
    )
    return added is not None


def claim_due(db: Connection, *, now: datetime, lease_for: timedelta, limit: int, per_source: int) -> tuple[StoredLink, ...]:
    """Lease waiting links of active sources: first those that may alert, the oldest first, at most `per_source` in flight.

    The share of one source is capped so that a site with a long list and a long delay never holds up the others.
    """
    rows = db.rows(
        "SELECT * FROM (SELECT links.*, row_number() OVER (PARTITION BY source ORDER BY backfill, next_attempt, id) AS place, "
        "(SELECT count(*) FROM links AS held WHERE held.source = links.source AND held.state = 'waiting' "
        "AND held.lease_until > :now) AS held "
        "FROM links WHERE state = 'waiting' AND next_attempt <= :now AND (lease_until IS NULL OR lease_until <= :now) "
        "AND source IN (SELECT id FROM sources WHERE active = 1)) "
        "AS ready WHERE place + held <= :per_source ORDER BY backfill, next_attempt, id LIMIT :limit",
        now=stamp(now),
        limit=limit,
        per_source=per_source,
    )
    for row in rows:
        db.run("UPDATE links SET lease_until = :until WHERE id = :id", until=stamp(now + lease_for), id=row["id"])
    return tuple(_stored(row) for row in rows)


def mark_stored(db: Connection, *, link: int, article: int, reason: str) -> bool:
    """The link's article is stored; False where the link was no longer waiting (somebody else stored it)."""
    return bool(
        db.run(
            "UPDATE links SET state = 'stored', lease_until = NULL, article_id = :article, reason = :reason, "
            "attempts = attempts + 1 WHERE id = :id AND state = 'waiting'",
            id=link,
            article=article,
            reason=reason,
        )
    )


def mark_retry(db: Connection, *, link: int, next_attempt: datetime, reason: str) -> None:
    """The page could not be had this time."""
    db.run(
        "UPDATE links SET lease_until = NULL, attempts = attempts + 1, next_attempt = :next, reason = :reason "
        "WHERE id = :id AND state = 'waiting'",
        id=link,
        next=stamp(next_attempt),
        reason=reason,
    )


def mark_given_up(db: Connection, *, link: int, reason: str) -> None:
    """The page cannot be had, and there are no words of a feed to keep instead."""
    db.run(
        "UPDATE links SET state = 'given_up', lease_until = NULL, attempts = attempts + 1, reason = :reason "
        "WHERE id = :id AND state = 'waiting'",
        id=link,
        reason=reason,
    )


def count_ready(db: Connection, *, now: datetime) -> int:
    """How many waiting links of active sources are due and not leased."""
    row = db.row(
        "SELECT count(*) AS n FROM links WHERE state = 'waiting' AND next_attempt <= :now "
        "AND (lease_until IS NULL OR lease_until <= :now) AND source IN (SELECT id FROM sources WHERE active = 1)",
        now=stamp(now),
    )
    return int(row["n"]) if row else 0


def count_by_state(db: Connection) -> dict[str, int]:
    """The number of links in each state."""
    return {row["state"]: row["n"] for row in db.rows("SELECT state, count(*) AS n FROM links GROUP BY state")}


def waiting_backfill(db: Connection, *, source: str) -> int:
    """How many links of a source's first poll are still to be read."""
    row = db.row("SELECT count(*) AS n FROM links WHERE source = :source AND state = 'waiting' AND backfill = 1", source=source)
    return int(row["n"]) if row else 0


def find(db: Connection, *, url_key: str) -> tuple[StoredLink, LinkState, str | None, int | None] | None:
    """A link by its canonical address, with its state, the last reason and the id of its article."""
    row = db.row("SELECT * FROM links WHERE url_key = :key", key=url_key)
    return None if row is None else (_stored(row), LinkState(row["state"]), row["reason"], row["article_id"])


def release_leases(db: Connection) -> None:
    """Forget the leases of a process that is gone. Only for the process that holds the store."""
    db.run("UPDATE links SET lease_until = NULL WHERE lease_until IS NOT NULL")


def _stored(row: Row) -> StoredLink:
    return StoredLink(
        id=row["id"],
        source=row["source"],
        link=Link(
            url=row["url"],
            title=row["title"],
            summary=row["summary"],
            published=moment_or_none(row["published"]),
            published_offset=row["published_offset"],
            author=row["author"],
            guid=row["guid"],
            language=row["language"],
        ),
        backfill=bool(row["backfill"]),
        attempts=row["attempts"],
        first_seen=moment(row["first_seen"]),
    )
