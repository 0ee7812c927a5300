"""A crew: a bounded number of tasks in flight."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import structlog

log = structlog.get_logger()


class Crew:
    """Holds the tasks of one kind of work, at most `size` of them."""

    def __init__(self, size: int, on_free: Callable[[], None]) -> None:
        self._size = size
        self._on_free = on_free
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def free(self) -> int:
        """How many more tasks may start."""
        return self._size - len(self._tasks)

    @property
    def busy(self) -> int:
        """How many tasks are in flight."""
        return len(self._tasks)

    def start(self, work: Coroutine[object, object, None]) -> None:
        """Put one more task to work; `on_free` is called when it ends."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task_failed", error=type(error).__name__, exc_info=error)
        self._on_free()

    async def settle(self, seconds: float) -> None:
        """Wait for what is in flight now, whatever starts meanwhile, but no longer than some seconds."""
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=seconds)

    async def close(self, seconds: float) -> None:
        """Give what is in flight some seconds to end, then cancel it: its rows are leased again later."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
