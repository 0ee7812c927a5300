"""What the store knows of one article, link or alert, put together, and how `explain` tells it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alerts.render.as_json import event_json, mention_json
from alerts.render.words import event_words
from console.cli.alerts import alert_branch, alert_with_deliveries, deliveries_of
from console.cli.table import Branch, cell, listing, style_of
from crawler.urls import canonical
from steppewatch.model import Alert, Decision, DecisionReason, Event, Mention, Watch
from steppewatch.store import Connection, alerts, articles, links
from steppewatch.store.articles import StoredArticle
from steppewatch.store.links import LinkState, StoredLink

if TYPE_CHECKING:
    from console.cli.alerts import Deliveries

_REASONS = {
    DecisionReason.NEW: "alerted: it is mentioned",
    DecisionReason.NEW_EVENT: "alerted: something happened to it",
    DecisionReason.NOT_MENTIONED: "no alert: not mentioned",
    DecisionReason.BACKFILL: "no alert: the article was old when its source was polled for the first time",
    DecisionReason.OUTSIDE_MAIN_TEXT: "no alert: mentioned only outside the main text (a side column, a list of links)",
    DecisionReason.ALREADY_ALERTED: "no alert: the same text had alerted before",
}


@dataclass(frozen=True, slots=True)
class LinkAccount:
    """A link with where it stands and the last reason."""

    stored: StoredLink
    state: LinkState
    reason: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """Everything known of one thing: of a link without an article, or of an alert that no article raised, only that."""

    link: LinkAccount | None = None
    article: StoredArticle | None = None
    mentions: tuple[Mention, ...] = ()
    events: tuple[Event, ...] = ()
    decisions: tuple[Decision, ...] = ()
    alerts: tuple[tuple[Alert, Deliveries], ...] = ()


# -- asking the store --------------------------------------------------------------------------------------------------
def account_of_id(db: Connection, id: str) -> Account | None:
    """By the number of an article, or by an alert's id or its beginning."""
    found = _of_article(db, int(id)) if id.isascii() and id.isdecimal() and len(id) < 19 else None
    alert = alerts.get(db, alert=id) if found is None and id else None
    if alert is None:
        return found
    article = alerts.article_of(db, alert=alert.id)
    return (_of_article(db, article) if article is not None else None) or Account(alerts=_told(db, (alert,)))


def account_of_address(db: Connection, url: str) -> Account | None:
    """By the address of a link or of an article."""
    found = links.find(db, url_key=canonical(url))
    article = found[3] if found is not None else None
    if article is None:
        article = articles.find_at(db, url=canonical(url))
    if article is not None:
        return _of_article(db, article)
    return Account(link=LinkAccount(*found[:3])) if found is not None else None


def _of_article(db: Connection, id: int) -> Account | None:
    stored = articles.get(db, article=id)
    if stored is None:
        return None
    found = links.find(db, url_key=canonical(stored.article.url))
    return Account(
        link=LinkAccount(*found[:3]) if found is not None else None,
        article=stored,
        mentions=articles.mentions_of(db, article=id),
        events=articles.events_of(db, article=id),
        decisions=articles.decisions_of(db, article=id),
        alerts=_told(db, alerts.of_article(db, article=id)),
    )


def _told(db: Connection, found: Iterable[Alert]) -> tuple[tuple[Alert, Deliveries], ...]:
    return tuple((alert, deliveries_of(db, alert)) for alert in found)


# -- telling it --------------------------------------------------------------------------------------------------------
def account_json(account: Account, watches: Iterable[Watch]) -> dict[str, Any]:
    """As JSON values; a watch that is not mentioned stands there with that reason."""
    return {
        "link": _link_json(account.link) if account.link else None,
        "article": _article_json(account.article) if account.article else None,
        "watches": _watches_json(account, watches) if account.article else [],
        "events": [event_json(event) for event in account.events],
        "alerts": [alert_with_deliveries(alert, deliveries) for alert, deliveries in account.alerts],
    }


def account_branch(account: Account, watches: Iterable[Watch]) -> Branch:
    """As a tree."""
    link, article = account.link, account.article
    if article is not None:
        tree = Branch(f"article {article.id}: {article.article.title or article.article.url}", "bold")
        _add_article(tree, article)
    elif link is not None:
        tree = Branch(f"link {link.stored.id}: {link.stored.link.title or link.stored.link.url}", "bold")
    else:
        ((alert, deliveries),) = account.alerts
        return alert_branch(alert, deliveries)
    if link is not None:
        _add_link(tree, link)
    if article is not None:
        _add_watches(tree, account, watches)
        _add_events(tree, account.events)
        section = tree.add("alerts" if account.alerts else "no alerts")
        section.branches.extend(alert_branch(alert, deliveries) for alert, deliveries in account.alerts)
    return tree


def _add_article(tree: Branch, stored: StoredArticle) -> None:
    article = stored.article
    tree.add(article.canonical_url, "cyan")
    tree.add(f"from source {article.source}, published {_time(article.published)}, language {article.language or 'unknown'}")
    note = f" ({article.note})" if article.note else ""
    tree.add(f"words from {article.origin}{note}, fetched {_time(article.fetched)}, {len(article.text)} characters")
    old = "; old when its source was new" if stored.backfill else ""
    tree.add(f"stored {_time(stored.stored)}, story {stored.story}{old}")
    archive = article.archive
    tree.add(f"raw page in {archive.file} at {archive.offset}, SHA-256 {archive.digest}" if archive else "raw page not kept")


def _add_link(tree: Branch, link: LinkAccount) -> None:
    attempts = f", {link.stored.attempts} attempts" if link.stored.attempts != 1 else ""
    reason = f" ({link.reason})" if link.reason and link.reason != link.state else ""
    branch = tree.add(f"link {link.stored.id}: {link.state}{reason}{attempts}", style_of(link.state))
    branch.add(f"announced by {link.stored.source}, first seen {_time(link.stored.first_seen)}")
    if link.state is LinkState.WAITING:
        branch.add("its page was not read yet: the daemon does that, or `steppewatch once`")
    elif link.state is LinkState.GIVEN_UP:
        branch.add("its page could not be had, and the source had no words of its own about it")


def _add_watches(tree: Branch, account: Account, watches: Iterable[Watch]) -> None:
    section = tree.add("watches")
    for one in account.decisions:
        branch = section.add(f"{one.watch}: {_REASONS[one.reason]} [{one.reason}]", "bold" if one.alerts else "")
        for mention in account.mentions:
            if mention.watch == one.watch:
                branch.add(f"{mention.field}: “{mention.surface}”: {mention.why}")
    others = _not_mentioned(account, watches)
    if others:
        section.add(f"not mentioned: {', '.join(others)}", "dim")


def _add_events(tree: Branch, events: Iterable[Event]) -> None:
    for event in events:
        tree.add(f"event: {event_words(event)}: about {listing(event.watches, 'nobody watched')}: “{event.quote}”")


def _not_mentioned(account: Account, watches: Iterable[Watch]) -> list[str]:
    decided = {one.watch for one in account.decisions}
    return [watch.id for watch in watches if watch.id not in decided]


def _time(moment: object) -> str:
    return cell(moment, for_people=True) or "at an unknown time"


def _link_json(link: LinkAccount) -> dict[str, Any]:
    stored = link.stored
    return {
        "id": stored.id,
        "url": stored.link.url,
        "source": stored.source,
        "state": link.state,
        "reason": link.reason,
        "attempts": stored.attempts,
        "first_seen": stored.first_seen,
    }


def _article_json(stored: StoredArticle) -> dict[str, Any]:
    article, archive = stored.article, stored.article.archive
    return {
        "id": stored.id,
        "source": article.source,
        "url": article.url,
        "canonical_url": article.canonical_url,
        "title": article.title,
        "language": article.language,
        "published": article.published,
        "fetched": article.fetched,
        "stored": stored.stored,
        "origin": article.origin,
        "note": article.note,
        "backfill": stored.backfill,
        "story": stored.story,
        "archive": {"file": archive.file, "offset": archive.offset, "digest": archive.digest} if archive else None,
    }


def _watches_json(account: Account, watches: Iterable[Watch]) -> list[dict[str, Any]]:
    others = (Decision(one, DecisionReason.NOT_MENTIONED) for one in _not_mentioned(account, watches))
    return [
        {
            "id": one.watch,
            "reason": one.reason,
            "alerts": one.alerts,
            "mentions": [mention_json(mention) for mention in account.mentions if mention.watch == one.watch],
        }
        for one in (*account.decisions, *others)
    ]
