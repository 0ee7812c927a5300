"""Rows as CSV (RFC 4180, UTF-8, with a header) that is safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import IO, Any

from console.cli.table import plain

# A spreadsheet takes a cell that begins with one of these for a formula, whoever wrote it; some take full-width signs, too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

COLUMNS = {
    "articles": (
        "id", "source", "url", "canonical_url", "title", "author", "language", "published", "published_offset", "fetched",
        "stored", "origin", "note", "backfill", "story", "decisions", "events", "description", "feed_words", "text",
    ),
    "alerts": (
        "id", "kind", "priority", "created", "watch", "watch_name", "watchlist", "headline", "story", "url", "title", "source",
        "language", "published", "events", "why",
    ),
}  # fmt: skip


def write_csv(out: IO[bytes], rows: Iterable[Mapping[str, Any]], what: str) -> None:
    """Write rows of `articles` or `alerts`, as `export` makes them, one line of cells each."""
    into = io.TextIOWrapper(out, "utf-8", errors="replace", newline="", write_through=True)
    writer = csv.writer(into)
    columns = COLUMNS[what]
    writer.writerow(columns)
    for row in rows:
        flat = _flat(row)
        writer.writerow([safe_cell(flat.get(name)) for name in columns])
    into.detach()


def safe_cell(value: object) -> str:
    """A value as the text of a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(plain(value)).replace("\0", "")
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is nested, in cells of its own or in words."""
    flat = dict(row)
    article, watch, story = (row.get(name) for name in ("article", "watch", "story"))
    if isinstance(watch, Mapping):
        flat |= {"watch": watch["id"], "watch_name": watch["name"], "watchlist": watch["list"]}
    if isinstance(article, Mapping):
        flat |= article
    if isinstance(story, Mapping):
        flat["story"] = story["id"]
    flat["events"] = "; ".join(_event_words(event) for event in row.get("events", ()))
    flat["decisions"] = "; ".join(f"{one['watch']}: {one['reason']}" for one in row.get("decisions", ()))
    flat["why"] = "\n".join(row.get("why", ()))
    return flat


def _event_words(event: Mapping[str, Any]) -> str:
    return " ".join(str(part) for part in (event["type"], event["status"], event["date"] or "", *event["watches"]) if part)
