"""Inside a worker of the pool: its limits, and how the outcome of a task travels back.

Outcomes are plain bytes and strings: an object that cannot be read in the main process must not break the pool there.
"""

from __future__ import annotations

import ctypes
import fcntl
import logging
import math
import multiprocessing
import os
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from steppewatch.config.settings import Limits
from steppewatch.errors import ParseError

PR_SET_PDEATHSIG = 1
MAX_TRACEBACK = 20_000  # characters; the end of it tells most


class Outcome(StrEnum):
    """How a task ended."""

    DONE = "done"
    REFUSED = "refused"  # with a ParseError of its own
    BROKEN = "broken"  # with any other exception
    MEMORY = "memory"
    TOO_LARGE = "too_large"  # its result


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker sends back. `value` is the pickled result or ParseError; `error` an exception's type."""

    outcome: Outcome
    value: bytes = b""
    error: str = ""
    traceback: str = ""


def prepare(ticket: object, limits: Limits, initializer: Callable[..., None] | None, initargs: tuple[Any, ...]) -> None:
    """Make this process a worker: it dies with its parents, keeps within its memory and stays silent.

    `ticket` has done its work by arriving here.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches the whole group
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a handler would wait for the C code it interrupts
    _die_with_parents()
    if initializer is not None:
        initializer(*initargs)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_AS, _address_space() + limits.memory)
    _fall_silent()


def ready() -> int:
    """The worker's first task: say who it is."""
    return os.getpid()


def serve(payload: bytes, cpu: float, max_answer: int) -> Answer:
    """Run the pickled (task, args, kwargs) with `cpu` seconds of processor time."""
    _allow_cpu(cpu)
    try:
        task, args, kwargs = pickle.loads(payload)  # noqa: S301  (from our own main process)
        value = pickle.dumps(task(*args, **kwargs))
    except ParseError as error:
        return Answer(Outcome.REFUSED, pickle.dumps(error))
    except MemoryError:
        return Answer(Outcome.MEMORY)
    except BaseException as error:  # noqa: BLE001  (quarantines the input with its traceback, SystemExit included)
        return Answer(Outcome.BROKEN, error=type(error).__name__, traceback=traceback.format_exc()[-MAX_TRACEBACK:])
    finally:
        _allow_cpu(None)
    return Answer(Outcome.TOO_LARGE) if len(value) > max_answer else Answer(Outcome.DONE, value)


def _allow_cpu(seconds: float | None) -> None:
    """SIGXCPU, which ends the process, after so many more seconds of processor time (rounded up to whole ones)."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = hard if seconds is None else math.ceil(_cpu_used() + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _cpu_used() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _lower(kind: int, limit: int) -> None:
    hard = resource.getrlimit(kind)[1]
    lowered = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(kind, (lowered, lowered))


def _address_space() -> int:
    """Bytes this process has mapped already (the preloaded modules), 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except FileNotFoundError:
        return 0


def _die_with_parents() -> None:
    """Let the kernel end this process when the fork server or the main process is gone.

    A busy worker may sit in C code that never lets a Python thread run, so nothing of ours may be needed. The main process
    is not our parent; but it holds the other end of a pipe, and the kernel signals its closing (SIGIO).
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    main = multiprocessing.parent_process()
    if main is None:
        return
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(main.sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(main.sentinel, fcntl.F_SETFL, fcntl.fcntl(main.sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    if not main.is_alive():  # gone before the kernel was asked
        os._exit(1)


def _fall_silent() -> None:
    """Nothing a parser or a C library prints may reach the log: it would carry titles, names and addresses."""
    logging.disable(logging.CRITICAL)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
