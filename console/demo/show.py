"""What the little world looks like on a screen: the sources as a table, the alerts as trees, and where to look."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.tree import Tree

from alerts.render.clean import terminal
from steppewatch.model import Alert
from steppewatch.store import Connection, alerts, articles, outbox, quarantine, sources
from steppewatch.store.outbox import DeliveryRecord


def show(console: Console, db: Connection, folder: Path) -> None:
    """Print everything that happened."""
    console.print(sources_table(db))
    for tree in alert_trees(db):
        console.print(tree)
    look = Table.grid(padding=(0, 2))
    look.add_row("configuration", str(folder / "config.yaml"))
    look.add_row("alerts as JSON lines", str(folder / "alerts.jsonl"))
    look.add_row("raw pages", str(folder / "archive"))
    look.add_row("log", str(folder / "log.jsonl"))
    look.add_row("more", f"steppewatch alerts list --config {folder / 'config.yaml'}")
    console.print(look)


def sources_table(db: Connection) -> Table:
    """The sources: how the last poll went, how many articles came of it."""
    table = Table(title="Sources", title_justify="left")
    for heading in ("source", "kind", "last poll", "articles", "quarantined"):
        table.add_column(heading)
    kept = {one.source: one.reason for one in quarantine.listing(db)}
    stored = [article.article.source for article in articles.newest(db)]
    for state in sources.states(db):
        reason = state.last_reason or "never polled"
        colour = "green" if state.failures == 0 and state.last_success else "red"
        row = (state.id, state.kind, f"[{colour}]{reason}[/]", str(stored.count(state.id)), kept.get(state.id, ""))
        table.add_row(*row)
    return table


def alert_trees(db: Connection) -> Iterable[Tree]:
    """Every alert with why, events and deliveries, oldest first."""
    for alert in reversed(alerts.newest(db)):
        yield alert_tree(alert, outbox.of_alert(db, alert=alert.id))


def alert_tree(alert: Alert, deliveries: Iterable[DeliveryRecord]) -> Tree:
    """One alert as a tree."""
    style = "bold red" if alert.priority == "high" else "bold"
    tree = Tree(f"[{style}]{_plain(alert.headline)}[/]  [dim]{alert.kind}, {alert.priority}[/]", highlight=False)
    if alert.article_url:
        tree.add(f"[dim]{_plain(alert.article_source)} · {alert.article_language or '?'}[/] {_plain(alert.article_url)}")
    for event in alert.events:
        tree.add(f"[cyan]{event.type}[/] {event.status} {event.date or 'no date'}: “{_plain(event.quote)}”")
    why = tree.add("why")
    for line in alert.why:
        why.add(_plain(line))
    sent = tree.add("deliveries")
    for record in deliveries:
        colour = {"sent": "green", "dead": "red"}.get(record.state, "yellow")
        answer = f": {_plain(record.answer)}" if record.answer else ""
        sent.add(f"[{colour}]{record.state}[/] {record.channel} → {_plain(record.recipient)}{answer}")
    return tree


def _plain(text: str) -> str:
    """Text from outside: no control sequences, and no markup of rich."""
    return terminal(text).replace("[", r"\[")
