"""The rhythm in which sources are polled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from scheduler.due import next_due

NOW = datetime(2019, 4, 8, 9, 0, tzinfo=UTC)
MINIMUM = timedelta(minutes=10)
MAXIMUM = timedelta(hours=6)
spans = st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=30))


def due(
    *, failures: int = 0, changed: bool = False, current: timedelta | None = None, retry_after: float | None = None
) -> tuple[timedelta, timedelta]:
    moment, interval = next_due(
        NOW,
        minimum=MINIMUM,
        maximum=MAXIMUM,
        failures=failures,
        changed=changed,
        current=current,
        retry_after=retry_after,
        random=Random(7),
    )
    return moment - NOW, interval


@given(
    spans,
    spans,
    st.integers(min_value=0, max_value=10**6),
    st.booleans(),
    st.none() | spans,
    st.none() | st.floats(),
    st.integers(min_value=0, max_value=2**32),
)
def test_always_ahead_and_never_beyond_the_maximum(
    minimum: timedelta,
    maximum: timedelta,
    failures: int,
    changed: bool,
    current: timedelta | None,
    retry_after: float | None,
    seed: int,
) -> None:
    moment, interval = next_due(
        NOW,
        minimum=minimum,
        maximum=maximum,
        failures=failures,
        changed=changed,
        current=current,
        retry_after=retry_after,
        random=Random(seed),
    )
    assert NOW < moment <= NOW + maximum * 1.1
    assert min(minimum, maximum) <= interval <= maximum
    assert moment - NOW >= min(minimum, maximum) * 0.89


def test_a_new_source_starts_with_the_shortest_interval() -> None:
    wait, interval = due(changed=True)
    assert interval == MINIMUM
    assert MINIMUM * 0.9 <= wait <= MINIMUM * 1.1


def test_news_shrink_the_interval_and_silence_grows_it() -> None:
    hour = timedelta(hours=1)
    assert due(changed=True, current=hour)[1] == timedelta(minutes=30)
    assert due(changed=False, current=hour)[1] == timedelta(minutes=90)


def test_a_silent_source_reaches_the_maximum_and_one_item_brings_it_back() -> None:
    interval: timedelta | None = None
    for _ in range(20):
        interval = due(current=interval)[1]
    assert interval == MAXIMUM
    for _ in range(20):
        interval = due(current=interval, changed=True)[1]
    assert interval == MINIMUM


def test_failures_wait_longer_and_longer_and_leave_the_rhythm_alone() -> None:
    waits = [due(failures=count, current=timedelta(hours=1)) for count in range(1, 9)]
    assert [wait for wait, _ in waits] == sorted(wait for wait, _ in waits)
    assert {interval for _, interval in waits} == {timedelta(hours=1)}
    assert waits[-1][0] <= MAXIMUM * 1.1


def test_a_server_that_asks_for_time_gets_it_up_to_the_maximum() -> None:
    assert due(failures=1, retry_after=7200)[0] == timedelta(hours=2)
    assert due(failures=1, retry_after=10**6)[0] == MAXIMUM * 1.1
