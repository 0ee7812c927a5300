"""What all feeds have in common: from the entries as found to links with an address each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crawler.decoding import clean, one_line
from crawler.urls import absolute, entry_address
from steppewatch.model import Link, Listing

_MOST_ENTRIES = 5_000
_LONGEST_TITLE = 1_000  # characters, like the others
_LONGEST_SUMMARY = 20_000
_LONGEST_NAME = 300
_LONGEST_GUID = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed. `hrefs` are its addresses as written, the best first; words are plain text of any length."""

    hrefs: tuple[str, ...] = ()
    title: str = ""
    summary: str = ""
    published: datetime | None = None
    published_offset: str | None = None
    author: str = ""
    guid: str = ""
    language: str | None = None


def listing(feed_url: str, entries: Iterable[Entry], language: str | None) -> Listing:
    """The links in the order of the feed, each address once, at most 5,000. Entries with nothing in them are counted."""
    links: dict[str, Link] = {}
    skipped = 0
    for count, entry in enumerate(entries):
        if count >= _MOST_ENTRIES:
            break
        link = _link(feed_url, entry, language)
        if link is None:
            skipped += 1
        else:
            links.setdefault(link.url, link)
    return Listing(links=tuple(links.values()), language=language, skipped=skipped)


def _link(feed_url: str, entry: Entry, language: str | None) -> Link | None:
    title, summary = one_line(entry.title)[:_LONGEST_TITLE], clean(entry.summary)[:_LONGEST_SUMMARY]
    guid = one_line(entry.guid)[:_LONGEST_GUID]
    url = next((found for href in entry.hrefs if (found := absolute(feed_url, href))), None)
    if url is None and not (title or summary):
        return None
    return Link(
        url=url or entry_address(feed_url, guid or f"{title}\n{summary}"),
        title=title,
        summary=summary,
        published=entry.published,
        published_offset=entry.published_offset,
        author=one_line(entry.author)[:_LONGEST_NAME],
        guid=guid,
        language=entry.language or language,
    )
