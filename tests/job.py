"""A whole Steppewatch in a folder: its configuration file, runs of its commands, and a look into its store."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from steppewatch.store import Connection, Store

T = TypeVar("T")
DEADLINE_SECONDS = 30.0


def rss(*items: tuple[str, str, str], hours_ago: float = 1) -> bytes:
    """A feed of (address, title, description), published some hours ago."""
    when = format_datetime(datetime.now(UTC) - timedelta(hours=hours_ago))
    inside = "".join(
        f"<item><title>{title}</title><link>{url}</link><description>{words}</description><pubDate>{when}</pubDate></item>"
        for url, title, words in items
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Paper</title>{inside}</channel></rss>'.encode()


def article(text: str, title: str = "A report") -> bytes:
    """A page with a text that is long enough to be taken for one."""
    filler = "The road to the east stayed open for lorries all week, and the market in the town was busy. " * 4
    head = f"<html lang='en'><head><title>{title}</title></head>"
    return f"{head}<body><article><h1>{title}</h1><p>{filler}</p><p>{text}</p><p>{filler}</p></article></body></html>".encode()


class Job:
    """`write` a configuration, then `once`, or `start` the daemon."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.yaml"

    def write(self, *, sources: list[dict[str, Any]], **changes: Any) -> None:
        """A configuration that may fetch from loopback, and alerts on Aibek Tulegen to a file."""
        watches = [{"id": "bek", "kind": "person", "name": "Aibek Tulegen"}]
        settings: dict[str, Any] = {
            "version": 1,
            "project": {"name": "test", "contact": "desk@example.org"},
            "store": "sqlite:///store.db",
            "archive": {"path": "archive"},
            "crawl": {},
            "sources": [{"kind": "feed", "every": {"min": "1s", "max": "1s"}, **source} for source in sources],
            "watchlists": [{"id": "people", "watches": watches}],
            "channels": [{"id": "log", "kind": "file", "path": "alerts.jsonl"}],
            "probes": {"port": None},
            "log": {"level": "debug", "format": "json"},
        } | changes
        settings["crawl"] = {
            "allow_private": ["127.0.0.0/8"],
            "hosts": {"paper.test": "127.0.0.1", "other.test": "127.0.0.1"},
            "per_host": {"concurrency": 4, "delay": "1ms"},
            "timeout": "2s",
        } | settings["crawl"]
        self.config.write_text(json.dumps(settings), encoding="utf-8")

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command on this configuration."""
        command = [sys.executable, "-m", "console", *arguments, "--config", str(self.config)]
        variables = {**os.environ, **environment}
        return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_SECONDS, env=variables, check=False)

    def once(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """`steppewatch once`, which must succeed."""
        done = self.command("once", **environment)
        assert done.returncode == 0, done.stderr
        return done

    def start(self, **environment: str) -> Daemon:
        """`steppewatch run`."""
        return Daemon([sys.executable, "-m", "console", "run", "--config", str(self.config)], self.folder, environment)

    # -- what came of it ---------------------------------------------------------------------------------------------
    def ask(self, query: Callable[..., T], **arguments: Any) -> T:
        """A query of the store."""
        store = Store.open(self.folder / "store.db", create=False)
        try:
            return store.read_now(partial(query, **arguments))
        finally:
            store.close_now()

    def change(self, action: Callable[[Connection], T]) -> T:
        """A change in the store, as if time had passed."""
        store = Store.open(self.folder / "store.db", create=False)
        try:
            return store.write_now(action)
        finally:
            store.close_now()

    def make_all_due(self) -> None:
        """Whatever waits for a time need not wait any more."""

        def hasten(db: Connection) -> None:
            db.run("UPDATE sources SET next_due = '2000-01-01T00:00:00.000000Z'")
            db.run("UPDATE links SET next_attempt = '2000-01-01T00:00:00.000000Z'")
            db.run("UPDATE outbox SET next_attempt = '2000-01-01T00:00:00.000000Z'")

        self.change(hasten)

    def alerts(self, name: str = "alerts.jsonl") -> list[dict[str, Any]]:
        """The alerts in the file of the channel `log`."""
        path = self.folder / name
        return [json.loads(line)["alert"] for line in path.read_text().splitlines()] if path.exists() else []

    def paths(self) -> list[str]:
        """The paths of the articles that raised alerts about a watch, sorted."""
        return sorted("/" + alert["article"]["url"].rpartition("/")[2] for alert in self.alerts() if alert["watch"])


class Daemon:
    """A running `steppewatch run`."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.log = folder / "daemon.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **environment})

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Wait until a condition holds; the daemon must live meanwhile."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            assert self.process.poll() is None, f"the daemon ended: {self.log.read_text()}"
            assert time.monotonic() < deadline, f"waited in vain for {what}: {self.log.read_text()}"
            time.sleep(0.02)

    def wait_for_event(self, event: str, times: int = 1) -> None:
        """Wait until the log tells of an event."""
        self.wait_for(lambda: self.log.read_text().count(f'"event": "{event}"') >= times, event)

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Send a signal and wait for the end; the seconds it took. The exit code must be 0."""
        began = time.monotonic()
        self.process.send_signal(number)
        assert self.process.wait(DEADLINE_SECONDS) == 0, self.log.read_text()
        return time.monotonic() - began

    def kill(self) -> None:
        """For the end of a test that failed."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
