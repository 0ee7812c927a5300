"""The daemon: the only place where the rooms are wired together.

`reactor.run()` (Twisted on asyncio) owns the loop of the process; Scrapy, APScheduler and the probes live on it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from random import Random
from typing import TextIO

import aiohttp
import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from alerts.channel import Channel, ChannelContext
from alerts.deliver import Deliverer
from crawler.archive import Archive
from crawler.engine import Engine
from scheduler import process, work
from scheduler.gather import Gatherer
from scheduler.poll import Poller
from scheduler.pool import Pool
from scheduler.probes import Probes
from scheduler.rooms import Rooms
from scheduler.send import Sender
from steppewatch.clock import Clock, monotonic, wire_now
from steppewatch.config.settings import Settings
from steppewatch.errors import ConfigError
from steppewatch.registry import Registry
from steppewatch.store import Connection, Store, links, outbox, sources, ticks

log = structlog.get_logger()

TICK_SECONDS = 1
PULSE_SECONDS = 10
STOP_SECONDS = 8.0
SETTLE_SECONDS = 60.0
POOL_INPUT_FACTOR = 2  # a body, and what else goes with it


@dataclass(frozen=True, slots=True)
class Options:
    """How a process differs from the usual one. `reload` reads the configuration again; it raises ConfigError."""

    clock: Clock = field(default_factory=Clock)
    reload: Callable[[], Settings] | None = None
    stream: TextIO = field(default_factory=lambda: sys.stdout)
    probes: bool = True
    seed: int | None = None


class Daemon:
    """One running process. `start`, then it works by itself until `stop`."""

    def __init__(self, settings: Settings, options: Options) -> None:
        self._settings = settings
        self._options = options
        self._stack = AsyncExitStack()
        self._channels: dict[str, Channel] = {}
        self._last_pulse = monotonic()
        self.port: int | None = None

    # -- life --------------------------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Open the store and the rooms, and begin to work. Raises SteppewatchError with what to do."""
        try:
            await self._open()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End in order, each part within a cap: no new work, what is in flight, then pool, crawler and store."""
        process.notify("STOPPING=1")
        await self._stack.aclose()

    async def _open(self) -> None:
        settings = self._settings
        self._stack.enter_context(process.single_instance(settings.store))
        self.store = await asyncio.get_running_loop().run_in_executor(None, Store.open, settings.store)
        self._stack.push_async_callback(self.store.close)
        self._started = self._options.clock.now()
        await self.store.write(partial(_take_over, settings=settings, now=self._started))
        self._pool = make_pool(settings)
        self._pool.start_soon()
        self._stack.push_async_callback(self._close_pool)
        self._engine = Engine(settings.crawl, user_agent=user_agent(settings), clock=self._options.clock)
        await self._engine.start()
        self._stack.push_async_callback(self._engine.stop)
        self._channels = self._make_channels(settings)
        self._stack.push_async_callback(self._close_channels)
        self._rooms = Rooms(
            settings=settings,
            store=self.store,
            engine=self._engine,
            pool=self._pool,
            archive=Archive(settings.archive.path),
            clock=self._options.clock,
            random=Random(self._options.seed),  # noqa: S311  (jitter, not secrets)
            reached=self._reached,
        )
        self._make_jobs()
        await self._open_probes()
        self._start_ticks()
        process.notify("READY=1")
        log.info("started", pid=os.getpid(), sources=len(settings.sources), watches=len(settings.watches))

    def _make_jobs(self) -> None:
        """Poll, gather and deliver, each woken by its tick and by the one before it."""
        self._sender = Sender(self._make_deliverer())
        self._gatherer = Gatherer(self._rooms, on_alerts=self._sender.pump.wake)
        self._poller = Poller(self._rooms, on_links=self._gatherer.pump.wake)
        self._jobs = (self._poller, self._gatherer, self._sender)
        for job in reversed(self._jobs):
            self._stack.push_async_callback(job.close, STOP_SECONDS / len(self._jobs))

    def _start_ticks(self) -> None:
        """A handful of ticks. `coalesce` and no grace time: a late tick comes late, it is never dropped."""
        pumps = [job.pump for job in self._jobs]
        ticker = AsyncIOScheduler(
            event_loop=asyncio.get_running_loop(),
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
            timezone="UTC",
        )
        for pump in pumps:
            ticker.add_job(_call(pump.wake), "interval", seconds=TICK_SECONDS, id=pump.name)
        ticker.add_job(self._pulse, "interval", seconds=PULSE_SECONDS, id="pulse", next_run_time=wire_now())
        if self._settings.heartbeat.url:
            every = self._settings.heartbeat.every.total_seconds()
            ticker.add_job(self._ping, "interval", seconds=every, id="heartbeat", next_run_time=wire_now())
        ticker.start()
        self._stack.callback(ticker.shutdown, wait=False)
        for pump in pumps:
            pump.wake()

    async def _open_probes(self) -> None:
        if self._options.probes and self._settings.probes.port is not None:
            probes = Probes(self._settings.probes.port, self.problems)
            await probes.start()
            self._stack.push_async_callback(probes.stop)
            self.port = probes.port

    # -- work --------------------------------------------------------------------------------------------------------
    async def is_idle(self) -> bool:
        """Whether nothing is in flight, and nothing is due but sources that came due since the start."""
        if any(job.pump.running or job.crew.busy for job in self._jobs):
            return False
        now = self._options.clock.now()
        return not await self.store.read(partial(_count_ready, now=now, started=self._started))

    def problems(self) -> tuple[str, ...]:
        """Why this process is not ready, as words without names; nothing when it is."""
        late = monotonic() - self._last_pulse > PULSE_SECONDS * 3
        return ("pulse_late",) if late else ()

    async def reload(self) -> None:
        """Read the configuration again and take it over; a wrong one is refused and the old one stays in force."""
        if self._options.reload is None:
            return
        process.notify_reloading()
        try:
            settings = await asyncio.get_running_loop().run_in_executor(None, self._options.reload)
        except ConfigError as error:
            log.warning("reload_refused", count=len(error.findings), reason="configuration")
        else:
            await self._take(settings)
        process.notify("READY=1")

    async def _take(self, settings: Settings) -> None:
        if (settings.store, settings.crawl, settings.archive, settings.probes) != (
            self._settings.store,
            self._settings.crawl,
            self._settings.archive,
            self._settings.probes,
        ):
            log.warning("restart_needed", reason="store_crawl_archive_or_probes_changed")
        await self.store.write(partial(_synchronise, settings=settings, now=self._options.clock.now()))
        old_pool, old_channels = self._pool, self._channels
        self._channels = self._make_channels(settings)
        self._settings = self._rooms.settings = settings
        self._pool = self._rooms.pool = make_pool(settings)
        self._sender.deliverer = self._make_deliverer()
        for job in self._jobs:  # what is in flight may still use the old pool and channels
            await job.crew.settle(SETTLE_SECONDS)
        await old_pool.close()
        for channel in old_channels.values():
            await channel.close()
        log.info("reloaded", sources=len(settings.sources), watches=len(settings.watches))

    async def _pulse(self) -> None:
        self._last_pulse = monotonic()
        process.notify("WATCHDOG=1")
        await self.store.write(partial(ticks.record, name="pulse", at=wire_now(), pid=os.getpid()))

    async def _ping(self) -> None:
        async with aiohttp.ClientSession() as session:
            await process.ping(session, self._settings.heartbeat.url or "", timeout=10.0)

    # -- parts -------------------------------------------------------------------------------------------------------
    def _make_channels(self, settings: Settings) -> dict[str, Channel]:
        context = ChannelContext(
            user_agent=user_agent(settings),
            timeout=settings.delivery.timeout.total_seconds(),
            allow_private=settings.crawl.allow_private,
            stream=self._options.stream,
        )
        return make_channels(settings, context)

    def _make_deliverer(self) -> Deliverer:
        return Deliverer(
            self.store,
            self._channels,
            self._settings.delivery,
            self._options.clock,
            self._rooms.random,
            self._settings.delivery.health or tuple(self._channels),
        )

    def _reached(self) -> dict[str, tuple[str, ...]]:
        return {channel: made.recipients for channel, made in self._channels.items()}

    async def _close_channels(self) -> None:
        for channel in self._channels.values():
            await channel.close()

    async def _close_pool(self) -> None:
        await self._pool.close()


# -- wiring that commands share ----------------------------------------------------------------------------------------
def make_channels(settings: Settings, context: ChannelContext) -> dict[str, Channel]:
    """The channels that are not paused, by id."""
    registry = Registry("alerts.channels")
    return {
        channel.id: registry.load(channel.kind).Channel(channel.id, channel.options, context)
        for channel in settings.channels
        if not channel.paused
    }


def make_pool(settings: Settings) -> Pool:
    """The pool of killable workers, each with the matcher for the configured watches."""
    return Pool(
        settings.crawl.parse,
        initializer=work.start_worker,
        initargs=(settings.watches,),
        max_input=settings.crawl.max_body * POOL_INPUT_FACTOR,
    )


def user_agent(settings: Settings) -> str:
    """How we introduce ourselves: name, version, and how a publisher can reach us."""
    try:
        number = version("steppewatch")
    except PackageNotFoundError:
        number = "0"
    contact = f" (+{settings.project.contact})" if settings.project.contact else ""
    return f"Steppewatch/{number}{contact}"


def _take_over(db: Connection, *, settings: Settings, now: datetime) -> None:
    """We hold the store alone: leases of a process before us stand for nothing."""
    for family in (sources, links, outbox):
        family.release_leases(db)
    _synchronise(db, settings=settings, now=now)


def _synchronise(db: Connection, *, settings: Settings, now: datetime) -> None:
    configured = [(source.id, source.kind, source.url) for source in settings.sources if not source.paused]
    sources.synchronise(db, configured=configured, now=now)


def _count_ready(db: Connection, *, now: datetime, started: datetime) -> int:
    return sources.count_due(db, now=started) + links.count_ready(db, now=now) + outbox.count_ready(db, now=now)


def _call(wake: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    """A tick that runs on the loop: APScheduler would call a plain function in a thread."""

    async def tick() -> None:
        wake()

    return tick
