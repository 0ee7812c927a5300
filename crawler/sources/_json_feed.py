"""JSON Feed 1 and 1.1, with patience: a field of the wrong type is a field that is not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from crawler.dates import parse_published
from crawler.decoding import language_tag, one_line, plain
from crawler.sources._entries import Entry, listing
from steppewatch.errors import ParseError, ParseReason
from steppewatch.model import Listing


def parse(text: str, url: str) -> Listing:
    """The links of a JSON Feed. Raises ParseError: BROKEN where it is no JSON, NOT_A_FEED where it is some other JSON."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParseError(ParseReason.BROKEN, "The feed looks like JSON, but is broken.") from error
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise ParseError(ParseReason.NOT_A_FEED, "This is JSON, but no JSON Feed: it has no list of items.")
    language = language_tag(_string(feed, "language"))
    found = listing(url, (_entry(item) for item in feed["items"]), language)
    return replace(found, title=one_line(_string(feed, "title")))


def _entry(item: object) -> Entry:
    if not isinstance(item, dict):
        return Entry()
    moment, offset = _published(item)
    guid = _string(item, "id")
    address = guid if guid.startswith(("http://", "https://")) else ""
    return Entry(
        hrefs=tuple(href for href in (_string(item, "url"), _string(item, "external_url"), address) if href),
        title=_string(item, "title"),
        summary=max((_string(item, "summary"), _string(item, "content_text"), plain(_string(item, "content_html"))), key=len),
        published=moment,
        published_offset=offset,
        author=_author(item),
        guid=guid,
        language=language_tag(_string(item, "language")),
    )


def _published(item: Mapping[str, Any]) -> tuple[datetime | None, str | None]:
    read = parse_published(_string(item, "date_published")) or parse_published(_string(item, "date_modified"))
    return read or (None, None)


def _author(item: Mapping[str, Any]) -> str:
    authors = item.get("authors")
    people = authors if isinstance(authors, list) else [item.get("author")]  # 1.1 has a list, 1 had a single one
    return ", ".join(name for person in people if isinstance(person, dict) and (name := _string(person, "name")))


def _string(holder: Mapping[str, Any], key: str) -> str:
    value = holder.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and key == "id":
        return str(value)  # the standard tells readers to accept numbers here
    return value if isinstance(value, str) else ""
