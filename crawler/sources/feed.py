"""A feed: RSS 0.9x, 1.0 (RDF) and 2.0, Atom, and JSON Feed 1.x, told apart by their content and not by their label."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from time import struct_time
from typing import Any
from xml.sax import SAXException

import feedparser

from crawler.dates import parse_published
from crawler.decoding import clean, decode, is_binary, language_tag, one_line, plain
from crawler.sources import _json_feed
from crawler.sources._entries import Entry, listing
from steppewatch.errors import ParseError, ParseReason
from steppewatch.model import Listing

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)

_HTML = re.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S)
_FEED_ROOT = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf|channel)\b", re.I)
_MARKUP = re.compile(r"<[a-zA-Z/!][^<>]*>|&#?\w+;")
_FEED_END = re.compile(r"</(?:\w+:)?(?:rss|feed|rdf|channel)\s*>", re.I)
_HEAD = 4_000  # characters in which the root element of a feed must come
_TAIL = 1_000  # characters in which it must end, unless the feed was cut off

# feedparser raises these from inside on feeds that are broken in ways it did not think of.
_FEEDPARSER_ERRORS = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, SAXException,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Config:
    """A feed needs no keys of its own."""


def parse(body: bytes, content_type: str, url: str, options: Config, now: datetime) -> Listing:
    """The links that a feed at `url` announces, in its own order.

    Raises ParseError: NOT_A_FEED for HTML, binaries and other JSON, EMPTY for a body without anything in it, BROKEN where
    no entry could be saved. A valid feed without entries is an empty listing.
    """
    if not body.strip():
        raise ParseError(ParseReason.EMPTY, "The feed is empty: the server sent no bytes.")
    if is_binary(body):
        raise ParseError(ParseReason.NOT_A_FEED, "This is no feed but a binary file.")
    text = clean(decode(body, content_type))
    if not text:
        raise ParseError(ParseReason.EMPTY, "The feed is empty: the server sent nothing but white space.")
    if text.startswith(("{", "[")):
        return _json_feed.parse(text, url)
    if _HTML.match(text):
        raise ParseError(ParseReason.NOT_A_FEED, "This is no feed but a web page; look there for a link to the feed.")
    return _from_xml(text, url)


def _from_xml(text: str, url: str) -> Listing:
    feed = _parsed(text, url)
    if not feed.entries:
        _refuse_what_is_no_feed(feed, text)
    head = feed.feed
    language = language_tag(_string(head, "language")) or _language(head, "title_detail")
    from_atom = str(feed.get("version", "")).startswith("atom")
    entries = (_entry(entry, text, from_atom=from_atom) for entry in feed.entries)
    found = listing(url, entries, language)
    return replace(found, title=one_line(_words(head, "title", from_atom=from_atom)))


def _parsed(text: str, url: str) -> Any:
    """What feedparser makes of it. It gets UTF-8, our own reading of the charset, and a stream.

    Given bare bytes it would first try to open a file of that name. It cleans no HTML and resolves nothing inside HTML: only
    words are taken from there, and both can be made to run for minutes.
    """
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        return feedparser.parse(
            io.BytesIO(text.encode("utf-8")), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except _FEEDPARSER_ERRORS as error:
        raise ParseError(ParseReason.BROKEN, f"The feed could not be read ({type(error).__name__}).") from error


def _refuse_what_is_no_feed(feed: Any, text: str) -> None:
    if not feed.get("version") and not _FEED_ROOT.search(text[:_HEAD]):
        raise ParseError(ParseReason.NOT_A_FEED, "This is no feed: no element of RSS, Atom or RDF was found.")
    if isinstance(feed.get("bozo_exception"), SAXException) and not _FEED_END.search(text[-_TAIL:]):
        raise ParseError(ParseReason.BROKEN, "The feed is broken before its first entry.")


def _entry(entry: Any, text: str, *, from_atom: bool) -> Entry:
    moment, offset = _published(entry)
    contents = [_words_of(part, from_atom=from_atom) for part in _parts(entry, "content")]
    return Entry(
        hrefs=tuple(_hrefs(entry, text)),
        title=_words(entry, "title", from_atom=from_atom),
        summary=max([_words(entry, "summary", from_atom=from_atom), *contents], key=len),
        published=moment,
        published_offset=offset,
        author=_string(_mapping(entry, "author_detail"), "name") or _string(entry, "author"),
        guid=_string(entry, "id"),
        language=language_tag(_string(entry, "language")) or _language(entry, "title_detail"),
    )


def _hrefs(entry: Any, text: str) -> Iterable[str]:
    """Where the entry may be found, best first.

    feedparser takes a bare guid ("4711") for an address on the feed's own host: it is one only where written as one.
    """
    link, guid = _string(entry, "link"), _string(entry, "id")
    written = guid in text or html.escape(guid, quote=False) in text
    if link and (link != guid or written):
        yield link
    yield from (_string(part, "href") for part in _parts(entry, "links") if part.get("rel") == "alternate")
    if written and guid.startswith(("http://", "https://")):
        yield guid


def _published(entry: Any) -> tuple[datetime | None, str | None]:
    for key in ("published", "updated", "created"):
        read = parse_published(_string(entry, key))
        if read is not None:
            return read
    for key in ("published_parsed", "updated_parsed", "created_parsed"):
        moment = dict.get(entry, key)  # not entry.get, which warns where only the other of two dates is there
        if isinstance(moment, struct_time) and moment.tm_year > 0:
            return datetime(*moment[:5], min(moment.tm_sec, 59), tzinfo=UTC), None
    return None, None


def _words(holder: Any, key: str, *, from_atom: bool) -> str:
    detail = _mapping(holder, f"{key}_detail")
    return _words_of(detail, from_atom=from_atom) if detail else _plain_or_html(_string(holder, key))


def _words_of(part: dict[str, Any], *, from_atom: bool) -> str:
    """The words of a text construct. Only Atom says reliably whether it holds HTML."""
    kind, value = _string(part, "type"), _string(part, "value")
    if kind and not (kind.startswith("text/") or kind.endswith(("xml", "html"))):
        return ""  # a picture or a sound in base64
    return clean(value) if from_atom and kind == "text/plain" else _plain_or_html(value)


def _plain_or_html(value: str) -> str:
    return plain(value) if _MARKUP.search(value) else clean(value)


def _string(holder: Any, key: str) -> str:
    value = dict.get(holder, key)
    return value if isinstance(value, str) else ""


def _mapping(holder: Any, key: str) -> dict[str, Any]:
    value = dict.get(holder, key)
    return value if isinstance(value, dict) else {}


def _parts(holder: Any, key: str) -> list[dict[str, Any]]:
    value = dict.get(holder, key)
    return [part for part in islice(value, 20) if isinstance(part, dict)] if isinstance(value, list) else []


def _language(holder: Any, key: str) -> str | None:
    return language_tag(_string(_mapping(holder, key), "language"))
