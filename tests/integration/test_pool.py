"""The killable pool with real processes: hostile inputs, killed workers, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
import pytest_asyncio

from scheduler.pool import Pool, PoolClosedError, WorkerTracebackError
from steppewatch.config.settings import Limits
from steppewatch.errors import ParseError, ParseReason, QuarantinedError

MAX_INPUT = 500_000
LIMITS = Limits(workers=2, wall=timedelta(seconds=0.6), cpu=timedelta(seconds=30), memory=300_000_000)
NAME = "Серикжан Билаш"
_started_with: list[str] = []


# ------------------------------------------------------------------------------------------- what the workers are made to do
def length(data: bytes) -> int:
    return len(data)


def where() -> int:
    return os.getpid()


def parent() -> int:
    return os.getppid()


def remember(word: str) -> None:
    _started_with.append(word)


def remembered() -> list[str]:
    return _started_with


def spin() -> None:
    while True:
        pass


def spin_deaf() -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    spin()


def wait_for(path: str) -> int:
    """Runs until the file is there."""
    while not Path(path).exists():
        pass
    return os.getpid()


def announce_and_spin(path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    spin()


def announce_once_and_spin(path: str) -> int:
    """Runs for ever the first time, and answers the second."""
    if Path(path).exists():
        return os.getpid()
    announce_and_spin(path)
    raise AssertionError


def eat_memory() -> int:
    return len(b"x" * 2_000_000_000)


def leave(code: int) -> None:
    os._exit(code)


def leave_politely() -> None:
    sys.exit(3)


def kill_itself(number: int) -> None:
    os.kill(os.getpid(), number)
    spin()


def recurse(depth: int = 0) -> int:
    return recurse(depth + 1) + 1


def be_huge() -> str:
    return "x" * 5_000_000


def be_unpicklable() -> object:
    return threading.Lock()


class Unreadable:
    """Comes out of its pickle with an error."""

    def __reduce__(self) -> tuple[object, ...]:
        return int, ("no number",)


def be_unreadable() -> object:
    return Unreadable()


class OddError(Exception):
    """Cannot be pickled and read again: two arguments in, one out."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)


def raise_oddly() -> None:
    raise OddError(NAME, "two")


def refuse() -> None:
    raise ParseError(ParseReason.NOT_A_FEED, "this is a page")


def read_feed(body: bytes) -> int:
    return len(feedparser.parse(body).entries)


def shout() -> None:
    print(NAME)
    os.write(2, NAME.encode())


def limits_inside() -> tuple[int, bool, bool]:
    soft_core = resource.getrlimit(resource.RLIMIT_CORE)[0]
    return (
        soft_core,
        signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
        signal.getsignal(signal.SIGTERM) is signal.SIG_DFL,
    )


# ------------------------------------------------------------------------------------------------------------------ helpers
def make_pool(limits: Limits) -> Pool:
    """A pool whose workers know this module before their first task: importing it counts as nobody's time."""
    return Pool(limits, preload=("scheduler.worker", __name__), initializer=remember, initargs=("watches",), max_input=MAX_INPUT)


@pytest_asyncio.fixture
async def pool() -> AsyncIterator[Pool]:
    one = make_pool(LIMITS)
    yield one
    await one.close()


def alive(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def quarantined(pool: Pool, task: Callable[..., object], *args: object) -> QuarantinedError:
    with pytest.raises(QuarantinedError) as caught:
        await pool.run(task, *args)
    return caught.value


# -------------------------------------------------------------------------------------------------------------------- tests
async def test_runs_tasks_in_other_processes_all_workers_at_once(pool: Pool, tmp_path: Path) -> None:
    assert await pool.run(length, b"abc") == 3
    flag = tmp_path / "go"
    both = [asyncio.create_task(pool.run(wait_for, str(flag))) for _ in range(2)]
    await until(lambda: len(pool.worker_pids) == 2)
    flag.touch()
    pids = set(await asyncio.gather(*both))
    assert pids == set(pool.worker_pids)
    assert os.getpid() not in pids


async def test_a_worker_serves_many_tasks(pool: Pool) -> None:
    pids = {await pool.run(where) for _ in range(20)}
    assert len(pids) <= LIMITS.workers


async def test_start_brings_every_worker_up(pool: Pool) -> None:
    await pool.start()
    assert len(set(pool.worker_pids)) == LIMITS.workers
    assert await pool.run(where) in pool.worker_pids


async def test_the_initializer_runs_once_in_each_worker(pool: Pool) -> None:
    assert [await pool.run(remembered) for _ in range(4)] == [["watches"]] * 4


async def test_a_worker_leaves_no_core_and_hears_no_ctrl_c_but_ends_on_term(pool: Pool) -> None:
    assert await pool.run(limits_inside) == (0, True, True)


async def test_the_tasks_own_error_comes_back_as_it_is(pool: Pool) -> None:
    with pytest.raises(ParseError, match="this is a page") as caught:
        await pool.run(refuse)
    assert type(caught.value) is ParseError
    assert caught.value.reason is ParseReason.NOT_A_FEED


async def test_input_over_the_cap_is_not_sent(pool: Pool) -> None:
    with pytest.raises(ParseError) as caught:
        await pool.run(length, b"x" * (MAX_INPUT + 1))
    assert caught.value.reason is ParseReason.TOO_LARGE
    assert pool.worker_pids == ()
    assert await pool.run(length, b"x" * MAX_INPUT) == MAX_INPUT


@pytest.mark.parametrize(
    ("task", "args", "reason", "words"),
    [
        (spin, (), ParseReason.HUNG, "0.6 seconds"),
        (eat_memory, (), ParseReason.MEMORY, "memory"),
        (leave, (0,), ParseReason.KILLED, "ended its worker"),
        (leave, (3,), ParseReason.KILLED, "exit code 3"),
        (kill_itself, (signal.SIGKILL,), ParseReason.KILLED, "signal 9"),
        (kill_itself, (signal.SIGSEGV,), ParseReason.KILLED, "signal 11"),
        (leave_politely, (), ParseReason.BROKEN, "SystemExit"),
        (recurse, (), ParseReason.BROKEN, "RecursionError"),
        (raise_oddly, (), ParseReason.BROKEN, "OddError"),
        (be_unpicklable, (), ParseReason.BROKEN, "TypeError"),
        (be_unreadable, (), ParseReason.BROKEN, "ValueError"),
        (be_huge, (), ParseReason.TOO_LARGE, "out of all proportion"),
    ],
)
async def test_what_a_hostile_input_can_do_ends_in_quarantine(
    pool: Pool, task: Callable[..., object], args: tuple[object, ...], reason: ParseReason, words: str
) -> None:
    error = await quarantined(pool, task, *args)
    assert error.reason is reason
    assert words in str(error)
    assert NAME not in str(error)
    assert await pool.run(length, b"abc") == 3


async def test_the_traceback_is_the_cause(pool: Pool) -> None:
    error = await quarantined(pool, raise_oddly)
    assert isinstance(error.__cause__, WorkerTracebackError)
    assert "in raise_oddly" in str(error.__cause__)


async def test_processor_time_is_limited_also_within_a_long_wall_limit() -> None:
    limits = Limits(workers=1, wall=timedelta(seconds=20), cpu=timedelta(seconds=0.2), memory=300_000_000)
    pool = make_pool(limits)
    try:
        error = await quarantined(pool, spin)
        assert error.reason is ParseReason.HUNG
        assert "CPU time" in str(error)
        assert await pool.run(length, b"abc") == 3
    finally:
        await pool.close()


async def test_who_is_deaf_to_the_processor_limit_meets_the_wall_limit() -> None:
    limits = Limits(workers=1, wall=timedelta(seconds=1.5), cpu=timedelta(seconds=0.2), memory=300_000_000)
    pool = make_pool(limits)
    try:
        error = await quarantined(pool, spin_deaf)
        assert error.reason is ParseReason.HUNG
        assert "1.5 seconds" in str(error)
    finally:
        await pool.close()


FEED = '<rss version="2.0"><channel><title>x</title><item><title>y</title>{}</item></channel></rss>'
STYLE = '<description>&lt;p style="{}"&gt;z&lt;/p&gt;</description>'.format("url(" * 12_500)
DOTS = "<author>{}@</author>".format("." * 30_000)


@pytest.mark.parametrize("part", [STYLE, DOTS], ids=["style", "author"])
async def test_feeds_that_hang_feedparser(pool: Pool, part: str) -> None:
    began = time.monotonic()
    error = await quarantined(pool, read_feed, FEED.format(part).encode())
    assert error.reason is ParseReason.HUNG
    assert time.monotonic() - began < 5
    assert await pool.run(read_feed, FEED.format("").encode()) == 1


async def test_waiting_for_a_worker_does_not_count_as_running() -> None:
    pool = make_pool(Limits(workers=1, wall=timedelta(seconds=0.8), memory=300_000_000))
    try:
        outcomes = await asyncio.gather(*(pool.run(spin) for _ in range(2)), pool.run(where), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [QuarantinedError, QuarantinedError, int]
    finally:
        await pool.close()


async def test_a_neighbour_that_dies_over_and_over_harms_nobody(pool: Pool, tmp_path: Path) -> None:
    flag = tmp_path / "go"
    innocent = asyncio.create_task(pool.run(wait_for, str(flag)))
    await quarantined(pool, kill_itself, signal.SIGKILL)
    flag.touch()
    assert await innocent > 0


async def test_a_task_whose_worker_was_killed_from_outside_runs_again(pool: Pool, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    task = asyncio.create_task(pool.run(announce_once_and_spin, str(note)))
    await until(lambda: note.exists() and note.read_text() != "")
    killed = int(note.read_text())
    os.kill(killed, signal.SIGKILL)
    assert await task != killed


async def test_killed_idle_workers_are_replaced(pool: Pool) -> None:
    await pool.start()
    for _ in range(2):
        killed = pool.worker_pids
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        answers = await asyncio.gather(*(pool.run(where) for _ in range(6)))
        assert not set(answers) & set(killed)


async def test_a_killed_fork_server_comes_back(pool: Pool, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    server = await pool.run(parent)
    task = asyncio.create_task(pool.run(announce_once_and_spin, str(note)))
    await until(lambda: note.exists() and note.read_text() != "")
    before = pool.worker_pids
    os.kill(server, signal.SIGKILL)
    assert await task not in before
    assert await pool.run(parent) != server
    await until(lambda: not any(alive(pid) for pid in before))


async def test_a_cancelled_task_frees_its_worker(pool: Pool, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    task = asyncio.create_task(pool.run(announce_and_spin, str(note)))
    await until(lambda: note.exists() and note.read_text() != "")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    answers = await asyncio.gather(*(pool.run(where) for _ in range(6)))
    assert int(note.read_text()) not in answers
    await until(lambda: not alive(int(note.read_text())))


async def test_close_kills_busy_workers_and_tells_who_waits(tmp_path: Path) -> None:
    pool = make_pool(Limits(workers=1, memory=300_000_000))
    note = tmp_path / "pid"
    tasks = [asyncio.create_task(pool.run(announce_and_spin, str(note))) for _ in range(3)]
    await until(lambda: note.exists() and note.read_text() != "")
    began = time.monotonic()
    await pool.close()
    assert time.monotonic() - began < 3
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [PoolClosedError] * 3
    assert not alive(int(note.read_text()))
    with pytest.raises(PoolClosedError):
        await pool.run(where)
    assert pool.worker_pids == ()


DAEMON = """
import asyncio, sys
from datetime import timedelta
sys.path.insert(0, sys.argv[2])
from busy import shout, spin_in_c
from scheduler.pool import Pool
from steppewatch.config.settings import Limits

async def main():
    pool = Pool(Limits(workers=2, wall=timedelta(seconds=60), cpu=timedelta(seconds=60)), max_input=100)
    await pool.start()
    await pool.run(shout)
    tasks = [asyncio.create_task(pool.run(spin_in_c, f"{sys.argv[1]}/{n}")) for n in range(2)]
    await asyncio.gather(*tasks)

if __name__ == "__main__":
    asyncio.run(main())
"""
BUSY = '''
import os
from pathlib import Path

def shout():
    """Print where a parser might."""
    print("SHOUTED")
    os.write(2, b"SHOUTED")

def spin_in_c(note):
    """Busy in C code that holds the interpreter's lock: no thread of Python runs."""
    Path(note).write_text(f"{os.getpid()} {os.getppid()}")
    return 3 ** (10 ** 9)
'''


async def test_kill_9_of_the_daemon_ends_all_its_processes(tmp_path: Path) -> None:
    (tmp_path / "daemon.py").write_text(DAEMON)
    (tmp_path / "busy.py").write_text(BUSY)
    command = [sys.executable, str(tmp_path / "daemon.py"), str(tmp_path), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    output = tmp_path / "output"
    with output.open("wb") as stream:
        daemon = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream)
    notes = [tmp_path / "0", tmp_path / "1"]
    try:
        await until(lambda: all(note.exists() and note.read_text() for note in notes), 30)
        family = {int(pid) for note in notes for pid in note.read_text().split()}
        assert len(family) == 3  # two workers and their fork server
    finally:
        daemon.kill()
        daemon.wait()
    await until(lambda: not any(alive(pid) for pid in family), 2.0)
    assert b"SHOUTED" not in output.read_bytes()
