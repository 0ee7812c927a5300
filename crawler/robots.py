"""robots.txt as RFC 9309 wants it: kept for a while, not for ever, and read up to a size.

Scrapy keeps every answer for the life of the crawler, takes a robots.txt that could not be had for "all allowed", and tells the
second of two requests that wait for one answer "all allowed", too. Here an answer expires; one that could not be had (5xx,
time-out) forbids for a short while; one that is not there (4xx) allows. Where the host cannot be reached at all, that is why.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, IgnoreRequest, ResponseDataLossError, StopDownload
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser
from scrapy.utils.httpobj import urlparse_cached

from crawler.responses import BadPackingError, BadRedirectError, TooManyRedirectsError
from steppewatch.clock import monotonic

AGENT = "steppewatch"
MAX_BYTES = 500_000
MAX_DECLARED = 20_000_000  # a larger one is not even begun
MAX_HOSTS = 2_000
EXPIRE_FAILURE_SECONDS = 300.0
PRIORITY = 1_000
RECEIVED = "robots_received"

_UNAVAILABLE = (DownloadTimeoutError, DownloadCancelledError, ResponseDataLossError, BadPackingError, IgnoreRequest)
_AGENT_LINE = re.compile(r"\s*user[- ]?agent\b\s*:?\s*(?P<agent>\*(?=\s*(?:#|$))|steppewatch(?![\w-]))?", re.IGNORECASE)


class RobotsForbiddenError(IgnoreRequest):
    """robots.txt forbids the address to us."""


class RobotsUnavailableError(IgnoreRequest):
    """robots.txt could not be had, so nothing is known to be allowed."""


@dataclass(slots=True)
class _Host:
    """What a host's robots.txt says; `rules` is None where it could not be had. One asks, the others wait for the lock."""

    rules: ProtegoRobotParser | None = None
    expires: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class ExpiringRobotsMiddleware:
    """Asks for robots.txt before the first request to a host, and again when the answer has expired."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._expire_seconds = crawler.settings.getfloat("ROBOTS_EXPIRE_SECONDS")
        self._hosts: OrderedDict[str, _Host] = OrderedDict()
        crawler.signals.connect(self._stop_when_full, signal=signals.bytes_received)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises RobotsForbiddenError, RobotsUnavailableError, or why the host cannot be reached."""
        if RECEIVED in request.meta:
            return
        url = urlparse_cached(request)
        host = self._host(f"{url.scheme}://{url.netloc}")
        async with host.lock:
            if monotonic() >= host.expires:
                await self._ask(host, f"{url.scheme}://{url.netloc}/robots.txt")
        if host.rules is None:
            raise RobotsUnavailableError
        if not host.rules.allowed(request.url, AGENT):
            raise RobotsForbiddenError

    def _host(self, name: str) -> _Host:
        host = self._hosts.setdefault(name, _Host())
        self._hosts.move_to_end(name)
        if len(self._hosts) > MAX_HOSTS:
            self._hosts.popitem(last=False)
        return host

    async def _ask(self, host: _Host, url: str) -> None:
        host.rules = await self._fetch(url)
        lifetime = self._expire_seconds if host.rules is not None else min(self._expire_seconds, EXPIRE_FAILURE_SECONDS)
        host.expires = monotonic() + lifetime

    async def _fetch(self, url: str) -> ProtegoRobotParser | None:
        request = Request(
            url,
            headers={"Accept": "text/plain,*/*;q=0.5", "Accept-Encoding": "identity"},  # a packed body cannot be cut
            priority=PRIORITY,
            meta={RECEIVED: 0, "download_maxsize": MAX_DECLARED},
            callback=NO_CALLBACK,
        )
        try:
            response = await self._crawler.engine.download_async(request)
        except (TooManyRedirectsError, BadRedirectError):
            return parse(b"")  # RFC 9309, 2.3.1.2: as if there were none
        except _UNAVAILABLE:
            return None
        return await _rules(response)

    def _stop_when_full(self, data: bytes, request: Request) -> None:
        if RECEIVED in request.meta:
            request.meta[RECEIVED] += len(data)
            if request.meta[RECEIVED] >= MAX_BYTES:
                raise StopDownload(fail=False)


async def _rules(response: Response) -> ProtegoRobotParser | None:
    if response.status >= 500 or response.status == 429:
        return None
    body = response.body if response.status < 300 else b""
    return await asyncio.to_thread(parse, body)  # half a second for the worst 500 KB


def parse(body: bytes) -> ProtegoRobotParser:
    """The rules of a robots.txt; what goes beyond MAX_BYTES is not read."""
    if len(body) >= MAX_BYTES:
        body = body[:MAX_BYTES].rpartition(b"\n")[0]  # half a line may forbid more than the whole one
    lines = body.decode("utf-8-sig", errors="ignore").splitlines()
    return ProtegoRobotParser("\n".join(map(_only_our_agent, lines)).encode(), None)


def _only_our_agent(line: str) -> str:
    """All other agents become one: the parser stores each rule once for every agent it is meant for."""
    found = _AGENT_LINE.match(line)
    return f"User-agent: {found['agent'] or 'another'}" if found else line
