"""From the outbox to the receivers: claim a row, send it, mark it. No transaction is open while something is sent.

Delivery is at least once. A crash between sending and marking sends again under the same key; a crash before that loses
nothing, because the row stays.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from random import Random

import structlog

from alerts.channel import Channel, ChannelContext
from steppewatch.backoff import next_attempt
from steppewatch.clock import Clock
from steppewatch.config.settings import Delivery
from steppewatch.errors import RejectedDeliveryError, RetryableDeliveryError
from steppewatch.model import Alert, AlertKind, OutboxRow, Priority
from steppewatch.store import Connection, Store, outbox

__all__ = ["Channel", "ChannelContext", "Deliverer"]

AT_ONCE_PER_CHANNEL = 4
GRACE_SECONDS = 5.0  # a channel keeps to its own time-out and says what was slow; this is how long it may overrun it
CHANNEL_MISSING = "channel_missing"
DEAD_LETTER = "dead_letter"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Sent:
    answer: str


@dataclass(frozen=True, slots=True)
class _Failed:
    answer: str
    for_good: bool = False
    retry_after: float | None = None


class Deliverer:
    """Sends what is due. `channels` are those in force, by id; `health_channels` the ids that hear of dead letters."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        policy: Delivery,
        clock: Clock,
        random: Random,
        health_channels: tuple[str, ...],
    ) -> None:
        self._store = store
        self._channels = channels
        self._policy = policy
        self._clock = clock
        self._random = random
        self._health_channels = health_channels
        # Half of the lease at most, or a row could be claimed by somebody else while it is still being sent.
        self._longest_send = min(policy.timeout.total_seconds() + GRACE_SECONDS, policy.lease.total_seconds() / 2)

    async def claim(self, limit: int) -> tuple[OutboxRow, ...]:
        """Lease up to `limit` rows that are due, so few of one channel that a slow one never holds up the others."""
        claim = partial(
            outbox.claim,
            now=self._clock.now(),
            lease_for=self._policy.lease,
            limit=limit,
            per_channel=AT_ONCE_PER_CHANNEL,
        )
        return await self._store.write(claim)

    async def deliver(self, row: OutboxRow) -> bool:
        """Send a claimed row and mark it as sent, to be retried or dead; False where its lease was lost meanwhile.

        Raises StoreError where the store did not take the mark.
        """
        channel = self._channels.get(row.channel)
        outcome = _Failed(CHANNEL_MISSING) if channel is None else await self._send(channel, row)
        return await self._mark(row, outcome)

    async def _send(self, channel: Channel, row: OutboxRow) -> _Sent | _Failed:
        try:
            async with asyncio.timeout(self._longest_send):
                return _Sent(await channel.send(row))
        except RejectedDeliveryError as error:
            return _Failed(error.answer, for_good=True)
        except RetryableDeliveryError as error:
            return _Failed(error.answer, retry_after=error.retry_after)
        except TimeoutError:
            return _Failed("timeout")
        except Exception as error:  # noqa: BLE001 - a broken channel must not stop the others; its message may hold anything
            return _broken(row, error)

    # -- marking -----------------------------------------------------------------------------------------------------
    async def _mark(self, row: OutboxRow, outcome: _Sent | _Failed) -> bool:
        now = self._clock.now()
        if isinstance(outcome, _Sent):
            marked = await self._store.write(partial(outbox.mark_sent, row=row, now=now, answer=outcome.answer))
            event = "delivered"
        elif outcome.for_good or now - row.created >= self._policy.give_up_after:
            marked = await self._store.write(partial(self._bury, row=row, now=now, answer=outcome.answer))
            event = "delivery_dead"
        else:
            marked = await self._store.write(self._retry(row, now, outcome))
            event = "delivery_retried"
        log.info(event if marked else "lease_lost", **_ids(row), attempt=row.attempts + 1)
        return marked

    def _retry(self, row: OutboxRow, now: datetime, outcome: _Failed) -> partial[bool]:
        again = next_attempt(
            row.attempts + 1,
            now,
            first=self._policy.first_retry,
            longest=self._policy.longest_retry,
            random=self._random,
            retry_after=outcome.retry_after,
        )
        return partial(outbox.mark_retry, row=row, now=now, next_attempt=again, answer=outcome.answer)

    def _bury(self, db: Connection, *, row: OutboxRow, now: datetime, answer: str) -> bool:
        """Mark a row as dead and, in the same transaction, tell the other channels (unless the row told of one itself)."""
        if row.alert.kind is AlertKind.HEALTH:
            return outbox.mark_dead(db, row=row, now=now, answer=answer)
        waiting = 1 + outbox.count_dead(db, channel=row.channel)
        return outbox.mark_dead(
            db,
            row=row,
            now=now,
            answer=answer,
            health=_dead_letter_alert(row.channel, waiting, now),
            health_recipients=self._health_recipients(row.channel),
        )

    def _health_recipients(self, failing: str) -> tuple[tuple[str, str], ...]:
        others = (channel for channel in self._health_channels if channel != failing and channel in self._channels)
        return tuple((channel, recipient) for channel in others for recipient in self._channels[channel].recipients)


def _dead_letter_alert(channel: str, waiting: int, now: datetime) -> Alert:
    """What the other channels hear, once a day for each channel: the subject names both, and the store takes it once."""
    many = f"{waiting} alerts wait" if waiting > 1 else "1 alert waits"
    return Alert(
        id=str(uuid.uuid4()),
        kind=AlertKind.HEALTH,
        created=now,
        headline=f"Channel {channel} does not deliver: {many} in `steppewatch outbox list`",
        priority=Priority.HIGH,
        why=("a delivery was refused for good, or has failed for too long",),
        reason=DEAD_LETTER,
        subject=f"{channel} {now.date().isoformat()}",
    )


def _ids(row: OutboxRow) -> dict[str, object]:
    return {"outbox": row.id, "alert": row.alert.id, "channel": row.channel}


def _broken(row: OutboxRow, error: Exception) -> _Failed:
    log.error("channel_broke", **_ids(row), error=type(error).__name__)
    return _Failed(type(error).__name__)
