"""`steppewatch alerts`: what somebody was told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.cli.configuration import config_option, load_settings
from console.cli.opened import open_store
from console.cli.table import Branch, Column, examples, json_option, on_terminal, print_json, say, show, show_tree, style_of

if TYPE_CHECKING:
    from steppewatch.model import Alert
    from steppewatch.store import Connection
    from steppewatch.store.outbox import AttemptRecord, DeliveryRecord

    Deliveries = Sequence[tuple[DeliveryRecord, Sequence[AttemptRecord]]]

LIMIT = 50


@click.group(epilog=examples("steppewatch alerts list --watch bilash", "steppewatch alerts show 3f2a"))
def alerts() -> None:
    """List and show alerts."""


@alerts.command("list", epilog=examples("steppewatch alerts list --limit 10", "steppewatch alerts list --watch bilash --json"))
@config_option
@click.option("--watch", metavar="ID", help="Only the alerts of this watch.")
@click.option("--limit", type=click.IntRange(min=1), default=LIMIT, show_default=True, help="The newest so many.")
@json_option
def list_alerts(config: Path, watch: str | None, limit: int, as_json: bool) -> None:
    """List alerts, newest first."""
    settings = load_settings(config)
    from alerts.render.as_json import alert_json
    from steppewatch.store import alerts as stored

    with open_store(settings) as store:
        found = store.read_now(lambda db: stored.newest(db, limit=limit + 1, watch=watch))
    if as_json:
        print_json([alert_json(alert) for alert in found[:limit]])
        return
    columns = (
        Column("id", "alert", short=8),
        Column("created", whole=True),
        Column("kind"),
        Column("priority"),
        Column("watch"),
        Column("headline"),
        Column("source"),
    )
    show([_row(alert) for alert in found[:limit]], columns, json=False, empty="No alerts yet.")
    if len(found) > limit and on_terminal():
        say(f"There are more: --limit {limit * 4} shows them.", error=True)


@alerts.command("show", epilog=examples("steppewatch alerts show 3f2a", "steppewatch alerts show 3f2a --json"))
@click.argument("id", metavar="ID")
@config_option
@json_option
def show_alert(id: str, config: Path, as_json: bool) -> None:
    """Show one alert: why it was raised, its events and sentences, and what became of every delivery.

    The beginning of an id is enough where it is unambiguous.
    """
    settings = load_settings(config)
    from steppewatch.store import alerts as stored

    with open_store(settings) as store:
        alert = store.read_now(lambda db: stored.get(db, alert=id)) if id else None
        if alert is None:
            raise click.ClickException(f"no alert, or more than one, begins with {id!r}; `steppewatch alerts list` names them")
        known = alert
        deliveries = store.read_now(lambda db: deliveries_of(db, known))
    if as_json:
        print_json(alert_with_deliveries(alert, deliveries))
    else:
        show_tree(alert_branch(alert, deliveries))


def deliveries_of(db: Connection, alert: Alert) -> Deliveries:
    """The deliveries of an alert, each with its attempts."""
    from steppewatch.store import outbox

    return [(record, outbox.attempts_of(db, row=record.id)) for record in outbox.of_alert(db, alert=alert.id)]


def alert_with_deliveries(alert: Alert, deliveries: Deliveries) -> dict[str, Any]:
    """An alert as JSON everywhere, with one more key: its deliveries."""
    from alerts.render.as_json import alert_json

    return {**alert_json(alert), "deliveries": [_delivery_json(record, attempts) for record, attempts in deliveries]}


def alert_branch(alert: Alert, deliveries: Deliveries) -> Branch:
    """An alert as a tree: article, sentences, events, why, deliveries."""
    from alerts.render import plain

    tree = Branch(plain.subject(alert), "bold red" if alert.priority == "high" else "bold")
    tree.add(f"alert {alert.id} · {alert.kind} · {alert.priority} · {alert.created:%Y-%m-%d %H:%M} UTC", "dim")
    if alert.article_url:
        article = tree.add(alert.article_title or alert.article_url)
        article.add(plain.origin(alert), "dim")
        article.add(alert.article_url, "cyan")
    _add_findings(tree, alert)
    sent = tree.add("deliveries" if deliveries else "no deliveries: no channel was in force for it")
    for record, attempts in deliveries:
        _add_delivery(sent, record, attempts)
    return tree


def _add_findings(tree: Branch, alert: Alert) -> None:
    from alerts.render import plain

    sections = {
        "what it says": plain.shown(alert.excerpts, plain.sentence),
        "events": plain.shown(alert.events, plain.event_line),
        "why": plain.shown(alert.why, plain.reason_line),
    }
    for name, lines in sections.items():
        if lines:
            section = tree.add(name)
            for one in lines:
                section.add(one)


def _add_delivery(tree: Branch, record: DeliveryRecord, attempts: Sequence[AttemptRecord]) -> None:
    tried = f", {record.attempts} attempts" if record.attempts != 1 else ""
    due = f", next at {record.next_attempt:%Y-%m-%d %H:%M:%S} UTC" if record.state == "waiting" else ""
    branch = tree.add(
        f"{record.state}: {record.channel} → {record.recipient} (outbox {record.id}{tried}{due})", style_of(record.state)
    )
    for attempt in attempts:
        branch.add(f"{attempt.at:%Y-%m-%d %H:%M:%S} UTC {attempt.outcome}: {attempt.answer}")


def _row(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "created": alert.created,
        "kind": alert.kind,
        "priority": alert.priority,
        "watch": alert.watch,
        "headline": alert.headline,
        "source": alert.article_source,
    }


def _delivery_json(record: DeliveryRecord, attempts: Sequence[AttemptRecord]) -> dict[str, Any]:
    return {
        "id": record.id,
        "key": record.key,
        "channel": record.channel,
        "recipient": record.recipient,
        "state": record.state,
        "created": record.created,
        "next_attempt": record.next_attempt if record.state == "waiting" else None,
        "done": record.done,
        "attempts": [{"at": one.at, "outcome": one.outcome, "answer": one.answer} for one in attempts],
    }
