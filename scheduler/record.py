"""The one transaction of a document: article, findings, decisions, alerts and their outbox rows, or nothing."""

from __future__ import annotations

import uuid
from datetime import datetime

from alerts import decide
from alerts.decide import Finding
from scheduler.rooms import Rooms
from steppewatch.model import Decision, DecisionReason
from steppewatch.store import Connection, alerts, articles, links
from steppewatch.store.links import StoredLink


def document(db: Connection, *, rooms: Rooms, link: StoredLink, finding: Finding, now: datetime) -> int:
    """Store what was made of a link; the number of alerts that raised."""
    known = articles.find_same(db, article=finding.article)
    if known is not None:
        links.mark_stored(db, link=link.id, article=known, reason=DecisionReason.ALREADY_ALERTED)
        _summarise_first_poll(db, rooms, link, now)
        return 0
    story = f"s{uuid.uuid4().hex}"
    article = articles.add(db, article=finding.article, story=story, backfill=finding.backfill, now=now)
    if not links.mark_stored(db, link=link.id, article=article, reason="stored"):
        raise LostLinkError(link.id)
    decisions = decide.decide(finding)
    articles.add_findings(
        db,
        article=article,
        mentions=finding.result.mentions,
        events=finding.result.events,
        decisions=decisions,
        now=now,
    )
    told = sum(_tell(db, rooms, finding, decision, article, story, now) for decision in decisions if decision.alerts)
    return told + _summarise_first_poll(db, rooms, link, now)


def give_up(db: Connection, *, rooms: Rooms, link: StoredLink, reason: str, now: datetime) -> None:
    """A link that never brought a page, and has no words of a feed."""
    links.mark_given_up(db, link=link.id, reason=reason)
    _summarise_first_poll(db, rooms, link, now)


class LostLinkError(Exception):
    """Somebody else stored this link meanwhile: the transaction is rolled back."""


def _tell(db: Connection, rooms: Rooms, finding: Finding, decision: Decision, article: int, story: str, now: datetime) -> bool:
    watch = rooms.watch(decision.watch)
    if watch is None:  # removed by a reload while the article was read
        return False
    alert = decide.make_alert(finding, decision, watch, story, now)
    recipients = decide.recipients_of(watch, rooms.settings.watchlists, rooms.reached())
    return alerts.add(db, alert, recipients, article=article)


def _summarise_first_poll(db: Connection, rooms: Rooms, link: StoredLink, now: datetime) -> int:
    """When the last old article of a new source is through, say once how many there were."""
    if not link.backfill or links.waiting_backfill(db, source=link.source):
        return 0
    stored, would_have_alerted = articles.backfill_figures(db, source=link.source)
    if not stored:
        return 0
    summary = decide.first_poll_summary(link.source, stored, would_have_alerted, now)
    return int(alerts.add(db, summary, rooms.health_recipients()))
