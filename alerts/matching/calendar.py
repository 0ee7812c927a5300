"""Reckoning with dates: the nearest year, weekdays, weeks and months. Nothing here knows a language."""

from __future__ import annotations

from datetime import date, timedelta
from enum import Enum

_WEEK = 7
_MIDDLE_OF_MONTH = 15


class Direction(Enum):
    """Where a weekday lies from the day of publication."""

    BACK = -1
    AHEAD = 1


def day(year: int, month: int, number: int) -> date | None:
    """A date, or None where the calendar has no such day (31 June)."""
    try:
        return date(year, month, number)
    except ValueError:
        return None


def nearest_day(month: int, number: int, published: date) -> date | None:
    """The day of this name that lies nearest to publication; None where there is none."""
    years = range(max(published.year - 1, 1), min(published.year + 1, 9999) + 1)
    found = [one for one in (day(year, month, number) for year in years) if one is not None]
    return min(found, key=lambda one: abs(one - published), default=None)


def nearest_month(month: int, published: date) -> str:
    """The month of this name that lies nearest to publication, as `2019-04`."""
    middle = nearest_day(month, _MIDDLE_OF_MONTH, published)
    assert middle is not None
    return month_of(middle)


def nearest_number(number: int, published: date) -> date | None:
    """The day with this number (`the 11th`) that lies nearest to publication."""
    first = published.replace(day=1)
    months = (shift_months(first, offset) for offset in (-1, 0, 1))
    found = [one for one in (day(month.year, month.month, number) for month in months) if one is not None]
    return min(found, key=lambda one: abs(one - published), default=None)


def weekday_from(weekday: int, published: date, direction: Direction, *, today_counts: bool) -> date:
    """The nearest such weekday in one direction."""
    distance = (published.weekday() - weekday) % _WEEK if direction is Direction.BACK else (weekday - published.weekday()) % _WEEK
    if distance == 0 and not today_counts:
        distance = _WEEK
    return shift_days(published, distance * direction.value)


def weekday_of_week(weekday: int, published: date, weeks: int) -> date:
    """That weekday of the ISO week so many weeks after (or before) the one of publication."""
    return shift_days(published, weekday - published.weekday() + _WEEK * weeks)


def shift_days(start: date, days: int) -> date:
    """A date moved by days, held inside the calendar."""
    try:
        return start + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def shift_months(start: date, months: int) -> date:
    """The first day of the month so many months away, held inside the calendar."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(min(max(year, 1), 9999), month + 1, 1)


def month_of(moment: date) -> str:
    """`2019-04`."""
    return f"{moment.year:04}-{moment.month:02}"
