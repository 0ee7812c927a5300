"""`steppewatch doctor`: look for what is wrong with this installation."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from console.cli.configuration import config_option, load_settings
from console.cli.table import Branch, examples, json_option, print_json, show_tree, style_of

if TYPE_CHECKING:
    from steppewatch.config.settings import Settings

OWN_NAMES = ("steppewatch", "crawler", "alerts", "scheduler", "console")
OLDEST_PYTHON = (3, 11)
LEAST_DISK = 100_000_000  # bytes
GOOD_DISK = 1_000_000_000
FIRST_YEAR = 2024  # a clock that shows an earlier one was never set


class State(StrEnum):
    """How one thing is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `advice` says what to do where it is not ok."""

    name: str
    state: State
    message: str
    advice: str = ""


@click.command(epilog=examples("steppewatch doctor", "steppewatch doctor --json | jq '.[] | select(.state != \"ok\")'"))
@config_option
@json_option
def doctor(config: Path, as_json: bool) -> None:
    """Look for what is wrong with this installation: program, configuration, store, disk, clock, worker processes.

    Exit code 1 where something fails.
    """
    checks = tuple(examine(config))
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        for check in checks:
            branch = Branch(f"{check.state:<4}  {check.name}: {check.message}", style_of(check.state))
            if check.advice:
                branch.add(check.advice)
            show_tree(branch)
    sys.exit(1 if any(check.state is State.FAIL for check in checks) else 0)


def examine(config: Path) -> Iterator[Check]:
    """Every check in turn; those that need the configuration only where it can be read."""
    from steppewatch.clock import wire_now

    yield check_python(sys.version_info[:3])
    yield check_packages(owners())
    yield check_places()
    settings, check = check_configuration(config)
    yield check
    if settings is not None:
        yield check_store(settings.store)
        yield check_disk(settings.store)
        yield check_archive(settings.archive.path)
    yield check_zones(settings.project.timezone if settings else "Asia/Almaty")
    yield check_clock(wire_now())
    yield check_workers()


# -- the program -------------------------------------------------------------------------------------------------------
def check_python(version: Sequence[int]) -> Check:
    """Is Python new enough?"""
    words = ".".join(map(str, version))
    if tuple(version[:2]) >= OLDEST_PYTHON:
        return Check("python", State.OK, words)
    return Check("python", State.FAIL, words, "Steppewatch needs Python 3.11 or later: `make PYTHON=python3.11 setup`.")


def check_packages(owners: Mapping[str, Sequence[str]]) -> Check:
    """Does another distribution bring a package of one of our names? `owners` are the distributions of each."""
    foreign = {name: sorted(set(owners.get(name, ())) - {"steppewatch"}) for name in OWN_NAMES}
    taken = [f"{name} belongs to {', '.join(others)}" for name, others in foreign.items() if others]
    if not taken:
        return Check("packages", State.OK, "the five packages are ours")
    advice = "Steppewatch is an application: give it a virtual environment of its own (`make setup`), or uninstall the other one."
    return Check("packages", State.FAIL, "; ".join(taken), advice)


def check_places() -> Check:
    """Are the packages imported from one place?"""
    places = {name: _place(name) for name in OWN_NAMES}
    if len(set(places.values())) == 1:
        return Check("imports", State.OK, f"from {places['console']}")
    others = [f"{name} from {place or 'nowhere'}" for name, place in places.items() if place != places["console"]]
    advice = "A folder or package of the same name stands in the way: start from another folder, or look at PYTHONPATH."
    return Check("imports", State.FAIL, ", ".join(others), advice)


def owners() -> dict[str, list[str]]:
    """The installed distributions that bring each of our names."""
    from importlib.metadata import packages_distributions

    found = packages_distributions()
    return {name: [owner.lower() for owner in found.get(name, ())] for name in OWN_NAMES}


def _place(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent.parent if spec is not None and spec.origin is not None else None


# -- what it works with ------------------------------------------------------------------------------------------------
def check_configuration(config: Path) -> tuple[Settings | None, Check]:
    """Can the configuration be read?"""
    from steppewatch.errors import ConfigError

    try:
        settings = load_settings(config)
    except ConfigError as error:
        wrong = [finding for finding in error.findings if not finding.warning]
        first = f"{wrong[0]}" if wrong else str(error)
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return None, Check(
            "configuration", State.FAIL, first + more, "`steppewatch check` shows all; `steppewatch init` writes one."
        )
    return settings, Check(
        "configuration", State.OK, f"{config}, {len(settings.sources)} sources, {len(settings.watches)} watches"
    )


def check_store(path: Path) -> Check:
    """Can the store be opened, and is the file sound?"""
    if not path.exists():
        return Check("store", State.WARN, f"there is none at {path} yet", "`steppewatch once` or `steppewatch run` makes it.")
    from steppewatch.errors import StoreError
    from steppewatch.store import Store

    try:
        store = Store.open(path, create=False)
        try:
            problems = store.check_now()
        finally:
            store.close_now()
    except StoreError as error:
        return Check("store", State.FAIL, str(error), "Look at the file, its owner and rights.")
    if problems:
        return Check("store", State.FAIL, f"{path} is damaged: {problems[0]}", "Stop the daemon and restore a copy of the store.")
    return Check("store", State.OK, f"{path} is sound")


def check_disk(path: Path) -> Check:
    """Is there room where the store stands?"""
    try:
        free = shutil.disk_usage(_existing(path)).free
    except OSError as error:
        return Check("disk", State.FAIL, f"{path}: {error.strerror}", "Look at the disk and the rights of the folder.")
    words = f"{free / 1e9:.1f} GB free for {path}"
    if free >= GOOD_DISK:
        return Check("disk", State.OK, words)
    return Check("disk", State.WARN if free >= LEAST_DISK else State.FAIL, words, "Make room, before the disk is full.")


def check_archive(path: Path) -> Check:
    """Can raw pages be kept?"""
    folder = _existing(path)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        advice = "Set the owner and rights of the folder, or switch the archive off with `archive: {keep: none}`."
        return Check("archive", State.FAIL, f"{folder} cannot be written ({error.strerror})", advice)
    return Check("archive", State.OK, f"{path} can be written" if folder == path else f"{path} can be made in {folder}")


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return next((one for one in (path, *path.parents) if one.exists()), Path("/"))


# -- the machine -------------------------------------------------------------------------------------------------------
def check_zones(zone: str) -> Check:
    """Are there time zones, and recent ones? Almaty went from +06:00 to +05:00 in March 2024."""
    advice = "Install the newest time zones: `pip install -U tzdata`, and on Debian `apt install tzdata`."
    try:
        ZoneInfo(zone)
        almaty = datetime(2024, 7, 1, tzinfo=ZoneInfo("Asia/Almaty")).utcoffset()
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        return Check("time zones", State.FAIL, f"there are none for {zone} ({type(error).__name__})", advice)
    if almaty != timedelta(hours=5):
        return Check("time zones", State.WARN, "they are older than March 2024, when Almaty changed its offset", advice)
    return Check("time zones", State.OK, zone)


def check_clock(now: datetime) -> Check:
    """Does the clock show a time that can be?"""
    words = f"{now.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if now.year >= FIRST_YEAR:
        return Check("clock", State.OK, words)
    return Check("clock", State.FAIL, words, "The clock of this machine is wrong: set it, and keep it right with NTP.")


def check_workers() -> Check:
    """Can worker processes be started? Strangers' bytes are read in them."""
    from scheduler.pool import WorkerStartError

    try:
        asyncio.run(_start_worker())
    except (WorkerStartError, OSError) as error:
        advice = "The system allows no more processes or too little memory: look at `ulimit -a` and the limits of the service."
        return Check("workers", State.FAIL, str(error), advice)
    return Check("workers", State.OK, "a worker process starts and answers")


async def _start_worker() -> None:
    from scheduler.pool import Pool
    from steppewatch.config.settings import Limits

    pool = Pool(Limits(workers=1), max_input=1)
    try:
        await pool.run(os.getpid)
    finally:
        await pool.close()
