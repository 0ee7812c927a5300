"""`steppewatch watch`: what is watched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.cli.configuration import config_option, load_settings
from console.cli.table import Column, examples, json_option, print_json, show, show_fields

if TYPE_CHECKING:
    from steppewatch.config.settings import Watchlist
    from steppewatch.model import Watch


@click.group(epilog=examples("steppewatch watch list", "steppewatch watch show bilash"))
def watch() -> None:
    """List and show watches."""


@watch.command("list", epilog=examples("steppewatch watch list", "steppewatch watch list --json | jq -r '.[].id'"))
@config_option
@json_option
def list_watches(config: Path, as_json: bool) -> None:
    """List every watch with its list and where its alerts go."""
    settings = load_settings(config)
    rows = [_row(one, watchlist) for watchlist in settings.watchlists for one in watchlist.watches]
    columns = [
        Column("id", "watch"),
        Column("kind"),
        Column("name"),
        Column("list"),
        Column("spelling_count", "spellings", right=True),
        Column("priority"),
        Column("channels"),
    ]
    show(rows, columns, json=as_json, empty="Nothing is watched yet: add watches to a file of watchlists/.")


@watch.command("show", epilog=examples("steppewatch watch show bilash", "steppewatch watch show bilash --json"))
@click.argument("id", metavar="ID")
@config_option
@json_option
def show_watch(id: str, config: Path, as_json: bool) -> None:
    """Show one watch: its spellings or terms, what must stand near it, what does not count, and where its alerts go."""
    settings = load_settings(config)
    found = [_row(one, watchlist) for watchlist in settings.watchlists for one in watchlist.watches if one.id == id]
    if not found:
        raise click.ClickException(f"there is no watch {id!r}; `steppewatch watch list` names them all")
    for row in found:
        if as_json:
            print_json(row)
        else:
            show_fields({name: value for name, value in row.items() if name != "spelling_count"})


def _row(one: Watch, watchlist: Watchlist) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "name": one.name,
        "list": watchlist.id,
        "spellings": one.spellings,
        "spelling_count": len(one.spellings),
        "with": one.with_terms,
        "not": one.not_terms,
        "priority": one.priority,
        "events": sorted(one.events),
        "priority_on_event": one.priority_on_event,
        "labels": dict(one.labels),
        "channels": watchlist.channels,
    }
