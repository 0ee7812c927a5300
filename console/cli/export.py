"""`steppewatch export`: articles or alerts as JSON lines or CSV, one after the other, however many there are."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from console.cli.configuration import config_option, load_settings
from console.cli.opened import open_store
from console.cli.table import examples, screen
from console.cli.times import SinceType

if TYPE_CHECKING:
    from steppewatch.model import Alert, Article
    from steppewatch.store import Connection, Store
    from steppewatch.store.articles import StoredArticle

PAGE = 200  # rows that are held at once


@click.command(
    epilog=examples(
        "steppewatch export articles --since 7d -o articles.jsonl",
        "steppewatch export alerts --format csv --since 2019-04-01 > alerts.csv",
    )
)
@click.argument("what", type=click.Choice(["articles", "alerts"]))
@config_option
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--since", type=SinceType(), help="Only what was stored since: 7d, or an ISO date or time (UTC).")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file to write [default: standard output]."
)
def export(what: str, config: Path, form: str, since: timedelta | datetime | None, output: Path | None) -> None:
    """Write articles or alerts, oldest first, in UTF-8.

    JSON lines hold everything that is known; CSV has a header, and cells that a spreadsheet would take for formulas begin with
    an apostrophe. A file appears only when it is whole.
    """
    settings = load_settings(config)
    from steppewatch.clock import Clock

    moment = Clock().now() - since if isinstance(since, timedelta) else since
    with open_store(settings) as store, _opened(output) as out:
        total = store.read_now(partial(_count, what=what, since=moment))
        rows = _articles(store, moment) if what == "articles" else _alerts(store, moment)
        rows = _with_progress(rows, total, shown=output is not None)
        if form == "csv":
            from console.cli.sheet import write_csv

            write_csv(out, rows, what)
        else:
            _write_json(out, rows)


# -- what there is -----------------------------------------------------------------------------------------------------
def _articles(store: Store, since: datetime | None) -> Iterator[dict[str, Any]]:
    last = 0
    while page := store.read_now(partial(_article_page, after=last, since=since)):
        yield from page
        last = page[-1]["id"]


def _article_page(db: Connection, *, after: int, since: datetime | None) -> list[dict[str, Any]]:
    from steppewatch.store import articles

    return [_article(db, one) for one in articles.page(db, after=after, since=since, limit=PAGE)]


def _article(db: Connection, stored: StoredArticle) -> dict[str, Any]:
    """An article with everything that was found in it and decided about it."""
    from alerts.render.as_json import event_json, mention_json
    from steppewatch.store import articles

    return {
        "id": stored.id,
        **_words(stored.article),
        "stored": stored.stored,
        "story": stored.story,
        "backfill": stored.backfill,
        "decisions": [{"watch": one.watch, "reason": one.reason} for one in articles.decisions_of(db, article=stored.id)],
        "mentions": [mention_json(one) for one in articles.mentions_of(db, article=stored.id)],
        "events": [event_json(one) for one in articles.events_of(db, article=stored.id)],
    }


def _words(article: Article) -> dict[str, Any]:
    archive = article.archive
    return {
        "source": article.source,
        "url": article.url,
        "canonical_url": article.canonical_url,
        "title": article.title,
        "text": article.text,
        "description": article.description,
        "feed_words": article.feed_words,
        "author": article.author,
        "language": article.language,
        "published": article.published,
        "published_offset": article.published_offset,
        "fetched": article.fetched,
        "origin": article.origin,
        "note": article.note,
        "archive": {"file": archive.file, "offset": archive.offset, "digest": archive.digest} if archive else None,
    }


def _alerts(store: Store, since: datetime | None) -> Iterator[dict[str, Any]]:
    from alerts.render.as_json import alert_json
    from steppewatch.store import alerts

    last: Alert | None = None
    while page := store.read_now(partial(alerts.page, after=last, since=since, limit=PAGE)):
        yield from ({**alert_json(one), "priority": one.priority} for one in page)
        last = page[-1]


def _count(db: Connection, *, what: str, since: datetime | None) -> int:
    from steppewatch.store import alerts, articles

    return articles.count(db, since=since) if what == "articles" else alerts.count(db, since=since)


# -- where it goes -----------------------------------------------------------------------------------------------------
def _write_json(out: IO[bytes], rows: Iterable[dict[str, Any]]) -> None:
    from alerts.render.as_json import encode
    from console.cli.table import plain

    for row in rows:
        out.write(encode(plain(row)) + b"\n")


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[bytes]]:
    """Standard output, or a file that takes its place only when all is written."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    from console.cli.whole_file import write_whole

    try:
        with write_whole(output) as file:
            yield file
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written ({error.strerror})") from error


def _with_progress(rows: Iterator[dict[str, Any]], total: int, *, shown: bool) -> Iterator[dict[str, Any]]:
    """The rows, and a bar on the terminal where they do not go there themselves."""
    if not sys.stderr.isatty() or not (shown or not sys.stdout.isatty()):
        yield from rows
        return
    from rich.progress import track

    yield from track(rows, "export", total=total, console=screen(error=True), transient=True)
