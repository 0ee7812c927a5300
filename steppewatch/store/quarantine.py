"""Quarantine: bytes from outside that hung, killed or overfed the worker that read them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from steppewatch.store.connection import Connection, Row, moment, stamp

KEPT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class QuarantinedInput:
    """One input as a listing shows it. `times` counts how often the same bytes came from there."""

    id: int
    at: datetime
    source: str
    url: str
    task: str
    reason: str
    message: str
    size: int
    times: int


def add(db: Connection, *, now: datetime, source: str, url: str, task: str, reason: str, message: str, body: bytes) -> None:
    """Keep an input (its first megabyte); the same bytes from the same place only count up."""
    digest = hashlib.sha256(body).hexdigest()
    added = db.insert(
        "quarantine",
        at=stamp(now),
        source=source,
        url=url,
        task=task,
        reason=reason,
        message=message,
        body_hash=digest,
        body=body[:KEPT_BYTES],
    )
    if added is None:
        db.run(
            "UPDATE quarantine SET times = times + 1, at = :now, reason = :reason, message = :message "
            "WHERE source = :source AND url = :url AND body_hash = :digest",
            now=stamp(now),
            reason=reason,
            message=message,
            source=source,
            url=url,
            digest=digest,
        )


def listing(db: Connection) -> tuple[QuarantinedInput, ...]:
    """Every quarantined input, newest first."""
    return tuple(_input(row) for row in db.rows("SELECT *, length(body) AS size FROM quarantine ORDER BY id DESC"))


def _input(row: Row) -> QuarantinedInput:
    return QuarantinedInput(
        id=row["id"],
        at=moment(row["at"]),
        source=row["source"],
        url=row["url"],
        task=row["task"],
        reason=row["reason"],
        message=row["message"],
        size=row["size"],
        times=row["times"],
    )
