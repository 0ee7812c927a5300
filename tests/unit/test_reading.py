"""Pages skimmed and read."""

from __future__ import annotations

from datetime import UTC, datetime
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.reading import read, skim
from steppewatch.errors import ParseError, ParseReason
from steppewatch.model import Reading

URL = "https://news.test/2019/04/story?utm_source=feed"
_STORY = " ".join(f"The court in Oskemen heard witness number {number} for two hours on Monday." for number in range(20))


def html(head: str = "", body: str = "", lang: str = "en") -> bytes:
    return f"""<!doctype html><html lang="{lang}"><head><title>A hearing - Herald</title>{head}</head><body>
        <nav><ul><li><a href="/">Home</a></li><li><a href="/about">About the paper</a></li></ul></nav>
        <article><h1>A hearing</h1>{body}<p>{_STORY}</p>
        <figure><img src="x.jpg" alt="The court house"><figcaption>Relatives wait outside</figcaption></figure></article>
        <aside><a href="/other">Another story entirely</a></aside><script>var hidden = "machine words";</script>
        </body></html>""".encode()


def reading(head: str = "", body: str = "", url: str = URL) -> Reading:
    return read(html(head, body), "text/html; charset=utf-8", url)


def test_skim_has_all_visible_text_and_what_the_head_says() -> None:
    found = skim(html('<meta name="description" content="Two &amp; two">', lang="kk-Cyrl-KZ"), "text/html", URL)
    for words in (
        "About the paper",
        "A hearing",
        "witness number 19",
        "Relatives wait outside",
        "The court house",
        "Another story",
    ):
        assert words in found.text
    assert "machine words" not in found.text
    assert (found.title, found.description, found.language) == ("A hearing - Herald", "Two & two", "kk-Cyrl")


def test_read_has_the_story_without_its_surroundings() -> None:
    found = reading('<meta property="og:title" content="A &quot;fair&quot; hearing"><meta name="author" content="A. Writer">')
    assert "witness number 0" in found.text and "witness number 19" in found.text
    assert "About the paper" not in found.text and "Another story" not in found.text
    assert (found.title, found.author, found.language) == ('A "fair" hearing', "A. Writer", "en")


@pytest.mark.parametrize(
    ("head", "body", "utc", "offset"),
    [
        ('<meta property="article:published_time" content="2019-04-08T10:30:00+06:00">', "", "2019-04-08 04:30", "+06:00"),
        ('<meta content="2019-04-08T10:30:00Z" property="article:published_time">', "", "2019-04-08 10:30", "+00:00"),
        ("", '<time datetime="2019-04-08T10:30:00+06:00">today</time>', "2019-04-08 04:30", "+06:00"),
        ("", '<span itemprop="datePublished" content="2019-04-08T10:30">x</span>', "2019-04-08 10:30", None),
        (
            '<script type="application/ld+json">{"@graph": [{"@type": "WebPage", "datePublished": "2001-01-01T00:00:00Z"},'
            '{"@type": ["NewsArticle"], "datePublished": "2019-04-08T10:30:00+0600"}]}</script>',
            "",
            "2019-04-08 04:30",
            "+06:00",
        ),
        (
            '<meta name="pubdate" content="2019-04-08">',
            '<time datetime="2019-04-08T10:30:00+06:00">x</time>',
            "2019-04-08 04:30",
            "+06:00",
        ),
        (
            '<meta name="pubdate" content="2019-04-08">',
            '<time datetime="2019-05-20T10:30:00+06:00">x</time>',
            "2019-04-08 00:00",
            None,
        ),
        (
            '<meta name="pubdate" content="some day"><script type="application/ld+json">{"@type": broken</script>',
            '<time datetime="2019-04-08T10:30:00+06:00">x</time>',
            "2019-04-08 04:30",
            "+06:00",
        ),
    ],
)
def test_publication_time_with_its_zone(head: str, body: str, utc: str, offset: str | None) -> None:
    found = reading(head, body)
    assert (found.published, found.published_offset) == (datetime.fromisoformat(utc).replace(tzinfo=UTC), offset)


def test_a_bare_day_from_the_address_is_the_last_resort() -> None:
    found = reading(url="https://news.test/2019/04/08/story")
    assert (found.published, found.published_offset) == (datetime(2019, 4, 8, tzinfo=UTC), None)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", "https://news.test/2019/04/story"),
        ('<link rel="canonical" href="/story">', "https://news.test/story"),
        ('<link rel="canonical" href="https://www.news.test/story">', "https://www.news.test/story"),
        ('<meta property="og:url" content="https://m.news.test/story">', "https://m.news.test/story"),
        ('<link rel="canonical" href="https://evil.test/story">', "https://news.test/2019/04/story"),
        ('<link rel="canonical" href="https://news.test/">', "https://news.test/2019/04/story"),
        ('<link rel="canonical" href="http://[">', "https://news.test/2019/04/story"),
    ],
)
def test_own_address_is_believed_on_the_same_site_only(head: str, expected: str) -> None:
    assert reading(head).canonical_url == expected


@pytest.mark.parametrize(
    ("head", "author"),
    [
        (
            '<meta property="article:author" content="https://social.test/writer"><meta name="author" content="B. Writer">',
            "B. Writer",
        ),
        ('<script type="application/ld+json">{"@type":"NewsArticle","author":[{"name":"C"},{"name":"D"}]}</script>', "C, D"),
        ('<script type="application/ld+json">{"@type":"NewsArticle","author":"E"}</script>', "E"),
        ("", ""),
    ],
)
def test_author(head: str, author: str) -> None:
    assert reading(head).author == author


@pytest.mark.parametrize(
    ("html_lang", "head", "language"),
    [
        ("ru_RU", "", "ru"),
        ("", '<meta property="og:locale" content="kk_KZ">', "kk"),
        ("zh-Hans-CN", "", "zh-Hans"),
        ("", '<meta http-equiv="Content-Language" content="ug, zh">', "ug"),
        ("x-unknown!", "", None),
        ("und", "", None),
    ],
)
def test_language(html_lang: str, head: str, language: str | None) -> None:
    assert skim(html(head, lang=html_lang), "text/html", URL).language == language


@pytest.mark.parametrize(
    ("charset", "words"),
    [
        ("windows-1251", "Суд отложил заседание"),
        ("gb18030", "法院推迟了开庭时间"),
        ("utf-16", "Сот отырысы"),
        ("cp1254", "Duruşma ertelendi ığ"),
        ("kz1048", "Сот отырысы кейінге қалдырылды"),
    ],
)
def test_charsets_by_header_and_by_meta(charset: str, words: str) -> None:
    label = "kz-1048" if charset == "kz1048" else charset
    body = f'<html><head><meta charset="{label}"><title>{words}</title></head><body><p>{words}</p></body></html>'.encode(charset)
    assert skim(body, "text/html", URL).text == words
    assert skim(body, f"text/html; charset={label}", URL).title == words


def test_a_charset_nobody_declared_is_detected() -> None:
    words = "Суд в Усть-Каменогорске отложил заседание по делу до следующей недели, сообщили родственники задержанного"
    assert skim(f"<p>{words}</p>".encode("cp1251"), "text/html", URL).text == words


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", ParseReason.EMPTY),
        (b"  \n", ParseReason.EMPTY),
        (b"<html><head><title>x</title></head><body><script>draw()</script></body></html>", ParseReason.EMPTY),
        (b"%PDF-1.4\n%\xe2\xe3", ParseReason.NOT_A_PAGE),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", ParseReason.NOT_A_PAGE),
        (b"PK\x03\x04\x14\x00", ParseReason.NOT_A_PAGE),
        (b"\x00\x00\x00\x20ftypmp42", ParseReason.NOT_A_PAGE),
        (b"<html>" + b"\x00\x01" * 500, ParseReason.NOT_A_PAGE),
    ],
)
@pytest.mark.parametrize("work", [skim, read])
def test_what_is_no_page_is_refused_with_the_reason(work: object, body: bytes, reason: ParseReason) -> None:
    with pytest.raises(ParseError) as caught:
        work(body, "text/html", URL)  # type: ignore[operator]
    assert caught.value.reason == reason


def test_a_page_too_short_for_the_extractor_is_still_read() -> None:
    assert read(b"<p>Released.</p>", "text/html", URL).text == "Released."
    assert read(b"Just words, no page", "text/plain", URL).text == "Just words, no page"


@pytest.mark.parametrize("open_end", [b"<meta '", b'<meta "', b'<meta content="', b"<meta a=b "])
def test_open_ends_in_the_head_cost_no_more_than_one_look(open_end: bytes) -> None:
    began = process_time()
    assert "words" in skim(b"<p>words</p>" + open_end + b"<meta " * 100_000, "text/html", URL).text
    assert process_time() - began < 2


_PIECES = [
    b"<html lang='",
    b"'>",
    b"<meta name='date' content='",
    b"<meta property=og:url content='http://['>",
    b"<title>",
    b"<p>words</p>",
    b"<article>",
    b"<time datetime='2019-99-99'>",
    b"<script type='application/ld+json'>",
    b'{"@type": ["Article", 5], "author": [1, {}]}',
    b"</script>",
    b"&#0;&#xd800;",
    b"\x00",
    b"\xff\xfe",
    b"\xd0",
    b"<link rel=canonical href='//[x'>",
    b"<table><tr><td>",
    b"<!--",
    b"-->",
    b"<?xml encoding='utf-16'?>",
]


@given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(_PIECES), max_size=12).map(b"".join)))
def test_arbitrary_bytes_give_words_or_a_parse_error(body: bytes) -> None:
    for work in (skim, read):
        try:
            found = work(body, "text/html", URL)
        except ParseError:
            continue
        assert found.text.strip()
        (found.text + found.title + found.description).encode()
