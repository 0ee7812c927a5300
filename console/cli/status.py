"""`steppewatch status`: how the daemon is."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.cli.configuration import config_option, load_settings
from console.cli.sources import state_words
from console.cli.table import ago, examples, json_option, print_json, say, show_fields
from console.cli.times import DurationType

if TYPE_CHECKING:
    from steppewatch.config.settings import Settings
    from steppewatch.store import Connection

SHOWN_QUARANTINED = 20


@click.command(epilog=examples("steppewatch status", "steppewatch status --json --max-age 5m"))
@config_option
@click.option(
    "--max-age", type=DurationType(), default=timedelta(minutes=1), show_default="1m", help="How old the last tick may be."
)
@json_option
def status(config: Path, max_age: timedelta, as_json: bool) -> None:
    """Tell how the daemon is: its last tick, the sources, what waits, what was quarantined.

    Exit code 1 where the last tick is older than --max-age, or where there never was one.
    """
    settings = load_settings(config)
    from steppewatch.clock import wire_now

    told = read_status(settings, wire_now(), max_age)
    if as_json:
        print_json(told)
    else:
        _print(told)
    sys.exit(0 if told["alive"] else 1)


def read_status(settings: Settings, now: datetime, max_age: timedelta) -> dict[str, Any]:
    """Everything `status` tells, as JSON values; `problem` is what is wrong and what to do, or None."""
    if not settings.store.exists():
        missing = f"there is no store at {settings.store} yet: `steppewatch run` starts the daemon and makes it"
        return {"alive": False, "problem": missing}
    from console.cli.opened import open_store

    with open_store(settings) as store:
        told = store.read_now(lambda db: {**_pulse(db, now), **_figures(db, settings)})
    problem = _problem(told["last_tick_age"], max_age)
    return {"alive": problem is None, "problem": problem, **told}


def _pulse(db: Connection, now: datetime) -> dict[str, Any]:
    from steppewatch.store import ticks

    last = max(ticks.listing(db), key=lambda tick: tick.at, default=None)
    if last is None:
        return {"last_tick": None, "last_tick_age": None, "pid": None}
    return {"last_tick": last.at, "last_tick_age": (now - last.at).total_seconds(), "pid": last.pid}


def _problem(age: float | None, max_age: timedelta) -> str | None:
    if age is None:
        return "the daemon has never ticked here: `steppewatch run` starts it"
    if age > max_age.total_seconds():
        return (
            f"the last tick came {ago(age)} ago: the daemon does not run, or it hangs. Look at its log, then start it again "
            "with `steppewatch run`"
        )
    return None


def _figures(db: Connection, settings: Settings) -> dict[str, Any]:
    from steppewatch.store import alerts, articles, links, outbox, quarantine, sources

    known = {state.id: state for state in sources.states(db)}
    states = [state_words(source, known.get(source.id)) for source in settings.sources]
    failing = [source.id for source, state in zip(settings.sources, states, strict=True) if state == "failing"]
    deliveries = dict.fromkeys(outbox.OutboxState, 0) | outbox.count_by_state(db)
    return {
        "sources": {state: states.count(state) for state in ("ok", "failing", "never", "paused")},
        "failing": [{"source": one, "reason": known[one].last_reason, "failures": known[one].failures} for one in failing],
        "links": dict.fromkeys(links.LinkState, 0) | links.count_by_state(db),
        "articles": articles.count(db),
        "alerts": alerts.count(db),
        "outbox": deliveries,
        "quarantined": [
            {"source": one.source, "url": one.url, "reason": one.reason, "times": one.times, "last": one.at, "bytes": one.size}
            for one in quarantine.listing(db)
        ],
    }


def _print(told: dict[str, Any]) -> None:
    if told.get("last_tick") is not None:
        say(f"last tick {ago(told['last_tick_age'])} ago, process {told['pid']}")
    if "sources" in told:
        _print_figures(told)
    if told["problem"]:
        say(told["problem"], error=True)


def _print_figures(told: dict[str, Any]) -> None:
    quarantined = told["quarantined"]
    fields: dict[str, Any] = {
        "sources": _counts(told["sources"]),
        "failing": [f"{one['source']}: {one['reason']}, {_times(one['failures'])}" for one in told["failing"]],
        "links": _counts(told["links"]),
        "articles": told["articles"],
        "alerts": told["alerts"],
        "outbox": _counts(told["outbox"]),
        "quarantined": [
            f"{one['source']}: {one['reason']}, {_times(one['times'])}: {one['url']}" for one in quarantined[:SHOWN_QUARANTINED]
        ],
    }
    if len(quarantined) > SHOWN_QUARANTINED:
        fields["quarantined"].append(f"and {len(quarantined) - SHOWN_QUARANTINED} more (--json names them all)")
    show_fields(fields)
    if told["outbox"]["dead"]:
        say(
            "Dead letters wait for you: `steppewatch outbox list --state dead`, then `steppewatch outbox retry --all`.",
            error=True,
        )


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items())
