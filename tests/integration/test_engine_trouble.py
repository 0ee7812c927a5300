"""The crawler engine against servers that misbehave: every trouble has its reason, and says whether to come back."""

from __future__ import annotations

import asyncio
import gzip
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import servers as behaviour
from servers import Answer, Servers, page, raw, redirect

from steppewatch.errors import FetchError, FetchReason, PermanentFetchError, RetryableFetchError

if TYPE_CHECKING:
    from conftest import Browse

HALF_SECOND = timedelta(seconds=0.5)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


# ------------------------------------------------------------------------------------------------------------ addresses
@pytest.mark.parametrize(
    "url",
    [
        "ftp://site.test/feed",
        "file:///etc/passwd",
        "data:text/html,hello",
        "javascript:alert(1)",
        "site.test/feed",
        "",
        "http://",
        "http:///path",
        "https://user:word@site.test/",
        "http://site.test:99999/",
        "http://site.test:0/",
        "http://[::1/",
        "http://" + "a" * 300 + ".test/",
        "http://a b.test/",
        "http://a..test/",
        "http://a%00b.test/",
    ],
)
def test_what_is_no_address_is_not_fetched(browse: Browse, url: str) -> None:
    error = browse().refused(url)
    assert (type(error), error.reason) == (PermanentFetchError, FetchReason.SCHEME)


def test_a_name_that_is_nobody_s(browse: Browse) -> None:
    error = browse().refused("http://nobody.invalid/")
    assert (type(error), error.reason) == (RetryableFetchError, FetchReason.DNS)


# ------------------------------------------------------------------------------------------------------------ redirects
def test_a_redirect_to_what_cannot_be_a_name_does_not_wait(browse: Browse, servers: Servers) -> None:
    site = servers.start({"/": redirect("http://" + "a" * 64 + ".test/")})
    assert browse(timeout=timedelta(seconds=5)).refused(site.url()).reason is FetchReason.DNS


@pytest.mark.parametrize("to", ["/", "http://[bad/", "ftp://site.test/", "javascript:alert(1)"])
def test_a_redirect_to_nowhere(browse: Browse, servers: Servers, to: str) -> None:
    site = servers.start({"/": redirect(to)})
    error = browse().refused(site.url())
    assert (type(error), error.reason) == (PermanentFetchError, FetchReason.REDIRECTS)


def test_too_many_redirects(browse: Browse, servers: Servers) -> None:
    site = servers.start(lambda asked: redirect(f"/{int(asked.target[1:]) + 1}"))
    error = browse().refused(site.url("/0"))
    assert (type(error), error.reason) == (PermanentFetchError, FetchReason.REDIRECTS)
    assert len(site.asked) == 6


# ----------------------------------------------------------------------------------------------------------------- size
@pytest.mark.parametrize(
    "answer",
    [
        page(b"a" * 100_001),
        behaviour.endless_body,
        page(gzip.compress(b"a" * 5_000_000), Content_Encoding="gzip"),
        page(gzip.compress(gzip.compress(b"a" * 50_000_000)), Content_Encoding="gzip, gzip"),
        behaviour.endless_headers,
    ],
    ids=["declared", "undeclared", "packed", "packed twice", "headers"],
)
def test_no_more_than_the_cap_is_taken(browse: Browse, servers: Servers, answer: Answer) -> None:
    site = servers.start({"/": answer})
    error = browse().refused(site.url())
    assert (type(error), error.reason) == (PermanentFetchError, FetchReason.TOO_LARGE)


def test_a_body_of_just_the_cap_is_taken(browse: Browse, servers: Servers) -> None:
    site = servers.start({"/": page(b"a" * 100_000)})
    assert len(browse().fetch(site.url()).body) == 100_000


# ----------------------------------------------------------------------------------------------------------------- time
@pytest.mark.parametrize("answer", [behaviour.never, behaviour.drip], ids=["never", "drip"])
def test_the_whole_time_is_capped(browse: Browse, servers: Servers, answer: Answer) -> None:
    site = servers.start({"/": answer})
    began = time.monotonic()
    error = browse(timeout=HALF_SECOND).refused(site.url())
    assert (type(error), error.reason) == (RetryableFetchError, FetchReason.TIMEOUT)
    assert 0.4 < time.monotonic() - began < 2
    await_closed(site)


def test_a_server_that_never_takes_the_connection(browse: Browse) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        error = browse(timeout=HALF_SECOND).refused(f"https://127.0.0.1:{port}/")
    assert (type(error), error.reason) == (RetryableFetchError, FetchReason.TIMEOUT)


# ----------------------------------------------------------------------------------------------------------- connection
def test_nobody_listens(browse: Browse) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = browse().refused(f"http://localhost:{port}/")
    assert (type(error), error.reason) == (RetryableFetchError, FetchReason.CONNECTION)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (raw(HEAD + b"Content-Length: 1000\r\n\r\nhalf"), FetchReason.INCOMPLETE),
        (behaviour.reset, FetchReason.INCOMPLETE),
        (raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), FetchReason.INCOMPLETE),
        (raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n"), FetchReason.INCOMPLETE),
        (raw(b""), FetchReason.CONNECTION),
        (raw(b"HTTP/1.1 200"), FetchReason.CONNECTION),
        (raw(b"\x00\x01\x02\r\n\r\n"), FetchReason.CONNECTION),
        (raw(b"HTTP/1.1 abc OK\r\n\r\n"), FetchReason.CONNECTION),
        (raw(b"<html>a page of HTTP/0.9</html>\r\n\r\n"), FetchReason.CONNECTION),
        (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), FetchReason.CONNECTION),
        (raw(HEAD + b"X-Long: " + b"a" * 100_000 + b"\r\n\r\n"), FetchReason.CONNECTION),
        (raw(HEAD + b"Content-Length: abc\r\n\r\nbody"), FetchReason.CONNECTION),
        (raw(HEAD + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody"), FetchReason.CONNECTION),
        (raw(HEAD + b"Content-Length: -4\r\n\r\nbody"), FetchReason.CONNECTION),
        (page(b"plain", Content_Encoding="gzip"), FetchReason.INCOMPLETE),
        (page(b"plain", Content_Encoding="deflate"), FetchReason.INCOMPLETE),
        (page(b"plain", Content_Encoding="br"), FetchReason.INCOMPLETE),
        (page(b"plain", Content_Encoding="zstd"), FetchReason.INCOMPLETE),
    ],
)
def test_a_broken_answer_is_worth_another_try(browse: Browse, servers: Servers, answer: Answer, reason: FetchReason) -> None:
    site = servers.start({"/": answer})
    error = browse(timeout=timedelta(seconds=3)).refused(site.url())
    assert (type(error), error.reason) == (RetryableFetchError, reason)
    assert str(error)


@pytest.mark.parametrize(
    "answer",
    [
        page(b"a body that should not be there", 204),
        raw(HEAD + b"no colon here\r\n\r\nbody"),
        raw(HEAD + b"\r\nbody"),
        raw(HEAD + b"Content-Type: \xff\xfe\xfa\r\nContent-Disposition: \xff;filename=\r\n\r\nbody"),
        page(b"text", Content_Encoding="rot13"),
        page(b"", Content_Encoding="br"),
        raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + page(b"late")),
        raw(b"HTTP/1.0 200 OK\n\nbody"),
    ],
)
def test_a_sloppy_answer_is_taken(browse: Browse, servers: Servers, answer: Answer) -> None:
    site = servers.start({"/": answer})
    assert 200 <= browse(timeout=timedelta(seconds=3)).fetch(site.url()).status < 300


def test_after_an_answer_with_too_much_the_next_one_is_right(browse: Browse, servers: Servers) -> None:
    """What follows a complete answer on the same connection is not the answer to the next request."""
    site = servers.start({"/": page(b"first") + page(b"smuggled"), "/next": page(b"next")})
    browser = browse()
    assert browser.fetch(site.url()).body == b"first"
    assert browser.fetch(site.url("/next")).body == b"next"


@pytest.mark.parametrize("packing", ["gzip", "deflate", "br", "zstd"])
def test_an_answer_that_is_no_page_is_not_unpacked(browse: Browse, servers: Servers, packing: str) -> None:
    from crawler.engine import NotModified

    site = servers.start({"/": page(b"", 304, Content_Encoding=packing), "/gone": page(b"gone", 410, Content_Encoding=packing)})
    browser = browse()
    assert browser.ask(site.url(), etag="x") == NotModified(site.url())
    assert browser.refused(site.url("/gone")).reason is FetchReason.CLIENT_ERROR


# ----------------------------------------------------------------------------------------------------------------- stop
def test_stop_does_not_wait_for_requests_in_flight(browse: Browse, servers: Servers) -> None:
    from crawler.engine import FetchRequest

    site = servers.start({"/": behaviour.never, "/slow": behaviour.drip})
    browser = browse(timeout=timedelta(seconds=60))

    async def stop_while_fetching() -> list[FetchError | BaseException]:
        urls = (site.url(), site.url("/slow"), site.url(host="site.test"))
        tasks = [asyncio.ensure_future(browser.engine.fetch(FetchRequest(url))) for url in urls]
        while len(site.asked) < 3:
            await asyncio.sleep(0.01)
        await browser.engine.stop()
        return await asyncio.gather(*tasks, return_exceptions=True)  # type: ignore[return-value]

    began = time.monotonic()
    errors = browser.thread.call(stop_while_fetching())
    assert time.monotonic() - began < 3
    assert [(type(error), error.reason) for error in errors if isinstance(error, FetchError)] == [
        (RetryableFetchError, FetchReason.CONNECTION)
    ] * 3
    await_closed(site)
    assert browser.refused(site.url()).reason is FetchReason.CONNECTION


def test_a_cancelled_fetch_is_cancelled(browse: Browse, servers: Servers) -> None:
    from crawler.engine import FetchRequest

    site = servers.start({"/": behaviour.never})
    browser = browse(timeout=HALF_SECOND)

    async def cancel() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(browser.engine.fetch(FetchRequest(site.url())), 0.1)

    browser.thread.call(cancel())


# ----------------------------------------------------------------------------------------------------- a quiet process
SCRIPT = """
import asyncio, logging, sys
from datetime import timedelta
from ipaddress import ip_network
from twisted.internet import asyncioreactor

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
asyncioreactor.install(loop)
from twisted.internet import reactor
from crawler.engine import Engine, FetchRequest
from steppewatch.clock import Clock
from steppewatch.config.settings import Crawl, PerHost
from steppewatch.errors import FetchError

async def main():
    crawl = Crawl(allow_private=(ip_network("127.0.0.0/8"),), max_body=1000, per_host=PerHost(1, timedelta(0)))
    engine = Engine(crawl, user_agent="t", clock=Clock())
    await engine.start()
    for target in ("/good", "/large", "/torn", "/robots-forbid", "/loop", "/packed"):
        try:
            await engine.fetch(FetchRequest(sys.argv[1] + target, insecure_tls=True))
        except FetchError:
            pass
    try:
        await engine.fetch(FetchRequest("http://127.0.0.1:1/secret-path"))
    except FetchError:
        pass
    await engine.stop()
    assert not logging.getLogger().handlers, logging.getLogger().handlers

def begin():
    task = loop.create_task(main())
    task.add_done_callback(lambda done: (reactor.stop(), done.result()))

reactor.callWhenRunning(begin)
reactor.run(installSignalHandlers=False)
"""


def test_a_process_of_its_own_says_nothing_and_warns_of_nothing(servers: Servers, tmp_path: Path) -> None:
    """No line of Scrapy or Twisted, not even where nobody set up a log; addresses would stand in it."""
    site = servers.start(
        {
            "/good": page(b"good"),
            "/large": page(b"a" * 2000),
            "/torn": raw(HEAD + b"Content-Length: 1000\r\n\r\nhalf"),
            "/loop": redirect("/loop"),
            "/packed": page(b"plain", Content_Encoding="gzip"),
            "/robots.txt": page(b"User-agent: *\nDisallow: /robots-forbid"),
        }
    )
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    root = Path(__file__).parents[2]
    command = [
        sys.executable,
        "-W",
        "error::DeprecationWarning",
        "-W",
        "error::PendingDeprecationWarning",
        str(script),
        site.url(""),
    ]
    ran = subprocess.run(command, cwd=root, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=30)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("", "", 0)
    assert "/torn" in site.targets()


def await_closed(site: behaviour.Server) -> None:
    """The server sees the end of every connection."""
    deadline = time.monotonic() + 3
    while site.open and time.monotonic() < deadline:
        time.sleep(0.01)
    assert site.open == 0
