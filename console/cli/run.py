"""`steppewatch run` and `steppewatch once`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from console.cli.configuration import config_option, load_settings


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

    log.configure(settings.log.level, settings.log.format)
    serve(settings, Options(probes=False), until_idle)
