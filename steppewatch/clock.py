"""The two clocks. This is the only file that reads the wall clock.

The *story clock* dates articles, events and due times; it may run with an offset. The *wire clock* is always real: it
stamps signatures and message headers, whose receivers compare them with their own clock.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """The story clock: real time plus an offset."""

    offset: timedelta = timedelta(0)

    @classmethod
    def starting_at(cls, moment: datetime) -> Clock:
        """A clock that shows `moment` (aware) now and runs on from there."""
        return cls(moment.astimezone(UTC) - wire_now())

    def now(self) -> datetime:
        """The story time, aware, in UTC."""
        return wire_now() + self.offset


def wire_now() -> datetime:
    """The real time, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that never jump, for measuring how long something took."""
    return time.monotonic()
