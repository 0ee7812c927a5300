"""An alert as JSON has the keys that other people rely on, and survives every text."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from alerts.render.as_json import alert_json, encode, webhook_body
from steppewatch.model import Alert, AlertKind, Event, EventStatus, EventType, Mention, Priority, TextField

NOW = datetime(2019, 4, 5, 10, 0, tzinfo=UTC)
ALERT = Alert(
    id="a1",
    kind=AlertKind.EVENT,
    created=NOW,
    headline="Court hearing on 8 April 2019: Sayragul Sauytbay",
    priority=Priority.HIGH,
    watch="sauytbay",
    watch_name="Sayragul Sauytbay",
    watchlist="people",
    story="s1",
    article_url="https://news.example/1",
    article_title="Сауытбай",
    article_source="azattyq",
    article_language="kk",
    article_published=datetime(2019, 4, 5, 9, 30, tzinfo=UTC),
    mentions=(Mention("sauytbay", "Сауытбай", TextField.TITLE, 0, 8, 0.97, "name"),),
    events=(
        Event(EventType.COURT_HEARING, EventStatus.SCHEDULED, "2019-04-08", ("sauytbay",), "April 8", TextField.TEXT, 4, 11),
        Event(
            EventType.ARREST, EventStatus.ACTUAL, None, (), "q", TextField.LEAD, 0, 1,
            time="10:00", zone="+06:00", place="Almaty", old_date="2019-04-01",
        ),
    ),
    why=("name of the watch",),
)  # fmt: skip


def test_the_shape() -> None:
    assert alert_json(ALERT) == {
        "id": "a1",
        "kind": "event",
        "created": "2019-04-05T10:00:00Z",
        "watch": {"id": "sauytbay", "name": "Sayragul Sauytbay", "list": "people"},
        "headline": "Court hearing on 8 April 2019: Sayragul Sauytbay",
        "story": {"id": "s1", "articles": 1},
        "article": {
            "url": "https://news.example/1",
            "title": "Сауытбай",
            "source": "azattyq",
            "language": "kk",
            "published": "2019-04-05T09:30:00Z",
        },
        "mentions": [
            {"watch": "sauytbay", "surface": "Сауытбай", "field": "title", "start": 0, "end": 8, "score": 0.97, "why": "name"}
        ],
        "events": [
            {"type": "court_hearing", "status": "scheduled", "date": "2019-04-08", "watches": ["sauytbay"],
             "quote": "April 8", "start": 4, "end": 11},
            {"type": "arrest", "status": "actual", "date": None, "watches": [], "quote": "q", "start": 0, "end": 1,
             "field": "lead", "time": "10:00", "zone": "+06:00", "place": "Almaty", "old_date": "2019-04-01"},
        ],
        "why": ["name of the watch"],
    }  # fmt: skip


def test_an_alert_about_nothing_watched_has_the_same_keys() -> None:
    health = Alert("h1", AlertKind.HEALTH, NOW, "Channel legal-mail does not deliver", Priority.HIGH)
    told = alert_json(health)
    assert set(told) == set(alert_json(ALERT))
    assert (told["watch"], told["story"], told["article"]) == (None, None, None)


def test_a_webhook_body_is_a_standard_event() -> None:
    body = json.loads(webhook_body(ALERT, datetime(2026, 11, 24, 3, 0, 0, 500, tzinfo=UTC)))
    assert body == {"type": "alert.created", "timestamp": "2026-11-24T03:00:00.000500Z", "data": alert_json(ALERT)}
    assert "Сауытбай".encode() in webhook_body(ALERT, NOW)


@given(st.text(st.characters(exclude_categories=())))
def test_every_text_is_one_line_of_json_with_its_offsets(text: str) -> None:
    line = encode(alert_json(replace(ALERT, article_title=text)))
    assert len(line.decode().splitlines()) == 1
    title = json.loads(line)["article"]["title"]
    assert len(title) == len(text)
    assert title == "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)


def test_what_steers_a_terminal_is_written_as_an_escape() -> None:
    line = encode({"t": "a\x1b[2J\x9b\u202e\u2028\x85"}).decode()
    assert line == '{"t": "a\\u001b[2J\\u009b\\u202e\\u2028\\u0085"}'
