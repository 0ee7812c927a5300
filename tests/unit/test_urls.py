"""Addresses made absolute, and known again."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.urls import absolute, canonical, entry_address, same_site

BASE = "https://news.test/world/index.html?page=2"


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("/a", "https://news.test/a"),
        ("b.html#part", "https://news.test/world/b.html"),
        ("?page=3", "https://news.test/world/index.html?page=3"),
        ("//other.test/x", "https://other.test/x"),
        (" \n/two\tlines\r\n ", "https://news.test/twolines"),
        ("/with space", "https://news.test/with%20space"),
        (
            "/жаңалық?тег=сот",
            "https://news.test/%D0%B6%D0%B0%D2%A3%D0%B0%D0%BB%D1%8B%D2%9B?%D1%82%D0%B5%D0%B3=%D1%81%D0%BE%D1%82",
        ),
        ("http://Суд.Test/", "http://xn--d1azg.test/"),
        ("HTTP://OTHER.test", "http://other.test/"),
        ("http:\\\\other.test\\a", "http://other.test/a"),
        ("https://user:secret@other.test/a", "https://other.test/a"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("/half%2", "https://news.test/half%252"),
    ],
)
def test_absolute(href: str, expected: str) -> None:
    assert absolute(BASE, href) == expected


@pytest.mark.parametrize(
    "href",
    [
        "",
        "  ",
        "javascript:alert(1)",
        "mailto:desk@news.test",
        "ftp://news.test/a",
        "data:text/html,x",
        "http://",
        "http:///a",
        "http://[zz]/",
        "http://news.test:99999/",
        "http://news.test:0/",
        "http://a..b/",
        "http://" + "a" * 300 + "/",
        "/" + "a" * 2_000,
    ],
)
def test_what_cannot_be_asked_for_is_none(href: str) -> None:
    assert absolute(BASE, href) is None


def test_the_secrets_of_a_feed_address_do_not_travel_into_its_links() -> None:
    assert absolute("https://user:secret@news.test/feed", "/a") == "https://news.test/a"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://News.Test:80", "http://news.test/"),
        ("https://news.test:443/a", "https://news.test/a"),
        ("https://news.test:8443/a", "https://news.test:8443/a"),
        ("https://news.test/a?utm_source=x&id=7&fbclid=y&gclid=z&yclid=1", "https://news.test/a?id=7"),
        ("https://news.test/a?", "https://news.test/a"),
        ("https://news.test/a?utm_source=x", "https://news.test/a"),
        ("https://news.test/%7euser/%d1%81?q=%2f", "https://news.test/~user/%D1%81?q=%2F"),
        ("https://news.test/a/amp", "https://news.test/a/amp"),
        ("https://news.test/a/index.html#part", "https://news.test/a/index.html"),
        ("https://news.test/a?b=2&a=1", "https://news.test/a?b=2&a=1"),
    ],
)
def test_canonical(url: str, expected: str) -> None:
    assert canonical(url) == expected


def test_entries_without_an_address_stay_apart() -> None:
    one, two = entry_address("https://news.test/feed", "one"), entry_address("https://news.test/feed", "two")
    assert len({canonical(one), canonical(two)}) == 2
    assert entry_address("https://news.test/feed", "one") == one


@pytest.mark.parametrize(
    ("url", "other", "same"),
    [
        ("https://news.test/a", "http://www.news.test/b", True),
        ("https://m.news.test/a", "https://news.test/b", True),
        ("https://news.test/a", "https://amp.news.test/b", True),
        ("https://news.test/a", "https://fakenews.test/b", False),
        ("https://one.test/a", "https://two.test/b", False),
    ],
)
def test_same_site(url: str, other: str, same: bool) -> None:
    assert same_site(url, other) is same


_HREFS = st.one_of(
    st.text(max_size=80),
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["http://", "https://", "//", "/", "?", ""]),
        st.sampled_from(["a.test", "суд.қаз", "[::1]", "[", "a:b@c", "x:8", "１.２", "xn--", "%zz", "a..b"]),
        st.sampled_from(["/", "?", "#", ":", "\\", ""]),
        st.text(max_size=40),
    ),
)


@given(_HREFS)
def test_every_absolute_address_has_one_canonical_form(href: str) -> None:
    url = absolute(BASE, href)
    if url is not None:
        assert url.isascii() and urlsplit(url).scheme in {"http", "https"} and urlsplit(url).hostname
        key = canonical(url)
        assert canonical(key) == key
        assert absolute(BASE, url) == url
