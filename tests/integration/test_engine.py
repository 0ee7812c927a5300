"""The crawler engine against servers that behave: what it asks for, what it brings, and how politely."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from servers import Asked, Servers, page, redirect

from steppewatch.config.settings import PerHost
from steppewatch.errors import FetchError, FetchReason, PermanentFetchError, RetryableFetchError
from steppewatch.model import FetchedPage

if TYPE_CHECKING:
    from conftest import Browse

HELLO = page("Сәлем".encode(), ETag='"v1"', Last_Modified="Fri, 05 Apr 2019 10:00:00 GMT")


@pytest.mark.parametrize("host", [None, "localhost", "site.test", "SITE.test."])
def test_a_page_comes_with_everything_we_keep(browse: Browse, servers: Servers, host: str | None) -> None:
    site = servers.start({"/a?b=1": HELLO})
    url = site.url("/a?b=1", host)
    fetched = browse().fetch(url)
    assert (fetched.status, fetched.body, fetched.content_type) == (200, "Сәлем".encode(), "text/html; charset=utf-8")
    assert (fetched.request_url, fetched.address) == (url, "127.0.0.1")
    assert fetched.url.lower() == url.lower()
    assert ("Etag", '"v1"') in fetched.headers
    assert abs(fetched.fetched_at - datetime.now(UTC)) < timedelta(seconds=10)


def test_validators_are_sent_and_an_unchanged_answer_is_told(browse: Browse, servers: Servers) -> None:
    from crawler.engine import NotModified

    def unchanged(asked: Asked) -> bytes:
        return page(b"", 304) if asked.headers.get("if-none-match") == '"v1"' else HELLO

    site = servers.start(unchanged)
    browser = browse()
    url = site.url()
    assert browser.fetch(url).status == 200
    assert browser.ask(url, etag='"v1"', last_modified="Fri, 05 Apr 2019 10:00:00 GMT") == NotModified(url)
    assert site.asked[1].headers["if-modified-since"] == "Fri, 05 Apr 2019 10:00:00 GMT"
    assert browser.fetch(url, etag='"v0"').status == 200
    assert "if-none-match" not in site.asked[0].headers


def test_we_introduce_ourselves_and_tell_nothing_else(browse: Browse, servers: Servers) -> None:
    landing = {"/": page(b"x", Set_Cookie="id=1; Path=/"), "/moved": redirect("/")}
    site = servers.start(landing)
    browser = browse()
    browser.fetch(site.url("/"))
    browser.fetch(site.url("/moved"), accept="application/rss+xml")
    for asked in site.asked:
        assert asked.headers["user-agent"] == "Steppewatch/test (+mailto:desk@example.org)"
        assert not {"cookie", "referer", "authorization", "x-forwarded-for"} & set(asked.headers)
    assert site.asked[-1].headers["accept"] == "application/rss+xml"


def test_a_redirect_is_followed(browse: Browse, servers: Servers) -> None:
    site = servers.start({"/old": redirect("new?x=1#top", 301), "/new?x=1": redirect("/last", 308), "/last": HELLO})
    fetched = browse().fetch(site.url("/old"))
    assert (fetched.url, fetched.request_url) == (site.url("/last"), site.url("/old"))


def test_meta_refresh_is_not_followed(browse: Browse, servers: Servers) -> None:
    site = servers.start({"/": page(b'<meta http-equiv="refresh" content="0;url=/next">')})
    assert browse().fetch(site.url()).status == 200
    assert site.targets() == ["/"]


def test_the_same_address_is_fetched_every_time(browse: Browse, servers: Servers) -> None:
    site = servers.start({"/": HELLO})
    browser = browse()
    for _ in range(3):
        browser.fetch(site.url())
    assert site.targets() == ["/", "/", "/"]


def test_letters_of_every_script_in_an_address(browse: Browse, servers: Servers) -> None:
    site = servers.start({"/%D0%B6%D0%B0%D2%A3%D0%B0?q=%E6%96%B0": HELLO})
    browser = browse(hosts={"қазақ.test": "127.0.0.1"})
    assert browser.fetch(f"http://қазақ.test:{site.port}/жаңа?q=新").status == 200
    assert site.asked[0].headers["host"] == f"xn--80aau21bd.test:{site.port}"
    assert browser.fetch(f"http://XN--80aau21bd.test:{site.port}/жаңа?q=新").status == 200


def test_packed_bodies_are_unpacked(browse: Browse, servers: Servers) -> None:
    import gzip
    import zlib

    packed = {
        "/gzip": page(gzip.compress(b"text"), Content_Encoding="gzip"),
        "/deflate": page(zlib.compress(b"text"), Content_Encoding="deflate"),
        "/twice": page(gzip.compress(gzip.compress(b"text")), Content_Encoding="gzip, gzip"),
    }
    site = servers.start(packed)
    browser = browse()
    for target in packed:
        fetched = browser.fetch(site.url(target))
        assert fetched.body == b"text"
        assert "Content-Encoding" not in dict(fetched.headers)


def test_an_unknown_charset_is_left_to_the_reader(browse: Browse, servers: Servers) -> None:
    site = servers.start({"/": page(b"\xff\xfe\x00", Content_Type="text/html; charset=utf-99")})
    fetched = browse().fetch(site.url())
    assert (fetched.body, fetched.content_type) == (b"\xff\xfe\x00", "text/html; charset=utf-99")


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (400, PermanentFetchError, FetchReason.CLIENT_ERROR),
        (401, PermanentFetchError, FetchReason.CLIENT_ERROR),
        (403, PermanentFetchError, FetchReason.CLIENT_ERROR),
        (404, PermanentFetchError, FetchReason.CLIENT_ERROR),
        (410, PermanentFetchError, FetchReason.CLIENT_ERROR),
        (408, RetryableFetchError, FetchReason.TIMEOUT),
        (429, RetryableFetchError, FetchReason.TOO_MANY_REQUESTS),
        (500, RetryableFetchError, FetchReason.SERVER_ERROR),
        (503, RetryableFetchError, FetchReason.SERVER_ERROR),
        (599, RetryableFetchError, FetchReason.SERVER_ERROR),
        (302, PermanentFetchError, FetchReason.REDIRECTS),
    ],
)
def test_a_status_says_whether_to_come_back(
    browse: Browse, servers: Servers, status: int, kind: type[FetchError], reason: FetchReason
) -> None:
    site = servers.start({"/": page(b"no", status)})
    error = browse().refused(site.url())
    assert (type(error), error.reason, error.status, error.retry_after) == (kind, reason, status, None)


@pytest.mark.parametrize(
    ("told", "seconds"), [("7", 7.0), ("Fri, 05 Apr 2019 10:00:00 GMT", None), ("-5", None), ("9" * 30, None)]
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_passed_on(browse: Browse, servers: Servers, status: int, told: str, seconds: float | None) -> None:
    site = servers.start({"/": page(b"", status, Retry_After=told)})
    assert browse().refused(site.url()).retry_after == seconds


# ---------------------------------------------------------------------------------------------------------- politeness
def test_the_delay_of_a_host_is_kept(browse: Browse, servers: Servers) -> None:
    """By the server's own clock; two hosts do not wait for each other."""
    site = servers.start({"/": HELLO})
    browser = browse(per_host=PerHost(concurrency=1, delay=timedelta(seconds=0.2)))
    began = time.monotonic()
    answers = browser.together(*[site.url(host="site.test")] * 6, *[site.url(host="other.test")] * 6)
    assert time.monotonic() - began < 1.9
    assert all(isinstance(answer, FetchedPage) for answer in answers)
    for host in ("site.test", "other.test"):
        times = [asked.at for asked in site.asked if asked.headers["host"].startswith(host)]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert len(gaps) == 5
        assert min(gaps) > 0.2 - 0.03  # the first request has to connect, the others do not


def test_a_redirect_to_another_host_keeps_that_host_s_delay(browse: Browse, servers: Servers) -> None:
    site = servers.start({"/": HELLO})
    gate = servers.start({f"/{number}": redirect(site.url("/", "other.test")) for number in range(3)})
    browser = browse(
        per_host=PerHost(concurrency=1, delay=timedelta(seconds=0.3)),
        hosts={"a.test": "127.0.0.1", "b.test": "127.0.0.1", "other.test": "127.0.0.1"},
    )
    browser.together(gate.url("/0", "a.test"), gate.url("/1", "b.test"))
    first, second = (asked.at for asked in site.asked)
    assert second - first > 0.3 - 0.03


# ------------------------------------------------------------------------------------------------------------ endurance
def test_two_hundred_requests_leave_nothing_open(browse: Browse, servers: Servers) -> None:
    site = servers.start({"/": HELLO, "/gone": page(b"", 404)})
    browser = browse()
    browser.fetch(site.url())
    descriptors = open_descriptors()
    for _ in range(100):
        browser.fetch(site.url())
        browser.refused(site.url("/gone"))
    assert len(site.asked) == 201
    assert open_descriptors() == descriptors
    assert site.connections == 1


def open_descriptors() -> int:
    """How many files and sockets this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))
