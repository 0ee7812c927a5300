"""The pulse of the daemon: when each of its ticks last came, by the real clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from steppewatch.store.connection import Connection, moment, stamp


@dataclass(frozen=True, slots=True)
class Tick:
    """One tick of a process."""

    name: str
    at: datetime
    pid: int


def record(db: Connection, *, name: str, at: datetime, pid: int) -> None:
    """A tick came."""
    db.run(
        "INSERT INTO ticks (name, at, pid) VALUES (:name, :at, :pid) "
        "ON CONFLICT (name) DO UPDATE SET at = excluded.at, pid = excluded.pid",
        name=name,
        at=stamp(at),
        pid=pid,
    )


def listing(db: Connection) -> tuple[Tick, ...]:
    """The last of every tick."""
    return tuple(Tick(row["name"], moment(row["at"]), row["pid"]) for row in db.rows("SELECT * FROM ticks ORDER BY name"))
