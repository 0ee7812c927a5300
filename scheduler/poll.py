"""Poll the sources that are due: fetch, read in the pool, and keep what is new in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

import structlog

from crawler.engine import FetchRequest, NotModified
from crawler.urls import canonical
from scheduler import work
from scheduler.crew import Crew
from scheduler.due import next_due
from scheduler.pool import PoolClosedError, WorkerStartError
from scheduler.pump import Pump
from scheduler.rooms import Rooms
from steppewatch.config.settings import Source
from steppewatch.errors import FetchError, ParseError, QuarantinedError, StoreError
from steppewatch.model import FetchedPage, Listing
from steppewatch.registry import Registry
from steppewatch.store import Connection, links, quarantine, sources
from steppewatch.store.sources import SourceState, Validators

log = structlog.get_logger()

LEASE = timedelta(minutes=15)
IN_FLIGHT = 16


class PollReason(StrEnum):
    """How a poll ended, where it did not fail."""

    LINKS = "links"
    NOT_MODIFIED = "not_modified"
    SAME_BODY = "same_body"


class Poller:
    """Polls due sources, a few at a time. `on_links` is called when new links wait."""

    def __init__(self, rooms: Rooms, *, on_links: Callable[[], None]) -> None:
        self._rooms = rooms
        self._on_links = on_links
        self.pump = Pump("poll", self.poll_due)
        self.crew = Crew(IN_FLIGHT, self.pump.wake)

    async def close(self, seconds: float) -> None:
        """Begin nothing more, and end what is in flight."""
        await self.pump.close()
        await self.crew.close(seconds)

    async def poll_due(self) -> None:
        """Start a poll of every due source there is room for."""
        if self.crew.free <= 0:
            return
        now = self._rooms.clock.now()
        claim = partial(sources.claim_due, now=now, lease_for=LEASE, limit=self.crew.free)
        for state in await self._rooms.store.write(claim):
            self.crew.start(self._poll(state))

    async def _poll(self, state: SourceState) -> None:
        source = self._rooms.source(state.id)
        if source is None:
            return
        try:
            await self._poll_source(source, state)
        except FetchError as error:
            await self._failed(source, state, error.reason, retry_after=error.retry_after)
        except (StoreError, PoolClosedError, WorkerStartError):
            raise  # no fault of the source, and nothing to record: its lease runs out and it is polled again
        except Exception as error:  # the loop over sources: one bad source must not stop the others
            log.exception("poll_failed", source=source.id, error=type(error).__name__)
            await self._failed(source, state, type(error).__name__)

    async def _poll_source(self, source: Source, state: SourceState) -> None:
        kind = Registry("crawler.sources").load(source.kind)
        request = FetchRequest(source.url, kind.ACCEPT, state.etag, state.last_modified, source.insecure_tls)
        answer = await self._rooms.engine.fetch(request)
        if isinstance(answer, NotModified):
            await self._unchanged(source, state, PollReason.NOT_MODIFIED, None)
            return
        validators = _validators(answer)
        if validators.body_hash == state.body_hash:
            await self._unchanged(source, state, PollReason.SAME_BODY, validators)
            return
        try:
            listing = await self._parse(source, answer)
        except QuarantinedError as error:
            await self._failed(source, state, error.reason, also=_keep(source, answer, error, self._rooms.clock.now()))
        except ParseError as error:
            await self._failed(source, state, error.reason)
        else:
            await self._keep(source, state, listing, validators)

    async def _parse(self, source: Source, page: FetchedPage) -> Listing:
        now = self._rooms.clock.now()
        task = work.parse_listing
        return await self._rooms.pool.run(task, source.kind, source.options, page.body, page.content_type, page.url, now)

    async def _keep(self, source: Source, state: SourceState, listing: Listing, validators: Validators) -> None:
        """Links, validators and the next due time: one transaction."""
        now = self._rooms.clock.now()
        found = self._new_links(state, listing, now)
        due, interval = self._next(source, state, now, changed=True)

        def keep(db: Connection) -> int:
            new = links.add_new(db, source=source.id, links=found, now=now)
            sources.record_success(
                db,
                source=source.id,
                now=now,
                next_due=due,
                interval=interval,
                reason=PollReason.LINKS,
                links=len(found),
                validators=validators,
            )
            return new

        new = await self._rooms.store.write(keep)
        log.info("polled", source=source.id, reason=PollReason.LINKS, links=len(found), count=new)
        if new:
            self._on_links()

    def _new_links(self, state: SourceState, listing: Listing, now: datetime) -> list[links.NewLink]:
        """On the first poll, links older than `alert_on_newer_than`, or without a time, are marked as back-fill."""
        first = state.first_success is None
        oldest = now - self._rooms.settings.crawl.alert_on_newer_than
        return [
            links.NewLink(link, canonical(link.url), first and (link.published is None or link.published < oldest))
            for link in listing.links
        ]

    async def _unchanged(self, source: Source, state: SourceState, reason: PollReason, validators: Validators | None) -> None:
        now = self._rooms.clock.now()
        due, interval = self._next(source, state, now, changed=False)
        record = partial(
            sources.record_success,
            source=source.id,
            now=now,
            next_due=due,
            interval=interval,
            reason=reason,
            validators=validators,
        )
        await self._rooms.store.write(record)
        log.info("polled", source=source.id, reason=reason)

    async def _failed(
        self,
        source: Source,
        state: SourceState,
        reason: str,
        *,
        retry_after: float | None = None,
        also: Callable[[Connection], None] | None = None,
    ) -> None:
        now = self._rooms.clock.now()
        due, interval = self._next(source, state, now, changed=False, failed=True, retry_after=retry_after)

        def record(db: Connection) -> None:
            if also is not None:
                also(db)
            sources.record_failure(db, source=source.id, now=now, next_due=due, interval=interval, reason=reason)

        await self._rooms.store.write(record)
        log.warning("poll_brought_nothing", source=source.id, reason=reason)

    def _next(
        self,
        source: Source,
        state: SourceState,
        now: datetime,
        *,
        changed: bool,
        failed: bool = False,
        retry_after: float | None = None,
    ) -> tuple[datetime, timedelta]:
        return next_due(
            now,
            minimum=source.min_interval,
            maximum=source.max_interval,
            failures=state.failures + 1 if failed else 0,
            changed=changed,
            current=state.interval,
            retry_after=retry_after,
            random=self._rooms.random,
        )


def _validators(page: FetchedPage) -> Validators:
    headers = {name.lower(): value for name, value in page.headers}
    return Validators(headers.get("etag"), headers.get("last-modified"), hashlib.sha256(page.body).hexdigest())


def _keep(source: Source, page: FetchedPage, error: QuarantinedError, now: datetime) -> Callable[[Connection], None]:
    return partial(
        quarantine.add,
        now=now,
        source=source.id,
        url=page.url,
        task=work.parse_listing.__name__,
        reason=error.reason,
        message=str(error),
        body=page.body,
    )
