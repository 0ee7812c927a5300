"""What the workers of the pool do with strangers' bytes: pure functions, called by name.

A worker holds one thing: the matcher for the watches it was started with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.matching import Matcher
from crawler.urls import canonical
from steppewatch.errors import ParseError
from steppewatch.model import (
    Article,
    ArticleOrigin,
    Link,
    Listing,
    MatchResult,
    Reading,
    Skim,
    Text,
    TextField,
    Watch,
)
from steppewatch.registry import Registry

_matcher = Matcher(())  # replaced once, when the worker starts


def start_worker(watches: tuple[Watch, ...]) -> None:
    """Compile the watches once for the life of this worker."""
    global _matcher  # noqa: PLW0603  (a worker process is its own world: this is its one piece of state)
    _matcher = Matcher(watches)


@dataclass(frozen=True, slots=True)
class Document:
    """One thing to read: a link, and the page behind it if it could be had (`note` says why not)."""

    source: str
    link: Link
    language: str | None
    page_url: str = ""
    content_type: str = ""
    fetched: datetime | None = None
    note: str = ""
    origin: ArticleOrigin = ArticleOrigin.PAGE


@dataclass(frozen=True, slots=True)
class Examined:
    """What a worker made of a document. The article has no archive record yet; `read_published` is the page's own time."""

    article: Article
    result: MatchResult
    read_published: datetime | None


def parse_listing(kind: str, options: object, body: bytes, content_type: str, url: str, now: datetime) -> Listing:
    """Read what a source served. Raises ParseError."""
    listing: Listing = Registry("crawler.sources").load(kind).parse(body, content_type, url, options, now)
    return listing


def examine(document: Document, body: bytes) -> Examined:
    """Read a page in two steps and match it. Raises ParseError where there is no page, and no feed's words instead."""
    try:
        return _examine_page(document, body)
    except ParseError as error:
        if not has_words(document.link):
            raise
        return examine_words(replace(document, origin=ArticleOrigin.FEED_AFTER_FAILURE, note=error.reason))


def examine_words(document: Document) -> Examined:
    """Match the feed's own words, where they are all there is."""
    link = document.link
    fields = {TextField.TITLE: link.title, TextField.TEXT: link.summary}
    result = _matcher.match(_text(document, fields, link.language))
    article = _article(document, Reading(text=link.summary, title=link.title), feed_words="", language=result.language)
    return Examined(article, result, None)


def has_words(link: Link) -> bool:
    """Whether a link brought words of its own, so that nothing is lost when its page is."""
    return bool(link.title or link.summary)


def _examine_page(document: Document, body: bytes) -> Examined:
    # Imported here because the main process names these functions, but never runs them.
    from crawler.reading import read, skim

    seen = skim(body, document.content_type, document.page_url)
    words = _feed_words(document.link, seen.title)
    everything = {TextField.TITLE: seen.title, TextField.LEAD: seen.description, TextField.FEED: words, TextField.PAGE: seen.text}
    skimmed = _matcher.find(_text(document, everything, seen.language))
    if not skimmed.mentions:
        return Examined(_article(document, _as_reading(seen), words, skimmed.language), skimmed, None)
    reading = read(body, document.content_type, document.page_url)
    reading = replace(reading, title=reading.title or seen.title or document.link.title)
    fields = {
        TextField.TITLE: reading.title,
        TextField.LEAD: reading.description or seen.description,
        TextField.FEED: words,
        TextField.TEXT: reading.text,
    }
    result = _with_outside_mentions(_matcher.match(_text(document, fields, reading.language, reading.published)), skimmed)
    return Examined(_article(document, reading, words, result.language), result, reading.published)


def _text(document: Document, fields: Mapping[TextField, str], language: str | None, published: datetime | None = None) -> Text:
    hint = document.link.language or language or document.language
    return Text(fields, hint, document.link.published or published or document.fetched)


def _with_outside_mentions(result: MatchResult, skimmed: MatchResult) -> MatchResult:
    """Add the watches that stand on the page, but not in its clean text."""
    inside = {mention.watch for mention in result.mentions}
    outside = (mention for mention in skimmed.mentions if mention.field is TextField.PAGE and mention.watch not in inside)
    return replace(result, mentions=(*result.mentions, *outside))


def _feed_words(link: Link, page_title: str) -> str:
    """The feed's own words, without a title that the page repeats."""
    parts = (link.title if link.title not in page_title else "", link.summary)
    return "\n".join(part for part in parts if part)


def _as_reading(seen: Skim) -> Reading:
    return Reading(text=seen.text, title=seen.title, description=seen.description)


def _article(document: Document, reading: Reading, feed_words: str, language: str | None) -> Article:
    link = document.link
    from_feed = link.published is not None
    url = document.page_url or link.url
    return Article(
        url=link.url,
        canonical_url=canonical(reading.canonical_url or url),
        source=document.source,
        title=reading.title or link.title,
        text=reading.text,
        description=reading.description,
        feed_words=feed_words,
        author=reading.author or link.author,
        language=language,
        published=link.published if from_feed else reading.published,
        published_offset=link.published_offset if from_feed else reading.published_offset,
        fetched=document.fetched,
        origin=document.origin,
        note=document.note,
    )
