"""Alerts on the screen: a tree on a terminal, plain lines in a pipe. `NO_COLOR` is respected.

The stream is never written to unless it has room, so that a pipe nobody reads cannot stop the whole program; such a
delivery waits until its time is up and is tried again later.
"""

from __future__ import annotations

import asyncio
import io
import os
import select
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from alerts.channel import ChannelContext
from alerts.render import plain
from alerts.render.clean import one_line, terminal
from alerts.render.words import event_words
from steppewatch.errors import RetryableDeliveryError
from steppewatch.model import Alert, Excerpt, OutboxRow, Priority

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

LONGEST_WRITE = 4096  # PIPE_BUF: a pipe with room takes this much without blocking
WAIT_FOR_ROOM_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Config:
    """The console has no keys of its own."""


class Channel:
    """The terminal or pipe that the program writes to."""

    recipients: tuple[str, ...] = ("screen",)

    def __init__(self, channel_id: str, config: Config, context: ChannelContext) -> None:
        self._id = channel_id
        self._stream = context.stream
        self._timeout = context.timeout
        self._one_at_a_time = asyncio.Lock()

    async def send(self, row: OutboxRow) -> str:
        """Show the alert. Raises RetryableDeliveryError where nobody reads the stream."""
        if self._stream.closed:
            raise RetryableDeliveryError(f"channel {self._id}: the output is closed")
        shown = _shown(row.alert, self._stream)
        try:
            async with asyncio.timeout(self._timeout), self._one_at_a_time:
                await _write(self._stream, shown)
        except TimeoutError:
            raise RetryableDeliveryError(f"channel {self._id}: nobody reads the output") from None
        except OSError as error:
            raise RetryableDeliveryError(f"channel {self._id}: {error.strerror or type(error).__name__}") from None
        return "shown"

    async def close(self) -> None:
        """The stream belongs to the program: nothing to close."""


def _shown(alert: Alert, stream: TextIO) -> str:
    return _as_tree(alert) if stream.isatty() else terminal(plain.text(alert)) + "\n"


def _as_tree(alert: Alert) -> str:
    from rich.console import Console

    into = io.StringIO()
    width = shutil.get_terminal_size().columns
    Console(file=into, force_terminal=True, width=width, highlight=False, legacy_windows=False).print(_tree(alert))
    return into.getvalue()


def _tree(alert: Alert) -> Tree:
    # Text, never strings with markup: brackets in a title are only brackets.
    from rich.text import Text
    from rich.tree import Tree

    urgent = alert.priority is Priority.HIGH
    tree = Tree(Text(terminal(plain.subject(alert)), style="bold red" if urgent else "bold"))
    article = (alert.article_title, plain.origin(alert), alert.article_url)
    for line, style in zip(article, ("", "dim", "cyan"), strict=True):
        if line:
            tree.add(Text(terminal(one_line(line, plain.LONGEST_TITLE)), style=style))
    for excerpt in alert.excerpts:
        tree.add(_sentence(excerpt))
    for event in plain.shown(alert.events, event_words):
        tree.add(Text(terminal(event), style="yellow"))
    for reason in plain.shown(alert.why, plain.reason_line):
        tree.add(Text(f"why: {terminal(reason)}", style="dim"))
    return tree


def _sentence(excerpt: Excerpt) -> Text:
    from rich.text import Text

    return Text.assemble(*((terminal(piece), "bold" if marked else "") for piece, marked in plain.pieces_of(excerpt)))


async def _write(stream: TextIO, text: str) -> None:
    try:
        descriptor = stream.fileno()
    except OSError:  # a stream in memory
        stream.write(text)
        return
    stream.flush()
    waiting = memoryview(text.encode(stream.encoding or "utf-8", "backslashreplace"))
    while waiting:
        if _has_room(descriptor):
            waiting = waiting[os.write(descriptor, waiting[:LONGEST_WRITE]) :]
        else:
            await asyncio.sleep(WAIT_FOR_ROOM_SECONDS)


def _has_room(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(0))  # also true where the reader is gone: the write then says so
