"""`steppewatch analyze`: the matcher on a pipe. One JSON object a line in, one a line out, in the same order."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click

from alerts.matching import Matcher
from alerts.render.as_json import event_json, mention_json
from console.cli.configuration import config_option, load_settings
from steppewatch.model import DateMention, MatchResult, Text, TextField, Watch


class _BadLineError(Exception):
    """A line that cannot be answered; the message says why. `id` is the line's own id where it has one."""

    def __init__(self, message: str, id: object = None) -> None:
        super().__init__(message)
        self.id = id


def analyze_lines(lines: IO[bytes], out: IO[str], watches: Sequence[Watch]) -> int:
    """Answer every line, flushed before the next is read. Returns 1 if a line was wrong, else 0.

    A wrong line is answered in its place by `{"id": ..., "error": "line 3: ..."}`. Empty lines are passed over.
    """
    matcher = Matcher(watches)
    failed = 0
    for number, line in enumerate(iter(lines.readline, b""), 1):
        if not line.strip():
            continue
        try:
            id, text = _parse(line)
            answer = {"id": id, **_result(matcher.match(text))}
        except _BadLineError as error:
            failed = 1
            answer = {"id": error.id, "error": f"line {number}: {error}"}
        out.write(_dump(answer) + "\n")
        out.flush()
    return failed


def _parse(line: bytes) -> tuple[object, Text]:
    try:
        found = json.loads(line.decode("utf-8-sig", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise _BadLineError(f"not JSON ({error})") from None
    if not isinstance(found, dict):
        raise _BadLineError("not a JSON object")
    id = found.get("id")
    fields = {TextField.TITLE: _string(found, "title", id), TextField.TEXT: _string(found, "text", id)}
    if fields[TextField.TEXT] is None:
        raise _BadLineError('no "text"', id)
    language = _string(found, "lang", id)
    given = {where: words for where, words in fields.items() if words is not None}
    return id, Text(given, language or None, _published(found, id))


def _string(found: dict[str, Any], name: str, id: object) -> str | None:
    value = found.get(name)
    if value is not None and not isinstance(value, str):
        raise _BadLineError(f'"{name}" is not a string', id)
    return value


def _published(found: dict[str, Any], id: object) -> datetime | None:
    """The time of publication in its own zone (the day is counted there); a date alone is that day."""
    value = _string(found, "published", id)
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        raise _BadLineError('"published" is not an ISO date or time', id) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _result(result: MatchResult) -> dict[str, Any]:
    return {
        "lang": result.language,
        "mentions": [mention_json(one) for one in result.mentions],
        "events": [event_json(one) | {"field": one.field.value} for one in result.events],
        "dates": [_date(one) for one in result.dates],
    }


def _date(one: DateMention) -> dict[str, Any]:
    return {"date": one.date, "text": one.text, "field": one.field.value, "start": one.start, "end": one.end}


def _dump(answer: dict[str, Any]) -> str:
    line = json.dumps(answer, ensure_ascii=False)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair came in, and goes out as it came
        return json.dumps(answer)
    return line


@click.command("analyze")
@click.option("--watchlist", "watchlist", type=click.Path(path_type=Path), help="A file of watchlists; needs no configuration.")
@config_option
def analyze(watchlist: Path | None, config: Path) -> None:
    """Find watched names, events and dates in JSON lines from standard input."""
    watches = _watches(watchlist, config)
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n", write_through=True)
    sys.exit(analyze_lines(sys.stdin.buffer, out, watches))


def _watches(watchlist: Path | None, config: Path) -> tuple[Watch, ...]:
    if watchlist is None:
        return load_settings(config).watches
    from steppewatch.config.load import load_watchlist

    return tuple(watch for one in load_watchlist(watchlist) for watch in one.watches)


if __name__ == "__main__":
    analyze()
