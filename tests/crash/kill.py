"""Kill the daemon with -9 at seeded moments and prove that nothing is lost.

    python -m tests.crash.kill --kills 50 --seed 1

A little press on loopback publishes articles as the run goes on; mail, webhook and file take the alerts. Each life of the daemon
ends by `kill -9`, a third of them at random moments and the rest inside a stage (fetch, pool, commit, send); some kills hit a
worker instead, and the daemon must go on. In the end the receivers must hold exactly the set (watch, article, channel,
recipient) that follows from what was published, each under one key, however often it came.
"""

from __future__ import annotations

import argparse
import asyncio
import email
import email.policy
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP

STAGES = ("random", "fetch", "pool", "commit", "send", "worker")
ARTICLES_PER_LIFE = 4
END_SECONDS = 120.0
LEFTOVER_SECONDS = 5.0  # for workers to notice that their daemon is gone
LIFE_SECONDS = 25.0  # a life whose stage does not come up ends anyway
RECIPIENTS = (("mail", "one@press.test"), ("mail", "two@press.test"), ("hook", "endpoint"), ("log", "file"))
WATCHES = ("Qorqyt Ata", "Domalaq Ana", "Zharylghap Batyr")

Delivery = tuple[str, str, str, str]  # watch, article, channel, recipient


@dataclass
class Press:
    """The site, the receivers, and the moment at which the next kill strikes."""

    seed: int
    published: list[int] = field(default_factory=list)
    arrived: dict[Delivery, set[str]] = field(default_factory=lambda: defaultdict(set))
    copies: int = 0
    strike: Callable[[str], None] = lambda stage: None

    # -- what is published -------------------------------------------------------------------------------------------
    def publish(self, count: int) -> None:
        """Some more articles."""
        self.published += range(len(self.published), len(self.published) + count)

    def watches_in(self, number: int) -> list[str]:
        """The watches that an article mentions, deep in its text: decided by its number and the seed."""
        chance = Random(f"{self.seed}/{number}")
        return [name for name in WATCHES if chance.random() < 0.6]

    def expected(self) -> set[Delivery]:
        """What the receivers must hold."""
        return {
            (watch, f"/{number}", *recipient)
            for number in self.published
            for watch in self.watches_in(number)
            for recipient in RECIPIENTS
        }

    async def feed(self, request: web.Request) -> web.Response:
        """The feed of everything that was published."""
        base = f"http://{request.host}"
        when = format_datetime(datetime.now(UTC))
        items = "".join(
            f"<item><title>Report number {number}</title><link>{base}/{number}</link><pubDate>{when}</pubDate></item>"
            for number in self.published
        )
        return web.Response(
            text=f'<rss version="2.0"><channel><title>Press</title>{items}</channel></rss>', content_type="text/xml"
        )

    async def page(self, request: web.Request) -> web.Response:
        """One article; its watched names stand only in its text."""
        self.strike("fetch")
        number = int(request.match_info["number"])
        filler = "The steppe was quiet and the road to the east stayed open for lorries all week. " * 8
        names = " ".join(f"Later in the day {name} spoke to the reporters about the harvest." for name in self.watches_in(number))
        text = f"<html><head><title>Report number {number}</title></head><body><article><h1>Report number {number}</h1>"
        text += f"<p>{filler}</p><p>{names}</p><p>{filler}</p></article></body></html>"
        threading.Timer(Random(f"{self.seed}/{number}/pool").random() * 0.05, self.strike, ["pool"]).start()
        return web.Response(text=text, content_type="text/html")

    # -- what arrives ------------------------------------------------------------------------------------------------
    def take(self, alert: dict[str, Any], channel: str, recipient: str, key: str) -> None:
        """One delivery."""
        path = "/" + alert["article"]["url"].rpartition("/")[2]
        self.copies += 1
        self.arrived[(alert["watch"]["name"], path, channel, recipient)].add(key)

    async def hook(self, request: web.Request) -> web.Response:
        """The webhook."""
        payload = await request.json()
        self.strike("send")
        self.take(payload["data"], "hook", "endpoint", request.headers["webhook-id"])
        return web.Response(text="ok")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """The mail server; which watch and article a mail is about is found in the store by its alert."""
        self.strike("send")
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((str(message["X-Steppewatch-Alert"]), envelope.rcpt_tos[0], str(message["Message-ID"])))
        return "250 ok"

    mails: list[tuple[str, str, str]] = field(default_factory=list)


class Run:
    """One whole run in a folder of its own."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.press = Press(seed)
        self.random = Random(seed)
        self.process: subprocess.Popen[bytes] | None = None
        self.kills: dict[str, int] = defaultdict(int)
        self.leftovers: list[int] = []
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)

    async def _open(self) -> None:
        site = web.Application()
        site.router.add_get("/feed.xml", self.press.feed)
        site.router.add_get("/{number:\\d+}", self.press.page)
        site.router.add_post("/hook", self.press.hook)
        runner = web.AppRunner(site, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        mail = await self._loop.create_server(lambda: SMTP(self.press, loop=self._loop), "127.0.0.1", 0)
        self._configure(runner.addresses[0][1], mail.sockets[0].getsockname()[1])

    def _configure(self, web_port: int, mail_port: int) -> None:
        watches = [{"id": f"w{number}", "kind": "person", "name": name} for number, name in enumerate(WATCHES)]
        config = {
            "version": 1,
            "project": {"name": "crash", "contact": "crash@press.test"},
            "store": "sqlite:///store.db",
            "archive": {"path": "archive"},
            "crawl": {
                "per_host": {"concurrency": 8, "delay": "1ms"},
                "timeout": "5s",
                "allow_private": ["127.0.0.1/32"],
                "hosts": {"press.test": "127.0.0.1"},
                "parse": {"workers": 2},
            },
            "sources": [
                {
                    "id": "press",
                    "kind": "feed",
                    "url": f"http://press.test:{web_port}/feed.xml",
                    "every": {"min": "1s", "max": "1s"},
                    "language": "en",
                }
            ],
            "watchlists": [{"id": "people", "watches": watches}],
            "channels": [
                {"id": "log", "kind": "file", "path": "alerts.jsonl"},
                {
                    "id": "mail",
                    "kind": "email",
                    "to": ["one@press.test", "two@press.test"],
                    "from": "watch@press.test",
                    "smtp": {"host": "127.0.0.1", "port": mail_port, "tls": "none"},
                },
                {"id": "hook", "kind": "webhook", "url": f"http://127.0.0.1:{web_port}/hook"},
            ],
            "probes": {"port": None},
            "log": {"level": "error"},
        }
        (self.folder / "config.yaml").write_text(json.dumps(config))

    # -- one life ----------------------------------------------------------------------------------------------------
    def start(self) -> None:
        """A new life of the daemon."""
        command = [sys.executable, "-m", "console", "run", "--config", str(self.folder / "config.yaml")]
        log = (self.folder / "log.txt").open("ab")
        self.process = subprocess.Popen(command, stdout=log, stderr=log)
        log.close()

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        assert self.process is not None
        below = descendants(self.process.pid)
        self.process.kill()
        self.process.wait(20)
        deadline = time.monotonic() + LEFTOVER_SECONDS
        while (left := [pid for pid in below if is_alive(pid)]) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.leftovers += left

    def live(self, stage: str) -> None:
        """Publish, start, and kill at the first moment of the stage (or of chance)."""
        struck = threading.Event()
        delay = self.random.random() * 0.02
        skip = self.random.randrange(3)  # not always the first fetch, or the first send, of a life

        def strike(reached: str) -> None:
            nonlocal skip
            if reached == stage and not struck.is_set():
                if skip:
                    skip -= 1
                    return
                struck.set()
                time.sleep(delay)
                self.kill()

        self.press.strike = strike
        self.press.publish(ARTICLES_PER_LIFE)
        self.start()
        deadline = time.monotonic() + LIFE_SECONDS
        if stage == "random":
            time.sleep(0.5 + self.random.random() * 3.5)
            self.kill()
        elif stage == "worker":
            self._kill_worker(deadline)
        elif stage == "commit":
            self._kill_at_commit(deadline)
        elif not struck.wait(LIFE_SECONDS):
            stage = f"{stage} (not reached)"
            self.kill()
        else:
            assert self.process is not None
            self.process.wait(20)
        self.press.strike = lambda stage: None
        self.kills[stage] += 1

    def _kill_worker(self, deadline: float) -> None:
        """Kill every worker once while they read, let the daemon go on for a moment, then kill it too."""
        assert self.process is not None
        while time.monotonic() < deadline and len(workers := descendants(self.process.pid)) < 3:
            time.sleep(0.02)
        time.sleep(0.3 + self.random.random())
        for worker in workers[-2:]:
            try:
                os.kill(worker, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(1 + self.random.random())
        self.kill()

    def _kill_at_commit(self, deadline: float) -> None:
        """Kill at the moment at which the write-ahead log changes for the nth time."""
        wal = self.folder / "store.db-wal"
        wanted, seen, last = 3 + self.random.randrange(20), 0, None
        while time.monotonic() < deadline and seen < wanted:
            try:
                now = wal.stat().st_mtime_ns
            except FileNotFoundError:
                now = None
            if now != last:
                seen, last = seen + 1, now
        self.kill()

    def finish(self) -> None:
        """A last, undisturbed life, until everything is there or nothing more comes."""
        self.start()
        expected = self.press.expected()
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline and set(self.deliveries()) != expected:
            time.sleep(0.2)
        assert self.process is not None
        self.process.terminate()
        self.process.wait(20)

    # -- the account -------------------------------------------------------------------------------------------------
    def deliveries(self) -> dict[Delivery, set[str]]:
        """What arrived: each delivery with the keys it came under."""
        arrived = {delivery: set(keys) for delivery, keys in self.press.arrived.items()}
        alerts = self._alerts()
        for alert, recipient, key in list(self.press.mails):
            watch, path = alerts.get(alert, ("an alert that is not in the store", alert))
            arrived.setdefault((watch, path, "mail", recipient), set()).add(key)
        for line in self._file_lines():
            path = "/" + line["alert"]["article"]["url"].rpartition("/")[2]
            arrived.setdefault((line["alert"]["watch"]["name"], path, "log", "file"), set()).add(line["key"])
        return arrived

    def _alerts(self) -> dict[str, tuple[str, str]]:
        with sqlite3.connect(self.folder / "store.db", timeout=10) as connection:
            bodies = [json.loads(body) for (body,) in connection.execute("SELECT body FROM alerts")]
        connection.close()
        return {body["id"]: (body["watch_name"], "/" + body["article_url"].rpartition("/")[2]) for body in bodies}

    def _file_lines(self) -> list[dict[str, Any]]:
        path = self.folder / "alerts.jsonl"
        if not path.exists():
            return []
        lines = []
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                continue  # a line torn by a kill; the delivery comes again, whole, under the same key
        return lines

    def integrity(self) -> str:
        """What SQLite says of the store."""
        connection = sqlite3.connect(self.folder / "store.db")
        (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
        connection.close()
        return str(answer)


def descendants(pid: int) -> list[int]:
    """The processes below a process, by age (Linux)."""
    found = []
    for child in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(one) for one in child.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return sorted({*found, *(below for one in found for below in descendants(one))})


def is_alive(pid: int) -> bool:
    """Whether a process runs (one that only waits to be reaped does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@dataclass(frozen=True)
class Account:
    """How a run ended. Everything but `kills`, `deliveries` and `copies` must be empty or ok."""

    kills: dict[str, int]
    deliveries: int
    copies: int
    lost: set[Delivery]
    invented: set[Delivery]
    under_two_keys: set[Delivery]
    integrity: str
    leftovers: list[int]

    @property
    def good(self) -> bool:
        """Whether the promise held."""
        return not (self.lost or self.invented or self.under_two_keys or self.leftovers) and self.integrity == "ok"


def run(kills: int, seed: int, folder: Path, tell: Callable[[str], None] = lambda line: None) -> Account:
    """Kill so many times, let the last life finish, and give an account."""
    this = Run(folder, seed)
    for number in range(kills):
        stage = STAGES[number % len(STAGES)]
        this.live(stage)
        tell(f"kill {number + 1} of {kills}: {stage}")
    this.press.publish(ARTICLES_PER_LIFE)
    this.finish()
    arrived, expected = this.deliveries(), this.press.expected()
    return Account(
        kills=dict(this.kills),
        deliveries=len(expected),
        copies=this.press.copies + len(this.press.mails) + len(this._file_lines()),
        lost=expected - set(arrived),
        invented=set(arrived) - expected,
        under_two_keys={delivery for delivery, keys in arrived.items() if len(keys) > 1},
        integrity=this.integrity(),
        leftovers=this.leftovers,
    )


def main() -> int:
    """The command of `make crash`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="steppewatch-crash-") as folder:
        account = run(arguments.kills, arguments.seed, Path(folder), lambda line: print(line, flush=True))
    print(f"kills                {account.kills}")
    print(f"deliveries expected  {account.deliveries}, copies that came {account.copies}")
    print(f"lost                 {len(account.lost)} {sorted(account.lost)[:5]}")
    print(f"invented             {len(account.invented)} {sorted(account.invented)[:5]}")
    print(f"under two keys       {len(account.under_two_keys)} {sorted(account.under_two_keys)[:5]}")
    print(f"processes left       {len(account.leftovers)}")
    print(f"integrity            {account.integrity}")
    return 0 if account.good else 1


if __name__ == "__main__":
    sys.exit(main())
