"""Run a daemon in this process: `reactor.run()` owns the loop, signals end it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from scheduler.daemon import Daemon, Options
from steppewatch.config.settings import Settings

log = structlog.get_logger()

IDLE_CHECK_SECONDS = 0.05
Until = Callable[[Daemon], Awaitable[None]]


def serve(settings: Settings, options: Options, until: Until | None = None) -> None:
    """Work until SIGTERM or SIGINT, or until `until` returns. SIGHUP reloads.

    A reactor starts once in the life of a process, so this does, too. What start, `until` or stop raise comes out of here.
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    reactor = install_reactor(loop)

    service = _Service(Daemon(settings, options), until)
    reactor.callWhenRunning(lambda: service.begin(loop, reactor.stop))
    reactor.run(installSignalHandlers=False)
    if service.error is not None:
        raise service.error


def install_reactor(loop: asyncio.AbstractEventLoop) -> Any:
    """Twisted's reactor on this loop. Once installed, `twisted.internet.reactor` is it, for everybody."""
    from twisted.internet import asyncioreactor

    asyncioreactor.install(loop)  # type: ignore[no-untyped-call]
    from twisted.internet import reactor

    return reactor


async def until_idle(daemon: Daemon) -> None:
    """Until nothing is due and nothing is in flight (`steppewatch once`)."""
    while not await daemon.is_idle():  # noqa: ASYNC110
        await asyncio.sleep(IDLE_CHECK_SECONDS)  # rows become due by time alone: nobody could set an event


class _Service:
    def __init__(self, daemon: Daemon, until: Until | None) -> None:
        self._daemon = daemon
        self._until = until
        self._stopped = asyncio.Event()
        self._reloads: set[asyncio.Task[None]] = set()
        self.error: BaseException | None = None

    def begin(self, loop: asyncio.AbstractEventLoop, stop_reactor: Callable[[], None]) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopped.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        running = loop.create_task(self._run())
        running.add_done_callback(lambda _: stop_reactor())
        self._running = running

    async def _run(self) -> None:
        try:
            await self._daemon.start()
            try:
                await self._wait()
            finally:
                await self._daemon.stop()
        except Exception as error:  # noqa: BLE001  (handed to whoever called serve)
            self.error = error
        log.info("stopped")

    async def _wait(self) -> None:
        """Until a signal comes, or `until` is done."""
        waits = {asyncio.ensure_future(self._stopped.wait())}
        if self._until is not None:
            waits.add(asyncio.ensure_future(self._until(self._daemon)))  # type: ignore[arg-type]
        done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for late in pending:
            late.cancel()
        for one in done:
            one.result()

    def _reload(self) -> None:
        task = asyncio.ensure_future(self._daemon.reload())
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)
