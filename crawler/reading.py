"""From the bytes of a page to words: `skim` fast and complete, `read` with care for the pages that matter.

Both are pure and raise nothing but ParseError; a page that makes a parser run for ever is the pool's to kill.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import htmldate
import trafilatura
from lxml.etree import LxmlError
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree
from trafilatura.settings import Document

from crawler.dates import parse_published
from crawler.decoding import clean, decode, is_binary
from crawler.head import Statements, read_head
from steppewatch.errors import ParseError, ParseReason
from steppewatch.model import Reading, Skim

# What the extractors raise from inside on pages they did not think of.
_EXTRACTOR_ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, LxmlError)


def skim(body: bytes, content_type: str, url: str) -> Skim:
    """All visible text of a page, captions and alternative texts of pictures with it, and its title and description.

    Raises ParseError: NOT_A_PAGE for a binary, EMPTY for a page without visible text, BROKEN for what no parser takes.
    """
    tree, markup = _opened(body, content_type)
    head = read_head(tree, markup)
    return Skim(text=_visible(tree), title=head.title, description=head.description, language=head.language)


def read(body: bytes, content_type: str, url: str) -> Reading:
    """The main text of the page at `url` without menus and side columns, and who published it when, in which zone.

    Raises ParseError as `skim` does.
    """
    tree, markup = _opened(body, content_type)
    head = read_head(tree, markup)
    says = Statements(tree.document, head)
    published, offset = says.published() or _published_day(markup, url)
    return Reading(
        text=_main_text(markup) or _main_text_by_layout(tree) or _visible(tree),
        title=says.headline() if not head.title else head.title,
        description=head.description,
        author=says.author(),
        language=head.language,
        published=published,
        published_offset=offset,
        canonical_url=says.address(url),
    )


def _opened(body: bytes, content_type: str) -> tuple[Any, str]:
    """The page as a resiliparse tree and as markup."""
    if not body.strip():
        raise ParseError(ParseReason.EMPTY, "The page is empty: the server sent no bytes.")
    if is_binary(body):
        raise ParseError(ParseReason.NOT_A_PAGE, "This is no page but a binary file.")
    markup = clean(decode(body, content_type))
    try:
        return HTMLTree.parse(markup), markup
    except (ValueError, RuntimeError) as error:
        raise ParseError(ParseReason.BROKEN, f"The page could not be read ({type(error).__name__}).") from error


def _visible(tree: Any) -> str:
    text = clean(extract_plain_text(tree, preserve_formatting=True, list_bullets=False))
    if not text:
        raise ParseError(ParseReason.EMPTY, "The page shows no text (it may be drawn by a script).")
    return text


def _main_text(markup: str) -> str:
    try:
        found = trafilatura.bare_extraction(markup, fast=True, include_comments=False, with_metadata=False)
    except _EXTRACTOR_ERRORS:
        return ""  # the next one has a try
    # trafilatura writes one line for each block; a blank line says so to whoever looks for the ends of sentences.
    return clean("\n\n".join((found.text or "").splitlines())) if isinstance(found, Document) else ""


def _main_text_by_layout(tree: Any) -> str:
    return clean(extract_plain_text(tree, preserve_formatting=True, main_content=True, list_bullets=False, comments=False))


def _published_day(markup: str, url: str) -> tuple[datetime | None, str | None]:
    """A bare day from the address or the layout, where the page does not say it in so many words."""
    try:
        day = htmldate.find_date(markup, original_date=True, extensive_search=False, url=url)
    except _EXTRACTOR_ERRORS:
        return None, None
    return parse_published(day or "") or (None, None)
