"""When a source is due again: a pure function of how its last poll went."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from steppewatch.backoff import asked_for, doubled

SHRINK = 0.5
GROW = 1.5
JITTER = 0.1


def next_due(
    now: datetime,
    *,
    minimum: timedelta,
    maximum: timedelta,
    failures: int,
    changed: bool,
    current: timedelta | None,
    retry_after: float | None,
    random: Random,
) -> tuple[datetime, timedelta]:
    """The next due time, and the interval to remember as `current`.

    `failures` counts failed polls in a row, 0 after a good one; `changed` says whether the poll brought something new;
    `retry_after` is what the server asked for, in seconds. A source that publishes is asked more often, a silent one less,
    a failing one less and less, but none is ever given up: the wait is at most `maximum` and a tenth.
    """
    minimum = min(minimum, maximum)
    known = min(max(current or minimum, minimum), maximum)
    if failures:
        # The rhythm is kept for the day the source comes back.
        interval, wait = known, doubled(failures, first=minimum, longest=maximum)
    else:
        interval = min(max(known * (SHRINK if changed else GROW), minimum), maximum)
        wait = interval
    wait *= random.uniform(1 - JITTER, 1 + JITTER)
    return now + min(max(wait, asked_for(retry_after)), maximum * (1 + JITTER)), interval
