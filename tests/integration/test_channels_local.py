"""The screen and the file: nothing is lost when nobody reads, the disk is full or a line was torn."""

from __future__ import annotations

import asyncio
import fcntl
import io
import json
import os
import pty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import pytest

from alerts.channel import ChannelContext
from alerts.channels import console, file
from alerts.render.as_json import alert_json
from steppewatch.errors import RetryableDeliveryError
from steppewatch.model import Alert, AlertKind, Event, EventStatus, EventType, Excerpt, OutboxRow, Priority, TextField

NOW = datetime(2019, 4, 5, 10, tzinfo=UTC)
ALERT = Alert(
    id="a1",
    kind=AlertKind.EVENT,
    created=NOW,
    headline="Arrest [bold]: Серікжан Біләш",
    priority=Priority.HIGH,
    watch="bilash",
    article_url="https://news.example/1",
    article_title="A title \x1b[2J\x9b2J\r\nwith tricks",
    events=(Event(EventType.ARREST, EventStatus.ACTUAL, "2019-03-10", ("bilash",), "arrested", TextField.TEXT, 0, 8),),
    excerpts=(Excerpt("Серікжан Біләш was arrested.", ((0, 14),)),),
    why=("name",),
)
ROW = OutboxRow(1, "3d0f1f5e-0000-4000-8000-000000000001", ALERT, "here", "file", 0, NOW, "lease")


@contextmanager
def written_to(descriptor: int, encoding: str = "utf-8") -> Iterator[TextIO]:
    with os.fdopen(descriptor, "w", encoding=encoding) as stream:
        yield stream


def screen(stream: TextIO, timeout: float = 10.0) -> console.Channel:
    return console.Channel("here", console.Config(), ChannelContext("test", timeout, stream=stream))


def log_at(path: Path) -> file.Channel:
    return file.Channel("here", file.Config(path), ChannelContext("test"))


# ------------------------------------------------------------------------------------------------------------- console
async def test_a_pipe_gets_plain_lines() -> None:
    reader, writer = os.pipe()
    with written_to(writer) as stream:
        assert await screen(stream).send(ROW) == "shown"
    shown = os.read(reader, 65536).decode()
    os.close(reader)
    assert shown.startswith("Arrest [bold]: Серікжан Біләш\n\nA title with tricks\n")
    assert "*Серікжан Біләш* was arrested." in shown
    assert "\x1b" not in shown
    assert "\x9b" not in shown


@pytest.mark.parametrize("colour", [True, False])
async def test_a_terminal_gets_a_tree(monkeypatch: pytest.MonkeyPatch, colour: bool) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    if not colour:
        monkeypatch.setenv("NO_COLOR", "1")
    outer, inner = pty.openpty()
    with written_to(inner) as stream:
        await screen(stream).send(ROW)
        shown = os.read(outer, 65536).decode()
    os.close(outer)
    assert "├── " in shown
    assert "Arrest [bold]: Серікжан Біләш" in shown
    assert "Arrest on 10 March 2019" in shown
    assert ("\x1b[1;31m" in shown) is colour
    assert "\x1b[2J" not in shown
    assert "\x9b" not in shown


async def test_a_stream_that_knows_few_letters_gets_escapes() -> None:
    reader, writer = os.pipe()
    with written_to(writer, encoding="ascii") as stream:
        await screen(stream).send(ROW)
    assert b"\\u0421" in os.read(reader, 65536)
    os.close(reader)


async def test_a_stream_in_memory() -> None:
    stream = io.StringIO()
    await screen(stream).send(ROW)
    assert "Серікжан Біләш" in stream.getvalue()


async def test_a_closed_pipe_is_tried_again() -> None:
    reader, writer = os.pipe()
    with written_to(writer) as stream:
        os.close(reader)
        with pytest.raises(RetryableDeliveryError, match="channel here: Broken pipe"):
            await screen(stream).send(ROW)
    with pytest.raises(RetryableDeliveryError, match="closed"):
        await screen(stream).send(ROW)


async def test_a_pipe_that_nobody_reads_does_not_stop_the_program() -> None:
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writer, b"x" * 4096)
    with written_to(writer) as stream:
        with pytest.raises(RetryableDeliveryError, match="nobody reads"):
            await screen(stream, timeout=0.2).send(ROW)
        waiting = asyncio.create_task(screen(stream).send(ROW))
        await asyncio.sleep(0)
        os.read(reader, 4096)
        assert await waiting == "shown"
        assert "Біләш" in os.read(reader, 65536).decode()
    os.close(reader)


async def test_a_long_alert_goes_through_a_small_pipe_whole() -> None:
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    row = replace(ROW, alert=replace(ALERT, why=tuple(f"reason {number} " + "x" * 250 for number in range(20))))
    with written_to(writer) as stream, os.fdopen(reader, "rb") as pipe:
        loop = asyncio.get_running_loop()
        received = bytearray()
        loop.add_reader(reader, lambda: received.extend(os.read(reader, 4096)))
        await screen(stream).send(row)
        loop.remove_reader(reader)
        os.set_blocking(reader, False)
        received += pipe.read() or b""
    assert received.decode().rstrip().endswith("Alert a1")
    assert "reason 19" in received.decode()


# ---------------------------------------------------------------------------------------------------------------- file
def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")


async def test_a_line_for_each_delivery(tmp_path: Path) -> None:
    path = tmp_path / "var" / "alerts.jsonl"
    channel = log_at(path)
    rows = [replace(ROW, key=f"key-{number}") for number in range(20)]
    assert await asyncio.gather(*(channel.send(row) for row in rows)) == ["written"] * 20
    await channel.send(rows[0])
    read = [json.loads(line) for line in lines_of(path)[:-1]]
    assert {line["key"] for line in read[:-1]} == {row.key for row in rows}
    assert read[-1]["key"] == "key-0"  # a second delivery carries the same key
    assert read[0] == {"key": read[0]["key"], "recipient": "file", "alert": alert_json(ALERT)}
    assert path.stat().st_mode & 0o077 == 0


async def test_a_torn_line_is_ended_first(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_bytes(b'{"key": "whole"}\n{"key": "to')
    await log_at(path).send(ROW)
    whole, torn, new, end = lines_of(path)
    assert (whole, torn, end) == (b'{"key": "whole"}', b'{"key": "to', b"")
    assert json.loads(new)["key"] == ROW.key


async def test_a_disk_that_fills_up_in_a_line(tmp_path: Path) -> None:
    """A limit on the size of the file stands for the full disk: the write comes back short, as there."""
    import resource
    import signal

    path = tmp_path / "alerts.jsonl"
    channel = log_at(path)
    await channel.send(ROW)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 100, hard))
    try:
        with pytest.raises(RetryableDeliveryError, match="the disk is full"):
            await channel.send(ROW)
        with pytest.raises(RetryableDeliveryError, match="File too large"):
            await channel.send(ROW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    await channel.send(ROW)
    first, torn, last, end = lines_of(path)
    assert json.loads(first) == json.loads(last)
    assert len(torn) == 100
    assert end == b""


@pytest.mark.parametrize(
    ("where", "reason"),
    [(".", "Is a directory"), ("taken/alerts.jsonl", "Not a directory|File exists"), ("pipe", "not a regular file")],
)
async def test_a_path_that_cannot_be_written(tmp_path: Path, where: str, reason: str) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RetryableDeliveryError, match=f"^channel here: .*({reason})") as caught:
        await log_at(tmp_path / where).send(ROW)
    assert "Біләш" not in str(caught.value)


async def test_a_full_device() -> None:
    with pytest.raises(RetryableDeliveryError, match="channel here"):
        await log_at(Path("/dev/full")).send(ROW)
