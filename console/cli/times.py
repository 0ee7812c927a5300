"""Times as options: `7d`, `90s`, or a date or time in ISO form."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import click


class DurationType(click.ParamType[timedelta]):
    """`30s`, `15m`, `6h`, `7d`, as in the configuration."""

    name = "duration"

    def convert(self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """The duration, or a usage error."""
        if isinstance(value, timedelta):
            return value
        from steppewatch.config.values import duration

        try:
            return duration(value)
        except ValueError as error:
            self.fail(f"{value!r}: {error}", param, ctx)


class SinceType(click.ParamType[timedelta | datetime]):
    """A duration before now, or an ISO date or time (UTC where it names no zone)."""

    name = "since"

    def convert(
        self, value: str | timedelta | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta | datetime:
        """The duration or aware time, or a usage error."""
        if not isinstance(value, str):
            return value
        from steppewatch.config.values import duration

        with suppress(ValueError):
            return duration(value)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither a duration (7d) nor an ISO date or time (2019-04-08T10:00+06:00)", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
