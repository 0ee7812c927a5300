"""What happens in the little world: its sites, its articles, and what should come of them (`world/*.yaml`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML

STORY_START = datetime.fromisoformat("2019-04-03T09:00:00+06:00")


@dataclass(frozen=True, slots=True)
class Expectation:
    """A watch that an article must raise an alert for, with events as (type, status, date)."""

    watch: str
    events: tuple[tuple[str, str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """One article of the world."""

    id: str
    site: str
    path: str
    language: str
    title: str
    author: str
    published: datetime
    summary: str
    paragraphs: tuple[str, ...]
    expect: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """One outlet of the world. `behaviour` is how it misbehaves, if it does."""

    host: str
    name: str
    language: str
    format: str
    behaviour: str
    fetch: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """The whole world. `watchlists` is YAML text, as a user would write it."""

    sites: tuple[Site, ...]
    watchlists: str

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Every article, site by site."""
        return tuple(piece for site in self.sites for piece in site.pieces)


def load_script() -> Script:
    """Read the bundled world."""
    folder = files("console.demo") / "world"
    world = YAML(typ="safe").load((folder / "world.yaml").read_text(encoding="utf-8"))
    pieces = [_piece(row) for row in world["articles"]]
    sites = tuple(_site(row, pieces) for row in world["sites"])
    return Script(sites, (folder / "watches.yaml").read_text(encoding="utf-8"))


def _site(row: dict[str, Any], pieces: list[Piece]) -> Site:
    return Site(
        host=row["host"],
        name=row["name"],
        language=row["language"],
        format=row["format"],
        behaviour=row["behaviour"],
        fetch=row["fetch"],
        pieces=tuple(piece for piece in pieces if piece.site == row["host"]),
    )


def _piece(row: dict[str, Any]) -> Piece:
    published = row["published"]
    return Piece(
        id=row["id"],
        site=row["site"],
        path=row["path"],
        language=row["language"],
        title=row["title"],
        author=row["author"],
        published=datetime.fromisoformat(published) if isinstance(published, str) else published,
        summary=row["summary"],
        paragraphs=tuple(row["paragraphs"]),
        expect=tuple(_expectation(one) for one in row["expect"]),
    )


def _expectation(row: dict[str, Any]) -> Expectation:
    events = ((event["type"], event["status"], _iso(event.get("date"))) for event in row.get("events", ()))
    return Expectation(row["watch"], tuple(events))


def _iso(date: object) -> str | None:
    return None if date is None else str(date)
