"""The killable pool: strangers' bytes are parsed in processes that can be ended at any moment.

Each worker is a pebble pool of its own. Workers of one pebble pool share a pipe and its locks: one that is killed while it
holds a lock stalls the others for a minute, and one that is killed while idle breaks the whole pool. For the same reason a
worker is thrown away after every outcome but an answer.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
import signal
from collections.abc import Callable, Coroutine
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from typing import Any, Never, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from scheduler.worker import Answer, Outcome, prepare, ready, serve
from steppewatch.config.settings import Limits
from steppewatch.errors import ParseError, ParseReason, QuarantinedError, SteppewatchError

T = TypeVar("T")
P = ParamSpec("P")

START_CAP = 60.0  # seconds for a fork server to load its modules and for a worker to get ready
STARTS = 3
LOST_CAP = 10.0  # seconds past the wall limit after which a task without any outcome counts as lost
CLOSE_CAP = 10.0
TRIES = 3  # a worker may die of something that is not its input: an operator, memory eaten elsewhere
TASKS_PER_WORKER = 1000  # parsers leak a little
MIN_ANSWER = 1_000_000
ANSWER_FACTOR = 4  # a result this many times larger than the largest input is not worth reading


# What every worker needs, loaded once by the fork server.
PRELOAD = ("__main__", "scheduler.worker", "scheduler.work", "crawler.reading", "crawler.sources.feed", "crawler.sources.page")


def warm_up() -> None:
    """Begin to load what workers need in a process of its own, while this one still imports what the daemon needs."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(PRELOAD))
    forkserver.ensure_running()


class PoolClosedError(SteppewatchError):
    """The pool was closed before the task had an outcome."""


class WorkerStartError(SteppewatchError):
    """No worker process could be started."""


class WorkerTracebackError(Exception):
    """The traceback of an exception in a worker, as text; the cause of a QuarantinedError."""


class _WorkerLostError(Exception):
    """The worker ended without an outcome; `exit_code` is negative for a signal, None where nobody knows."""

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


@dataclass(slots=True)
class _Worker:
    pool: ProcessPool
    pid: int
    tasks: int = 0


class _Ticket:
    """Starts one worker and no second one.

    pebble would replace a worker that ended, and would go on waiting for a task whose worker ended with exit code 0 or
    before it was known who has the task. A pool that cannot start another worker says at once that it is broken.
    """

    def __init__(self) -> None:
        self._used = False

    def __reduce__(self) -> tuple[object, ...]:
        if self._used:
            raise OSError("this pool has had its worker")
        self._used = True
        return str, ()


class Pool:
    """Runs pure functions on strangers' bytes within `limits`; made and used on one event loop.

    `preload` are modules the fork server loads once, so that workers start in milliseconds. `initializer(*initargs)` runs
    in each new worker, outside the limits. `max_input` is in bytes, over all `bytes` arguments of a task. `limits.memory`
    is what a worker may take on top of what it holds when it is ready. Workers start with `start` or with the first tasks.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        preload: tuple[str, ...] = PRELOAD,
        initializer: Callable[..., None] | None = None,
        initargs: tuple[Any, ...] = (),
        max_input: int,
    ) -> None:
        self._limits = limits
        self._max_input = max_input
        self._max_answer = max(MIN_ANSWER, ANSWER_FACTOR * max_input)
        self._initargs = (limits, initializer, initargs)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(preload))
        self._workers: dict[int, _Worker] = {}  # by slot
        self._launches: dict[int, asyncio.Task[None]] = {}
        self._chores: set[asyncio.Task[None]] = set()
        self._free: asyncio.Queue[int] = asyncio.Queue()
        for slot in range(limits.workers):
            self._free.put_nowait(slot)
        self._closed = False
        self._closing: asyncio.Future[None] | None = None

    @property
    def worker_pids(self) -> tuple[int, ...]:
        """The processes that are up now."""
        return tuple(worker.pid for worker in self._workers.values())

    async def start(self) -> None:
        """Start every worker that is not up, so that no task has to wait for it. Raises WorkerStartError."""
        await asyncio.gather(*(self._worker(slot) for slot in range(self._limits.workers)))

    def start_soon(self) -> None:
        """`start`, without waiting for it; a task that comes meanwhile waits for the same workers."""
        self._chore(self.start())

    async def run(self, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `task(*args)`, computed in a worker; waits while all are busy.

        `task` is a function of a module without side effects: it runs again if its worker died. Raises the ParseError the
        task raised; ParseError (too_large) before anything is sent; QuarantinedError where the input hung (wall or
        processor time), killed or overfed its worker, or made the task raise anything else (traceback as `__cause__`);
        PoolClosedError; WorkerStartError.
        """
        if sum(len(arg) for arg in args if isinstance(arg, bytes)) > self._max_input:
            raise ParseError(ParseReason.TOO_LARGE, f"more than {self._max_input} bytes to parse")
        payload = pickle.dumps((task, args, kwargs))
        for attempt in range(1, TRIES + 1):
            try:
                answer = await self._in_a_free_slot(payload)
                break
            except _WorkerLostError as lost:
                if attempt == TRIES:
                    message = f"it ended its worker {TRIES} times ({_fate(lost.exit_code)})"
                    raise QuarantinedError(ParseReason.KILLED, message) from lost
        return _result(answer)  # type: ignore[no-any-return]  # the task's own, by way of pickle

    async def close(self) -> None:
        """Kill all workers, whatever they do, within seconds. Tasks waiting or under way end with PoolClosedError."""
        self._closed = True
        if self._closing is not None and not self._closing.done():
            self._closing.set_result(None)
        self._free.put_nowait(-1)  # wakes one that waits, who wakes the next
        for slot in tuple(self._workers):
            self._retire(slot)
        async with asyncio.timeout(CLOSE_CAP):
            while self._chores:
                await asyncio.wait(tuple(self._chores))

    async def _in_a_free_slot(self, payload: bytes) -> Answer:
        slot = await self._free.get()
        try:
            if self._closed:
                raise PoolClosedError("the pool is closed")
            return await self._in_slot(slot, payload)
        finally:
            self._free.put_nowait(slot)

    async def _in_slot(self, slot: int, payload: bytes) -> Answer:
        worker = await self._worker(slot)
        kept = False
        try:
            answer = await self._exchange(worker, payload)
            worker.tasks += 1
            kept = answer.outcome is not Outcome.MEMORY and worker.tasks < TASKS_PER_WORKER
        finally:
            if not kept:
                self._retire(slot)
        return answer

    async def _exchange(self, worker: _Worker, payload: bytes) -> Answer:
        wall, cpu = self._limits.wall.total_seconds(), self._limits.cpu.total_seconds()
        try:
            # pebble counts the time limit from the moment the worker takes the task
            future = worker.pool.schedule(serve, args=(payload, cpu, self._max_answer), timeout=wall)
        except RuntimeError as error:  # the worker died since
            raise _WorkerLostError(None) from error
        answer = asyncio.wrap_future(future)
        answer.add_done_callback(_look_at)
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_future()
        ends: tuple[asyncio.Future[Any], ...] = (answer, self._closing)
        await asyncio.wait(ends, timeout=wall + LOST_CAP, return_when=asyncio.FIRST_COMPLETED)
        if self._closed and not answer.done():
            raise PoolClosedError("the pool was closed while the task ran")
        if not answer.done():
            raise _WorkerLostError(None)
        return self._outcome(answer)

    def _outcome(self, answer: asyncio.Future[Answer]) -> Answer:
        try:
            return answer.result()
        except TimeoutError as error:
            wall = self._limits.wall.total_seconds()
            raise QuarantinedError(ParseReason.HUNG, f"not done after {wall:g} seconds") from error
        except ProcessExpired as error:
            if error.exitcode == -signal.SIGXCPU:
                cpu = self._limits.cpu.total_seconds()
                raise QuarantinedError(ParseReason.HUNG, f"not done after {cpu:g} seconds of CPU time") from error
            raise _WorkerLostError(error.exitcode) from error
        except MemoryError:
            return Answer(Outcome.MEMORY)
        except BrokenProcessPool as error:
            raise _WorkerLostError(None) from error

    async def _worker(self, slot: int) -> _Worker:
        """The worker of a slot, a new one if there is none or it died."""
        worker = self._workers.get(slot)
        if worker is not None and not worker.pool.active:
            self._retire(slot)
            worker = None
        if worker is None:
            launch = self._launches.get(slot) or self._chore(self._launch(slot))
            self._launches[slot] = launch
            await asyncio.shield(launch)  # who gives up waiting leaves the worker to the next task
            worker = self._workers.get(slot)
        if worker is None:
            raise PoolClosedError("the pool is closed")
        return worker

    async def _launch(self, slot: int) -> None:
        try:
            self._workers[slot] = await asyncio.to_thread(_start, self._context, self._initargs)
        finally:
            del self._launches[slot]
        if self._closed:
            self._retire(slot)

    def _retire(self, slot: int) -> None:
        """Kill the worker of a slot in the background."""
        worker = self._workers.pop(slot, None)
        if worker is not None:
            self._chore(asyncio.to_thread(_stop, worker.pool))

    def _chore(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        chore = asyncio.create_task(work)
        self._chores.add(chore)
        chore.add_done_callback(self._chores.discard)
        chore.add_done_callback(_look_at)
        return chore


def _start(context: ForkServerContext, initargs: tuple[Any, ...]) -> _Worker:
    """A worker that has said that it is ready. Blocks."""
    failure: Exception | None = None
    for _ in range(STARTS):  # the fork server may have been killed a moment ago
        pool = ProcessPool(1, initializer=prepare, initargs=(_Ticket(), *initargs), context=context)
        try:
            return _Worker(pool, pool.schedule(ready).result(START_CAP))
        except (BrokenProcessPool, RuntimeError, OSError) as error:
            failure = error
            _stop(pool)
    raise WorkerStartError("no worker process could be started; `steppewatch doctor` may say why") from failure


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


def _look_at(future: asyncio.Future[Any]) -> None:
    """Mark a failure as seen: whoever waited for it may be gone."""
    if not future.cancelled():
        future.exception()


def _fate(exit_code: int | None) -> str:
    if exit_code is None:
        return "nobody knows how"
    return f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"


def _result(answer: Answer) -> Any:
    if answer.outcome is Outcome.REFUSED:
        raise pickle.loads(answer.value)  # noqa: S301  (from our own worker)
    if answer.outcome is not Outcome.DONE:
        _quarantine(answer)
    try:
        return pickle.loads(answer.value)  # noqa: S301  (from our own worker)
    except Exception as error:
        message = f"its result cannot be read: {type(error).__name__}"
        raise QuarantinedError(ParseReason.BROKEN, message) from error


def _quarantine(answer: Answer) -> Never:
    match answer.outcome:
        case Outcome.MEMORY:
            raise QuarantinedError(ParseReason.MEMORY, "it needs more memory than a worker may take")
        case Outcome.TOO_LARGE:
            raise QuarantinedError(ParseReason.TOO_LARGE, "its result is out of all proportion")
    raise QuarantinedError(ParseReason.BROKEN, f"it made the parser raise {answer.error}") from WorkerTracebackError(
        answer.traceback
    )
