"""Alerts as JSON lines at the end of a file: {"key": ..., "recipient": "file", "alert": {...}}.

A line is written at once and is on the disk before it counts as delivered. A line that was torn (a crash, a full disk) is
ended first, so that the next one is whole; the torn alert comes again with the same key, so readers keep one line per key.
"""

from __future__ import annotations

import asyncio
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from alerts.channel import ChannelContext
from alerts.render.as_json import alert_json, encode
from steppewatch.errors import RetryableDeliveryError
from steppewatch.model import OutboxRow

OWNER_ONLY = 0o600  # the lines name watched people


@dataclass(frozen=True, slots=True)
class Config:
    """`path` is the file to append to; it and its folder are made where they are missing."""

    path: Path


class Channel:
    """A file that only grows."""

    recipients: tuple[str, ...] = ("file",)

    def __init__(self, channel_id: str, config: Config, context: ChannelContext) -> None:
        self._id = channel_id
        self._path = config.path
        self._one_at_a_time = asyncio.Lock()

    async def send(self, row: OutboxRow) -> str:
        """Append the alert. Raises RetryableDeliveryError with the system's reason (read-only, full, no such folder)."""
        line = encode({"key": row.key, "recipient": row.recipient, "alert": alert_json(row.alert)}) + b"\n"
        try:
            async with self._one_at_a_time:
                await asyncio.to_thread(_append, self._path, line)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise RetryableDeliveryError(f"channel {self._id}: {reason}") from None
        return "written"

    async def close(self) -> None:
        """The file is opened for each line: nothing to close."""


def _append(path: Path, line: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    # O_NONBLOCK, because opening a named pipe would wait for a reader; it changes nothing for a file.
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, OWNER_ONLY)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(None, "the path is not a regular file")
        torn = status.st_size > 0 and os.pread(descriptor, 1, status.st_size - 1) != b"\n"
        whole = b"\n" + line if torn else line
        if os.write(descriptor, whole) < len(whole):
            raise OSError(None, "the disk is full")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Only this puts the name of a new file on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
