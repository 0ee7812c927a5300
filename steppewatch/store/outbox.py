"""The outbox: one row for every (alert, channel, recipient), from its making to its end.

A row is claimed with a lease: a random token that every mark must show, so that a sender that was too slow cannot mark a
row that somebody else has taken over since. Delivery is at least once; the row's key is the same over all attempts.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from steppewatch.model import Alert, OutboxRow
from steppewatch.store import alerts
from steppewatch.store.codec import load_alert
from steppewatch.store.connection import Connection, Row, moment, moment_or_none, stamp


class OutboxState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"  # given up: it waits for a person in `outbox list`


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery as a listing shows it."""

    id: int
    key: str
    alert: str
    channel: str
    recipient: str
    state: OutboxState
    attempts: int
    next_attempt: datetime
    created: datetime
    done: datetime | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One attempt at a delivery and what the receiver said."""

    at: datetime
    outcome: str
    answer: str


def claim(db: Connection, *, now: datetime, lease_for: timedelta, limit: int, per_channel: int) -> tuple[OutboxRow, ...]:
    """Lease rows that are due, the oldest first, so that at most `per_channel` of one channel are under way."""
    rows = db.rows(
        "SELECT ready.*, alerts.body AS body FROM (SELECT outbox.*, "
        "row_number() OVER (PARTITION BY channel ORDER BY next_attempt, id) AS place, "
        "(SELECT count(*) FROM outbox AS other WHERE other.channel = outbox.channel AND other.state = 'waiting' "
        "AND other.lease_until > :now) AS held "
        "FROM outbox WHERE state = 'waiting' AND next_attempt <= :now AND (lease_until IS NULL OR lease_until <= :now)) "
        "AS ready JOIN alerts ON alerts.id = ready.alert_id "
        "WHERE place + held <= :per_channel ORDER BY next_attempt, ready.id LIMIT :limit",
        now=stamp(now),
        limit=limit,
        per_channel=per_channel,
    )
    return tuple(_lease(db, row, now + lease_for) for row in rows)


def _lease(db: Connection, row: Row, until: datetime) -> OutboxRow:
    lease = str(uuid.uuid4())
    db.run(
        "UPDATE outbox SET lease = :lease, lease_until = :until WHERE id = :id",
        id=row["id"],
        lease=lease,
        until=stamp(until),
    )
    return OutboxRow(
        id=row["id"],
        key=row["key"],
        alert=load_alert(row["body"]),
        channel=row["channel"],
        recipient=row["recipient"],
        attempts=row["attempts"],
        created=moment(row["created"]),
        lease=lease,
    )


def mark_sent(db: Connection, *, row: OutboxRow, now: datetime, answer: str) -> bool:
    """The receiver took it; False where the lease was lost meanwhile."""
    return _end_attempt(db, row, now, "sent", answer, OutboxState.SENT, now)


def mark_retry(db: Connection, *, row: OutboxRow, now: datetime, next_attempt: datetime, answer: str) -> bool:
    """Not this time; False where the lease was lost meanwhile."""
    return _end_attempt(db, row, now, "retry", answer, OutboxState.WAITING, next_attempt)


def mark_dead(
    db: Connection,
    *,
    row: OutboxRow,
    now: datetime,
    answer: str,
    health: Alert | None = None,
    health_recipients: tuple[tuple[str, str], ...] = (),
) -> bool:
    """Given up. The health alert that says so is written in the same transaction. False where the lease was lost."""
    if not _end_attempt(db, row, now, "dead", answer, OutboxState.DEAD, now):
        return False
    if health is not None:
        alerts.add(db, health, health_recipients)
    return True


def _end_attempt(
    db: Connection, row: OutboxRow, now: datetime, outcome: str, answer: str, state: OutboxState, then: datetime
) -> bool:
    touched = db.run(
        "UPDATE outbox SET state = :state, attempts = attempts + 1, next_attempt = :then, lease = NULL, lease_until = NULL, "
        "answer = :answer, done = :done WHERE id = :id AND lease = :lease",
        id=row.id,
        lease=row.lease,
        state=state,
        then=stamp(then),
        answer=answer,
        done=None if state is OutboxState.WAITING else stamp(now),
    )
    if touched:
        db.insert("attempts", outbox_id=row.id, at=stamp(now), outcome=outcome, answer=answer)
    return bool(touched)


def retry_dead(db: Connection, *, now: datetime, row: int | None = None) -> int:
    """Give dead letters (all, or one) another life, with a new term from now; how many there were."""
    return db.run(
        "UPDATE outbox SET state = 'waiting', attempts = 0, created = :now, next_attempt = :now, done = NULL "
        "WHERE state = 'dead' AND (:row IS NULL OR id = :row)",
        now=stamp(now),
        row=row,
    )


def hasten(db: Connection, *, now: datetime, row: int | None = None) -> int:
    """Make waiting rows (all, or one) due now; how many that touched."""
    return db.run(
        "UPDATE outbox SET next_attempt = :now WHERE state = 'waiting' AND next_attempt > :now AND (:row IS NULL OR id = :row)",
        now=stamp(now),
        row=row,
    )


def get(db: Connection, *, row: int) -> DeliveryRecord | None:
    """One delivery by its number."""
    found = db.row("SELECT * FROM outbox WHERE id = :id", id=row)
    return None if found is None else _record(found)


def listing(db: Connection, *, state: OutboxState | None = None, limit: int | None = None) -> tuple[DeliveryRecord, ...]:
    """Deliveries, newest first."""
    rows = db.rows(
        "SELECT * FROM outbox WHERE :state IS NULL OR state = :state ORDER BY id DESC LIMIT :limit",
        state=state,
        limit=-1 if limit is None else limit,
    )
    return tuple(_record(row) for row in rows)


def of_alert(db: Connection, *, alert: str) -> tuple[DeliveryRecord, ...]:
    """The deliveries of one alert."""
    return tuple(_record(row) for row in db.rows("SELECT * FROM outbox WHERE alert_id = :id ORDER BY id", id=alert))


def attempts_of(db: Connection, *, row: int) -> tuple[AttemptRecord, ...]:
    """Every attempt at one delivery, in order."""
    rows = db.rows("SELECT * FROM attempts WHERE outbox_id = :id ORDER BY id", id=row)
    return tuple(AttemptRecord(moment(attempt["at"]), attempt["outcome"], attempt["answer"]) for attempt in rows)


def count_by_state(db: Connection) -> dict[str, int]:
    """The number of rows in each state."""
    return {row["state"]: row["n"] for row in db.rows("SELECT state, count(*) AS n FROM outbox GROUP BY state")}


def count_dead(db: Connection, *, channel: str) -> int:
    """How many dead letters of a channel wait for a person."""
    row = db.row("SELECT count(*) AS n FROM outbox WHERE state = 'dead' AND channel = :channel", channel=channel)
    return int(row["n"]) if row else 0


def count_ready(db: Connection, *, now: datetime) -> int:
    """How many rows are due and not leased."""
    row = db.row(
        "SELECT count(*) AS n FROM outbox WHERE state = 'waiting' AND next_attempt <= :now "
        "AND (lease_until IS NULL OR lease_until <= :now)",
        now=stamp(now),
    )
    return int(row["n"]) if row else 0


def release_leases(db: Connection) -> None:
    """Forget the leases of a process that is gone. Only for the process that holds the store."""
    db.run("UPDATE outbox SET lease = NULL, lease_until = NULL WHERE lease IS NOT NULL")


def _record(row: Row) -> DeliveryRecord:
    return DeliveryRecord(
        id=row["id"],
        key=row["key"],
        alert=row["alert_id"],
        channel=row["channel"],
        recipient=row["recipient"],
        state=OutboxState(row["state"]),
        attempts=row["attempts"],
        next_attempt=moment(row["next_attempt"]),
        created=moment(row["created"]),
        done=moment_or_none(row["done"]),
        answer=row["answer"],
    )
