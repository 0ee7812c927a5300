"""What the jobs of a process share: made by the daemon, handed to each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from crawler.archive import Archive
from crawler.engine import Engine
from scheduler.pool import Pool
from steppewatch.clock import Clock
from steppewatch.config.settings import Settings, Source
from steppewatch.model import Watch
from steppewatch.store import Store


@dataclass(slots=True)
class Rooms:
    """The parts of a running process. A reload replaces `settings`, `pool` and what hangs on them, between two runs."""

    settings: Settings
    store: Store
    engine: Engine
    pool: Pool
    archive: Archive
    clock: Clock
    random: Random
    reached: Callable[[], dict[str, tuple[str, ...]]]

    def source(self, source: str) -> Source | None:
        """A configured source by id."""
        return next((one for one in self.settings.sources if one.id == source), None)

    def watch(self, watch: str) -> Watch | None:
        """A configured watch by id."""
        return next((one for one in self.settings.watches if one.id == watch), None)

    def health_recipients(self, *, without: str = "") -> tuple[tuple[str, str], ...]:
        """The (channel, recipient) pairs that health alerts go to."""
        reached = self.reached()
        channels = self.settings.delivery.health or tuple(reached)
        return tuple((channel, one) for channel in channels if channel != without for one in reached.get(channel, ()))
