"""The one long-lived Scrapy crawler: `await engine.fetch(request)` from anywhere on the loop.

Requests go straight to Scrapy's downloader (`ExecutionEngine.download_async`), which keeps the delay and concurrency of every
host. The losing option was to feed a queue to `Spider.start()`: it needs a future for every request and buys nothing, since
our rows in the store already are the queue. Nothing is retried here for the same reason: a link or source row is, later.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from OpenSSL.SSL import Error as OpenSSLError
from scrapy import Spider, signals
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Request, Response
from service_identity import VerificationError
from twisted.internet.error import ConnectError
from twisted.web.client import ResponseFailed

from crawler.guard import AddressRefusedError, GuardedResolver
from crawler.robots import RobotsForbiddenError, RobotsUnavailableError
from crawler.settings import scrapy_settings
from steppewatch.clock import Clock
from steppewatch.config.settings import Crawl
from steppewatch.errors import FetchReason, PermanentFetchError, RetryableFetchError
from steppewatch.model import FetchedPage

RETRY_LATER_STATUSES = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One address to fetch. With validators, an unchanged answer comes back as `NotModified`."""

    url: str
    accept: str = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"
    etag: str | None = None
    last_modified: str | None = None
    insecure_tls: bool = False


@dataclass(frozen=True, slots=True)
class NotModified:
    """The server says that nothing changed since the validators we sent."""

    url: str


class _WatchSpider(Spider):
    """Holds the crawler open; requests do not come from it."""

    name = "steppewatch"

    async def start(self) -> AsyncIterator[Any]:
        await asyncio.Event().wait()
        yield None  # pragma: no cover


class Engine:
    """The crawler of a process. One for its whole life: `start`, any number of `fetch`, `stop`."""

    def __init__(self, crawl: Crawl, *, user_agent: str, clock: Clock) -> None:
        self._crawl = crawl
        self._clock = clock
        self._settings = scrapy_settings(crawl, user_agent)
        self._crawler: Crawler | None = None
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the crawler on the running reactor. Raises what Scrapy raises where that fails."""
        from twisted.internet import reactor

        resolver = GuardedResolver(reactor.nameResolver, self._crawl.hosts, self._crawl.allow_private)
        reactor.installNameResolver(resolver)
        runner = AsyncCrawlerRunner(self._settings)
        self._crawler = runner.create_crawler(_WatchSpider)
        opened = asyncio.Event()

        def on_opened() -> None:
            opened.set()

        self._crawler.signals.connect(on_opened, signal=signals.spider_opened)
        self._running = runner.crawl(self._crawler, resolver=resolver)
        waiting = asyncio.ensure_future(opened.wait())
        await asyncio.wait({waiting, self._running}, return_when=asyncio.FIRST_COMPLETED)
        if self._running.done():
            waiting.cancel()
            self._running.result()

    async def stop(self) -> None:
        """Close the crawler; requests in flight are abandoned (their rows are leased again later)."""
        if self._crawler is not None and self._running is not None:
            await self._crawler.stop_async()
            await self._running

    async def fetch(self, request: FetchRequest) -> FetchedPage | NotModified:
        """Fetch one address. Raises RetryableFetchError or PermanentFetchError, whose `reason` says why."""
        assert self._crawler is not None and self._crawler.engine is not None
        try:
            response = await self._crawler.engine.download_async(_scrapy_request(request))
        except Exception as error:
            raise self._explained(error) from error
        if response.status == 304:
            return NotModified(request.url)
        _raise_for_status(response)
        return self._page(response, request)

    def _page(self, response: Response, request: FetchRequest) -> FetchedPage:
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, values in response.headers.items() for value in values
        )
        return FetchedPage(
            url=response.url,
            status=response.status,
            body=response.body,
            content_type=(response.headers.get(b"Content-Type") or b"").decode("latin-1"),
            headers=headers,
            fetched_at=self._clock.now(),
            address=str(response.ip_address or ""),
            request_url=request.url,
        )

    def _explained(self, error: Exception) -> Exception:
        """Our error for Scrapy's and Twisted's; one that we do not know comes back as it is."""
        if isinstance(error, AddressRefusedError):
            return PermanentFetchError(
                FetchReason.ADDRESS_REFUSED, f"the address is refused: {error} (`crawl: allow_private` lists what may be fetched)"
            )
        if isinstance(error, DownloadCancelledError):
            return PermanentFetchError(FetchReason.TOO_LARGE, f"the body is larger than {self._crawl.max_body} bytes")
        if isinstance(error, RobotsForbiddenError):
            return PermanentFetchError(FetchReason.ROBOTS, "robots.txt forbids this address")
        if isinstance(error, IgnoreRequest) and not isinstance(error, RobotsUnavailableError):
            return PermanentFetchError(
                FetchReason.TOO_LARGE, f"the body is larger than {self._crawl.max_body} bytes when unpacked"
            )
        if isinstance(error, DownloadFailedError) and (problem := _tls_problem(error)):
            return PermanentFetchError(FetchReason.TLS, f"the certificate or TLS of the server is wrong: {problem}")
        for kind, reason, sentence in _RETRYABLE:
            if isinstance(error, kind):
                return RetryableFetchError(reason, sentence)
        if isinstance(error, UnsupportedURLSchemeError | ValueError):
            return PermanentFetchError(FetchReason.SCHEME, "the address is not one of http or https")
        return error


_RETRYABLE: tuple[tuple[type[Exception], FetchReason, str], ...] = (
    (CannotResolveHostError, FetchReason.DNS, "the host name cannot be resolved"),
    (RobotsUnavailableError, FetchReason.ROBOTS, "robots.txt cannot be had, so nothing may be fetched yet"),
    (DownloadTimeoutError, FetchReason.TIMEOUT, "the server took too long"),
    (DownloadConnectionRefusedError, FetchReason.CONNECTION, "the server refuses connections"),
    (ResponseDataLossError, FetchReason.INCOMPLETE, "the server ended the connection in the middle of the body"),
    (DownloadFailedError, FetchReason.CONNECTION, "the connection broke"),
    (ConnectError, FetchReason.CONNECTION, "the server cannot be reached"),
)


def _scrapy_request(request: FetchRequest) -> Request:
    headers = {"Accept": request.accept}
    if request.etag:
        headers["If-None-Match"] = request.etag
    if request.last_modified:
        headers["If-Modified-Since"] = request.last_modified
    return Request(request.url, headers=headers, meta={"insecure_tls": request.insecure_tls}, dont_filter=True)


def _raise_for_status(response: Response) -> None:
    status = response.status
    if 200 <= status < 300:
        return
    after = _retry_after(response)
    if status in RETRY_LATER_STATUSES:
        reason = FetchReason.TOO_MANY_REQUESTS if status == 429 else FetchReason.TIMEOUT
        raise RetryableFetchError(reason, f"the server answered {status}", status=status, retry_after=after)
    if status >= 500:
        raise RetryableFetchError(FetchReason.SERVER_ERROR, f"the server answered {status}", status=status, retry_after=after)
    if status < 400:
        raise PermanentFetchError(FetchReason.REDIRECTS, f"the server answered {status} and led nowhere", status=status)
    raise PermanentFetchError(FetchReason.CLIENT_ERROR, f"the server answered {status}", status=status)


def _retry_after(response: Response) -> float | None:
    """Seconds of a Retry-After header; the form with a date is not worth the trouble for a crawler."""
    value = (response.headers.get(b"Retry-After") or b"").decode("latin-1").strip()
    return float(value) if value.isdecimal() and len(value) < 7 else None


def _tls_problem(error: DownloadFailedError) -> str | None:
    """What OpenSSL or the check of the host name said, where that is why the connection failed."""
    cause = error.__cause__
    for failure in getattr(cause, "reasons", ()) if isinstance(cause, ResponseFailed) else ():
        value = failure.value
        if isinstance(value, VerificationError):
            return "the certificate is for another host"
        if isinstance(value, OpenSSLError):
            words = [part for entry in value.args[0] for part in entry if part] if value.args else []
            return ", ".join(str(word) for word in words) or "the handshake failed"
    return None
