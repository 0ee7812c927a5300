"""How long to wait before the next try: pure arithmetic for deliveries, links and sources alike."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from random import Random

LONGEST_RETRY_AFTER = timedelta(days=1)  # a server that asks for more is asked again after a day all the same
SHORTEST_WAIT = timedelta(seconds=1)
DOUBLINGS = 60  # beyond this every sensible first wait has long passed its longest wait


def doubled(times: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """`first` doubled `times` times, at most `longest`."""
    seconds = first.total_seconds() * 2.0 ** max(0, min(times, DOUBLINGS))
    return timedelta(seconds=min(seconds, longest.total_seconds()))


def asked_for(retry_after: float | None) -> timedelta:
    """What a server asked for with Retry-After (seconds), at least nothing and at most a day."""
    if retry_after is None or math.isnan(retry_after):
        return timedelta(0)
    return timedelta(seconds=min(max(retry_after, 0.0), LONGEST_RETRY_AFTER.total_seconds()))


def next_attempt(
    attempts: int,
    now: datetime,
    *,
    first: timedelta,
    longest: timedelta,
    random: Random,
    retry_after: float | None = None,
) -> datetime:
    """When to try again after `attempts` failures (at least 1).

    The wait doubles from `first` up to `longest`; jitter takes up to half of it away, so that a thousand deliveries that
    failed together do not come back together. Retry-After (seconds) is a lower bound, up to a day.
    """
    wait = doubled(attempts - 1, first=first, longest=longest) * random.uniform(0.5, 1.0)
    return now + max(wait, asked_for(retry_after), SHORTEST_WAIT)
