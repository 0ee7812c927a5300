"""Shared by several files of tests: servers on loopback, and a crawler on the one reactor of the process."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, TypeVar

import hypothesis
import pytest
from servers import Servers

from steppewatch.clock import Clock
from steppewatch.config.settings import Crawl, PerHost
from steppewatch.errors import FetchError
from steppewatch.model import FetchedPage

if TYPE_CHECKING:
    from crawler.engine import Engine, NotModified

# Examples are not timed: the machine may be busy. Under CI hypothesis takes its own profile, which is also repeatable.
if "CI" not in os.environ:
    hypothesis.settings.register_profile("untimed", deadline=None)
    hypothesis.settings.load_profile("untimed")

T = TypeVar("T")
DEADLINE_SECONDS = 20.0
AGENT = "Steppewatch/test (+mailto:desk@example.org)"
ON_LOOPBACK = Crawl(
    obey_robots=False,
    per_host=PerHost(concurrency=4, delay=timedelta(0)),
    timeout=timedelta(seconds=10),
    max_body=100_000,
    allow_private=(ip_network("127.0.0.0/8"),),
    hosts={"site.test": "127.0.0.1", "other.test": "127.0.0.1"},
)


class ReactorThread:
    """Twisted's reactor on an asyncio loop in a thread: it can be started once, so it lives as long as the tests."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        running = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(running,), name="reactor", daemon=True)
        self._thread.start()
        assert running.wait(DEADLINE_SECONDS)

    def _run(self, running: threading.Event) -> None:
        from twisted.internet import asyncioreactor

        asyncio.set_event_loop(self.loop)
        asyncioreactor.install(self.loop)
        from twisted.internet import reactor

        reactor.callWhenRunning(running.set)
        reactor.run(installSignalHandlers=False)

    def call(self, work: Coroutine[Any, Any, T], seconds: float = DEADLINE_SECONDS) -> T:
        """Run a coroutine there and wait for it."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self.loop)
        return future.result(seconds)

    def stop(self) -> None:
        """End the reactor and its thread."""
        from twisted.internet import reactor

        reactor.callFromThread(reactor.stop)
        self._thread.join(DEADLINE_SECONDS)
        self.loop.close()


@dataclass
class Browser:
    """An engine, asked from a plain function."""

    engine: Engine
    thread: ReactorThread

    def ask(self, url: str, **request: Any) -> FetchedPage | NotModified:
        """Fetch an address; raises FetchError."""
        from crawler.engine import FetchRequest

        return self.thread.call(self.engine.fetch(FetchRequest(url, **request)))

    def fetch(self, url: str, **request: Any) -> FetchedPage:
        """Fetch a page."""
        answer = self.ask(url, **request)
        assert isinstance(answer, FetchedPage)
        return answer

    def refused(self, url: str, **request: Any) -> FetchError:
        """The error that fetching this address ends with."""
        with pytest.raises(FetchError) as caught:
            self.ask(url, **request)
        return caught.value

    def together(self, *urls: str) -> list[FetchedPage | FetchError]:
        """Fetch several addresses at once."""
        from crawler.engine import FetchRequest

        async def fetch_all() -> list[Any]:
            return await asyncio.gather(*(self.engine.fetch(FetchRequest(url)) for url in urls), return_exceptions=True)

        return self.thread.call(fetch_all())


Browse = Callable[..., Browser]


@pytest.fixture(scope="session")
def reactor_thread() -> Iterator[ReactorThread]:
    thread = ReactorThread()
    yield thread
    thread.stop()


@pytest.fixture
def servers() -> Iterator[Servers]:
    with Servers() as running:
        yield running


@pytest.fixture
def browse(reactor_thread: ReactorThread) -> Iterator[Browse]:
    """Makes a browser: `browse(timeout=..., ...)` takes the fields of Crawl; one at a time."""
    from crawler.engine import Engine

    started: list[Browser] = []

    def start(**changes: Any) -> Browser:
        made = Browser(Engine(replace(ON_LOOPBACK, **changes), user_agent=AGENT, clock=Clock()), reactor_thread)
        reactor_thread.call(made.engine.start())
        started.append(made)
        return made

    yield start
    for one in reversed(started):
        reactor_thread.call(one.engine.stop())


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A skipped test proves nothing, so it fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats.get("skipped") and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
