"""Alerts: what somebody is told. An alert and its outbox rows are written together or not at all."""

from __future__ import annotations

import uuid
from datetime import datetime

from steppewatch.model import Alert
from steppewatch.store.codec import dump_alert, load_alert
from steppewatch.store.connection import Connection, stamp, stamp_or_none


def add(db: Connection, alert: Alert, recipients: tuple[tuple[str, str], ...], *, article: int | None = None) -> bool:
    """Store an alert with one outbox row for each (channel, recipient); False where it was told before."""
    added = db.insert(
        "alerts",
        id=alert.id,
        kind=alert.kind,
        watch=alert.watch,
        story=alert.story,
        reason=alert.reason,
        subject=alert.subject,
        article_id=article,
        created=stamp(alert.created),
        body=dump_alert(alert),
    )
    if added is None:
        return False
    for channel, recipient in dict.fromkeys(recipients):
        add_delivery(db, alert.id, channel, recipient, alert.created)
    return True


def add_delivery(db: Connection, alert_id: str, channel: str, recipient: str, now: datetime) -> None:
    """One outbox row. The key is random and stays the same over all attempts."""
    db.insert(
        "outbox",
        key=str(uuid.uuid4()),
        alert_id=alert_id,
        channel=channel,
        recipient=recipient,
        state="waiting",
        next_attempt=stamp(now),
        created=stamp(now),
    )


def get(db: Connection, *, alert: str) -> Alert | None:
    """One alert by id, or by the beginning of its id where that is unambiguous."""
    rows = db.rows("SELECT body FROM alerts WHERE substr(id, 1, :length) = :id LIMIT 2", id=alert, length=len(alert))
    return load_alert(rows[0]["body"]) if len(rows) == 1 else None


def newest(db: Connection, *, limit: int | None = None, watch: str | None = None) -> tuple[Alert, ...]:
    """The alerts made last, newest first."""
    rows = db.rows(
        "SELECT body FROM alerts WHERE :watch IS NULL OR watch = :watch ORDER BY created DESC, id LIMIT :limit",
        watch=watch,
        limit=-1 if limit is None else limit,
    )
    return tuple(load_alert(row["body"]) for row in rows)


def page(db: Connection, *, after: Alert | None, since: datetime | None, limit: int) -> tuple[Alert, ...]:
    """The next alerts made at or after `since`, oldest first, to walk through all of them without holding them all."""
    rows = db.rows(
        "SELECT body FROM alerts WHERE (:since IS NULL OR created >= :since) "
        "AND (:created IS NULL OR created > :created OR (created = :created AND id > :id)) ORDER BY created, id LIMIT :limit",
        since=stamp_or_none(since),
        created=stamp(after.created) if after else None,
        id=after.id if after else None,
        limit=limit,
    )
    return tuple(load_alert(row["body"]) for row in rows)


def article_of(db: Connection, *, alert: str) -> int | None:
    """The id of the article that raised an alert; None for one that no article raised (health)."""
    row = db.row("SELECT article_id FROM alerts WHERE id = :id", id=alert)
    return None if row is None else row["article_id"]


def of_article(db: Connection, *, article: int) -> tuple[Alert, ...]:
    """The alerts an article raised."""
    rows = db.rows("SELECT body FROM alerts WHERE article_id = :id ORDER BY created, id", id=article)
    return tuple(load_alert(row["body"]) for row in rows)


def count(db: Connection, *, since: datetime | None = None) -> int:
    """How many alerts there are, or were made at or after `since`."""
    row = db.row("SELECT count(*) AS n FROM alerts WHERE :since IS NULL OR created >= :since", since=stamp_or_none(since))
    return int(row["n"]) if row else 0
