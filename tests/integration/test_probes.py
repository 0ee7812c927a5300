"""The probes answer over HTTP on loopback."""

from __future__ import annotations

import asyncio
import socket

import aiohttp
import pytest

from scheduler.probes import Probes
from steppewatch.clock import monotonic
from steppewatch.errors import SteppewatchError


async def get(port: int, path: str) -> tuple[int, object]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as response:
        return response.status, await response.json()


async def test_they_say_whether_the_process_lives_and_is_ready() -> None:
    reasons: list[str] = ["store_read_only", "pulse_late"]
    probes = Probes(0, lambda: reasons)
    await probes.start()
    try:
        assert probes.port != 0
        assert await get(probes.port, "/livez") == (200, {"alive": True})
        assert await get(probes.port, "/readyz") == (503, {"ready": False, "reasons": reasons})
        reasons.clear()
        assert await get(probes.port, "/readyz") == (200, {"ready": True, "reasons": []})
    finally:
        await probes.stop()


async def test_they_answer_on_loopback_only() -> None:
    probes = Probes(0, tuple)
    await probes.start()
    try:
        with socket.socket() as other:
            other.bind(("127.0.0.2", probes.port))  # free: nobody listens on all addresses
    finally:
        await probes.stop()


async def test_a_port_in_use_is_named_with_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SteppewatchError, match=rf"port {port} .*in use.*`probes: {{port: \d+}}`"):
            await Probes(port, tuple).start()


async def test_an_impossible_port_is_an_error_of_ours() -> None:
    with pytest.raises(SteppewatchError, match="port 70000"):
        await Probes(70000, tuple).start()


async def test_stopping_frees_the_port_though_a_client_hangs_on() -> None:
    probes = Probes(0, tuple)
    await probes.start()
    port = probes.port
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /livez HTTP/1.1\r\n")  # and never the rest
    await writer.drain()
    began = monotonic()
    await probes.stop()
    assert monotonic() - began < 5
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    again = Probes(port, tuple)
    await again.start()
    await again.stop()


async def test_stopping_what_never_started_does_nothing() -> None:
    await Probes(0, tuple).stop()
