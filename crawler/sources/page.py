"""A listing page: a CSS selector says where its links to articles are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import lxml.html
from cssselect import SelectorError
from lxml import etree
from lxml.cssselect import CSSSelector

from crawler.decoding import clean, decode, is_binary, language_tag, one_line
from crawler.urls import absolute
from steppewatch.errors import ParseError, ParseReason
from steppewatch.model import Link, Listing

ACCEPT = "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.5"

_MOST_LINKS = 5_000
_LONGEST_TITLE = 1_000  # characters


@dataclass(frozen=True, slots=True)
class LinkSelector:
    """Which elements are links to articles: `<a>` elements, or elements that contain some or stand in one.

    Raises ValueError for a selector that is none.
    """

    css: str

    def __post_init__(self) -> None:
        _compiled(self.css)


@dataclass(frozen=True, slots=True)
class Config:
    """The keys of a listing page."""

    links: LinkSelector


def parse(body: bytes, content_type: str, url: str, options: Config, now: datetime) -> Listing:
    """The links that the selector picks on the page at `url`, in the order of the page.

    Raises ParseError: NOT_A_PAGE for a binary, EMPTY for a body without anything in it, BROKEN for what no parser takes.
    """
    tree = _tree(body, content_type)
    base = next((found for href in tree.xpath("//base/@href") if (found := absolute(url, href))), url)
    titles: dict[str, str] = {}
    for anchor in _anchors(tree, options.links.css):
        address = absolute(base, anchor.get("href") or "")
        if address is not None and not titles.get(address):
            titles[address] = _title(anchor)
        if len(titles) >= _MOST_LINKS:
            break
    language = language_tag(tree.get("lang") or "")
    links = tuple(Link(url=address, title=title, language=language) for address, title in titles.items())
    return Listing(links=links, title=one_line(tree.findtext(".//title") or ""), language=language)


def _tree(body: bytes, content_type: str) -> Any:
    if not body.strip():
        raise ParseError(ParseReason.EMPTY, "The page is empty: the server sent no bytes.")
    if is_binary(body):
        raise ParseError(ParseReason.NOT_A_PAGE, "This is no page but a binary file.")
    text = clean(decode(body, content_type))
    if not text:
        raise ParseError(ParseReason.EMPTY, "The page is empty: the server sent nothing but white space.")
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        return lxml.html.document_fromstring(text.encode("utf-8"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise ParseError(ParseReason.BROKEN, f"The page could not be read ({type(error).__name__}).") from error


def _anchors(tree: Any, css: str) -> Iterator[Any]:
    try:
        picked = _compiled(css)(tree)
    except etree.LxmlError as error:
        raise ParseError(ParseReason.BROKEN, f"The selector cannot be used on this page: {error}") from error
    for element in picked:
        inside = list(element.iter("a"))  # an <a> contains itself
        yield from inside or list(element.iterancestors("a"))[:1]


def _compiled(css: str) -> CSSSelector:
    try:
        return CSSSelector(css, translator="html")
    except (SelectorError, etree.LxmlError) as error:
        raise ValueError(f"not a CSS selector: {error}") from error


def _title(anchor: Any) -> str:
    words = one_line(anchor.text_content()) or one_line(anchor.get("title") or "")
    return (words or one_line(" ".join(anchor.xpath(".//img/@alt"))))[:_LONGEST_TITLE]
