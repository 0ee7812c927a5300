"""What a table family sees of a database: portable SQL with named parameters, rows as mappings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

Row = Mapping[str, Any]


class Connection(Protocol):
    """A connection inside a transaction that somebody else begins and ends."""

    def rows(self, sql: str, **params: object) -> list[Row]:
        """Every row of a query."""

    def row(self, sql: str, **params: object) -> Row | None:
        """The first row of a query, or None."""

    def run(self, sql: str, **params: object) -> int:
        """Run a statement; the number of rows it touched."""

    def insert(self, table: str, **values: object) -> int | None:
        """Insert a row; its id, or None where a unique constraint already holds such a row."""

    def index_article(self, article_id: int, tokens: str) -> None:
        """Make an article findable by its search tokens."""

    def search_articles(self, phrases: list[list[str]], limit: int) -> list[int]:
        """Ids of the articles that hold every phrase (a list of adjacent tokens), newest first."""


def stamp(moment: datetime) -> str:
    """An aware time as text that sorts like time: `2019-04-03T03:00:00.000000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def stamp_or_none(moment: datetime | None) -> str | None:
    """`stamp`, where there may be no time."""
    return None if moment is None else stamp(moment)


def moment(text: str) -> datetime:
    """The aware time of a stamp."""
    return datetime.fromisoformat(text)


def moment_or_none(text: str | None) -> datetime | None:
    """`moment`, where there may be no stamp."""
    return None if text is None else datetime.fromisoformat(text)
