"""What every kind of channel promises, whichever files lie in `alerts/channels/`."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import TextIO

import pytest

from alerts.channel import Channel, ChannelContext
from steppewatch.config.settings import Secret
from steppewatch.errors import DeliveryError
from steppewatch.model import Alert, AlertKind, Excerpt, OutboxRow, Priority
from steppewatch.registry import Registry

CHANNELS = Registry("alerts.channels")
KINDS = CHANNELS.kinds()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TOKEN = "private-token"
NAME = "Серікжан Біләш"
NOISE = f"{NAME} \ud800\x00\r\n\x1b[2J\u202e " + "قازاقىستاندا " * 5000
ALERT = Alert(
    "a1",
    AlertKind.MENTION,
    datetime(2019, 4, 5, tzinfo=UTC),
    NOISE,
    Priority.HIGH,
    watch="bilash",
    article_url=NOISE,
    article_title=NOISE,
    excerpts=(Excerpt(NOISE, ((0, 14), (-5, 3), (9, 99_999_999))),),
    why=(NOISE,),
)


def make(kind: str, port: int, folder: Path, stream: TextIO) -> Channel:
    """A channel of a kind whose receiver is the server at `port`, a folder where a file should be, or a closed pipe."""
    module = CHANNELS.load(kind)
    configs: dict[str, Callable[[], object]] = {
        "console": lambda: module.Config(),
        "file": lambda: module.Config(path=folder),
        "email": lambda: module.Config(
            to=("legal@example.org",),
            sender="watch@example.org",
            smtp=module.Smtp("127.0.0.1", port, "none", user="watch", password=Secret(SECRET)),
        ),
        "webhook": lambda: module.Config(url=f"http://127.0.0.1:{port}/{TOKEN}?{TOKEN}", secret=Secret(SECRET)),
    }
    assert kind in configs, f"say here what a broken receiver of the kind {kind} is"
    context = ChannelContext("test", 0.5, (ip_network("127.0.0.0/8"),), stream)
    channel: Channel = module.Channel("the-id", configs[kind](), context)
    return channel


@asynccontextmanager
async def broken_server(says: bytes | None) -> AsyncIterator[int]:
    """A server that says something and hangs up, or (None) says nothing and stays."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        if says is not None:
            writer.write(says)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for writer in writers:
            writer.close()
        server.close()


@pytest.fixture
def closed_pipe() -> TextIO:
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w", encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "says",
    [None, b"", b"\x00\xff" * 50_000, b"220 ready\r\n250 hello\r\n", f"554 {SECRET} {TOKEN}\r\n".encode(),
     f"HTTP/1.1 500 {TOKEN}\r\ncontent-length: 9\r\n\r\n{TOKEN}".encode()],
    ids=["silence", "hang-up", "noise", "smtp", "refusal", "http"],
)  # fmt: skip
async def test_a_broken_receiver_is_a_delivery_error_without_secrets(
    kind: str, says: bytes | None, tmp_path: Path, closed_pipe: TextIO
) -> None:
    async with broken_server(says) as port:
        with closed_pipe:
            channel = make(kind, port, tmp_path, closed_pipe)
            row = OutboxRow(1, "key-1", ALERT, "the-id", channel.recipients[0], 0, ALERT.created, "lease")
            with pytest.raises(DeliveryError) as caught:
                await channel.send(row)
            await channel.close()
    told = f"{caught.value} {caught.value.answer} {caught.value!r}"
    assert str(caught.value).startswith("channel the-id: ")
    assert len(str(caught.value)) < 300
    assert caught.value.__cause__ is None
    for secret in (SECRET, SECRET.removeprefix("whsec_"), TOKEN, NAME, "legal@example.org"):
        assert secret not in told


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_reaches_somebody(kind: str, tmp_path: Path, closed_pipe: TextIO) -> None:
    with closed_pipe:
        recipients = make(kind, 1, tmp_path, closed_pipe).recipients
    assert recipients
    assert len(set(recipients)) == len(recipients)
    assert all(recipients)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_parts(kind: str) -> None:
    module, config = CHANNELS.load(kind), CHANNELS.config_class(kind)
    assert module.__doc__
    assert dataclasses.is_dataclass(config)
    assert config.__dataclass_params__.frozen
    assert hasattr(config, "__slots__")
    assert list(inspect.signature(module.Channel).parameters) == ["channel_id", "config", "context"]


def test_the_kinds_we_ship() -> None:
    assert set(KINDS) >= {"console", "file", "email", "webhook"}
