"""Which watches of an article alert, and why or why not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.decide import Finding, decide, is_backfill, make_alert, recipients_of
from steppewatch.config.settings import Watchlist
from steppewatch.model import (
    AlertKind,
    Article,
    DecisionReason,
    Event,
    EventStatus,
    EventType,
    MatchResult,
    Mention,
    Priority,
    TextField,
    Watch,
    WatchKind,
)

NOW = datetime(2019, 4, 3, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WATCH = Watch("bek", WatchKind.PERSON, "Aibek Tulegen", list_id="people", events=frozenset({EventType.ARREST}))
ARTICLE = Article("https://a.example/1", "https://a.example/1", "a", "Title", "Aibek Tulegen was arrested on Monday.")


def mention(field: TextField = TextField.TEXT) -> Mention:
    return Mention("bek", "Aibek Tulegen", field, 0, 13, 1.0, "exact")


def event(
    status: EventStatus = EventStatus.ACTUAL, kind: EventType = EventType.ARREST, watches: tuple[str, ...] = ("bek",)
) -> Event:
    return Event(kind, status, "2019-04-01", watches, "was arrested on Monday", TextField.TEXT, 14, 36)


def finding(*mentions: Mention, events: tuple[Event, ...] = (), backfill: bool = False) -> Finding:
    return Finding(ARTICLE, MatchResult("en", mentions, events, ()), backfill)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (finding(mention()), DecisionReason.NEW),
        (finding(mention(), events=(event(),)), DecisionReason.NEW_EVENT),
        (finding(mention(), events=(event(EventStatus.NEGATED),)), DecisionReason.NEW),
        (finding(mention(), events=(event(watches=("other",)),)), DecisionReason.NEW),
        (finding(mention(TextField.PAGE)), DecisionReason.OUTSIDE_MAIN_TEXT),
        (finding(mention(TextField.PAGE), mention(TextField.TITLE)), DecisionReason.NEW),
        (finding(mention(TextField.FEED)), DecisionReason.NEW),
        (finding(mention(), backfill=True), DecisionReason.BACKFILL),
        (finding(mention(TextField.PAGE), backfill=True), DecisionReason.OUTSIDE_MAIN_TEXT),
    ],
)
def test_reason(found: Finding, reason: DecisionReason) -> None:
    (decision,) = decide(found)
    assert decision.reason is reason
    assert decision.alerts == (reason in {DecisionReason.NEW, DecisionReason.NEW_EVENT})


def test_an_article_without_mentions_decides_nothing() -> None:
    assert decide(finding()) == ()


@pytest.mark.parametrize(
    ("first_poll", "listed", "read", "expected"),
    [
        (True, NOW - 2 * DAY, None, True),
        (True, NOW - DAY / 2, None, False),
        (True, None, NOW - 2 * DAY, True),
        (True, None, NOW - DAY / 2, False),
        (True, NOW - DAY / 2, NOW - 2 * DAY, False),  # the feed's own time counts first
        (True, None, None, True),
        (False, NOW - 9 * DAY, None, False),  # after an outage, age does not matter
        (False, None, None, False),
    ],
)
def test_only_the_first_poll_of_a_source_is_back_fill(
    first_poll: bool, listed: datetime | None, read: datetime | None, expected: bool
) -> None:
    assert is_backfill(first_poll=first_poll, listed=listed, read=read, now=NOW, newer_than=DAY) is expected


@pytest.mark.parametrize(
    ("events", "kind", "priority"),
    [
        ((event(),), AlertKind.EVENT, Priority.HIGH),
        ((event(kind=EventType.SENTENCE),), AlertKind.EVENT, Priority.NORMAL),
        ((event(EventStatus.HYPOTHETICAL),), AlertKind.MENTION, Priority.NORMAL),
        ((), AlertKind.MENTION, Priority.NORMAL),
    ],
)
def test_kind_and_priority_follow_live_events(events: tuple[Event, ...], kind: AlertKind, priority: Priority) -> None:
    found = finding(mention(), events=events)
    alert = make_alert(found, decide(found)[0], WATCH, "s1", NOW)
    assert (alert.kind, alert.priority) == (kind, priority)


def test_an_alert_carries_only_what_concerns_its_watch_and_explains_itself() -> None:
    other = Mention("other", "Title", TextField.TITLE, 0, 5, 1.0, "exact")
    found = finding(mention(), other, events=(event(), event(watches=("other",))))
    alert = make_alert(found, decide(found)[0], WATCH, "s1", NOW)
    assert {one.watch for one in alert.mentions} == {"bek"}
    assert alert.events == (event(),)
    assert any("exact" in line for line in alert.why) and any("was arrested on Monday" in line for line in alert.why)
    assert alert.excerpts[0].text[slice(*alert.excerpts[0].marks[0])] == "Aibek Tulegen"


def test_an_alert_goes_to_every_recipient_of_its_lists_channels() -> None:
    lists = (Watchlist("people", (WATCH,), ("mail", "gone")), Watchlist("other", (), ("hook",)))
    reached = {"mail": ("a@example.org", "b@example.org"), "hook": ("endpoint",)}
    assert recipients_of(WATCH, lists, reached) == (("mail", "a@example.org"), ("mail", "b@example.org"))
