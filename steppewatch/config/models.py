"""The shape of the files, as pydantic models. Each makes its frozen dataclass of `settings`; the defaults stand there only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from steppewatch.config import settings
from steppewatch.config.settings import Fetch, Keep
from steppewatch.config.values import (
    MISSING,
    Contact,
    Count,
    Country,
    Duration,
    Hosts,
    Id,
    Language,
    Line,
    LogFormat,
    LogLevel,
    Name,
    Network,
    Size,
    SomeDuration,
    SomeLine,
    Term,
    TimeZone,
    Tls,
    WebUrl,
    name,
)
from steppewatch.model import EventType, Priority, Watch, WatchKind

D = TypeVar("D")
VERSION = 1
_SQLITE = "sqlite:///"
_CRAWL = settings.Crawl()
_LIMITS = settings.Limits()
_DELIVERY = settings.Delivery()
_EVERY = settings.Source("", "", "", None)


class Keys(BaseModel):
    """A block of keys; any other key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def fill(self, made: type[D], **changes: object) -> D:
        """The dataclass with fields of the same names."""
        values = {field.name: getattr(self, field.name) for field in fields(made) if hasattr(self, field.name)}  # type: ignore[arg-type]
        return made(**(values | changes))


def _nothing_as(empty: type) -> BeforeValidator:
    """A key with nothing behind it (all lines below it are comments) means the default."""
    return BeforeValidator(lambda value: empty() if value is None else value)


EMPTY_LIST = _nothing_as(list)
Lines = Annotated[tuple[SomeLine, ...], EMPTY_LIST]
Terms = Annotated[tuple[Term, ...], EMPTY_LIST]


class ProjectKeys(Keys):
    """project:"""

    name: SomeLine = "Steppewatch"
    timezone: TimeZone = "Asia/Almaty"
    contact: Contact = ""


class ArchiveKeys(Keys):
    """archive:"""

    path: SomeLine = "var/archive"
    keep: Keep = Keep.MATCHED


class PerHostKeys(Keys):
    """crawl.per_host:"""

    concurrency: Annotated[Count, Field(ge=1, le=64)] = 1
    delay: Duration = _CRAWL.per_host.delay


class FirstPollKeys(Keys):
    """crawl.first_poll:"""

    alert_on_newer_than: Duration = _CRAWL.alert_on_newer_than


class LimitsKeys(Keys):
    """crawl.parse:"""

    workers: Annotated[Count, Field(ge=1, le=256)] = _LIMITS.workers
    wall: SomeDuration = _LIMITS.wall
    cpu: SomeDuration = _LIMITS.cpu
    memory: Size = _LIMITS.memory


class CrawlKeys(Keys):
    """crawl:"""

    obey_robots: bool = _CRAWL.obey_robots
    robots_expire: SomeDuration = _CRAWL.robots_expire
    per_host: Annotated[PerHostKeys, _nothing_as(dict)] = PerHostKeys()
    timeout: SomeDuration = _CRAWL.timeout
    max_body: Size = _CRAWL.max_body
    retries: Annotated[Count, Field(ge=0, le=20)] = _CRAWL.retries
    verify_tls: bool = _CRAWL.verify_tls
    allow_private: Annotated[tuple[Network, ...], EMPTY_LIST] = ()
    hosts: Annotated[Hosts, _nothing_as(dict)] = Field(default_factory=dict)
    first_poll: Annotated[FirstPollKeys, _nothing_as(dict)] = FirstPollKeys()
    give_up_after: SomeDuration = _CRAWL.give_up_after
    parse: Annotated[LimitsKeys, _nothing_as(dict)] = LimitsKeys()

    def crawl(self) -> settings.Crawl:
        """As settings."""
        return self.fill(
            settings.Crawl,
            per_host=self.per_host.fill(settings.PerHost),
            parse=self.parse.fill(settings.Limits),
            alert_on_newer_than=self.first_poll.alert_on_newer_than,
        )


class DeliveryKeys(Keys):
    """delivery:"""

    give_up_after: SomeDuration = _DELIVERY.give_up_after
    lease: SomeDuration = _DELIVERY.lease
    timeout: SomeDuration = _DELIVERY.timeout
    first_retry: SomeDuration = _DELIVERY.first_retry
    longest_retry: SomeDuration = _DELIVERY.longest_retry

    @model_validator(mode="after")
    def _in_order(self) -> DeliveryKeys:
        if self.first_retry > self.longest_retry:
            raise ValueError("first_retry: the first retry comes after longest_retry")
        if self.timeout >= self.lease:  # another attempt could begin while the first still runs
            raise ValueError("timeout: this must be shorter than lease")
        return self


class HealthKeys(Keys):
    """health:"""

    channels: Annotated[tuple[str, ...], EMPTY_LIST] = ()


class HeartbeatKeys(Keys):
    """heartbeat:"""

    url: WebUrl | None = None
    every: SomeDuration = settings.Heartbeat().every


class ProbesKeys(Keys):
    """probes:"""

    port: Annotated[Count, Field(ge=0, le=65535)] | None = settings.Probes().port


class LogKeys(Keys):
    """log:"""

    level: LogLevel = LogLevel.INFO
    format: LogFormat = LogFormat.AUTO

    def log(self) -> settings.Log:
        """As settings."""
        return settings.Log(self.level.value, self.format.value)


def _version(value: object) -> object:
    if value != VERSION or isinstance(value, bool):
        raise ValueError(f"this program reads version {VERSION}: write `version: {VERSION}`")
    return value


class IncludedKeys(Keys):
    """An included file. What stands in the lists is read one by one, so that one mistake does not hide another."""

    sources: Annotated[list[Any], EMPTY_LIST] = Field(default_factory=list)
    watchlists: Annotated[list[Any], EMPTY_LIST] = Field(default_factory=list)


class WatchlistFileKeys(Keys):
    """A file of watchlists alone."""

    version: Annotated[int, BeforeValidator(_version)] = VERSION
    watchlists: Annotated[list[Any], EMPTY_LIST]


class MainKeys(IncludedKeys):
    """The configuration file."""

    version: Annotated[int, BeforeValidator(_version)]
    include: Any = None
    project: Annotated[ProjectKeys, _nothing_as(dict)] = ProjectKeys()
    store: str = f"{_SQLITE}var/steppewatch.db"
    archive: Annotated[ArchiveKeys, _nothing_as(dict)] = ArchiveKeys()
    crawl: Annotated[CrawlKeys, _nothing_as(dict)] = CrawlKeys()
    channels: Annotated[list[Any], EMPTY_LIST] = Field(default_factory=list)
    delivery: Annotated[DeliveryKeys, _nothing_as(dict)] = DeliveryKeys()
    health: Annotated[HealthKeys, _nothing_as(dict)] = HealthKeys()
    heartbeat: Annotated[HeartbeatKeys, _nothing_as(dict)] = HeartbeatKeys()
    probes: Annotated[ProbesKeys, _nothing_as(dict)] = ProbesKeys()
    log: Annotated[LogKeys, _nothing_as(dict)] = LogKeys()

    @field_validator("store")
    @classmethod
    def _known_store(cls, store: str) -> str:
        if not store.startswith(_SQLITE) or not store.removeprefix(_SQLITE).strip("/ "):
            raise ValueError("this version keeps its store in SQLite only: write sqlite:///PATH")
        return store

    def store_path(self, folder: Path) -> Path:
        """Where the store lies; a relative path starts at the folder of the file."""
        return folder / self.store.removeprefix(_SQLITE)


class EveryKeys(Keys):
    """every: of a source"""

    min: SomeDuration | None = None
    max: SomeDuration | None = None

    @model_validator(mode="after")
    def _in_order(self) -> EveryKeys:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min: the shortest interval is longer than `max`, the longest")
        return self

    def interval(self) -> tuple[timedelta, timedelta]:
        """Shortest and longest; one that is not given makes room for the other."""
        shortest = self.min or min(_EVERY.min_interval, self.max or _EVERY.min_interval)
        return shortest, self.max or max(_EVERY.max_interval, shortest)


class SourceKeys(Keys):
    """The keys of every source; the others belong to its kind."""

    id: Id
    kind: str
    url: WebUrl
    every: Annotated[EveryKeys, _nothing_as(dict)] = EveryKeys()
    fetch: Fetch = Fetch.FULL
    language: Language | None = None
    country: Country | None = None
    tags: Lines = ()
    paused: bool = False
    tls: Tls = Tls.VERIFY

    def source(self, options: object) -> settings.Source:
        """As settings."""
        shortest, longest = self.every.interval()
        insecure = self.tls is Tls.INSECURE
        return self.fill(settings.Source, options=options, min_interval=shortest, max_interval=longest, insecure_tls=insecure)


class ChannelKeys(Keys):
    """The keys of every channel; the others belong to its kind."""

    id: Id
    kind: str
    paused: bool = False


class WatchlistKeys(Keys):
    """One watchlist; the watches are read one by one."""

    id: Id
    watches: Annotated[list[Any], EMPTY_LIST] = Field(default_factory=list)
    channels: Annotated[tuple[str, ...], EMPTY_LIST] | None = None


def _any_event(value: object) -> object:
    if value == "any":
        return [event.value for event in EventType]
    return [] if value is None else value


class WatchKeys(Keys):
    """One watch."""

    id: Id
    kind: WatchKind
    name: SomeLine | None = Field(default=None, validate_default=True)
    aliases: Annotated[tuple[Name, ...], EMPTY_LIST] = ()
    terms: Terms = Field(default=(), validate_default=True)
    not_terms: Terms = Field(default=(), alias="not")
    with_terms: Terms = Field(default=(), alias="with")
    events: Annotated[tuple[EventType, ...], BeforeValidator(_any_event)] = ()
    priority: Priority = Priority.NORMAL
    priority_on_event: Priority = Priority.HIGH
    labels: Annotated[dict[str, Line], _nothing_as(dict)] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _findable(cls, found: str | None, info: ValidationInfo) -> str | None:
        """A keyword has its name for people only, if it has terms; all others are found by it."""
        if info.data.get("kind") is WatchKind.KEYWORD or "kind" not in info.data:
            return found
        if found is None:
            raise ValueError(MISSING)
        return name(found)

    @field_validator("terms")
    @classmethod
    def _fits_kind(cls, terms: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        kind = info.data.get("kind")
        if terms and kind is not None and kind is not WatchKind.KEYWORD:
            raise ValueError(f"only a keyword has terms; spellings of a {kind} are its `aliases`")
        if not terms and kind is WatchKind.KEYWORD and info.data.get("name", "") is None:
            raise ValueError(MISSING)
        return terms

    def watch(self, list_id: str) -> Watch:
        """As the word of the model. A keyword without terms looks for its name; one without a name is called by its id."""
        words = self.terms or tuple(one for one in (self.name,) if one)
        is_keyword = self.kind is WatchKind.KEYWORD
        return self.fill(
            Watch,
            list_id=list_id,
            name=self.name or self.id,
            aliases=() if is_keyword else _once(self.aliases),
            terms=_once((*words, *self.aliases)) if is_keyword else (),
            events=frozenset(self.events),
        )


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
