"""Gather the articles behind the links that wait: fetch, examine in the pool, archive, and store all in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from alerts import decide
from crawler.engine import FetchRequest, NotModified
from scheduler import record, work
from scheduler.crew import Crew
from scheduler.pool import PoolClosedError, WorkerStartError
from scheduler.pump import Pump
from scheduler.rooms import Rooms
from scheduler.work import Document, Examined
from steppewatch.backoff import next_attempt
from steppewatch.config.settings import Fetch, Keep, Source
from steppewatch.errors import FetchError, ParseError, ParseReason, PermanentFetchError, QuarantinedError, StoreError
from steppewatch.model import ArticleOrigin, FetchedPage
from steppewatch.store import Connection, links, quarantine
from steppewatch.store.links import StoredLink

log = structlog.get_logger()

LEASE = timedelta(minutes=15)
IN_FLIGHT = 32
PER_SOURCE = 4
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=3)


class Gatherer:
    """Turns waiting links into stored articles. `on_alerts` is called when deliveries wait."""

    def __init__(self, rooms: Rooms, *, on_alerts: Callable[[], None]) -> None:
        self._rooms = rooms
        self._on_alerts = on_alerts
        self._archivist = ThreadPoolExecutor(1, "archive")
        self.pump = Pump("gather", self.gather_due)
        self.crew = Crew(IN_FLIGHT, self.pump.wake)

    async def gather_due(self) -> None:
        """Start on every waiting link there is room for."""
        if self.crew.free <= 0:
            return
        now = self._rooms.clock.now()
        claim = partial(links.claim_due, now=now, lease_for=LEASE, limit=self.crew.free, per_source=PER_SOURCE)
        for link in await self._rooms.store.write(claim):
            self.crew.start(self._gather(link))

    async def close(self, seconds: float) -> None:
        """Begin nothing more, end what is in flight, then the archive's thread."""
        await self.pump.close()
        await self.crew.close(seconds)
        self._archivist.shutdown()

    async def _gather(self, link: StoredLink) -> None:
        source = self._rooms.source(link.source)
        if source is None:
            return  # removed by a reload since it was claimed: the lease runs out, and nobody claims it again
        try:
            if source.fetch is Fetch.FEED:
                await self._keep_feed_only(link, source)
            else:
                await self._gather_page(link, source)
        except (StoreError, PoolClosedError, WorkerStartError):
            raise  # no fault of the link, and nothing to record: its lease runs out and it is tried again
        except Exception as error:  # the loop over documents: one bad page must not stop the others
            log.exception("gather_failed", source=link.source, link=link.id, error=type(error).__name__)
            await self._page_failed(link, source, type(error).__name__, permanent=False)

    async def _keep_feed_only(self, link: StoredLink, source: Source) -> None:
        if work.has_words(link.link):
            await self._keep_words(link, source, "")
        else:
            await self._give_up(link, "no_words")

    async def _gather_page(self, link: StoredLink, source: Source) -> None:
        try:
            page = await self._rooms.engine.fetch(FetchRequest(link.link.url, insecure_tls=source.insecure_tls))
        except FetchError as error:
            await self._page_failed(link, source, error.reason, permanent=isinstance(error, PermanentFetchError))
            return
        if isinstance(page, NotModified):  # we sent no validators: such a server is broken
            await self._page_failed(link, source, "not_modified", permanent=True)
            return
        document = Document(
            source=link.source,
            link=link.link,
            language=source.language,
            page_url=page.url,
            content_type=page.content_type,
            fetched=page.fetched_at,
        )
        try:
            examined = await self._rooms.pool.run(work.examine, document, page.body)
        except QuarantinedError as error:
            await self._rooms.store.write(self._quarantine(link, page, error))
            # A worker may be killed by something else than the page it holds: only then is the page worth another try.
            await self._page_failed(link, source, error.reason, permanent=error.reason is not ParseReason.KILLED)
        except ParseError as error:
            await self._page_failed(link, source, error.reason, permanent=True)
        else:
            await self._store(link, examined, page)

    async def _page_failed(self, link: StoredLink, source: Source, reason: str, *, permanent: bool) -> None:
        """Try again later; or keep the feed's own words; or, where there are none, give up in the end."""
        crawl = self._rooms.settings.crawl
        now = self._rooms.clock.now()
        words = work.has_words(link.link)
        tries_left = link.attempts < crawl.retries if words else now < link.first_seen + crawl.give_up_after
        if not permanent and tries_left:
            due = next_attempt(link.attempts + 1, now, first=FIRST_RETRY, longest=LONGEST_RETRY, random=self._rooms.random)
            await self._rooms.store.write(partial(links.mark_retry, link=link.id, next_attempt=due, reason=reason))
        elif words:
            await self._keep_words(link, source, reason)
        else:
            await self._give_up(link, reason)
        log.warning("page_not_had", source=link.source, link=link.id, reason=reason)

    async def _give_up(self, link: StoredLink, reason: str) -> None:
        now = self._rooms.clock.now()
        await self._rooms.store.write(partial(record.give_up, rooms=self._rooms, link=link, reason=reason, now=now))

    async def _keep_words(self, link: StoredLink, source: Source, note: str) -> None:
        document = Document(
            source=link.source,
            link=link.link,
            language=source.language,
            fetched=self._rooms.clock.now(),
            note=note,
            origin=ArticleOrigin.FEED_AFTER_FAILURE if note else ArticleOrigin.FEED,
        )
        await self._store(link, await self._rooms.pool.run(work.examine_words, document), None)

    async def _store(self, link: StoredLink, examined: Examined, page: FetchedPage | None) -> None:
        """The raw bytes first, then everything that points at them: one transaction."""
        article = examined.article
        if page is not None and self._wants_archive(examined):
            kept = await asyncio.get_running_loop().run_in_executor(self._archivist, self._rooms.archive.append, page)
            article = replace(article, archive=kept)
        now = self._rooms.clock.now()
        backfill = link.backfill and decide.is_backfill(
            first_poll=True,
            listed=link.link.published,
            read=examined.read_published,
            now=now,
            newer_than=self._rooms.settings.crawl.alert_on_newer_than,
        )
        finding = decide.Finding(article, examined.result, backfill)
        alerted = await self._rooms.store.write(partial(record.document, rooms=self._rooms, link=link, finding=finding, now=now))
        log.info("stored", source=link.source, link=link.id, alerts=alerted)
        if alerted:
            self._on_alerts()

    def _wants_archive(self, examined: Examined) -> bool:
        keep = self._rooms.settings.archive.keep
        return keep is Keep.ALL or (keep is Keep.MATCHED and bool(examined.result.mentions))

    def _quarantine(self, link: StoredLink, page: FetchedPage, error: QuarantinedError) -> Callable[[Connection], None]:
        return partial(
            quarantine.add,
            now=self._rooms.clock.now(),
            source=link.source,
            url=page.url,
            task=work.examine.__name__,
            reason=error.reason,
            message=str(error),
            body=page.body,
        )
