"""`steppewatch run` and `steppewatch once`."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.cli.configuration import config_option, load_settings

if TYPE_CHECKING:
    from steppewatch.config.settings import Settings


@click.command(epilog="\b\nExamples:\n  steppewatch run\n  steppewatch run --config /etc/steppewatch/config.yaml")
@config_option
def run(config: Path) -> None:
    """Run the daemon until it is told to stop.

    SIGTERM or Ctrl-C ends it cleanly; SIGHUP reads the configuration again (a wrong one is refused, and the old one stays in
    force). /livez and /readyz answer on loopback, on the port of `probes`.
    """
    from scheduler.pool import warm_up

    warm_up()
    settings = load_settings(config)
    from scheduler.daemon import Options
    from scheduler.serve import serve
    from steppewatch import log

    log.configure(settings.log.level, settings.log.format)
    serve(settings, Options(reload=partial(load_settings, config)))


@click.command(epilog="\b\nExamples:\n  steppewatch once\n  */15 * * * *  steppewatch once --config /etc/steppewatch/config.yaml")
@config_option
def once(config: Path) -> None:
    """Poll what is due, match, deliver, exit: the same work as `run`, until nothing is left to do now."""
    from scheduler.pool import warm_up

    warm_up()
    settings = load_settings(config)
    from scheduler.daemon import Options
    from scheduler.serve import serve, until_idle
    from steppewatch import log
    from steppewatch.clock import Clock

    log.configure(settings.log.level, settings.log.format)
    clock = Clock()
    started = clock.now()
    serve(settings, Options(clock=clock, probes=False), until_idle)
    click.echo(_summary(settings, started))


def _summary(settings: Settings, started: datetime) -> str:
    """What this run did, in one line."""
    from steppewatch.store import Store, alerts, articles, outbox, sources

    store = Store.open(settings.store)
    try:
        polled = [one for one in store.read_now(sources.states) if one.last_polled and one.last_polled >= started]
        stored = store.read_now(partial(articles.count, since=started))
        told = store.read_now(partial(alerts.count, since=started))
        waiting = store.read_now(outbox.count_by_state).get("waiting", 0)
    finally:
        store.close_now()
    failed = [one for one in polled if one.failures]
    why = f" ({len(failed)} failed: `steppewatch sources list` says why)" if failed else ""
    return f"{len(polled)} sources polled{why}, {stored} articles stored, {told} alerts, {waiting} deliveries still to make"
