"""The waits between tries."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from steppewatch.backoff import asked_for, doubled, next_attempt

NOW = datetime(2019, 4, 8, 9, 0, tzinfo=UTC)
FIRST = timedelta(seconds=30)
LONGEST = timedelta(hours=6)


def wait(attempts: int, seed: int = 0, retry_after: float | None = None) -> timedelta:
    moment = next_attempt(attempts, NOW, first=FIRST, longest=LONGEST, random=Random(seed), retry_after=retry_after)
    return moment - NOW


@given(st.integers(min_value=-3, max_value=10**9), st.integers(min_value=0, max_value=2**32))
def test_a_wait_lies_between_half_the_doubled_wait_and_the_longest(attempts: int, seed: int) -> None:
    ceiling = doubled(attempts - 1, first=FIRST, longest=LONGEST)
    assert ceiling / 2 <= wait(attempts, seed) <= ceiling <= LONGEST


def test_waits_grow_on_average() -> None:
    averages = [sum((wait(n, seed) for seed in range(300)), timedelta()) / 300 for n in range(1, 9)]
    assert averages == sorted(averages)
    assert averages[0] < averages[-1]


def test_two_deliveries_that_failed_together_come_back_apart() -> None:
    assert wait(4, seed=1) != wait(4, seed=2)


def test_retry_after_is_a_lower_bound() -> None:
    assert wait(1, retry_after=7200) == timedelta(hours=2)
    assert wait(20, retry_after=5) >= LONGEST / 2


def test_retry_after_is_believed_for_a_day_at_most() -> None:
    assert wait(1, retry_after=10**9) == timedelta(days=1)
    assert wait(1, retry_after=math.inf) == timedelta(days=1)


def test_nonsense_in_retry_after_changes_nothing() -> None:
    assert asked_for(math.nan) == asked_for(-5) == asked_for(None) == timedelta(0)


def test_never_at_once() -> None:
    moment = next_attempt(1, NOW, first=timedelta(0), longest=LONGEST, random=Random(1))
    assert moment >= NOW + timedelta(seconds=1)
