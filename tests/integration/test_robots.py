"""robots.txt: what it forbids, when it cannot be had, and how long an answer counts."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import servers as behaviour
from servers import Answer, Servers, page, raw, redirect

from crawler.robots import AGENT, MAX_BYTES, parse
from steppewatch.errors import FetchError, FetchReason, PermanentFetchError, RetryableFetchError
from steppewatch.model import FetchedPage

if TYPE_CHECKING:
    from conftest import Browse

HELLO = page(b"hello")
SHORT = timedelta(seconds=0.2)
FORBID = page(b"User-agent: *\nDisallow: /private\n")


def test_what_is_forbidden_is_not_asked_for(browse: Browse, servers: Servers) -> None:
    site = servers.start({"/robots.txt": FORBID, "/private/x": HELLO, "/open": HELLO, "/gate": redirect("/private/x")})
    browser = browse(obey_robots=True)
    for target in ("/private/x", "/gate"):
        error = browser.refused(site.url(target))
        assert (type(error), error.reason) == (PermanentFetchError, FetchReason.ROBOTS)
    assert browser.fetch(site.url("/open")).status == 200
    assert site.targets() == ["/robots.txt", "/gate", "/open"]


def test_requests_that_wait_for_one_answer_all_obey_it(browse: Browse, servers: Servers) -> None:
    site = servers.start({"/robots.txt": FORBID, "/open": HELLO})
    answers = browse(obey_robots=True).together(*[site.url("/private")] * 5, site.url("/open"))
    assert [answer.reason for answer in answers if isinstance(answer, FetchError)] == [FetchReason.ROBOTS] * 5
    assert isinstance(answers[-1], FetchedPage)
    assert sorted(site.targets()) == ["/open", "/robots.txt"]


def test_robots_txt_is_not_asked_for_when_told_so(browse: Browse, servers: Servers) -> None:
    site = servers.start({"/robots.txt": FORBID, "/private": HELLO})
    assert browse(obey_robots=False).fetch(site.url("/private")).status == 200
    assert site.targets() == ["/private"]


@pytest.mark.parametrize(
    "answer",
    [
        page(b"User-agent: *\nDisallow: /", 404),
        page(b"User-agent: *\nDisallow: /", 403),
        page(b""),
        page(b"<html>not what you think</html>"),
        page(b"\xff\xfe\x00\x01" * 100),
        redirect("/robots.txt"),
        redirect("http://[bad/"),
        redirect("ftp://site.test/robots.txt"),
    ],
)
def test_without_rules_everything_is_allowed(browse: Browse, servers: Servers, answer: bytes) -> None:
    site = servers.start({"/robots.txt": answer, "/": HELLO})
    assert browse(obey_robots=True).fetch(site.url()).status == 200


@pytest.mark.parametrize(
    "answer",
    [
        page(b"", 500),
        page(b"", 503),
        page(b"", 429),
        behaviour.never,
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nUser"),
        page(b"plain", Content_Encoding="gzip"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 90000000\r\n\r\nUser"),
    ],
    ids=["500", "503", "429", "never", "torn", "packing", "huge"],
)
def test_what_cannot_be_had_forbids_for_a_while(browse: Browse, servers: Servers, answer: Answer) -> None:
    robots = {"/robots.txt": answer}
    site = servers.start(lambda asked: robots.get(asked.target, HELLO))
    browser = browse(obey_robots=True, robots_expire=SHORT, timeout=timedelta(seconds=0.5))
    error = browser.refused(site.url())
    assert (type(error), error.reason) == (RetryableFetchError, FetchReason.ROBOTS)
    robots["/robots.txt"] = page(b"")
    fetched_before(site, browser)
    assert site.targets()[-2:] == ["/robots.txt", "/"]


def test_a_failure_is_not_asked_for_again_at_once(browse: Browse, servers: Servers) -> None:
    site = servers.start({"/robots.txt": page(b"", 500), "/": HELLO})
    browser = browse(obey_robots=True)
    for _ in range(3):
        assert browser.refused(site.url()).reason is FetchReason.ROBOTS
    assert site.targets() == ["/robots.txt"]


def test_an_answer_expires(browse: Browse, servers: Servers) -> None:
    rules = {"/robots.txt": page(b"User-agent: steppewatch\nDisallow: /\n")}
    site = servers.start(lambda asked: rules.get(asked.target, HELLO))
    browser = browse(obey_robots=True, robots_expire=SHORT)
    assert browser.refused(site.url()).reason is FetchReason.ROBOTS
    rules["/robots.txt"] = page(b"", 404)
    fetched_before(site, browser)


def test_a_host_that_cannot_be_reached_is_the_reason_itself(browse: Browse) -> None:
    browser = browse(obey_robots=True)
    assert browser.refused("http://nobody.invalid/").reason is FetchReason.DNS
    assert browser.refused("http://127.0.0.1:1/").reason is FetchReason.CONNECTION


@pytest.mark.parametrize("length", [True, False], ids=["declared", "undeclared"])
def test_five_megabytes_are_read_up_to_the_cap(browse: Browse, servers: Servers, length: bool) -> None:
    """The rules at the beginning count, and the cap on bodies is another one."""
    beginning = b"User-agent: *\nDisallow: /private\n"
    filler = b"Disallow: /" + b"x" * 88 + b"\n"
    body = beginning + filler * 50_000
    head = f"HTTP/1.1 200 OK\r\n{f'Content-Length: {len(body)}' if length else 'X: y'}\r\n\r\n".encode()
    site = servers.start({"/robots.txt": raw(head + body), "/private": HELLO, "/": HELLO})
    browser = browse(obey_robots=True, max_body=1000)
    assert browser.refused(site.url("/private")).reason is FetchReason.ROBOTS
    assert browser.fetch(site.url("/")).status == 200


def test_a_robots_txt_without_end_is_read_up_to_the_cap(browse: Browse, servers: Servers) -> None:
    site = servers.start({"/robots.txt": behaviour.endless_rules, "/private": HELLO, "/": HELLO})
    browser = browse(obey_robots=True)
    assert browser.refused(site.url("/private")).reason is FetchReason.ROBOTS
    assert browser.fetch(site.url("/")).status == 200


def fetched_before(site: behaviour.Server, browser: object, seconds: float = 3.0) -> None:
    """Soon the page can be had."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            assert browser.fetch(site.url()).status == 200  # type: ignore[attr-defined]
        except FetchError:
            assert time.monotonic() < deadline
        else:
            return


# ---------------------------------------------------------------------------------------------------------------- rules
@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("User-agent: Steppewatch\nDisallow: /a", False),
        ("User-agent: STEPPEWATCH/1.0\nDisallow: /a", False),
        ("user-agent:steppewatch # us\nDisallow: /a", False),
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: * # all\nDisallow: /", False),
        ("User-agent: Googlebot\nDisallow: /", True),
        ("User-agent: steppewatch-news\nDisallow: /", True),
        ("User-agent: Googlebot\nUser-agent: steppewatch\nDisallow: /a", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: steppewatch\nAllow: /", True),
        ("User-agent: Googlebot\nDisallow: /\nUser-agent: *\nDisallow: /b", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", True),
        ("\ufeffUser-agent: *\nDisallow: /a", False),
        ("User-agent: *\rDisallow: /a\r", False),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: *\nDisallow: /*/b$", False),
    ],
)
def test_rules_for_us(text: str, allowed: bool) -> None:
    assert parse(text.encode()).allowed("http://site.test/a/b", AGENT) is allowed


def test_a_rule_cut_in_half_does_not_count() -> None:
    """Half of it would forbid everything."""
    beginning = b"User-agent: *\n"
    last = b"Disallow: /"
    padding = b"#" * (MAX_BYTES - len(beginning) - len(last) - 1) + b"\n"
    body = beginning + padding + last + b"private\n"
    assert body[:MAX_BYTES].endswith(b"\nDisallow: /")
    assert parse(body).allowed("http://site.test/open", AGENT)


def test_rules_for_a_crowd_of_agents_cost_no_more() -> None:
    """Fifteen thousand rules for fifteen thousand agents: stored once for each, they would fill the memory."""
    agents = "".join(f"User-agent: a{number}\n" for number in range(15_000))
    rules = "".join(f"Disallow: /{number}\n" for number in range(15_000))
    began = time.process_time()
    assert parse((agents + rules).encode()).allowed("http://site.test/1", AGENT)
    assert time.process_time() - began < 5
