"""Articles with what was found in them: mentions, events, and the decision about every watch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from steppewatch.model import (
    ArchiveRecord,
    Article,
    ArticleOrigin,
    Decision,
    DecisionReason,
    Event,
    Mention,
    TextField,
)
from steppewatch.store.codec import dump_event, load_event
from steppewatch.store.connection import Connection, Row, moment, moment_or_none, stamp, stamp_or_none
from steppewatch.text.search import search_query, search_tokens


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as a row."""

    id: int
    article: Article
    stored: datetime
    story: str
    backfill: bool


def text_hash(article: Article) -> str:
    """What makes two copies of an article the same: title and text, as SHA-256."""
    return hashlib.sha256(f"{article.title}\0{article.text}".encode("utf-8", "surrogatepass")).hexdigest()


def find_same(db: Connection, *, article: Article) -> int | None:
    """The id of the same text under the same canonical address.

    The address alone is not enough: sites exist whose every page claims the home page as canonical.
    """
    row = db.row(
        "SELECT id FROM articles WHERE canonical_url = :url AND text_hash = :hash",
        url=article.canonical_url,
        hash=text_hash(article),
    )
    return None if row is None else int(row["id"])


def add(db: Connection, *, article: Article, story: str, backfill: bool, now: datetime) -> int:
    """Store an article and make it findable; its id."""
    archive = article.archive
    added = db.insert(
        "articles",
        source=article.source,
        url=article.url,
        canonical_url=article.canonical_url,
        title=article.title,
        text=article.text,
        description=article.description,
        feed_words=article.feed_words,
        author=article.author,
        language=article.language,
        published=stamp_or_none(article.published),
        published_offset=article.published_offset,
        fetched=stamp_or_none(article.fetched),
        stored=stamp(now),
        origin=article.origin,
        note=article.note,
        backfill=int(backfill),
        text_hash=text_hash(article),
        story=story,
        archive_file=archive.file if archive else None,
        archive_offset=archive.offset if archive else None,
        archive_digest=archive.digest if archive else None,
    )
    assert added is not None
    words = "\n".join((article.title, article.description, article.feed_words, article.text))
    db.index_article(added, search_tokens(words))
    return added


def add_findings(
    db: Connection,
    *,
    article: int,
    mentions: Iterable[Mention],
    events: Iterable[Event],
    decisions: Iterable[Decision],
    now: datetime,
) -> None:
    """Store what the matcher found in an article, and what was decided."""
    for mention in mentions:
        db.insert(
            "mentions",
            article_id=article,
            watch=mention.watch,
            surface=mention.surface,
            field=mention.field,
            start_at=mention.start,
            end_at=mention.end,
            score=mention.score,
            why=mention.why,
        )
    for event in events:
        db.insert(
            "events",
            article_id=article,
            type=event.type,
            status=event.status,
            date=event.date,
            watches=" ".join(event.watches),
            body=dump_event(event),
        )
    for decision in decisions:
        db.insert("decisions", article_id=article, watch=decision.watch, reason=decision.reason, decided=stamp(now))


def get(db: Connection, *, article: int) -> StoredArticle | None:
    """One article by id."""
    row = db.row("SELECT * FROM articles WHERE id = :id", id=article)
    return None if row is None else _stored(row)


def newest(db: Connection, *, limit: int | None = None, source: str | None = None) -> tuple[StoredArticle, ...]:
    """The articles stored last, newest first."""
    rows = db.rows(
        "SELECT * FROM articles WHERE :source IS NULL OR source = :source ORDER BY id DESC LIMIT :limit",
        source=source,
        limit=-1 if limit is None else limit,
    )
    return tuple(_stored(row) for row in rows)


def page(db: Connection, *, after: int, since: datetime | None, limit: int) -> tuple[StoredArticle, ...]:
    """The next articles after an id that were stored at or after `since`, in the order of their ids."""
    rows = db.rows(
        "SELECT * FROM articles WHERE id > :after AND (:since IS NULL OR stored >= :since) ORDER BY id LIMIT :limit",
        after=after,
        since=stamp_or_none(since),
        limit=limit,
    )
    return tuple(_stored(row) for row in rows)


def find_at(db: Connection, *, url: str) -> int | None:
    """The id of the newest article at an address: the one it was fetched from, or its canonical one."""
    row = db.row("SELECT max(id) AS id FROM articles WHERE url = :url OR canonical_url = :url", url=url)
    return None if row is None else row["id"]


def search(db: Connection, *, words: str, limit: int) -> tuple[StoredArticle, ...]:
    """The newest articles that hold all the words (quoted words: as a phrase)."""
    found = (get(db, article=article) for article in db.search_articles(search_query(words), limit))
    return tuple(article for article in found if article is not None)


def mentions_of(db: Connection, *, article: int) -> tuple[Mention, ...]:
    """The mentions in an article, in the order they were found."""
    rows = db.rows("SELECT * FROM mentions WHERE article_id = :id ORDER BY id", id=article)
    return tuple(
        Mention(
            watch=row["watch"],
            surface=row["surface"],
            field=TextField(row["field"]),
            start=row["start_at"],
            end=row["end_at"],
            score=row["score"],
            why=row["why"],
        )
        for row in rows
    )


def events_of(db: Connection, *, article: int) -> tuple[Event, ...]:
    """The events in an article, in the order they were found."""
    rows = db.rows("SELECT body FROM events WHERE article_id = :id ORDER BY id", id=article)
    return tuple(load_event(row["body"]) for row in rows)


def decisions_of(db: Connection, *, article: int) -> tuple[Decision, ...]:
    """What was decided about each watch mentioned in an article."""
    rows = db.rows("SELECT watch, reason FROM decisions WHERE article_id = :id ORDER BY watch", id=article)
    return tuple(Decision(row["watch"], DecisionReason(row["reason"])) for row in rows)


def count(db: Connection, *, since: datetime | None = None) -> int:
    """How many articles there are, or were stored at or after `since`."""
    row = db.row("SELECT count(*) AS n FROM articles WHERE :since IS NULL OR stored >= :since", since=stamp_or_none(since))
    return int(row["n"]) if row else 0


def backfill_figures(db: Connection, *, source: str) -> tuple[int, int]:
    """Of a source's first poll: how many articles were stored without alerting, and how many would have alerted."""
    row = db.row(
        "SELECT count(DISTINCT articles.id) AS stored, count(DISTINCT decisions.article_id) AS would FROM articles "
        "LEFT JOIN decisions ON decisions.article_id = articles.id AND decisions.reason = 'backfill' "
        "WHERE source = :source AND backfill = 1",
        source=source,
    )
    return (int(row["stored"]), int(row["would"])) if row else (0, 0)


def _stored(row: Row) -> StoredArticle:
    archive = None
    if row["archive_file"] is not None:
        archive = ArchiveRecord(row["archive_file"], row["archive_offset"], row["archive_digest"])
    article = Article(
        url=row["url"],
        canonical_url=row["canonical_url"],
        source=row["source"],
        title=row["title"],
        text=row["text"],
        description=row["description"],
        feed_words=row["feed_words"],
        author=row["author"],
        language=row["language"],
        published=moment_or_none(row["published"]),
        published_offset=row["published_offset"],
        fetched=moment_or_none(row["fetched"]),
        origin=ArticleOrigin(row["origin"]),
        note=row["note"],
        archive=archive,
    )
    return StoredArticle(row["id"], article, moment(row["stored"]), row["story"], bool(row["backfill"]))
