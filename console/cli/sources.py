"""`steppewatch sources`: where we look."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.cli.configuration import config_option, load_settings
from console.cli.table import Column, examples, json_option, say, show
from steppewatch.registry import Registry

if TYPE_CHECKING:
    from steppewatch.config.settings import Settings, Source
    from steppewatch.store.sources import SourceState

LOCAL_FILE = Path("sources/local.yaml")


@click.group(
    epilog=examples(
        "steppewatch sources list", "steppewatch sources add https://news.example/rss --id news", "steppewatch sources test news"
    )
)
def sources() -> None:
    """List, add and test sources."""


@sources.command(
    "list",
    epilog=examples("steppewatch sources list", "steppewatch sources list --json | jq '.[] | select(.state == \"failing\")'"),
)
@config_option
@json_option
def list_sources(config: Path, as_json: bool) -> None:
    """List every configured source and how its last poll went. Works before the first poll, too."""
    settings = load_settings(config)
    known = states_of(settings)
    columns = (
        Column("id", "source", whole=True),
        Column("kind"),
        Column("url"),
        Column("state"),
        Column("reason"),
        Column("last_success"),
        Column("next_due"),
        Column("links", right=True),
    )
    rows = [_row(source, known.get(source.id)) for source in settings.sources]
    show(rows, columns, json=as_json, empty="No sources yet: `steppewatch sources add URL --id ID` adds one.")


@sources.command(
    "add",
    epilog=examples(
        "steppewatch sources add https://news.example/rss --id news --language ru",
        "steppewatch sources add https://court.example/list --id court --kind page --css 'ul.cases a'",
    ),
)
@click.argument("url", metavar="URL")
@click.option("--id", "id", required=True, help="Short and stable: alerts and listings name the source so.")
@click.option("--kind", type=click.Choice(Registry("crawler.sources").kinds()), default="feed", show_default=True)
@click.option("--css", help="Where the links of a page are, e.g. 'ul.news a'. Needed for --kind page.")
@click.option("--language", help="What it is written in (ru, kk, zh ...), where the pages do not say.")
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path),
    default=LOCAL_FILE,
    show_default=True,
    help="The YAML file to add it to, seen from the folder of the configuration.",
)
@config_option
def add(url: str, id: str, kind: str, css: str | None, language: str | None, file: Path, config: Path) -> None:
    """Add a source to a YAML file, whose comments stay, and check the whole configuration.

    Where the configuration would not be right any more, the file stays as it was.
    """
    if (kind == "page") is not bool(css):
        raise click.UsageError("--kind page needs --css, and only it does")
    settings = load_settings(config)
    for known in settings.sources:
        if id == known.id:
            raise click.ClickException(f"there is a source {id!r} already ({known.url})")
        if url == known.url:
            raise click.ClickException(f"source {known.id!r} already polls this address")
    from console.cli.source_file import add_source

    entry: dict[str, Any] = {"id": id, "kind": kind, "url": url}
    entry |= {"links": {"css": css}} if css else {}
    entry |= {"language": language} if language else {}
    path = config.parent / file
    add_source(path, entry, lambda: _check_added(config, path, id))
    say(f"{id} stands in {path}. Try it: steppewatch sources test {id}. A running daemon takes it over on SIGHUP.")


@sources.command("test", epilog=examples("steppewatch sources test eurasianet", "steppewatch sources test eurasianet --json"))
@click.argument("id", metavar="ID")
@config_option
@json_option
def test(id: str, config: Path, as_json: bool) -> None:
    """Fetch a source once, now, as the daemon would, and show its links and its first article. Nothing is stored."""
    settings = load_settings(config)
    source = next((one for one in settings.sources if one.id == id), None)
    if source is None:
        raise click.ClickException(f"there is no source {id!r}; `steppewatch sources list` names them all")
    from console.cli.source_test import print_trial
    from console.cli.trial import try_source

    trial = try_source(settings, source)
    print_trial(trial, settings.watches, as_json=as_json)
    sys.exit(1 if trial.problem else 0)


def states_of(settings: Settings) -> dict[str, SourceState]:
    """What the store knows of the sources, by id; nothing where there is no store yet."""
    if not settings.store.exists():
        return {}
    from console.cli.opened import open_store
    from steppewatch.store import sources as stored

    with open_store(settings) as store:
        return {state.id: state for state in store.read_now(stored.states)}


def state_words(source: Source, state: SourceState | None) -> str:
    """How a source is: paused, never (polled), ok or failing."""
    if source.paused:
        return "paused"
    if state is None or state.last_polled is None:
        return "never"
    return "failing" if state.failures else "ok"


def _row(source: Source, state: SourceState | None) -> dict[str, Any]:
    return {
        "id": source.id,
        "kind": source.kind,
        "url": source.url,
        "state": state_words(source, state),
        "reason": state.last_reason if state else None,
        "failures": state.failures if state else 0,
        "last_polled": state.last_polled if state else None,
        "last_success": state.last_success if state else None,
        "next_due": state.next_due if state and not source.paused else None,
        "links": state.last_links if state else None,
        "language": source.language,
        "tags": source.tags,
    }


def _check_added(config: Path, path: Path, id: str) -> None:
    """Raises ConfigError where the configuration is not right, ClickException where it does not include the file."""
    if all(source.id != id for source in load_settings(config).sources):
        raise click.ClickException(f"{config} does not include {path}: add it to `include:`, or use --file {config.name}")
