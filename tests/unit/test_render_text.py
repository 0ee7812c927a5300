"""Plain text and HTML carry everything a reader needs, and nothing a page could smuggle in."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.render import plain
from alerts.render.html import html
from alerts.render.words import date_words, event_words
from steppewatch.model import Alert, AlertKind, Event, EventStatus, EventType, Excerpt, Priority, TextField

HEARING = Event(
    EventType.COURT_HEARING, EventStatus.SCHEDULED, "2019-04-08", ("w",), "8 сәуірде", TextField.TEXT, 0, 9,
    sentence="Келесі сот 8 сәуірде өтеді.", time="10:00", zone="+06:00", place="Жаркент", old_date="2019-04-01",
)  # fmt: skip
ALERT = Alert(
    id="0b8f",
    kind=AlertKind.EVENT,
    created=datetime(2019, 4, 5, 10, tzinfo=UTC),
    headline="Court hearing on 8 April 2019: Sayragul Sauytbay",
    priority=Priority.HIGH,
    watch="w",
    article_url="https://news.example/a?b=1&c=2",
    article_title="Сот & «Сауытбай»",
    article_source="azattyq",
    article_language="kk",
    article_published=datetime(2019, 4, 5, 9, 30, tzinfo=UTC),
    events=(HEARING,),
    excerpts=(Excerpt("Бүгін Сауытбай келді.", ((6, 14),)),),
    why=("Sauytbay -> kk Сауытбай",),
)
HOSTILE = '</style><script>alert(1)</script><img src="https://bad.example/x" onerror=a>\r\nBcc: x\x1b[2J\u202e\ud800\x00'


class Elements(HTMLParser):
    """Every element and attribute of a document; complains about elements that do not nest."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, document: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(document)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def hostile_alert(text: str) -> Alert:
    event = replace(HEARING, quote=text, sentence=text, place=text, time=text, zone=text, date=text, old_date=text)
    return replace(
        ALERT, id=text, headline=text, article_title=text, article_source=text, article_language=text, article_url=text,
        why=(text,) * 50, events=(event,) * 50, excerpts=(Excerpt(text, ((0, len(text)), (5, 2), (1, 9999))),),
    )  # fmt: skip


def test_plain_text_tells_everything() -> None:
    assert plain.text(ALERT) == (
        "Court hearing on 8 April 2019: Sayragul Sauytbay\n"
        "\n"
        "Сот & «Сауытбай»\n"
        "azattyq, 5 April 2019, 09:30 UTC, kk\n"
        "https://news.example/a?b=1&c=2\n"
        "\n"
        "What it says:\n"
        "  - Бүгін *Сауытбай* келді.\n"
        "\n"
        "Events:\n"
        "  - Court hearing on 8 April 2019, 10:00 +06:00, Жаркент (scheduled, instead of 1 April 2019): "
        "“Келесі сот 8 сәуірде өтеді.”\n"
        "\n"
        "Why you get this:\n"
        "  - Sauytbay -> kk Сауытбай\n"
        "\n"
        "-- \n"
        "Alert 0b8f\n"
    )


def test_html_tells_everything() -> None:
    document = html(ALERT)
    assert '<a href="https://news.example/a?b=1&amp;c=2" rel="noreferrer">Сот &amp; «Сауытбай»</a>' in document
    assert '<blockquote dir="auto" lang="kk">Бүгін <strong>Сауытбай</strong> келді.</blockquote>' in document
    assert "Court hearing on 8 April 2019, 10:00 +06:00, Жаркент (scheduled, instead of 1 April 2019)" in document
    assert "Келесі сот 8 сәуірде өтеді." in document
    assert "Sauytbay -&gt; kk Сауытбай" in document
    assert "prefers-color-scheme: dark" in document


def test_a_health_alert_needs_no_article() -> None:
    health = Alert("h", AlertKind.HEALTH, ALERT.created, "Channel x does not deliver", Priority.HIGH)
    assert plain.text(health) == "Channel x does not deliver\n\n-- \nAlert h\n"
    assert Elements(html(health)).names == {"html", "head", "meta", "title", "style", "body", "h1", "p"}


def test_nothing_hostile_becomes_an_element_or_a_line_of_its_own() -> None:
    alert = hostile_alert(HOSTILE)
    found = Elements(html(alert))
    assert found.names <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "a", "span", "blockquote", "strong", "ul", "li",
        "q", "br",
    }  # fmt: skip
    assert {name for name, _ in found.attributes} <= {"lang", "charset", "name", "content", "dir", "class", "href", "rel"}
    assert "href" not in {name for name, _ in found.attributes}
    for shown in (html(alert), plain.text(alert), plain.subject(alert)):
        assert not re.search(r"[\x00\x1b\u202e\ud800\r]", shown)
        assert not re.search(r"^Bcc", shown, re.MULTILINE)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "https://a.example/\u202e", "file:///etc/passwd"])
def test_only_web_addresses_are_links(url: str) -> None:
    assert "href" not in html(replace(ALERT, article_url=url))


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_every_text_can_be_shown(text: str) -> None:
    alert = hostile_alert(text)
    Elements(html(alert))
    html(alert).encode()
    plain.text(alert).encode()
    assert len(plain.subject(alert).splitlines()) == 1


def test_a_huge_right_to_left_text_makes_a_small_mail() -> None:
    alert = hostile_alert("قازاقىستاندا سوت بولدى " * 3000)
    assert len(plain.text(alert)) < 40_000
    assert len(plain.subject(alert)) <= plain.LONGEST_SUBJECT
    assert html(alert).count("<li>") == 2 * (plain.MOST_LINES + 1)


@pytest.mark.parametrize(
    ("date", "words"),
    [("2019-04-08", "8 April 2019"), ("2019-12", "December 2019"), ("2019", "2019"), ("2019-13-01", "2019-13-01"), ("x\n", "x")],
)
def test_dates_in_words(date: str, words: str) -> None:
    assert date_words(date) == words


def test_what_did_not_happen_says_so() -> None:
    denied = Event(EventType.ARREST, EventStatus.NEGATED, None, (), "", TextField.TEXT, 0, 0)
    assert event_words(denied) == "Arrest (said not to have happened)"
