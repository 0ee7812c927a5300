"""Feeds of every dialect, whole and broken."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.sources import feed
from crawler.urls import canonical
from steppewatch.errors import ParseError, ParseReason
from steppewatch.model import Link, Listing

NOW = datetime(2019, 4, 8, tzinfo=UTC)
URL = "https://news.test/feeds/all.xml"


def parse(body: str | bytes, content_type: str = "application/rss+xml") -> Listing:
    raw = body.encode() if isinstance(body, str) else body
    return feed.parse(raw, content_type, URL, feed.Config(), NOW)


def rss(*items: str, head: str = "") -> str:
    inside = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Steppe Herald</title>{head}{inside}</channel></rss>'


def only(body: str | bytes, content_type: str = "application/rss+xml") -> Link:
    (link,) = parse(body, content_type).links
    return link


def refused(body: str | bytes, content_type: str = "application/rss+xml") -> ParseReason:
    with pytest.raises(ParseError) as caught:
        parse(body, content_type)
    return caught.value.reason


def test_rss_item_in_full() -> None:
    item = """<title>Court  in Oskemen
        adjourns</title><link>https://news.test/1</link><guid isPermaLink="false">n-1</guid>
        <pubDate>Mon, 08 Apr 2019 10:30:00 +0600</pubDate>
        <dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">A. Writer</dc:creator>
        <description>&lt;p&gt;The judge &lt;b&gt;left&lt;/b&gt; &amp;amp; returned.&lt;/p&gt;</description>"""
    found = parse(rss(item, head="<language>ru-RU</language>"))
    assert (found.title, found.language, found.skipped) == ("Steppe Herald", "ru", 0)
    assert found.links == (
        Link(
            url="https://news.test/1",
            title="Court in Oskemen adjourns",
            summary="The judge left & returned.",
            published=datetime(2019, 4, 8, 4, 30, tzinfo=UTC),
            published_offset="+06:00",
            author="A. Writer",
            guid="n-1",
            language="ru",
        ),
    )


def test_atom_with_xml_base_and_longer_content() -> None:
    link = only(
        """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="kk" xml:base="https://archive.test/kk/"><title>x</title>
        <entry><title type="text">a &lt;b&gt; c</title><link rel="self" href="self"/><link rel="alternate" href="story/7"/>
        <id>urn:7</id><author><name>Б. Тілші</name></author><updated>2019-04-09T00:00:00Z</updated>
        <published>2019-04-08T10:30:00+06:00</published><summary>short</summary>
        <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>first line</p><p>second line</p></div></content>
        </entry></feed>"""
    )
    assert link.url == "https://archive.test/kk/story/7"
    assert link.title == "a <b> c", "Atom says that this is text"
    assert link.summary.split() == ["first", "line", "second", "line"]
    assert (link.author, link.language, link.published_offset) == ("Б. Тілші", "kk", "+06:00")
    assert link.published == datetime(2019, 4, 8, 4, 30, tzinfo=UTC)


def test_rdf() -> None:
    link = only(
        """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://news.test/"><title>x</title></channel>
        <item rdf:about="https://news.test/9"><title>A hearing</title><link>https://news.test/9</link>
        <dc:date>2019-04-08T10:30:00Z</dc:date></item></rdf:RDF>"""
    )
    assert (link.url, link.title, link.published_offset) == ("https://news.test/9", "A hearing", "+00:00")


def test_json_feed_takes_every_field_as_it_comes() -> None:
    items = [
        {
            "id": 7,
            "url": "/json/7",
            "title": "One",
            "content_html": "<p>Words &amp; more</p>",
            "language": "zh-Hans-CN",
            "date_published": "2019-04-08T10:30:00+06:00",
            "authors": [{"name": "A"}, 5, {"name": "B"}],
        },
        {"id": "https://news.test/json/8", "title": ["not", "a", "title"], "content_text": "plain", "author": {"name": "C"}},
        {"id": None, "date_published": 1554696000},
        "nonsense",
    ]
    found = parse(json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": items}), "text/plain")
    one, two = found.links
    assert (one.url, one.summary, one.author, one.guid) == ("https://news.test/json/7", "Words & more", "A, B", "7")
    assert (one.language, one.published_offset) == ("zh-Hans", "+06:00")
    assert (two.url, two.title, two.summary, two.author) == ("https://news.test/json/8", "", "plain", "C")
    assert found.skipped == 2


@pytest.mark.parametrize(
    ("charset", "words"),
    [
        ("windows-1251", "Суд отложил заседание"),
        ("koi8-r", "Суд отложил заседание"),
        ("gb18030", "法院推迟了开庭时间"),
        ("utf-8", "سوت مەجلىسى كېچىكتۈرۈلدى"),
        ("utf-16", "Суд отложил заседание"),
    ],
)
@pytest.mark.parametrize("content_type", ["text/xml", "application/rss+xml", "text/xml; charset={}", "text/html", ""])
def test_charsets(charset: str, words: str, content_type: str) -> None:
    text = rss(f"<title>{words}</title><link>/1</link>").replace('"1.0"?', f'"1.0" encoding="{charset}"?', 1)
    assert only(text.encode(charset), content_type.format(charset)).title == words


@pytest.mark.parametrize("declared", ["windows-1251", "iso-8859-1", "us-ascii", "gb2312", "no-such-charset", "rot13"])
def test_utf8_under_a_wrong_label(declared: str) -> None:
    text = rss("<title>Суд отложил заседание по делу</title><link>/1</link>")
    assert only(text.encode(), f"text/xml; charset={declared}").title == "Суд отложил заседание по делу"


def test_windows_1251_under_the_label_of_utf8() -> None:
    words = "Суд отложил заседание по делу до следующей недели, сообщили родственники"
    text = rss(f"<title>{words}</title><link>/1</link>").replace('"1.0"?', '"1.0" encoding="utf-8"?', 1)
    assert only(text.encode("cp1251"), "text/xml; charset=utf-8").title == words


def test_one_torn_letter_does_not_cost_the_others() -> None:
    words = "Суд отложил заседание по делу до следующей недели"
    body = rss(f"<title>{words}</title><link>/1</link>").encode().replace("недели".encode(), b"\xd0\xbd\xd0")
    assert only(body, "text/xml; charset=utf-8").title.startswith("Суд отложил заседание по делу до следующей н")


def test_control_characters_and_lone_surrogates_are_gone() -> None:
    assert only(rss("<title>A\x0b \x00B</title><link>/1</link>")).title == "A B"
    body = '{"items": [{"url": "/1", "title": "A\\ud800B", "content_text": "c\\u0000d"}]}'
    assert (only(body).title, only(body).summary) == ("AB", "cd")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<![CDATA[Cats &amp; <b>dogs</b>]]>", "Cats & dogs"),
        ("Cats &amp;amp; dogs", "Cats & dogs"),
        ("&lt;i&gt;Cats&lt;/i&gt;&lt;br&gt;dogs", "Cats dogs"),
        ("Temperature &lt;0, pressure &gt; 5", "Temperature <0, pressure > 5"),
        ("A&lt;B is what the sign said", "A<B is what the sign said"),
        ("&#1057;&#1091;&#1076;", "Суд"),
        ("caf&eacute;", "café"),
    ],
)
def test_titles_are_plain_text(written: str, read: str) -> None:
    assert only(rss(f"<title>{written}</title><link>/1</link>")).title == read


def test_addresses() -> None:
    found = parse(
        rss(
            "<title>relative</title><link>../a?x=1&amp;y=2#top</link>",
            "<title>guid is an address</title><guid>https://news.test/b</guid>",
            '<title>guid says it is none</title><guid isPermaLink="false">https://news.test/c</guid>',
            "<title>guid is a number</title><guid>4711</guid>",
            "<title>nothing</title><description>but words</description>",
            "<title>script</title><link>javascript:alert(1)</link>",
            "<title>again</title><link>https://news.test/b</link>",
            "<pubDate>Mon, 08 Apr 2019 10:30:00 GMT</pubDate>",
        )
    )
    urls = [link.url for link in found.links]
    assert urls[:3] == ["https://news.test/a?x=1&y=2", "https://news.test/b", "https://news.test/c"]
    assert all(url.startswith(f"{URL}#entry-") for url in urls[3:])
    assert len({canonical(url) for url in urls}) == len(urls) == 6
    assert found.links[3].guid.endswith("4711")
    assert found.skipped == 1


def test_entries_without_an_address_keep_theirs_when_polled_again() -> None:
    item = "<title>Nothing but words</title>"
    assert only(rss(item)).url == only(rss(item, head="<ttl>5</ttl>")).url


def test_a_date_without_zone_has_no_offset() -> None:
    link = only(rss("<title>x</title><link>/1</link><pubDate>Mon, 08 Apr 2019 10:30:00</pubDate>"))
    assert (link.published, link.published_offset) == (datetime(2019, 4, 8, 10, 30, tzinfo=UTC), None)


def test_a_date_nobody_can_read_is_none() -> None:
    link = only(rss("<title>x</title><link>/1</link><pubDate>yesterday evening</pubDate>"))
    assert (link.published, link.published_offset) == (None, None)


@pytest.mark.parametrize(
    "body",
    [
        rss(),
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title></feed>',
        '{"version": "https://jsonfeed.org/version/1", "items": []}',
    ],
)
def test_an_empty_feed_is_no_error(body: str) -> None:
    assert parse(body).links == ()


def test_a_feed_cut_off_in_the_middle_keeps_what_came() -> None:
    whole = rss("<title>one</title><link>/1</link>", "<title>two</title><link>/2</link>")
    assert parse(whole[: whole.index("two")]).links[0].url == "https://news.test/1"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", ParseReason.EMPTY),
        (b" \r\n\t ", ParseReason.EMPTY),
        (b"\xef\xbb\xbf", ParseReason.EMPTY),
        (b"<!DOCTYPE html><html><body>Just a moment...</body></html>", ParseReason.NOT_A_FEED),
        (b'<?xml version="1.0"?>\n<!-- x --><HTML><body>x</body></HTML>', ParseReason.NOT_A_FEED),
        (b"<p>We are moving house.</p>", ParseReason.NOT_A_FEED),
        (b"Service unavailable", ParseReason.NOT_A_FEED),
        (b"%PDF-1.4 ...", ParseReason.NOT_A_FEED),
        (b"\x89PNG\r\n\x1a\n\x00\x00", ParseReason.NOT_A_FEED),
        (b"\x00\x01\x02\x03" * 100, ParseReason.NOT_A_FEED),
        (b'{"error": "no such feed"}', ParseReason.NOT_A_FEED),
        (b"[1, 2]", ParseReason.NOT_A_FEED),
        (b'{"items": [', ParseReason.BROKEN),
        (b"[" * 100_000, ParseReason.BROKEN),
        (b'<?xml version="1.0"?><rss version="2.0"><channel><title>cut', ParseReason.BROKEN),
    ],
)
def test_what_is_no_feed_is_refused_with_the_reason(body: bytes, reason: ParseReason) -> None:
    assert refused(body) == reason


def test_a_body_that_is_the_name_of_a_file_does_not_open_it(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(rss("<title>x</title><link>/1</link>"))
    assert refused(str(tmp_path / "feed.xml")) == ParseReason.NOT_A_FEED


def test_external_entities_are_not_fetched_and_bombs_do_not_grow() -> None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "boom"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/hostname">]>'
    link = only(bomb + rss("<title>x &b; &c; y</title><link>/1</link>").removeprefix('<?xml version="1.0"?>'))
    assert len(link.title) < 40


def test_huge_fields_and_feeds_are_cut() -> None:
    link = only(rss(f"<title>{'t' * 50_000}</title><link>/1</link><description>{'word ' * 50_000}</description>"))
    assert (len(link.title), len(link.summary)) == (1_000, 20_000)
    many = {"items": [{"url": f"/{number}"} for number in range(5_100)]}
    assert len(parse(json.dumps(many)).links) == 5_000


def test_a_style_that_hangs_a_sanitiser_is_not_looked_at() -> None:
    style = "url(" * 12_000
    link = only(rss(f'<title>x</title><link>/1</link><description>&lt;p style="{style}"&gt;words&lt;/p&gt;</description>'))
    assert link.summary == "words"
