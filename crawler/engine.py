"""The one long-lived Scrapy crawler: `await engine.fetch(request)` from anywhere on the loop.

Requests go straight to Scrapy's downloader (`ExecutionEngine.download_async`), which keeps the delay and concurrency of every
host. The losing option was to feed a queue to `Spider.start()`: it needs a future for every request and buys nothing, since
our rows in the store already are the queue. Nothing is retried here for the same reason: a link or source row is, later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from OpenSSL.SSL import Error as OpenSSLError
from scrapy import Spider, signals
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Request, Response
from twisted.internet.error import ConnectError
from twisted.logger import STDLibLogObserver, globalLogBeginner
from twisted.web._newclient import RequestGenerationFailed, RequestNotSent, RequestTransmissionFailed, ResponseFailed

from crawler.guard import AddressRefusedError, GuardedResolver, HeadTooLargeError, wire_name
from crawler.responses import BadPackingError, BadRedirectError, TooManyRedirectsError, UnpackedTooLargeError
from crawler.robots import RobotsForbiddenError, RobotsUnavailableError
from crawler.settings import MAX_REDIRECTS, scrapy_settings
from crawler.tls import CertificateRefusedError
from steppewatch.clock import Clock
from steppewatch.config.settings import Crawl
from steppewatch.errors import FetchError, FetchReason, PermanentFetchError, RetryableFetchError
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
        self._in_flight: set[asyncio.Task[Response]] = set()
        self._resolver: GuardedResolver | None = None

    async def start(self) -> None:
        """Open the crawler on the running reactor. Raises what Scrapy raises where that fails."""
        from twisted.internet import reactor

        _send_twisted_log_to_logging()
        self._resolver = GuardedResolver(reactor.nameResolver, self._crawl.hosts, self._crawl.allow_private)
        reactor.installNameResolver(self._resolver)
        runner = AsyncCrawlerRunner(self._settings)
        crawler = runner.create_crawler(_WatchSpider)
        opened = asyncio.Event()

        def on_started() -> None:
            opened.set()

        crawler.signals.connect(on_started, signal=signals.engine_started)
        self._running = runner.crawl(crawler, resolver=self._resolver)
        waiting = asyncio.ensure_future(opened.wait())
        await asyncio.wait({waiting, self._running}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._running.done():
            self._put_back_resolver()
            self._running.result()
        self._crawler = crawler

    async def stop(self) -> None:
        """Close the crawler. Requests in flight end with a RetryableFetchError, their connections are dropped."""
        crawler, self._crawler = self._crawler, None
        if crawler is None or self._running is None:
            return
        for download in tuple(self._in_flight):
            download.cancel()
        await crawler.stop_async()
        await self._running
        self._put_back_resolver()

    async def fetch(self, request: FetchRequest) -> FetchedPage | NotModified:
        """Fetch one address. Raises RetryableFetchError or PermanentFetchError, whose `reason` says why."""
        response = await self._download(_scrapy_request(request))
        if response.status == 304:
            return NotModified(request.url)
        _raise_for_status(response)
        return self._page(response, request)

    async def _download(self, request: Request) -> Response:
        if self._crawler is None:
            raise _stopped()
        download = asyncio.ensure_future(self._crawler.engine.download_async(request))
        self._in_flight.add(download)
        try:
            return await download
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise _stopped() from None
        except Exception as error:
            explained = self._explained(error)
            if explained is None:
                raise
            raise explained from error
        finally:
            self._in_flight.discard(download)

    def _put_back_resolver(self) -> None:
        from twisted.internet import reactor

        if self._resolver is not None and reactor.nameResolver is self._resolver:
            reactor.installNameResolver(self._resolver.system)

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

    def _explained(self, error: Exception) -> FetchError | None:
        """Our error for Scrapy's and Twisted's, or None for one that nobody foresaw."""
        if isinstance(error, AddressRefusedError):
            return PermanentFetchError(
                FetchReason.ADDRESS_REFUSED, f"the address is refused: {error} (`crawl: allow_private` lists what may be fetched)"
            )
        if isinstance(error, DownloadCancelledError | UnpackedTooLargeError):
            return PermanentFetchError(FetchReason.TOO_LARGE, f"the body is larger than {self._crawl.max_body} bytes")
        if isinstance(error, DownloadFailedError) and (explained := _explained_failure(error)):
            return explained
        for kind, reason, sentence in _PERMANENT:
            if isinstance(error, kind):
                return PermanentFetchError(reason, sentence)
        for kind, reason, sentence in _RETRYABLE:
            if isinstance(error, kind):
                return RetryableFetchError(reason, sentence)
        return None


_BAD_ADDRESS = "this is not an address of http or https with a host, without a user name"
_Sentences = tuple[tuple[type[Exception], FetchReason, str], ...]
_PERMANENT: _Sentences = (
    (RobotsForbiddenError, FetchReason.ROBOTS, "robots.txt forbids this address"),
    (TooManyRedirectsError, FetchReason.REDIRECTS, f"more than {MAX_REDIRECTS} redirects, or a circle of them"),
    (BadRedirectError, FetchReason.REDIRECTS, "the server redirects to something that is no address"),
    (ValueError, FetchReason.SCHEME, _BAD_ADDRESS),  # a host name that cannot be one
)
_RETRYABLE: _Sentences = (
    (CannotResolveHostError, FetchReason.DNS, "the host name cannot be resolved"),
    (RobotsUnavailableError, FetchReason.ROBOTS, "robots.txt cannot be had, so nothing may be fetched yet"),
    (DownloadTimeoutError, FetchReason.TIMEOUT, "the server took too long"),
    (DownloadConnectionRefusedError, FetchReason.CONNECTION, "the server refuses connections"),
    (ResponseDataLossError, FetchReason.INCOMPLETE, "the server ended the connection in the middle of the body"),
    (BadPackingError, FetchReason.INCOMPLETE, "the body is not packed the way its header says"),
    (DownloadFailedError, FetchReason.CONNECTION, "the connection broke"),
    (ConnectError, FetchReason.CONNECTION, "the server cannot be reached"),
    (RequestNotSent, FetchReason.CONNECTION, "the connection broke"),
    (RequestTransmissionFailed, FetchReason.CONNECTION, "the connection broke"),
    (RequestGenerationFailed, FetchReason.CONNECTION, "the connection broke"),
)


@cache
def _send_twisted_log_to_logging() -> None:
    """Once in a process, like the reactor: until then Twisted prints what nobody handled, addresses and all.

    Nor may `logging` print it where nobody has set it up.
    """
    for library in ("scrapy", "twisted", "protego"):
        logging.getLogger(library).addHandler(logging.NullHandler())
    observer: Any = STDLibLogObserver("twisted")
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False, discardBuffer=True)


def _stopped() -> FetchError:
    return RetryableFetchError(FetchReason.CONNECTION, "the crawler has stopped")


def _scrapy_request(request: FetchRequest) -> Request:
    headers = {"Accept": request.accept}
    if request.etag:
        headers["If-None-Match"] = request.etag
    if request.last_modified:
        headers["If-Modified-Since"] = request.last_modified
    try:
        made = Request(request.url.strip(), headers=headers, meta={"insecure_tls": request.insecure_tls}, dont_filter=True)
        usable = _is_usable(made.url)
    except ValueError:
        usable = False
    if not usable:
        raise PermanentFetchError(FetchReason.SCHEME, _BAD_ADDRESS)
    return made


def _is_usable(url: str) -> bool:
    """Raises ValueError for a host or port that cannot be one."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return False
    wire_name(parts.hostname)
    return parts.port != 0


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


def _explained_failure(error: DownloadFailedError) -> FetchError | None:
    """What OpenSSL, the check of the certificate or the cap on headers said, where that is why the connection failed."""
    cause = error.__cause__
    for failure in getattr(cause, "reasons", ()) if isinstance(cause, ResponseFailed) else ():
        value = failure.value
        if isinstance(value, HeadTooLargeError):
            return PermanentFetchError(FetchReason.TOO_LARGE, "the server sends headers without end")
        if isinstance(value, CertificateRefusedError):
            return PermanentFetchError(FetchReason.TLS, str(value))
        if isinstance(value, OpenSSLError):
            words = [str(part) for entry in value.args[0] for part in entry if part] if value.args else []
            return PermanentFetchError(FetchReason.TLS, f"TLS failed: {', '.join(words) or 'no reason was given'}")
    return None
