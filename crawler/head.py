"""What a page says about itself: title, description, author, language, its own address, when it was published.

Read from <meta>, JSON-LD (schema.org), <link>, <time> and microdata; nothing is guessed from the text here.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from crawler.dates import parse_published
from crawler.decoding import language_tag, one_line
from crawler.urls import absolute, canonical, same_site

_LONGEST_TITLE = 1_000  # characters, like the others
_LONGEST_DESCRIPTION = 5_000
_LONGEST_NAME = 300
_LARGEST_JSON = 1_000_000
_MOST_JSON_NODES = 5_000
_MOST_TIMES = 20
_MOST_METAS = 500

_LONGEST_META = 20_000

_META_START = re.compile(r"<meta\b", re.I)
_META_REST = re.compile(r"""((?:[^>"']|"[^"]*"|'[^']*')*+)>""")  # possessive: an open quote costs one pass, not many
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_META_NAMES = ("property", "name", "itemprop", "http-equiv")

_TITLES = ("og:title", "twitter:title", "dc.title")
_DESCRIPTIONS = ("og:description", "description", "twitter:description", "dc.description")
_AUTHORS = ("author", "article:author", "dc.creator", "parsely-author", "sailthru.author")
_TIMES = (
    "article:published_time", "og:published_time", "datepublished", "parsely-pub-date", "sailthru.date", "pubdate",
    "publishdate", "publish-date", "publication_date", "date", "dc.date", "dc.date.issued", "dcterms.issued", "dcterms.created",
)  # fmt: skip
_TIME_ELEMENTS = (
    "[itemprop=datePublished]", "time[pubdate]", "article time[datetime]", "main time[datetime]", "time[datetime]",
)  # fmt: skip
_BYLINES = ("[itemprop=author] [itemprop=name]", "[itemprop=author]", "[rel=author]", ".byline", ".author")
# Two candidates this near each other mean the same moment, the one with its zone more exactly.
_SAME_MOMENT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Head:
    """All of it as plain text in one line; empty or None where the page does not say."""

    title: str
    description: str
    language: str | None
    metas: Mapping[str, str]


def read_head(tree: Any, markup: str) -> Head:
    """The cheap part, for every page: from its resiliparse tree, and the markup that was made from."""
    metas = _metas(markup)
    title = _first(metas, _TITLES) or one_line(tree.title or "")
    return Head(
        title=title[:_LONGEST_TITLE],
        description=_first(metas, _DESCRIPTIONS)[:_LONGEST_DESCRIPTION],
        language=_language(tree.document, metas),
        metas=metas,
    )


class Statements:
    """The dearer part, for pages that are read with care."""

    def __init__(self, document: Any, head: Head) -> None:
        self._document = document
        self._metas = head.metas
        self._linked = tuple(_json_ld(document))

    def author(self) -> str:
        """Who wrote it, several names separated by commas."""
        named = next((name for key in _AUTHORS if (name := self._metas.get(key, "")) and "://" not in name), "")
        return (named or self._linked_author() or self._byline())[:_LONGEST_NAME]

    def headline(self) -> str:
        """The headline that the page gives to search engines."""
        return one_line(next((text for node in self._linked if (text := _string(node, "headline"))), ""))[:_LONGEST_TITLE]

    def published(self) -> tuple[datetime, str | None] | None:
        """When it was published: the first statement that can be read, or one of the same day that has its zone."""
        found = [read for text in self._times() if (read := parse_published(text))]
        if not found:
            return None
        first = found[0]
        zoned = (read for read in found if read[1] is not None and abs(read[0] - first[0]) < _SAME_MOMENT)
        return first if first[1] is not None else next(zoned, first)

    def address(self, url: str) -> str:
        """The address the page calls its own, where it may: on its own site, and not the front page of it."""
        link = self._document.query_selector("link[rel=canonical]")
        for href in (link.getattr("href") if link is not None else None, self._metas.get("og:url")):
            own = absolute(url, href or "")
            if own is not None and same_site(own, url) and (not _is_front(own) or _is_front(url)):
                return canonical(own)
        return canonical(url)

    def _times(self) -> Iterator[str]:
        yield from (self._metas[key] for key in _TIMES if key in self._metas)
        yield from (text for node in self._linked if (text := _string(node, "datePublished")))
        for selector in _TIME_ELEMENTS:
            for element in islice(self._document.query_selector_all(selector), _MOST_TIMES):
                yield element.getattr("datetime") or element.getattr("content") or _text(element)

    def _linked_author(self) -> str:
        for node in self._linked:
            authors = node.get("author")
            people = authors if isinstance(authors, list) else [authors]
            names = [_string(who, "name") if isinstance(who, dict) else who for who in people]
            known = [one_line(name) for name in names if isinstance(name, str) and name and "://" not in name]
            if known:
                return ", ".join(known)
        return ""

    def _byline(self) -> str:
        for selector in _BYLINES:
            element = self._document.query_selector(selector)
            words = one_line(_text(element))
            if 0 < len(words) <= 100:  # longer ones are boxes about the author
                return words
        return ""


def _metas(markup: str) -> dict[str, str]:
    """The first content of each <meta>, by its lower-case name, property, itemprop or http-equiv.

    By pattern, because walking the nodes of a tree costs twenty times as much, and every page pays it.
    """
    found: dict[str, str] = {}
    for start in islice(_META_START.finditer(markup), _MOST_METAS):
        rest = _META_REST.match(markup, start.end(), start.end() + _LONGEST_META)
        attributes = _ATTRIBUTE.findall(rest[1]) if rest else ()
        said = {name.lower(): one or two or bare for name, one, two, bare in attributes}
        content = one_line(html.unescape(said.get("content", "")))
        for attribute in _META_NAMES:
            key = said.get(attribute, "").strip().lower()
            if key and content:
                found.setdefault(key, content)
    return found


def _language(document: Any, metas: Mapping[str, str]) -> str | None:
    root = document.document_element
    said = (root.getattr("lang"), root.getattr("xml:lang")) if root is not None else ()
    candidates = (*said, metas.get("content-language"), metas.get("og:locale"), metas.get("dc.language"))
    return next((tag for text in candidates if (tag := language_tag((text or "").partition(",")[0]))), None)


def _json_ld(document: Any) -> Iterator[Mapping[str, Any]]:
    """Every JSON object with a type in the page's JSON-LD, articles first."""
    nodes: list[Mapping[str, Any]] = []
    for script in document.query_selector_all('script[type="application/ld+json"]'):
        try:
            nodes += _objects(json.loads(_text(script)[:_LARGEST_JSON], strict=False))
        except (ValueError, RecursionError):
            continue  # broken JSON-LD is common, and only one of several places to look
    return iter(sorted(nodes, key=lambda node: not _is_article(node)))


def _objects(value: Any) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    waiting = [value]
    for _ in range(_MOST_JSON_NODES):
        if not waiting:
            break
        node = waiting.pop(0)
        if isinstance(node, dict):
            found += [node] if "@type" in node else []
            waiting += [part for part in node.values() if isinstance(part, (dict, list))]
        elif isinstance(node, list):
            waiting += node[:_MOST_JSON_NODES]
    return found


def _is_article(node: Mapping[str, Any]) -> bool:
    kinds = node["@type"] if isinstance(node["@type"], list) else [node["@type"]]
    return any(isinstance(kind, str) and kind.endswith(("Article", "Posting", "Report")) for kind in kinds)


def _is_front(url: str) -> bool:
    return url.partition("://")[2].partition("/")[2] == ""


def _first(metas: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return next((metas[key] for key in keys if key in metas), "")


def _text(element: Any) -> str:
    return str(element.text) if element is not None else ""


def _string(node: Mapping[str, Any], key: str) -> str:
    value = node.get(key)
    return value if isinstance(value, str) else ""
