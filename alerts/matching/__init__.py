"""Find who and what is watched in a text, and what happened to them. A pure function of the watches and the text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from alerts.matching.dates import FoundDate, find_dates
from alerts.matching.events import LONGEST_READ, EventReader
from alerts.matching.names import NameFinder
from steppewatch.model import DateMention, Event, MatchResult, Mention, Text, TextField, Watch, WatchKind
from steppewatch.text.language import identify

__all__ = ["Matcher"]

_LANGUAGE_SAMPLE = 4_000
# The text comes first: a headline may name by surname whom only the text names in full. Sidebars tell no events.
_READ_FOR_EVENTS = (TextField.TEXT, TextField.TITLE, TextField.LEAD, TextField.FEED)
_HAPPENS_TO = frozenset({WatchKind.PERSON, WatchKind.ORG})


class Matcher:
    """Compiles watches once; `match` may then be called for any number of texts, from any thread."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._names = NameFinder(watches)
        self._concerned = {watch.id: watch for watch in watches if watch.kind in _HAPPENS_TO}

    def find(self, text: Text) -> MatchResult:
        """Language and mentions only: enough to tell whether a page is worth reading with care."""
        mentions = (mention for where, words in text.fields.items() for mention in self._names.find(words, where))
        return MatchResult(identify(_sample(text.fields), text.language), tuple(mentions), (), ())

    def match(self, text: Text) -> MatchResult:
        """Everything found in the fields of a text. Never raises, whatever the text; the time grows with its length only."""
        language = identify(_sample(text.fields), text.language)
        mentions = {where: self._names.find(words, where) for where, words in text.fields.items()}
        dates, events = self._read(text, language, mentions)
        return MatchResult(
            language=language,
            mentions=tuple(mention for where in text.fields for mention in mentions[where]),
            events=tuple(events),
            dates=tuple(
                DateMention(one.iso, text.fields[where][one.start : one.end], where, one.start, one.end)
                for where in text.fields
                for one in dates.get(where, ())
            ),
        )

    def _read(
        self, text: Text, language: str | None, mentions: Mapping[TextField, Sequence[Mention]]
    ) -> tuple[dict[TextField, list[FoundDate]], list[Event]]:
        if language is None or language.split("-", maxsplit=1)[0] != "en":
            return {}, []
        published = text.published.date() if text.published is not None else None
        dates = {where: find_dates(words[:LONGEST_READ], published) for where, words in text.fields.items()}
        return dates, self._events(text, published, mentions, dates)

    def _events(
        self,
        text: Text,
        published: date | None,
        mentions: Mapping[TextField, Sequence[Mention]],
        dates: Mapping[TextField, Sequence[FoundDate]],
    ) -> list[Event]:
        concerned = {where: [one for one in found if one.watch in self._concerned] for where, found in mentions.items()}
        if not any(concerned.values()):
            return []
        reader = EventReader(self._concerned, published)
        for where in _READ_FOR_EVENTS:
            if where in text.fields:
                reader.read(text.fields[where], where, concerned[where], dates[where])
        return reader.events


def _sample(fields: Mapping[TextField, str]) -> str:
    """The beginning of the article, the main text first."""
    longest = sorted(fields.items(), key=lambda item: item[0] is not TextField.TEXT)
    return "\n".join(words[:_LANGUAGE_SAMPLE] for _, words in longest)[:_LANGUAGE_SAMPLE]
