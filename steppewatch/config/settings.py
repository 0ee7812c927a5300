"""The configuration as the rest of the program sees it: frozen dataclasses, every value checked and with its default.

Durations are `timedelta`, sizes are bytes, paths are absolute. A secret is a `Secret`, which does not print itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from steppewatch.model import Watch


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A value that came from the environment or a file, and never reaches a log, an error or a listing."""

    value: str

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"


class Fetch(StrEnum):
    """How far to follow a source: each article's page, or only what the feed carries."""

    FULL = "full"
    FEED = "feed"


class Keep(StrEnum):
    """Which raw pages go to the archive."""

    ALL = "all"
    MATCHED = "matched"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Project:
    name: str = "Steppewatch"
    timezone: str = "Asia/Almaty"
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Archive:
    path: Path
    keep: Keep = Keep.MATCHED


@dataclass(frozen=True, slots=True)
class PerHost:
    concurrency: int = 1
    delay: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one piece of outside bytes may cost a worker of the pool."""

    workers: int = 2
    wall: timedelta = timedelta(seconds=5)
    cpu: timedelta = timedelta(seconds=4)
    memory: int = 1_500_000_000


@dataclass(frozen=True, slots=True)
class Crawl:
    obey_robots: bool = True
    robots_expire: timedelta = timedelta(hours=24)
    per_host: PerHost = PerHost()
    timeout: timedelta = timedelta(seconds=30)
    max_body: int = 10_000_000
    retries: int = 2
    verify_tls: bool = True
    allow_private: tuple[IPv4Network | IPv6Network, ...] = ()
    hosts: Mapping[str, str] = field(default_factory=dict)  # name -> address, like a line of /etc/hosts
    alert_on_newer_than: timedelta = timedelta(hours=24)  # first_poll.alert_on_newer_than
    give_up_after: timedelta = timedelta(days=2)  # a link that never brought a page and has no words of a feed
    parse: Limits = Limits()


@dataclass(frozen=True, slots=True)
class Source:
    """One place that publishes. `options` is the `Config` dataclass of the kind (`crawler/sources/<kind>.py`)."""

    id: str
    kind: str
    url: str
    options: object
    min_interval: timedelta = timedelta(minutes=10)
    max_interval: timedelta = timedelta(hours=6)
    fetch: Fetch = Fetch.FULL
    language: str | None = None
    country: str | None = None
    tags: tuple[str, ...] = ()
    paused: bool = False
    insecure_tls: bool = False


@dataclass(frozen=True, slots=True)
class Watchlist:
    """Watches that one person edits together. `channels` are the ids its alerts go to."""

    id: str
    watches: tuple[Watch, ...]
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Channel:
    """One way out. `options` is the `Config` dataclass of the kind (`alerts/channels/<kind>.py`).

    A paused channel whose secrets are not there has None instead.
    """

    id: str
    kind: str
    options: object
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    give_up_after: timedelta = timedelta(days=3)
    lease: timedelta = timedelta(minutes=2)
    timeout: timedelta = timedelta(seconds=30)
    first_retry: timedelta = timedelta(seconds=30)
    longest_retry: timedelta = timedelta(hours=6)
    health: tuple[str, ...] = ()  # channels for health alerts; empty: every channel that is not paused


@dataclass(frozen=True, slots=True)
class Heartbeat:
    url: str | None = None
    every: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Probes:
    """Where `/livez` and `/readyz` answer. Port 0 lets the system choose; None switches them off."""

    port: int | None = 8377


@dataclass(frozen=True, slots=True)
class Log:
    level: str = "info"
    format: str = "auto"  # auto | json | text


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration. `files` are all files it was read from."""

    project: Project
    store: Path
    archive: Archive
    crawl: Crawl
    sources: tuple[Source, ...]
    watchlists: tuple[Watchlist, ...]
    channels: tuple[Channel, ...]
    delivery: Delivery
    heartbeat: Heartbeat
    probes: Probes
    log: Log
    files: tuple[Path, ...] = ()

    @property
    def watches(self) -> tuple[Watch, ...]:
        """The watches of all lists, in the order of the files."""
        return tuple(watch for watchlist in self.watchlists for watch in watchlist.watches)
