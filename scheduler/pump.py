"""A pump: work that runs when it is woken, never twice at once, and once more when it was woken while it ran."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()


class Pump:
    """Runs `work` on every `wake`. An error of one run is logged by its type and does not stop the next."""

    def __init__(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        self.name = name
        self._work = work
        self._again = False
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether work is under way."""
        return self._task is not None and not self._task.done()

    def wake(self) -> None:
        """There may be something to do. Call it on the loop."""
        self._again = True
        if not self._closed and not self.running:
            self._task = asyncio.create_task(self._run(), name=self.name)

    async def close(self) -> None:
        """Let the run under way end; nothing runs after."""
        self._closed = True
        if self._task is not None:
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        while self._again and not self._closed:
            self._again = False
            try:
                await self._work()
            except Exception as error:  # the loop over everything: a failed run must not end the daemon
                log.exception("run_failed", tick=self.name, error=type(error).__name__)
