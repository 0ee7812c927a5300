"""An alert as plain text: the subject of a mail, its text part, and the lines of a pipe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from alerts.render.clean import cut, inline, one_line, web_address
from alerts.render.words import event_words, moment_words
from steppewatch.model import Alert, Event, Excerpt

T = TypeVar("T")

LONGEST_SUBJECT = 160
LONGEST_TITLE = 300
LONGEST_SENTENCE = 800
LONGEST_REASON = 300
MOST_LINES = 20  # events or reasons in one message; the rest is counted


def subject(alert: Alert) -> str:
    """One line for the subject of a message."""
    return one_line(alert.headline, LONGEST_SUBJECT) or "Alert"


def text(alert: Alert) -> str:
    """The whole alert as lines that end with "\\n": headline, article, sentences, events, why."""
    parts = [subject(alert), _article(alert), *_sections(alert), f"-- \nAlert {one_line(alert.id, 60)}"]
    return "\n\n".join(part for part in parts if part) + "\n"


def origin(alert: Alert) -> str:
    """Where and when the article was published: "azattyq, 5 April 2019, 10:00 UTC, kk"."""
    published = moment_words(alert.article_published) if alert.article_published else ""
    parts = (alert.article_source, published, alert.article_language or "")
    return ", ".join(one_line(part, 80) for part in parts if part)


def sentence(excerpt: Excerpt) -> str:
    """A sentence with stars around the name."""
    pieces = ((f"*{piece}*" if marked else piece) for piece, marked in pieces_of(excerpt))
    return cut("".join(pieces).strip(), LONGEST_SENTENCE)


def event_line(event: Event) -> str:
    """An event, what it was read from, in one line."""
    quote = one_line(event.sentence or event.quote, LONGEST_REASON)
    return f"{event_words(event)}: “{quote}”" if quote else event_words(event)


def pieces_of(excerpt: Excerpt) -> list[tuple[str, bool]]:
    """The sentence in pieces, each clean and with whether it is the watched name."""
    pieces: list[tuple[str, bool]] = []
    position = 0
    for start, end in sorted(excerpt.marks):
        if position <= start < end <= len(excerpt.text):
            pieces += [(inline(excerpt.text[position:start]), False), (inline(excerpt.text[start:end]), True)]
            position = end
    pieces.append((inline(excerpt.text[position:]), False))
    return [(piece, marked) for piece, marked in pieces if piece]


def shown(items: Sequence[T], words: Callable[[T], str]) -> list[str]:
    """The first items in words, and how many more there are."""
    more = len(items) - MOST_LINES
    return [*map(words, items[:MOST_LINES]), *([f"and {more} more"] if more > 0 else [])]


def reason_line(reason: str) -> str:
    """Why somebody gets this, in one line."""
    return one_line(reason, LONGEST_REASON)


def _article(alert: Alert) -> str:
    address = web_address(alert.article_url) or one_line(alert.article_url, LONGEST_TITLE)
    return "\n".join(line for line in (one_line(alert.article_title, LONGEST_TITLE), origin(alert), address) if line)


def _sections(alert: Alert) -> list[str]:
    sections = {
        "What it says": shown(alert.excerpts, sentence),
        "Events": shown(alert.events, event_line),
        "Why you get this": shown(alert.why, reason_line),
    }
    return ["\n".join([f"{name}:", *(f"  - {line}" for line in lines)]) for name, lines in sections.items() if lines]
