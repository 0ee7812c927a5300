"""Servers on loopback that behave, and servers that do not. They run in a thread with a loop of their own.

with Servers() as servers:
    site = servers.start({"/": page(b"hello")})
    ... fetch(site.url("/")) ...
    assert site.asked[0].target == "/"
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar

DEADLINE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the server saw it. `at` is the server's own monotonic clock, `connection` counts from 1."""

    at: float
    target: str
    headers: Mapping[str, str]
    connection: int


T = TypeVar("T")
Behaviour = Callable[[Asked, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Answer = bytes | Behaviour
Routes = Mapping[str, Answer] | Callable[[Asked], Answer]


@dataclass
class Server:
    """A running server: where it is, and what it was asked so far."""

    host: str
    port: int
    scheme: str
    routes: Routes
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    open: int = 0

    def url(self, target: str = "/", host: str | None = None) -> str:
        """The address of a target, by the server's IP address or by a name."""
        name = host or self.host
        return f"{self.scheme}://{f'[{name}]' if ':' in name else name}:{self.port}{target}"

    def targets(self) -> list[str]:
        """What was asked for, in order."""
        return [one.target for one in self.asked]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: request after request until an answer closes it."""
        self.connections += 1
        self.open += 1
        number = self.connections
        try:
            while (asked := await _read_request(reader, number)) is not None:
                self.asked.append(asked)
                answer = self.routes(asked) if callable(self.routes) else self.routes.get(asked.target, page(b"", 404))
                if not isinstance(answer, bytes):
                    await answer(asked, reader, writer)
                    return
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, ssl.SSLError, asyncio.CancelledError):
            return  # the client went, or the tests are over
        finally:
            self.open -= 1
            writer.close()


class Servers:
    """The thread that servers run in. Leaving it ends them all."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._listening: list[asyncio.Server] = []
        self._thread = threading.Thread(target=self._loop.run_forever, name="servers", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE_SECONDS)
        self._loop.close()

    def start(self, routes: Routes, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> Server:
        """Start a server. `routes` maps targets to answers (anything else is 404), or chooses an answer."""
        return self._call(self._start(Server(host, port, "https" if tls else "http", routes), tls))

    async def _start(self, server: Server, tls: ssl.SSLContext | None) -> Server:
        listening = await asyncio.start_server(server.talk, server.host, server.port, ssl=tls)
        self._listening.append(listening)
        server.port = listening.sockets[0].getsockname()[1]
        return server

    async def _end(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for listening in self._listening:
            listening.close()
            await listening.wait_closed()
        await asyncio.sleep(0.01)  # transports close on the next turns of the loop

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(DEADLINE_SECONDS)


async def _read_request(reader: asyncio.StreamReader, connection: int) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    request, *lines = head.strip().split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Asked(time.monotonic(), request.split(" ")[1], headers, connection)


# ------------------------------------------------------------------------------------------------------- good answers
def page(body: bytes, status: int = 200, **headers: str) -> bytes:
    """A complete answer. Header names are written with underscores: `Retry_After="7"`."""
    told = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status} Reason\r\n{lines}\r\n".encode("latin-1") + body


def redirect(to: str, status: int = 302) -> bytes:
    """A redirect, as it is written."""
    return page(b"", status, Location=to)


def raw(answer: bytes) -> Behaviour:
    """Exactly these bytes, then the end of the connection."""

    async def send(asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return send


# -------------------------------------------------------------------------------------------------------- bad manners
async def never(asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take the request and say nothing; ends when the client goes."""
    await reader.read()


async def drip(asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A byte now and then, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    await _pour(reader, writer, b"a", every=0.05)


async def endless_headers(asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Headers without end, each of them harmless."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    await _pour(reader, writer, b"X-More: " + b"a" * 1000 + b"\r\n", every=0)


async def endless_body(asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A body without end and without a length."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    await _pour(reader, writer, b"a" * 10_000, every=0)


async def endless_rules(asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A robots.txt that forbids /private first, and then goes on for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nUser-agent: *\nDisallow: /private\n")
    await _pour(reader, writer, b"Disallow: /x\n" * 1000, every=0)


async def reset(asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Half a body, then a reset connection."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    await writer.drain()
    writer.transport.abort()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes, *, every: float) -> None:
    while not reader.at_eof() and not writer.is_closing():
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(every)
