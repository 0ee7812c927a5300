"""Send the deliveries that are due, each in a task of its own: a slow receiver holds up nobody else."""

from __future__ import annotations

from alerts.deliver import Deliverer
from scheduler.crew import Crew
from scheduler.pump import Pump
from steppewatch.model import OutboxRow

IN_FLIGHT = 32


class Sender:
    """Sends due deliveries, a few at a time. `deliverer` is replaced by a reload."""

    def __init__(self, deliverer: Deliverer) -> None:
        self.deliverer = deliverer
        self.pump = Pump("deliver", self.send_due)
        self.crew = Crew(IN_FLIGHT, self.pump.wake)

    async def send_due(self) -> None:
        """Start on every due delivery there is room for."""
        if self.crew.free <= 0:
            return
        for row in await self.deliverer.claim(self.crew.free):
            self.crew.start(self._send(row))

    async def close(self, seconds: float) -> None:
        """Begin nothing more, and end what is in flight."""
        await self.pump.close()
        await self.crew.close(seconds)

    async def _send(self, row: OutboxRow) -> None:
        await self.deliverer.deliver(row)
