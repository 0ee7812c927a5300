"""Listing pages: the links a selector picks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.sources import page
from steppewatch.errors import ParseError, ParseReason
from steppewatch.model import Listing

NOW = datetime(2019, 4, 8, tzinfo=UTC)
URL = "https://news.test/world/"

PAGE = """<!doctype html><html lang="kk-KZ"><head><title>Әлем жаңалықтары</title></head><body>
<nav><a href="/about">About us</a></nav>
<ul class="news">
  <li><a href="/1?id=1#comments"><img alt="a picture"></a> <a href="/1?id=1">  Сот
     басталды </a></li>
  <li><a href="2">Екінші</a></li>
  <li><a href="javascript:void(0)">More</a><a href="mailto:desk@news.test">Write</a><a>no address</a></li>
  <li><a href="//other.test/3" title="From the title"></a></li>
</ul>
<a href="/4"><h2 class="lead">Төртінші</h2></a></body></html>"""


def parse(body: str | bytes, css: str, content_type: str = "text/html") -> Listing:
    raw = body.encode() if isinstance(body, str) else body
    return page.parse(raw, content_type, URL, page.Config(links=page.LinkSelector(css=css)), NOW)


def pairs(listing: Listing) -> list[tuple[str, str]]:
    return [(link.url, link.title) for link in listing.links]


@pytest.mark.parametrize("css", ["ul.news a", "ul.news", ".news > li"])
def test_links_of_the_selected_elements_and_inside_them(css: str) -> None:
    found = parse(PAGE, css)
    assert pairs(found) == [
        ("https://news.test/1?id=1", "a picture"),
        ("https://news.test/world/2", "Екінші"),
        ("https://other.test/3", "From the title"),
    ]
    assert (found.title, found.language) == ("Әлем жаңалықтары", "kk")


def test_a_link_around_the_selected_element() -> None:
    assert pairs(parse(PAGE, "h2.lead")) == [("https://news.test/4", "Төртінші")]


def test_base_is_honoured() -> None:
    assert pairs(parse('<base href="/deep/"><a href="x">X</a>', "a")) == [("https://news.test/deep/x", "X")]


def test_no_match_is_an_empty_listing() -> None:
    assert parse(PAGE, ".nothing").links == ()


@pytest.mark.parametrize("charset", ["windows-1251", "utf-8", "utf-16"])
def test_charsets(charset: str) -> None:
    body = f'<meta charset="{charset}"><a href="/1">Приговор вынесен</a>'.encode(charset)
    assert pairs(parse(body, "a")) == [("https://news.test/1", "Приговор вынесен")]


@pytest.mark.parametrize("css", ["", "a[", "ul >", "a::text", "a:no-such-class", "//a"])
def test_a_bad_selector_is_refused_when_configured(css: str) -> None:
    with pytest.raises(ValueError, match="not a CSS selector"):
        page.LinkSelector(css=css)


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"", ParseReason.EMPTY), (b"\n ", ParseReason.EMPTY), (b"%PDF-1.7 x", ParseReason.NOT_A_PAGE)],
)
def test_what_is_no_page_is_refused_with_the_reason(body: bytes, reason: ParseReason) -> None:
    with pytest.raises(ParseError) as caught:
        parse(body, "a")
    assert caught.value.reason == reason
