"""Try an address now, as the daemon would: fetch, read in the pool, match, decide. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts import decide
from crawler.engine import Engine, FetchRequest, NotModified
from scheduler import work
from scheduler.errand import run_errand
from scheduler.pool import Pool
from scheduler.work import Document, Examined
from steppewatch import log
from steppewatch.clock import Clock
from steppewatch.config.settings import Fetch
from steppewatch.errors import FetchError, ParseError
from steppewatch.model import ArticleOrigin, Decision, FetchedPage, Link, Listing
from steppewatch.registry import Registry

if TYPE_CHECKING:
    from steppewatch.config.settings import Settings, Source


@dataclass(frozen=True, slots=True)
class ArticleTrial:
    """What would become of one article. `problem` says why its page could not be had or read."""

    link: Link
    status: int = 0
    address: str = ""  # the connected IP address
    examined: Examined | None = None
    decisions: tuple[Decision, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SourceTrial:
    """What one poll of a source brought. `problem` says why it brought nothing; `article` is the first one, if there is one."""

    source: Source
    page: FetchedPage | None = None
    listing: Listing | None = None
    problem: str = ""
    article: ArticleTrial | None = None


def try_source(settings: Settings, source: Source) -> SourceTrial:
    """Poll a source once and examine its first article. Once in the life of a process."""
    log.configure("error", settings.log.format)

    async def work_on(engine: Engine, pool: Pool) -> SourceTrial:
        return await _poll(engine, pool, source)

    return run_errand(settings, work_on)


def try_address(settings: Settings, url: str) -> ArticleTrial:
    """Fetch one address and examine it. Once in the life of a process."""
    log.configure("error", settings.log.format)

    async def work_on(engine: Engine, pool: Pool) -> ArticleTrial:
        return await _examine(engine, pool, Link(url), None)

    return run_errand(settings, work_on)


async def _poll(engine: Engine, pool: Pool, source: Source) -> SourceTrial:
    kind = Registry("crawler.sources").load(source.kind)
    page: FetchedPage | None = None
    try:
        page = await _fetch(engine, FetchRequest(source.url, kind.ACCEPT, insecure_tls=source.insecure_tls))
        arguments = (source.kind, source.options, page.body, page.content_type, page.url, Clock().now())
        listing = await pool.run(work.parse_listing, *arguments)
    except (FetchError, ParseError) as error:
        return SourceTrial(source, page, problem=_sentence(error))
    if not listing.links:
        return SourceTrial(source, page, listing)
    return SourceTrial(source, page, listing, article=await _examine(engine, pool, listing.links[0], source))


async def _examine(engine: Engine, pool: Pool, link: Link, source: Source | None) -> ArticleTrial:
    """As the gatherer does it: the page, or the feed's own words where that is all there is."""
    if source is not None and source.fetch is Fetch.FEED and work.has_words(link):
        return await _examine_words(pool, link, source, "", 0)
    page: FetchedPage | None = None
    try:
        page = await _fetch(engine, FetchRequest(link.url, insecure_tls=source is not None and source.insecure_tls))
        examined = await pool.run(work.examine, _document(link, source, page), page.body)
    except (FetchError, ParseError) as error:
        status = page.status if page else error.status if isinstance(error, FetchError) else 0
        if work.has_words(link):
            return await _examine_words(pool, link, source, _sentence(error), status)
        return ArticleTrial(link, status, problem=_sentence(error))
    return ArticleTrial(link, page.status, page.address, examined, _decisions(examined), examined.article.note)


async def _examine_words(pool: Pool, link: Link, source: Source | None, problem: str, status: int) -> ArticleTrial:
    origin = ArticleOrigin.FEED_AFTER_FAILURE if problem else ArticleOrigin.FEED
    document = Document(
        source=source.id if source else "",
        link=link,
        language=source.language if source else None,
        fetched=Clock().now(),
        note=problem,
        origin=origin,
    )
    examined = await pool.run(work.examine_words, document)
    return ArticleTrial(link, status, examined=examined, decisions=_decisions(examined), problem=problem)


async def _fetch(engine: Engine, request: FetchRequest) -> FetchedPage:
    page = await engine.fetch(request)
    assert not isinstance(page, NotModified), "we sent no validators"
    return page


def _document(link: Link, source: Source | None, page: FetchedPage) -> Document:
    return Document(
        source=source.id if source else "",
        link=link,
        language=source.language if source else None,
        page_url=page.url,
        content_type=page.content_type,
        fetched=page.fetched_at,
    )


def _decisions(examined: Examined) -> tuple[Decision, ...]:
    return decide.decide(decide.Finding(examined.article, examined.result, backfill=False))


def _sentence(error: FetchError | ParseError) -> str:
    return f"{error.reason}: {error}"
