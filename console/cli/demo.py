"""`steppewatch demo`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from console.demo.script import Script
    from console.demo.world import World
    from scheduler.daemon import Daemon

DEADLINE_SECONDS = 60.0
LOOK_SECONDS = 0.1


@click.command(epilog="\b\nExamples:\n  steppewatch demo --once\n  steppewatch demo --folder /tmp/world --log-level debug")
@click.option("--once", is_flag=True, help="End when all that should arrive has arrived: exit 0; or after a minute: exit 1.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to put configuration, store and log [default: a new one].")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info", show_default=True)
def demo(once: bool, folder: Path | None, log_level: str) -> None:
    """Run the whole job against a little world on this machine.

    Six news sites (one of which hangs the parser), a mail server and a webhook receiver, all on loopback; the clock of the story
    stands in April 2019. Nothing leaves this machine.
    """
    from scheduler.pool import warm_up
    from steppewatch.clock import monotonic

    began = monotonic()
    warm_up()
    from console.demo.script import load_script
    from console.demo.world import World

    folder = (folder or Path(tempfile.mkdtemp(prefix="steppewatch-demo-"))).absolute()
    if (folder / "steppewatch.db").exists():
        raise click.UsageError(f"{folder} already holds a world: name a new folder, or remove it")
    script = load_script()
    with World(script) as world:
        sys.exit(_run(script, world, folder, began, once=once, log_level=log_level))


def _run(script: Script, world: World, folder: Path, began: float, *, once: bool, log_level: str) -> int:
    from rich.console import Console

    from console.demo.configuration import load_configuration, write_configuration
    from console.demo.outcome import missing, snapshot
    from console.demo.script import STORY_START
    from console.demo.show import show
    from scheduler.daemon import Options
    from scheduler.serve import serve
    from steppewatch import log
    from steppewatch.clock import Clock
    from steppewatch.store import Store

    screen = Console()
    settings = load_configuration(write_configuration(folder, script, world))
    with ExitStack() as stack:
        log.configure(log_level, "json", stack.enter_context((folder / "log.jsonl").open("w", encoding="utf-8")))
        watch = partial(_watch, script=script, world=world, once=once, screen=screen, began=began)
        serve(settings, Options(clock=Clock.starting_at(STORY_START)), watch)
        store = Store.open(settings.store)
        stack.callback(store.close_now)
        store.read_now(lambda db: show(screen, db, folder))
        left = missing(script, world, store.read_now(snapshot))
    for line in left:
        screen.print(f"missing: {line}", style="red", markup=False)
    screen.print("All that should arrive has arrived." if not left else f"{len(left)} things are missing.")
    return 1 if left else 0


async def _watch(daemon: Daemon, *, script: Script, world: World, once: bool, screen: Console, began: float) -> None:
    """Show how the alerts come in; with `once`, return when nothing is missing, or at the deadline."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from console.demo.outcome import expected_count, missing, snapshot
    from steppewatch.clock import monotonic

    total = expected_count(script)
    first = False
    columns = (TextColumn("alerts"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, disable=not screen.is_terminal, transient=True) as progress:
        bar = progress.add_task("alerts", total=total)
        while True:
            seen = await daemon.store.read(snapshot)
            told = sum(1 for alert in seen.alerts if alert.watch)
            progress.update(bar, completed=told)
            if told and not first and seen.sent:
                first = True
                screen.print(f"first alert delivered after {monotonic() - began:.1f} s")
            if once and (not missing(script, world, seen) or monotonic() - began > DEADLINE_SECONDS):
                return
            await asyncio.sleep(LOOK_SECONDS)
