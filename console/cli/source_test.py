"""What `steppewatch sources test` prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from alerts.render.as_json import event_json, mention_json
from alerts.render.words import event_words
from console.cli.table import Branch, cell, listing, print_json, show_tree
from steppewatch.model import Decision, DecisionReason

if TYPE_CHECKING:
    from console.cli.trial import ArticleTrial, SourceTrial
    from steppewatch.model import Link, Watch

SHOWN_LINKS = 20


def print_trial(trial: SourceTrial, watches: Sequence[Watch], *, as_json: bool) -> None:
    """Print what one poll of a source brought."""
    if as_json:
        print_json(_as_json(trial, watches))
    else:
        show_tree(_as_tree(trial, watches))


def article_branch(article: ArticleTrial, watches: Iterable[Watch]) -> Branch:
    """An article that was tried: its page, what was read, and what would happen for every watch."""
    branch = Branch(article.link.url, "cyan")
    if article.status:
        branch.add(f"page: HTTP {article.status}")
    if article.problem:
        branch.add(f"problem: {article.problem}", "yellow")
    if article.examined is None:
        return branch
    read = article.examined.article
    branch.add(f"title: {read.title or 'none'}")
    branch.add(f"text: {len(read.text)} characters, from {read.origin}")
    branch.add(f"published: {cell(read.published) or 'unknown'}")
    branch.add(f"language: {read.language or 'unknown'}")
    branch.branches.extend(_watch_branches(article, watches))
    for event in article.examined.result.events:
        branch.add(f"event: {event_words(event)}: about {listing(event.watches, 'nobody watched')}")
    return branch


def article_json(article: ArticleTrial, watches: Iterable[Watch]) -> dict[str, Any]:
    """The same as JSON."""
    told: dict[str, Any] = {"url": article.link.url, "status": article.status or None, "problem": article.problem or None}
    if article.examined is None:
        return told
    read, result = article.examined.article, article.examined.result
    return told | {
        "title": read.title,
        "canonical_url": read.canonical_url,
        "characters": len(read.text),
        "origin": read.origin,
        "published": read.published,
        "language": read.language,
        "watches": [
            {
                "id": one.watch,
                "reason": one.reason,
                "alerts": one.alerts,
                "mentions": [mention_json(mention) for mention in result.mentions if mention.watch == one.watch],
            }
            for one in (*article.decisions, *_not_mentioned(article, watches))
        ],
        "events": [event_json(event) for event in result.events],
    }


def _watch_branches(article: ArticleTrial, watches: Iterable[Watch]) -> list[Branch]:
    assert article.examined is not None
    branches = []
    for one in article.decisions:
        told = "would alert" if one.alerts else "would not alert"
        branch = Branch(f"watch {one.watch}: {told} ({one.reason})", "bold" if one.alerts else "")
        for mention in article.examined.result.mentions:
            if mention.watch == one.watch:
                branch.add(f"{mention.field}: “{mention.surface}”: {mention.why}")
        branches.append(branch)
    others = [one.watch for one in _not_mentioned(article, watches)]
    return [*branches, Branch(f"not mentioned: {', '.join(others)}", "dim")] if others else branches


def _not_mentioned(article: ArticleTrial, watches: Iterable[Watch]) -> list[Decision]:
    decided = {one.watch for one in article.decisions}
    return [Decision(watch.id, DecisionReason.NOT_MENTIONED) for watch in watches if watch.id not in decided]


def _as_tree(trial: SourceTrial, watches: Sequence[Watch]) -> Branch:
    tree = Branch(f"{trial.source.id} ({trial.source.kind})", "bold")
    tree.add(trial.source.url, "cyan")
    if trial.page is not None:
        page = trial.page
        tree.add(f"HTTP {page.status}, {len(page.body)} bytes, {page.content_type or 'no content type'}, from {page.address}")
    if trial.problem:
        tree.add(f"problem: {trial.problem}", "bold red")
    if trial.listing is not None:
        found = trial.listing
        links = tree.add(f"{len(found.links)} links, language {found.language or 'not said'}, {found.skipped} entries skipped")
        for link in found.links[:SHOWN_LINKS]:
            links.add(f"{cell(link.published, for_people=True) or 'no date'}  {link.title or link.url}")
        if len(found.links) > SHOWN_LINKS:
            links.add(f"and {len(found.links) - SHOWN_LINKS} more")
    if trial.article is not None:
        tree.add("the first article").branches.append(article_branch(trial.article, watches))
    return tree


def _as_json(trial: SourceTrial, watches: Sequence[Watch]) -> dict[str, Any]:
    page, found = trial.page, trial.listing
    return {
        "id": trial.source.id,
        "kind": trial.source.kind,
        "url": trial.source.url,
        "problem": trial.problem or None,
        "status": page.status if page else None,
        "bytes": len(page.body) if page else None,
        "content_type": page.content_type if page else None,
        "language": found.language if found else None,
        "skipped": found.skipped if found else None,
        "links": [_link_json(link) for link in found.links] if found else [],
        "article": article_json(trial.article, watches) if trial.article else None,
    }


def _link_json(link: Link) -> dict[str, Any]:
    return {"url": link.url, "title": link.title, "published": link.published, "language": link.language}
