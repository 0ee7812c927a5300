"""Decide: which watches of an article alert, and why or why not. Pure; what it says is stored and shown by `explain`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.headline import excerpts, headline
from steppewatch.config.settings import Watchlist
from steppewatch.model import (
    LIVE_STATUSES,
    Alert,
    AlertKind,
    Article,
    Decision,
    DecisionReason,
    Event,
    MatchResult,
    Mention,
    Priority,
    TextField,
    Watch,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the matcher found in one article, and where the article came from."""

    article: Article
    result: MatchResult
    backfill: bool


def is_backfill(
    *, first_poll: bool, listed: datetime | None, read: datetime | None, now: datetime, newer_than: timedelta
) -> bool:
    """Whether an article is too old to alert on.

    `first_poll` says that its source was new when the article was found: only then does age matter, so that nothing of an
    outage is lost. `listed` is the time the source gave, `read` the one on the page. An article of a first poll without any
    time counts as old: a new source would otherwise alert on its whole front page.
    """
    published = listed or read
    return first_poll and (published is None or published < now - newer_than)


def decide(finding: Finding) -> tuple[Decision, ...]:
    """One decision for every watch that is mentioned anywhere, in the order of the first mention."""
    mentioned = dict.fromkeys(mention.watch for mention in finding.result.mentions)
    return tuple(Decision(watch, _reason(finding, watch)) for watch in mentioned)


def _reason(finding: Finding, watch: str) -> DecisionReason:
    if all(mention.field is TextField.PAGE for mention in _mentions_of(finding.result.mentions, watch)):
        return DecisionReason.OUTSIDE_MAIN_TEXT
    if finding.backfill:
        return DecisionReason.BACKFILL
    if _live_events(finding.result.events, watch):
        return DecisionReason.NEW_EVENT
    return DecisionReason.NEW


def make_alert(finding: Finding, decision: Decision, watch: Watch, story: str, now: datetime) -> Alert:
    """The alert of a decision that alerts."""
    article = finding.article
    mentions = _mentions_of(finding.result.mentions, watch.id)
    events = tuple(event for event in finding.result.events if watch.id in event.watches)
    live = _live_events(events, watch.id)
    return Alert(
        id=uuid.uuid4().hex,
        kind=AlertKind.EVENT if live else AlertKind.MENTION,
        created=now,
        headline=headline(watch.name, article.title, live),
        priority=_priority(watch, live),
        watch=watch.id,
        watch_name=watch.name,
        watchlist=watch.list_id,
        labels=dict(watch.labels),
        story=story,
        article_url=article.canonical_url,
        article_title=article.title,
        article_source=article.source,
        article_language=article.language,
        article_published=article.published,
        mentions=mentions,
        events=events,
        excerpts=excerpts(article_texts(article), mentions),
        why=_why(mentions, live, decision),
        reason=decision.reason,
        subject=article.canonical_url,
    )


def article_texts(article: Article) -> Mapping[TextField, str]:
    """The fields of an article in which mentions may stand (what lies outside the clean text is not kept)."""
    return {
        TextField.TITLE: article.title,
        TextField.LEAD: article.description,
        TextField.FEED: article.feed_words,
        TextField.TEXT: article.text,
    }


def recipients_of(
    watch: Watch, watchlists: Iterable[Watchlist], reached: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[str, str], ...]:
    """The (channel, recipient) pairs of a watch's list; `reached` names the recipients of every channel."""
    channels = next((watchlist.channels for watchlist in watchlists if watchlist.id == watch.list_id), ())
    return tuple((channel, recipient) for channel in channels for recipient in reached.get(channel, ()))


def first_poll_summary(source: str, stored: int, would_have_alerted: int, now: datetime) -> Alert:
    """What the first poll of a source stored without alerting, told once."""
    return Alert(
        id=uuid.uuid4().hex,
        kind=AlertKind.HEALTH,
        created=now,
        headline=f"New source {source}: {stored} older articles stored, {would_have_alerted} of them would have alerted",
        priority=Priority.LOW,
        why=("older articles of a new source are stored without alerting; `steppewatch explain ID` shows each",),
        reason="first_poll",
        subject=source,
    )


def _mentions_of(mentions: Iterable[Mention], watch: str) -> tuple[Mention, ...]:
    return tuple(mention for mention in mentions if mention.watch == watch)


def _live_events(events: Iterable[Event], watch: str) -> tuple[Event, ...]:
    return tuple(event for event in events if watch in event.watches and event.status in LIVE_STATUSES)


def _priority(watch: Watch, live: Iterable[Event]) -> Priority:
    return watch.priority_on_event if any(event.type in watch.events for event in live) else watch.priority


def _why(mentions: Iterable[Mention], live: Iterable[Event], decision: Decision) -> tuple[str, ...]:
    found = dict.fromkeys(f"{mention.field}: “{mention.surface}”: {mention.why}" for mention in mentions)
    happened = dict.fromkeys(f"{event.type} ({event.status}): “{event.quote}”" for event in live)
    return (*found, *happened, f"decision: {decision.reason}")
