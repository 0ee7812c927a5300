"""What a channel is: the shape every file of `alerts/channels/` has, and what it is given."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import Protocol, TextIO

from steppewatch.model import OutboxRow


@dataclass(frozen=True, slots=True)
class ChannelContext:
    """What all channels share. `timeout` is in seconds, for one whole delivery.

    `allow_private` are the networks behind our own walls that a webhook may reach (`crawl.allow_private`). `stream` is
    where the console channel writes.
    """

    user_agent: str
    timeout: float = 30.0
    allow_private: tuple[IPv4Network | IPv6Network, ...] = ()
    stream: TextIO = field(default_factory=lambda: sys.stdout)


class Channel(Protocol):
    """One way out. A plug-in's class takes `(channel_id: str, config: Config, context: ChannelContext)`."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """Everybody this channel reaches; each gets an outbox row of their own."""

    async def send(self, row: OutboxRow) -> str:
        """Deliver one row and return the receiver's short answer.

        Raises RetryableDeliveryError or RejectedDeliveryError, whose messages hold neither secrets nor addresses.
        """

    async def close(self) -> None:
        """Let go of everything."""
