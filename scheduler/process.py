"""This process among others: one per store, its word to systemd, and its sign of life to a watcher elsewhere."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import structlog

from steppewatch.clock import monotonic
from steppewatch.errors import AlreadyRunningError, StoreError

log = structlog.get_logger()

NOTIFY_TIMEOUT = 1.0  # seconds; systemd answers nothing, but its queue may be full
MAX_PID_FILE = 32  # bytes


@contextmanager
def single_instance(store: Path) -> Iterator[None]:
    """Hold the lock file beside the store. Raises AlreadyRunningError where another process holds it, else StoreError.

    The kernel lets go of the lock when the process ends, however it ends; the file stays.
    """
    path = store.with_name(store.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"the lock file {path} cannot be opened: {error.strerror}") from error
    try:
        _lock(handle, path)
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = os.pread(handle, MAX_PID_FILE, 0).decode("ascii", "replace").strip()
        who = f"process {pid}" if pid.isdecimal() else "another process"
        raise AlreadyRunningError(
            f"{who} already works on this store (lock file {path}): stop it first, or give this one another `store:`"
        ) from error
    except OSError as error:
        raise StoreError(f"the lock file {path} cannot be locked: {error.strerror}") from error


def notify(state: str, environment: Mapping[str, str] = os.environ) -> None:
    """Tell systemd, e.g. `READY=1`, `STOPPING=1`, `WATCHDOG=1`; silent where nobody listens. Never raises an OSError."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):  # the abstract namespace
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(NOTIFY_TIMEOUT)
            sender.sendto(state.encode(), address)
    except OSError as error:
        log.warning("notify_failed", error=type(error).__name__)


def notify_reloading(environment: Mapping[str, str] = os.environ) -> None:
    """Tell systemd that the configuration is being read again; `READY=1` says when that is over."""
    notify(f"RELOADING=1\nMONOTONIC_USEC={int(monotonic() * 1_000_000)}", environment)


def watchdog_interval(environment: Mapping[str, str] = os.environ) -> float | None:
    """How often systemd wants to hear `WATCHDOG=1`, in seconds: half of its limit; None where it does not."""
    limit, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not (limit.isascii() and limit.isdecimal()) or int(limit) == 0 or pid not in ("", str(os.getpid())):
        return None
    return int(limit) / 2_000_000


async def ping(session: aiohttp.ClientSession, url: str, timeout: float) -> bool:  # noqa: ASYNC109  (the caller's knob)
    """Tell the watcher at `url` that we live; whether it took notice (2xx within `timeout` seconds)."""
    try:
        cap = aiohttp.ClientTimeout(total=timeout)
        async with session.get(url, timeout=cap, allow_redirects=False) as response:
            heard = 200 <= response.status < 300
            if not heard:
                log.warning("heartbeat_refused", status=response.status)
            return heard
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        log.warning("heartbeat_failed", error=type(error).__name__)
        return False
