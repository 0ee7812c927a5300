"""One process per store, what systemd hears, and the heartbeat."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from scheduler.process import notify, notify_reloading, ping, single_instance, watchdog_interval
from steppewatch.clock import monotonic
from steppewatch.errors import AlreadyRunningError, StoreError

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from pathlib import Path
from scheduler.process import single_instance
with single_instance(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "store.db")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_told_who_is_there(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    with (
        pytest.raises(AlreadyRunningError, match=rf"process {holder.pid} .*stop it first.*`store:`"),
        single_instance(tmp_path / "store.db"),
    ):
        raise AssertionError


def test_kill_9_lets_go_of_the_lock(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    holder.kill()
    holder.wait()
    with single_instance(tmp_path / "store.db"):
        assert (tmp_path / "store.db.lock").read_text() == str(os.getpid())


def test_two_stores_do_not_know_each_other(tmp_path: Path) -> None:
    with single_instance(tmp_path / "one.db"), single_instance(tmp_path / "two.db"):
        pass


def test_the_lock_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with single_instance(tmp_path / "store.db"):
            pass


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    with single_instance(tmp_path / "nowhere" / "store.db"):
        assert (tmp_path / "nowhere" / "store.db.lock").exists()


def test_a_folder_that_cannot_be_made_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreError, match=r"file/store\.db\.lock"), single_instance(tmp_path / "file" / "store.db"):
        raise AssertionError


# ------------------------------------------------------------------------------------------------------------------ systemd
@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_hears_what_we_say(tmp_path: Path, abstract: bool) -> None:
    name = f"@steppewatch-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + name[1:] if abstract else name)
        systemd.settimeout(5)
        notify("READY=1", {"NOTIFY_SOCKET": name})
        assert systemd.recv(100) == b"READY=1"
        before = int(monotonic() * 1_000_000)
        notify_reloading({"NOTIFY_SOCKET": name})
        state, _, moment = systemd.recv(100).partition(b"\n")
        assert state == b"RELOADING=1"
        assert before <= int(moment.removeprefix(b"MONOTONIC_USEC=")) <= monotonic() * 1_000_000 + 1


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "@steppewatch-nobody", "vsock:2:1", "/" + "x" * 200])
def test_nobody_there_to_hear_is_no_error(address: str) -> None:
    notify("READY=1", {"NOTIFY_SOCKET": address})
    notify("READY=1", {})


def test_the_watchdog_wants_to_hear_us_twice_in_its_limit() -> None:
    assert watchdog_interval({"WATCHDOG_USEC": "30000000"}) == 15.0
    assert watchdog_interval({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}) == 15.0


@pytest.mark.parametrize("environment", [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "²"}])
def test_no_watchdog(environment: dict[str, str]) -> None:
    assert watchdog_interval(environment) is None
    assert watchdog_interval({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}) is None


# ---------------------------------------------------------------------------------------------------------------- heartbeat
@pytest_asyncio.fixture
async def watcher() -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=int(request.match_info["status"]), headers={"Location": "/200"})

    app = web.Application()
    app.router.add_get("/{status}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize(("status", "heard"), [(200, True), (204, True), (302, False), (404, False), (500, False)])
async def test_a_heartbeat_is_heard_or_not(watcher: str, status: int, heard: bool) -> None:
    async with aiohttp.ClientSession() as session:
        assert await ping(session, f"{watcher}/{status}", 5.0) is heard


async def test_a_watcher_that_is_gone_or_silent_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        async with aiohttp.ClientSession() as session:
            assert not await ping(session, f"http://127.0.0.1:{port}/secret-token", 5.0)
            silent.listen()
            assert not await ping(session, f"http://127.0.0.1:{port}/secret-token", 0.2)
            assert not await ping(session, "no address/secret-token", 0.2)
    captured = capsys.readouterr()
    assert "secret-token" not in captured.out + captured.err
    assert "heartbeat_failed" in captured.out + captured.err
