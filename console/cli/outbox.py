"""`steppewatch outbox`: what is on its way, and what could not be delivered."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.cli.configuration import config_option, load_settings
from console.cli.opened import open_store
from console.cli.table import Column, examples, json_option, on_terminal, say, show

if TYPE_CHECKING:
    from steppewatch.store import Connection
    from steppewatch.store.outbox import DeliveryRecord

LIMIT = 200


@click.group(epilog=examples("steppewatch outbox list --state dead", "steppewatch outbox retry --all"))
def outbox() -> None:
    """List deliveries and give dead letters another life."""


@outbox.command("list", epilog=examples("steppewatch outbox list --state waiting", "steppewatch outbox list --state dead --json"))
@config_option
@click.option("--state", type=click.Choice(["waiting", "sent", "dead"]), help="Only deliveries in this state.")
@click.option("--limit", type=click.IntRange(min=1), default=LIMIT, show_default=True, help="The newest so many.")
@json_option
def list_deliveries(config: Path, state: str | None, limit: int, as_json: bool) -> None:
    """List deliveries, newest first. A dead letter waits here for `outbox retry`."""
    settings = load_settings(config)
    from steppewatch.store import outbox as stored

    wanted = stored.OutboxState(state) if state else None
    with open_store(settings) as store:
        records = store.read_now(lambda db: stored.listing(db, state=wanted, limit=limit + 1))
    columns = (
        Column("id", "delivery", right=True),
        Column("state"),
        Column("channel"),
        Column("recipient"),
        Column("alert", short=8),
        Column("attempts", right=True),
        Column("created", whole=True),
        Column("next_attempt"),
        Column("answer"),
    )
    show([_row(record) for record in records[:limit]], columns, json=as_json, empty="Nothing here.")
    if len(records) > limit and on_terminal() and not as_json:
        say(f"There are more: --limit {limit * 4} shows them.", error=True)


@outbox.command("retry", epilog=examples("steppewatch outbox retry 17", "steppewatch outbox retry --all"))
@click.argument("id", metavar="[ID]", type=int, required=False)
@config_option
@click.option("--all", "every", is_flag=True, help="Every dead letter and every delivery that waits for its next attempt.")
def retry(id: int | None, config: Path, every: bool) -> None:
    """Give a dead letter another life, and make a waiting delivery due now.

    The running daemon sends it within a second; without one, the next `steppewatch run` or `steppewatch once` does.
    """
    if (id is None) is not every:
        raise click.UsageError("say which: the number of a delivery (`steppewatch outbox list`), or --all")
    settings = load_settings(config)
    from steppewatch.clock import Clock

    now = Clock().now()
    with open_store(settings) as store:
        say(store.write_now(lambda db: _retry(db, id, now)))


def _retry(db: Connection, id: int | None, now: datetime) -> str:
    """Do it, and say what was done. Raises ClickException where there is nothing to do."""
    from steppewatch.store import outbox as stored

    if id is not None:
        known = stored.get(db, row=id)
        if known is None:
            raise click.ClickException(f"there is no delivery {id}; `steppewatch outbox list` names them")
        if known.state is stored.OutboxState.SENT:
            raise click.ClickException(f"delivery {id} has arrived already; nothing is sent twice")
    revived = stored.retry_dead(db, now=now, row=id)
    hastened = stored.hasten(db, now=now, row=id)
    return f"dead letters with a new life: {revived}; waiting deliveries made due now: {hastened}"


def _row(record: DeliveryRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "state": record.state,
        "channel": record.channel,
        "recipient": record.recipient,
        "alert": record.alert,
        "attempts": record.attempts,
        "created": record.created,
        "next_attempt": record.next_attempt if record.state == "waiting" else None,
        "done": record.done,
        "answer": record.answer,
        "key": record.key,
    }
