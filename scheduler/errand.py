"""An errand: a command that needs the crawler and the pool for one short job, without store, ticks or deliveries."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

from crawler.engine import Engine
from scheduler.daemon import make_pool, user_agent
from scheduler.pool import Pool
from scheduler.serve import install_reactor
from steppewatch.clock import Clock
from steppewatch.config.settings import Settings

T = TypeVar("T")

Errand = Callable[[Engine, Pool], Awaitable[T]]


def run_errand(settings: Settings, work: Errand[T]) -> T:
    """What `work(engine, pool)` returns, with both as the daemon would have them: the same guard, politeness and limits.

    Starts the reactor, so it can be called once in the life of a process. SIGINT and SIGTERM cancel the work and come out as
    KeyboardInterrupt; what `work` raises comes out as it is.
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    reactor = install_reactor(loop)
    running: list[asyncio.Task[T]] = []

    def begin() -> None:
        task = loop.create_task(_run(settings, work))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        task.add_done_callback(lambda _: reactor.stop())
        running.append(task)

    reactor.callWhenRunning(begin)
    reactor.run(installSignalHandlers=False)
    (task,) = running
    if task.cancelled():
        raise KeyboardInterrupt
    return task.result()


async def _run(settings: Settings, work: Errand[T]) -> T:
    engine = Engine(settings.crawl, user_agent=user_agent(settings), clock=Clock())
    await engine.start()
    try:
        pool = make_pool(settings)
        try:
            return await work(engine, pool)
        finally:
            await pool.close()
    finally:
        await engine.stop()
