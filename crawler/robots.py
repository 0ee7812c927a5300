"""robots.txt as RFC 9309 wants it: kept for a while, not for ever, and read up to a size.

Scrapy keeps every answer for the life of the crawler, and takes a robots.txt that could not be had for "all allowed". Here
an answer expires; one that could not be had (5xx, time-out) forbids for a short while; one that is not there (4xx) allows.
"""

from __future__ import annotations

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached

from steppewatch.clock import monotonic

MAX_BYTES = 500_000
EXPIRE_FAILURE_SECONDS = 300.0


class RobotsForbiddenError(IgnoreRequest):
    """robots.txt forbids the address to us."""


class RobotsUnavailableError(IgnoreRequest):
    """robots.txt could not be had, so nothing is known to be allowed."""


class ExpiringRobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's middleware with answers that expire."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._expire_seconds = crawler.settings.getfloat("ROBOTS_EXPIRE_SECONDS")
        self._asked: dict[str, float] = {}
        self._unavailable: set[str] = set()

    async def robot_parser(self, request: Request) -> RobotParser | None:
        netloc = urlparse_cached(request).netloc
        lifetime = EXPIRE_FAILURE_SECONDS if netloc in self._unavailable else self._expire_seconds
        if netloc not in self._asked or monotonic() - self._asked[netloc] > lifetime:
            self._asked[netloc] = monotonic()
            self._unavailable.discard(netloc)
            self._parsers.pop(netloc, None)
        parser = await super().robot_parser(request)
        if netloc in self._unavailable:
            raise RobotsUnavailableError
        return parser

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        if rp is not None and not rp.allowed(request.url, self._robotstxt_useragent or self._default_useragent):
            raise RobotsForbiddenError

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            raise RobotsUnavailableError
        body = response.body[:MAX_BYTES] if response.status < 300 else b""
        await super()._parse_robots(response.replace(body=body), netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        self._unavailable.add(netloc)
        super()._robots_error(exc, netloc)
