"""The words of Steppewatch as types. Only these cross from one package to another.

All times are aware and in UTC; a published time keeps the offset it was written with beside it. Dates of events are ISO
strings no more precise than the text (`2019-04-08`, `2019-04`, `2019`). Offsets count Unicode code points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


# ------------------------------------------------------------------------------------------------------------ watches
class WatchKind(StrEnum):
    """What a watch is about."""

    PERSON = "person"
    ORG = "org"
    PLACE = "place"
    KEYWORD = "keyword"


class Priority(StrEnum):
    """How urgent an alert is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class EventType(StrEnum):
    """What happened (Justice types of ACE, and our own)."""

    COURT_HEARING = "court_hearing"
    HEARING_POSTPONED = "hearing_postponed"
    ARREST = "arrest"
    HOUSE_ARREST = "house_arrest"
    CHARGE = "charge"
    SENTENCE = "sentence"
    APPEAL = "appeal"
    RELEASE = "release"
    DISAPPEARANCE = "disappearance"
    EXTRADITION = "extradition"
    RAID = "raid"
    PROTEST = "protest"
    ASYLUM = "asylum"
    DEATH_IN_CUSTODY = "death_in_custody"
    INTERNMENT = "internment"
    FORCED_LABOUR = "forced_labour"


class EventStatus(StrEnum):
    """Whether it happened (the modes of PLOVER)."""

    ACTUAL = "actual"
    SCHEDULED = "scheduled"
    NEGATED = "negated"
    HYPOTHETICAL = "hypothetical"
    PAST_REFERENCE = "past_reference"


LIVE_STATUSES = frozenset({EventStatus.ACTUAL, EventStatus.SCHEDULED})


@dataclass(frozen=True, slots=True)
class Watch:
    """One thing somebody watches: a person, an organisation, a place or a keyword.

    `name` and `aliases` are spellings for person, org and place; a keyword has `terms` instead. `not_terms` are phrases
    inside which an occurrence does not count. `with_terms` are terms that let weak evidence count; a full name never
    needs them. `events` are the types that raise the priority to `priority_on_event`.
    """

    id: str
    kind: WatchKind
    name: str
    list_id: str = ""
    aliases: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    not_terms: tuple[str, ...] = ()
    with_terms: tuple[str, ...] = ()
    events: frozenset[EventType] = frozenset()
    priority: Priority = Priority.NORMAL
    priority_on_event: Priority = Priority.HIGH
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every spelling given for this watch, the name first."""
        return self.terms if self.kind is WatchKind.KEYWORD else (self.name, *self.aliases)


# ----------------------------------------------------------------------------------------------------------- findings
class TextField(StrEnum):
    """The part of an article in which something was found."""

    TITLE = "title"
    LEAD = "lead"  # the page's own description
    FEED = "feed"  # the feed's own words
    TEXT = "text"  # the clean main text
    PAGE = "page"  # visible on the page, outside the clean text


@dataclass(frozen=True, slots=True)
class Mention:
    """A watch found in a text: `surface` is what stands at [start:end] of the field. `why` is the derivation."""

    watch: str
    surface: str
    field: TextField
    start: int
    end: int
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date named in a text."""

    date: str
    text: str
    field: TextField
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, or will, to somebody; `watches` are the ids it is *about*; never an invented midnight.

    `quote` is what stands at [start:end] of the field; `sentence` is the whole sentence around it.
    """

    type: EventType
    status: EventStatus
    date: str | None
    watches: tuple[str, ...]
    quote: str
    field: TextField
    start: int
    end: int
    sentence: str = ""
    time: str | None = None
    zone: str | None = None
    place: str | None = None
    old_date: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """What the matcher reads: the fields of one article, its language if known, and when it was published."""

    fields: Mapping[TextField, str]
    language: str | None = None
    published: datetime | None = None


@dataclass(frozen=True, slots=True)
class MatchResult:
    """What the matcher found. Events are told once each; `language` is a BCP 47 tag."""

    language: str | None
    mentions: tuple[Mention, ...]
    events: tuple[Event, ...]
    dates: tuple[DateMention, ...]


# ---------------------------------------------------------------------------------------------------- what is published
@dataclass(frozen=True, slots=True)
class Link:
    """What a source announces: an address, and the source's own words about it (plain text)."""

    url: str
    title: str = ""
    summary: str = ""
    published: datetime | None = None
    published_offset: str | None = None  # "+06:00", as written; None where no zone was given
    author: str = ""
    guid: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What one poll of a source brought. `skipped` counts entries without an address and without words."""

    links: tuple[Link, ...]
    title: str = ""
    language: str | None = None
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Skim:
    """All visible text of a page, and what its head says."""

    text: str
    title: str = ""
    description: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A page read with care: the clean main text and who wrote it when."""

    text: str
    title: str = ""
    description: str = ""
    author: str = ""
    language: str | None = None
    published: datetime | None = None
    published_offset: str | None = None
    canonical_url: str | None = None


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """Bytes as a server sent them, after decompression. `url` is the last address after redirects."""

    url: str
    status: int
    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...]
    fetched_at: datetime
    address: str = ""  # the connected IP address
    request_url: str = ""


class ArticleOrigin(StrEnum):
    """Where an article's words come from."""

    PAGE = "page"
    FEED = "feed"  # the source is polled with `fetch: feed`
    FEED_AFTER_FAILURE = "feed_after_failure"  # the page could not be had; `note` says why


@dataclass(frozen=True, slots=True)
class ArchiveRecord:
    """Where the raw bytes of a page lie: a WARC file, the offset of the record, and the SHA-256 of the body."""

    file: str
    offset: int
    digest: str


@dataclass(frozen=True, slots=True)
class Article:
    """One published text as we keep it."""

    url: str
    canonical_url: str
    source: str
    title: str
    text: str
    description: str = ""
    feed_words: str = ""
    author: str = ""
    language: str | None = None
    published: datetime | None = None
    published_offset: str | None = None
    fetched: datetime | None = None
    origin: ArticleOrigin = ArticleOrigin.PAGE
    note: str = ""
    archive: ArchiveRecord | None = None


# -------------------------------------------------------------------------------------------------------------- alerts
class AlertKind(StrEnum):
    """What an alert tells."""

    MENTION = "mention"
    EVENT = "event"
    HEALTH = "health"
    TEST = "test"


class DecisionReason(StrEnum):
    """Why a watch did or did not alert on an article; stored with the row and shown by `explain`."""

    NEW = "new"  # alerts
    NEW_EVENT = "new_event"  # alerts: a watched person, and what happened
    NOT_MENTIONED = "not_mentioned"
    BACKFILL = "backfill"  # older than the first poll of its source alerts on
    OUTSIDE_MAIN_TEXT = "outside_main_text"  # only in a sidebar, a link list or the like
    ALREADY_ALERTED = "already_alerted"


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one watch in one article."""

    watch: str
    reason: DecisionReason

    @property
    def alerts(self) -> bool:
        """Whether this decision sends an alert."""
        return self.reason in (DecisionReason.NEW, DecisionReason.NEW_EVENT)


@dataclass(frozen=True, slots=True)
class Alert:
    """What somebody is told. `subject` names what is new; (watch, story, reason, subject) is told once.

    An alert of kind health or test has no watch, article, mentions or events.
    """

    id: str
    kind: AlertKind
    created: datetime
    headline: str
    priority: Priority
    watch: str = ""
    watch_name: str = ""
    watchlist: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    story: str = ""
    story_articles: int = 1
    article_url: str = ""
    article_title: str = ""
    article_source: str = ""
    article_language: str | None = None
    article_published: datetime | None = None
    mentions: tuple[Mention, ...] = ()
    events: tuple[Event, ...] = ()
    excerpts: tuple[Excerpt, ...] = ()
    why: tuple[str, ...] = ()
    reason: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A sentence of the article with the places of the watched name in it: [(start, end), ...] in `text`."""

    text: str
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One delivery to make: one alert to one recipient over one channel. `key` is a random UUID, stable over retries."""

    id: int
    key: str
    alert: Alert
    channel: str
    recipient: str
    attempts: int
    created: datetime
    lease: str
