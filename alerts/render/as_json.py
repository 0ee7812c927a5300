"""An alert as JSON: the body of a webhook, a line of a file, an item of a listing. One shape everywhere.

Texts stand here as they are, because offsets count their code points; only halves of characters (which no encoder takes)
become U+FFFD, one for one. What could steer a terminal or break a line is written as an escape, which JSON readers undo.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from steppewatch.model import Alert, Event, Mention, TextField

_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")
_ESCAPED = re.compile(r"[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def mention_json(mention: Mention) -> dict[str, object]:
    """A mention as `analyze` prints it."""
    return {
        "watch": mention.watch,
        "surface": mention.surface,
        "field": mention.field.value,
        "start": mention.start,
        "end": mention.end,
        "score": mention.score,
        "why": mention.why,
    }


def event_json(event: Event) -> dict[str, object]:
    """An event as `analyze` prints it; `field` only where it is not the text, and no key for what is not known."""
    told: dict[str, object] = {
        "type": event.type.value,
        "status": event.status.value,
        "date": event.date,
        "watches": list(event.watches),
        "quote": event.quote,
        "start": event.start,
        "end": event.end,
    }
    if event.field is not TextField.TEXT:
        told["field"] = event.field.value
    known = {"time": event.time, "zone": event.zone, "place": event.place, "old_date": event.old_date}
    return told | {key: value for key, value in known.items() if value is not None}


def alert_json(alert: Alert) -> dict[str, object]:
    """An alert as a JSON object. `watch`, `story` and `article` are null for an alert that has none (health, test)."""
    article = {
        "url": alert.article_url,
        "title": alert.article_title,
        "source": alert.article_source,
        "language": alert.article_language,
        "published": time_json(alert.article_published) if alert.article_published else None,
    }
    watch = {"id": alert.watch, "name": alert.watch_name, "list": alert.watchlist}
    return {
        "id": alert.id,
        "kind": alert.kind.value,
        "created": time_json(alert.created),
        "watch": watch if alert.watch else None,
        "headline": alert.headline,
        "story": {"id": alert.story, "articles": alert.story_articles} if alert.story else None,
        "article": article if alert.article_url or alert.article_title else None,
        "mentions": [mention_json(mention) for mention in alert.mentions],
        "events": [event_json(event) for event in alert.events],
        "why": list(alert.why),
    }


def time_json(moment: datetime) -> str:
    """A time in UTC: `2019-04-05T10:00:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def webhook_body(alert: Alert, sent_at: datetime) -> bytes:
    """The body of a Standard Webhooks message, in UTF-8."""
    return encode({"type": "alert.created", "timestamp": time_json(sent_at), "data": alert_json(alert)})


def encode(value: object) -> bytes:
    """JSON on one line, in UTF-8; every text can be encoded and no character but "\\n" ends a line."""
    text = _HALF_CHARACTER.sub("\ufffd", json.dumps(value, ensure_ascii=False))
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()
