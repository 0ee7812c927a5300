"""`steppewatch check`: is the configuration right?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from console.cli.configuration import config_option
from console.cli.table import examples, say

WARNINGS = 3  # the exit code


@click.command(epilog=examples("steppewatch check", "steppewatch check --strict --config /etc/steppewatch/config.yaml"))
@config_option
@click.option("--strict", is_flag=True, help="Exit with 3 where there are warnings.")
def check(config: Path, strict: bool) -> None:
    """Validate the configuration and every file it includes.

    Everything that is wrong is told at once, with file, line and column. Exit code 2 for errors, 3 for warnings under
    --strict, else 0.
    """
    from steppewatch.config.load import load
    from steppewatch.config.report import format_findings
    from steppewatch.registry import Registry

    # Errors come out as ConfigError with all findings, which `main` shows.
    settings, findings = load(
        config, sources=Registry("crawler.sources"), channels=Registry("alerts.channels"), environ=os.environ
    )
    if findings:
        click.echo(format_findings(findings), err=True)
    warnings = f", {len(findings)} warning{'s'[: len(findings) != 1]}" if findings else ""
    say(
        f"{config} is usable: {_many(len(settings.sources), 'source')}, {_many(len(settings.watches), 'watch', 'watches')}, "
        f"{_many(len(settings.channels), 'channel')}{warnings}"
    )
    if findings and strict:
        sys.exit(WARNINGS)


def _many(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"
