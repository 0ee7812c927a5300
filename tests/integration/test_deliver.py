"""From the outbox to the receivers, on a real store: nothing lost, nothing twice under a new key, failures told once."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from random import Random

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from alerts.channels import file, webhook
from alerts.deliver import AT_ONCE_PER_CHANNEL, Channel, ChannelContext, Deliverer
from steppewatch.clock import Clock
from steppewatch.config.settings import Delivery
from steppewatch.errors import RetryableDeliveryError, StoreError
from steppewatch.model import Alert, AlertKind, OutboxRow, Priority
from steppewatch.store import Store, alerts, outbox

START = datetime(2019, 4, 5, 10, tzinfo=UTC)
CONTEXT = ChannelContext("test", 5.0, (ip_network("127.0.0.0/8"),))
NAME = "Серікжан Біләш"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store.open(tmp_path / "store.db")
    yield opened
    await opened.close()


@asynccontextmanager
async def hook(*statuses: int, **headers: str) -> AsyncIterator[tuple[webhook.Channel, list[tuple[str, str]]]]:
    """A webhook channel to a receiver that gives these answers in turn, the last one for ever; what it received."""
    received: list[tuple[str, str]] = []
    left = list(statuses)

    async def handle(request: web.Request) -> web.Response:
        body = await request.json()
        received.append((request.headers["webhook-id"], body["data"]["headline"]))
        return web.Response(status=left.pop(0) if len(left) > 1 else left[0], headers=headers)

    runner = web.ServerRunner(web.Server(handle), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield webhook.Channel("hook", webhook.Config(f"http://127.0.0.1:{runner.addresses[0][1]}/"), CONTEXT), received
    finally:
        await runner.cleanup()


class Scripted:
    """A channel that runs what a test wants."""

    recipients = ("one",)

    def __init__(self) -> None:
        self.running = self.most_running = 0

    async def act(self, row: OutboxRow) -> str:
        raise NotImplementedError

    async def send(self, row: OutboxRow) -> str:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            return await self.act(row)
        finally:
            self.running -= 1

    async def close(self) -> None:
        return


class Broken(Scripted):
    async def act(self, row: OutboxRow) -> str:
        raise LookupError(f"something about {row.alert.headline}")


class Hanging(Scripted):
    async def act(self, row: OutboxRow) -> str:
        return str(await asyncio.Event().wait())


def log_file(tmp_path: Path) -> file.Channel:
    return file.Channel("log", file.Config(tmp_path / "alerts.jsonl"), CONTEXT)


def lines(tmp_path: Path) -> list[dict[str, dict[str, str]]]:
    path = tmp_path / "alerts.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def deliverer(
    store: Store, channels: Mapping[str, Channel], *, later: timedelta = timedelta(0), policy: Delivery | None = None
) -> Deliverer:
    """A deliverer whose story clock shows START plus `later`."""
    return Deliverer(
        store, channels, policy or Delivery(), Clock.starting_at(START + later), Random(1), health_channels=tuple(channels)
    )


async def deliver_due(sender: Deliverer, limit: int = 50) -> int:
    """One round: how many of the rows that could be claimed were marked."""
    marked = await asyncio.gather(*(sender.deliver(row) for row in await sender.claim(limit)))
    return sum(marked)


async def alert_over(store: Store, *recipients: tuple[str, str], number: int = 1, kind: AlertKind = AlertKind.MENTION) -> None:
    alert = Alert(f"alert-{number}", kind, START, f"{NAME} {number}", Priority.NORMAL, watch="bilash", subject=str(number))
    assert await store.write(partial(alerts.add, alert=alert, recipients=recipients))


async def deliveries(store: Store) -> dict[tuple[str, str], outbox.DeliveryRecord]:
    return {(row.alert, row.channel): row for row in await store.read(outbox.listing)}


async def health_alerts(store: Store) -> list[Alert]:
    return [alert for alert in await store.read(alerts.newest) if alert.kind is AlertKind.HEALTH]


# -------------------------------------------------------------------------------------------------------- it gets there
async def test_everything_due_is_sent_once(store: Store, tmp_path: Path) -> None:
    async with hook(200) as (channel, received):
        sender = deliverer(store, {"hook": channel, "log": log_file(tmp_path)})
        for number in range(10):
            await alert_over(store, ("hook", "endpoint"), ("log", "file"), number=number)
        assert [await deliver_due(sender) for _ in range(4)] == [8, 8, 4, 0], "four of each channel at a time"
    rows = await deliveries(store)
    assert {row.state for row in rows.values()} == {outbox.OutboxState.SENT}
    assert rows["alert-1", "hook"].answer == "HTTP 200"
    assert sorted(key for key, _ in received) == sorted(row.key for row in rows.values() if row.channel == "hook")
    assert len(lines(tmp_path)) == 10


async def test_no_more_than_asked_for(store: Store, tmp_path: Path) -> None:
    for number in range(5):
        await alert_over(store, ("log", "file"), number=number)
    sender = deliverer(store, {"log": log_file(tmp_path)})
    assert [await deliver_due(sender, limit=2) for _ in range(4)] == [2, 2, 1, 0]


async def test_a_failure_is_tried_again_later_under_the_same_key(store: Store) -> None:
    await alert_over(store, ("hook", "endpoint"))
    async with hook(503, 500, 200) as (channel, received):
        channels = {"hook": channel}
        assert await deliver_due(deliverer(store, channels)) == 1
        row = (await deliveries(store))["alert-1", "hook"]
        assert (row.state, row.attempts) == (outbox.OutboxState.WAITING, 1)
        assert row.answer == "channel hook: HTTP 503 Service Unavailable"
        assert timedelta(seconds=14) < row.next_attempt - START < timedelta(seconds=35)
        assert await deliver_due(deliverer(store, channels, later=timedelta(seconds=5))) == 0
        assert await deliver_due(deliverer(store, channels, later=timedelta(minutes=1))) == 1
        assert await deliver_due(deliverer(store, channels, later=timedelta(minutes=5))) == 1
    row = (await deliveries(store))["alert-1", "hook"]
    assert (row.state, row.attempts) == (outbox.OutboxState.SENT, 3)
    assert {key for key, _ in received} == {row.key}
    attempts = await store.read(partial(outbox.attempts_of, row=row.id))
    assert [attempt.outcome for attempt in attempts] == ["retry", "retry", "sent"]


async def test_retry_after_is_respected(store: Store) -> None:
    await alert_over(store, ("hook", "endpoint"))
    async with hook(429, **{"Retry-After": "7200"}) as (channel, _):
        await deliver_due(deliverer(store, {"hook": channel}))
    row = (await deliveries(store))["alert-1", "hook"]
    assert timedelta(hours=2) <= row.next_attempt - START < timedelta(hours=2, minutes=1)


# ------------------------------------------------------------------------------------------------------ it does not
async def test_dead_letters_of_a_channel_are_told_once_over_the_others(store: Store, tmp_path: Path) -> None:
    for number in range(3):
        await alert_over(store, ("hook", "endpoint"), number=number)
    async with hook(410) as (channel, received):
        channels = {"hook": channel, "log": log_file(tmp_path)}
        assert await deliver_due(deliverer(store, channels)) == 3
        assert await deliver_due(deliverer(store, channels, later=timedelta(minutes=1))) == 1
    assert len(received) == 3
    rows = await deliveries(store)
    assert [rows[f"alert-{number}", "hook"].state for number in range(3)] == [outbox.OutboxState.DEAD] * 3
    (health,) = await health_alerts(store)
    assert health.headline == "Channel hook does not deliver: 1 alert waits in `steppewatch outbox list`"
    assert [line["alert"]["headline"] for line in lines(tmp_path)] == [health.headline]
    assert NAME not in repr(health)


async def test_the_next_day_it_is_told_again_with_how_many_wait(store: Store, tmp_path: Path) -> None:
    async with hook(410) as (channel, _):
        channels = {"hook": channel, "log": log_file(tmp_path)}
        await alert_over(store, ("hook", "endpoint"), number=1)
        await deliver_due(deliverer(store, channels))
        await alert_over(store, ("hook", "endpoint"), number=2)
        await deliver_due(deliverer(store, channels, later=timedelta(days=1)))
    assert "2 alerts wait" in (await health_alerts(store))[0].headline


async def test_after_the_term_a_failing_delivery_is_given_up(store: Store, tmp_path: Path) -> None:
    await alert_over(store, ("hook", "endpoint"))
    async with hook(503) as (channel, _):
        channels = {"hook": channel, "log": log_file(tmp_path)}
        await deliver_due(deliverer(store, channels, later=timedelta(days=2, hours=23)))
        assert (await deliveries(store))["alert-1", "hook"].state is outbox.OutboxState.WAITING
        await deliver_due(deliverer(store, channels, later=timedelta(days=3, hours=7)))
    assert (await deliveries(store))["alert-1", "hook"].state is outbox.OutboxState.DEAD
    assert len(await health_alerts(store)) == 1


async def test_a_dead_health_alert_raises_no_other(store: Store, tmp_path: Path) -> None:
    await alert_over(store, ("hook", "endpoint"), kind=AlertKind.HEALTH)
    async with hook(410) as (channel, _):
        await deliver_due(deliverer(store, {"hook": channel, "log": log_file(tmp_path)}))
    assert (await deliveries(store))["alert-1", "hook"].state is outbox.OutboxState.DEAD
    assert len(await health_alerts(store)) == 1
    assert lines(tmp_path) == []


async def test_a_channel_that_is_gone_keeps_its_rows_until_the_term(store: Store, tmp_path: Path) -> None:
    await alert_over(store, ("gone", "somebody"))
    channels = {"log": log_file(tmp_path)}
    assert await deliver_due(deliverer(store, channels)) == 1
    row = (await deliveries(store))["alert-1", "gone"]
    assert (row.state, row.answer) == (outbox.OutboxState.WAITING, "channel_missing")
    await deliver_due(deliverer(store, channels, later=timedelta(days=4)))
    assert (await deliveries(store))["alert-1", "gone"].state is outbox.OutboxState.DEAD
    assert "Channel gone does not deliver" in (await health_alerts(store))[0].headline


# --------------------------------------------------------------------------------------------------- broken channels
async def test_a_broken_channel_does_not_stop_the_others_and_tells_no_names(store: Store, tmp_path: Path) -> None:
    await alert_over(store, ("broken", "one"), ("log", "file"))
    with capture_logs() as logs:
        assert await deliver_due(deliverer(store, {"broken": Broken(), "log": log_file(tmp_path)})) == 2
    rows = await deliveries(store)
    assert (rows["alert-1", "broken"].state, rows["alert-1", "broken"].answer) == (outbox.OutboxState.WAITING, "LookupError")
    assert rows["alert-1", "log"].state is outbox.OutboxState.SENT
    (broke,) = (entry for entry in logs if entry["event"] == "channel_broke")
    assert (broke["error"], broke["channel"]) == ("LookupError", "broken")
    assert {entry["event"] for entry in logs} == {"channel_broke", "delivery_retried", "delivered"}
    assert NAME not in repr(logs)


async def test_a_hanging_channel_is_cut_off(store: Store, tmp_path: Path) -> None:
    await alert_over(store, ("hanging", "one"), ("log", "file"))
    policy = Delivery(lease=timedelta(seconds=1))
    channels = {"hanging": Hanging(), "log": log_file(tmp_path)}
    async with asyncio.timeout(10):
        assert await deliver_due(deliverer(store, channels, policy=policy)) == 2
    rows = await deliveries(store)
    assert (rows["alert-1", "hanging"].state, rows["alert-1", "hanging"].answer) == (outbox.OutboxState.WAITING, "timeout")
    assert rows["alert-1", "log"].state is outbox.OutboxState.SENT


async def test_a_slow_channel_gets_few_at_once_and_holds_up_nobody(store: Store, tmp_path: Path) -> None:
    for number in range(3 * AT_ONCE_PER_CHANNEL):
        await alert_over(store, ("hanging", "one"), number=number)
    channel = Hanging()
    sender = deliverer(store, {"hanging": channel, "log": log_file(tmp_path)}, policy=Delivery(lease=timedelta(seconds=1)))
    stuck = asyncio.ensure_future(deliver_due(sender))
    async with asyncio.timeout(10):
        while channel.running < AT_ONCE_PER_CHANNEL:
            await asyncio.sleep(0)
        await alert_over(store, ("log", "file"), number=99)
        assert await deliver_due(sender) == 1, "the new alert, and no more of the hanging channel"
    assert await stuck == AT_ONCE_PER_CHANNEL
    assert channel.most_running == AT_ONCE_PER_CHANNEL


async def test_no_transaction_is_open_while_sending_and_a_lost_lease_marks_nothing(store: Store) -> None:
    class Overtaken(Scripted):
        async def act(self, row: OutboxRow) -> str:
            later = partial(
                outbox.claim, now=START + timedelta(minutes=3), lease_for=timedelta(minutes=2), limit=5, per_channel=5
            )
            (again,) = await store.write(later)
            assert again.key == row.key
            return "too late"

    await alert_over(store, ("slow", "one"))
    with capture_logs() as logs:
        assert await deliver_due(deliverer(store, {"slow": Overtaken()})) == 0
    assert [entry["event"] for entry in logs] == ["lease_lost"]
    row = (await deliveries(store))["alert-1", "slow"]
    assert (row.state, row.attempts) == (outbox.OutboxState.WAITING, 0)


async def test_a_store_that_does_not_take_a_mark_is_told(store: Store, tmp_path: Path) -> None:
    class Saboteur(Scripted):
        async def act(self, row: OutboxRow) -> str:
            with sqlite3.connect(tmp_path / "store.db") as other:
                other.execute("DROP TABLE attempts")
            raise RetryableDeliveryError("later")

    await alert_over(store, ("bad", "one"))
    with pytest.raises(StoreError):
        await deliver_due(deliverer(store, {"bad": Saboteur()}))
