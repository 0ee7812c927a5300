"""Sources: where we look, when next, and what the last poll brought."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from steppewatch.store.connection import Connection, Row, moment, moment_or_none, stamp


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the store knows of a source."""

    id: str
    kind: str
    url: str
    next_due: datetime
    interval: timedelta | None
    failures: int
    etag: str | None
    last_modified: str | None
    body_hash: str | None
    first_success: datetime | None
    last_polled: datetime | None
    last_success: datetime | None
    last_reason: str | None
    last_links: int | None


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes the next poll a cheap one."""

    etag: str | None
    last_modified: str | None
    body_hash: str | None


def synchronise(db: Connection, *, configured: Iterable[tuple[str, str, str]], now: datetime) -> None:
    """Bring the rows in line with the configured (id, kind, url) of the sources that are not paused.

    A source that is no longer configured keeps its row and its history. One whose kind or address changed forgets its
    validators: they stand for other bytes.
    """
    db.run("UPDATE sources SET active = 0")
    for source, kind, url in configured:
        known = db.row("SELECT kind, url FROM sources WHERE id = :id", id=source)
        if known is None:
            db.insert("sources", id=source, kind=kind, url=url, active=1, next_due=stamp(now))
        elif (known["kind"], known["url"]) == (kind, url):
            db.run("UPDATE sources SET active = 1 WHERE id = :id", id=source)
        else:
            db.run(
                "UPDATE sources SET active = 1, kind = :kind, url = :url, next_due = :now, etag = NULL, last_modified = NULL, "
                "body_hash = NULL WHERE id = :id",
                id=source,
                kind=kind,
                url=url,
                now=stamp(now),
            )


def claim_due(db: Connection, *, now: datetime, lease_for: timedelta, limit: int) -> tuple[SourceState, ...]:
    """Lease the sources that are due, the longest overdue first."""
    rows = db.rows(
        "SELECT * FROM sources WHERE active = 1 AND next_due <= :now AND (lease_until IS NULL OR lease_until <= :now) "
        "ORDER BY next_due LIMIT :limit",
        now=stamp(now),
        limit=limit,
    )
    for row in rows:
        db.run("UPDATE sources SET lease_until = :until WHERE id = :id", until=stamp(now + lease_for), id=row["id"])
    return tuple(_state(row) for row in rows)


def make_due(db: Connection, *, now: datetime) -> None:
    """Make every active source due now."""
    db.run("UPDATE sources SET next_due = :now WHERE active = 1 AND next_due > :now", now=stamp(now))


def record_success(
    db: Connection,
    *,
    source: str,
    now: datetime,
    next_due: datetime,
    interval: timedelta,
    reason: str,
    links: int | None = None,
    validators: Validators | None = None,
) -> None:
    """A poll that brought something, or the news that nothing changed. Call it with the links in one transaction."""
    db.run(
        "UPDATE sources SET lease_until = NULL, failures = 0, last_polled = :now, last_success = :now, last_reason = :reason, "
        "next_due = :next_due, interval_seconds = :interval, first_success = COALESCE(first_success, :now), "
        "last_links = COALESCE(:links, last_links) WHERE id = :id",
        id=source,
        now=stamp(now),
        next_due=stamp(next_due),
        interval=interval.total_seconds(),
        reason=reason,
        links=links,
    )
    if validators is not None:
        db.run(
            "UPDATE sources SET etag = :etag, last_modified = :last_modified, body_hash = :body_hash WHERE id = :id",
            id=source,
            etag=validators.etag,
            last_modified=validators.last_modified,
            body_hash=validators.body_hash,
        )


def record_failure(db: Connection, *, source: str, now: datetime, next_due: datetime, interval: timedelta, reason: str) -> None:
    """A poll that brought nothing usable. The validators stay as they are."""
    db.run(
        "UPDATE sources SET lease_until = NULL, failures = failures + 1, last_polled = :now, last_reason = :reason, "
        "next_due = :next_due, interval_seconds = :interval WHERE id = :id",
        id=source,
        now=stamp(now),
        next_due=stamp(next_due),
        interval=interval.total_seconds(),
        reason=reason,
    )


def states(db: Connection) -> tuple[SourceState, ...]:
    """Every source with a row, active or not, by id."""
    return tuple(_state(row) for row in db.rows("SELECT * FROM sources ORDER BY id"))


def count_due(db: Connection, *, now: datetime) -> int:
    """How many active sources are due and not leased."""
    row = db.row(
        "SELECT count(*) AS n FROM sources WHERE active = 1 AND next_due <= :now "
        "AND (lease_until IS NULL OR lease_until <= :now)",
        now=stamp(now),
    )
    return int(row["n"]) if row else 0


def release_leases(db: Connection) -> None:
    """Forget the leases of a process that is gone. Only for the process that holds the store."""
    db.run("UPDATE sources SET lease_until = NULL WHERE lease_until IS NOT NULL")


def _state(row: Row) -> SourceState:
    seconds = row["interval_seconds"]
    return SourceState(
        id=row["id"],
        kind=row["kind"],
        url=row["url"],
        next_due=moment(row["next_due"]),
        interval=None if seconds is None else timedelta(seconds=seconds),
        failures=row["failures"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_hash=row["body_hash"],
        first_success=moment_or_none(row["first_success"]),
        last_polled=moment_or_none(row["last_polled"]),
        last_success=moment_or_none(row["last_success"]),
        last_reason=row["last_reason"],
        last_links=row["last_links"],
    )
