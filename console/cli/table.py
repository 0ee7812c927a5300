"""How the commands print: tables and trees on a terminal, plain lines in a pipe, JSON where it is asked for.

Words from outside never steer a terminal, and JSON leaves in UTF-8 whatever the locale says.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

_WHITE = re.compile(r"\s+")
_NOT_A_SPACE = re.compile(r"[^\S ]")
_STYLES = {
    "ok": "green",
    "sent": "green",
    "stored": "green",
    "warn": "yellow",
    "waiting": "yellow",
    "never": "yellow",
    "paused": "dim",
    "failing": "bold red",
    "fail": "bold red",
    "dead": "bold red",
    "given_up": "red",
    "high": "bold red",
}

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def examples(*lines: str) -> str:
    """The end of a help text: commands to try."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the key of the row it shows, and its heading.

    On a terminal, `short` is the most characters that are shown, and a `whole` column is never broken into lines.
    """

    key: str
    heading: str = ""
    short: int | None = None
    right: bool = False
    whole: bool = False


@dataclass(slots=True)
class Branch:
    """A line with lines under it."""

    text: str
    style: str = ""
    branches: list[Branch] = field(default_factory=list)

    def add(self, text: str, style: str = "") -> Branch:
        """One more line under this one; it is returned, so that others can be put under it."""
        branch = Branch(text, style)
        self.branches.append(branch)
        return branch


def show(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], *, json: bool, empty: str = "") -> None:
    """Print rows: a table on a terminal, tab-separated lines without headings in a pipe, or one JSON array of whole rows.

    `empty` is what a terminal is told where there are no rows.
    """
    if json:
        print_json(rows)
    elif not on_terminal():
        for row in rows:
            _write("\t".join(cell(row.get(column.key)) for column in columns))
    elif rows:
        _print_table(rows, columns)
    elif empty:
        _write(empty)


def show_fields(fields: Mapping[str, Any]) -> None:
    """Print one thing as `name  value` lines; a list takes a line for each of its items. Nothing is said of what is not there."""
    known = {name: value for name, value in fields.items() if value not in (None, "", (), [], {})}
    width = max(map(len, known), default=0)
    for name, value in known.items():
        items = list(value) if isinstance(value, list | tuple) else [value]
        for number, item in enumerate(items):
            _write(f"{'' if number else name:<{width}}  {cell(item, for_people=on_terminal())}")


def show_tree(root: Branch) -> None:
    """Print a tree: with lines and colours on a terminal, indented by two spaces in a pipe."""
    if on_terminal():
        screen().print(_as_rich(root))
    else:
        _print_indented(root, 0)


def print_json(value: object) -> None:
    """Print one JSON value; a list takes a line for each of its items."""
    from alerts.render.as_json import encode

    if isinstance(value, list | tuple):
        text = b"[" + b",\n ".join(encode(plain(item)) for item in value) + b"]"
    else:
        text = encode(plain(value))
    sys.stdout.flush()
    sys.stdout.buffer.write(text + b"\n")
    sys.stdout.buffer.flush()


def plain(value: object) -> object:
    """A value as JSON knows it: times in UTC, durations in seconds, enums and paths as their words."""
    from alerts.render.as_json import time_json

    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return time_json(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value) if isinstance(value, str | Path) else value


def cell(value: object, *, for_people: bool = False) -> str:
    """A value as one clean line: times in ISO form, or to the minute for people; lists with commas; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if for_people else str(plain(value))
    if isinstance(value, list | tuple):
        return ", ".join(cell(item, for_people=for_people) for item in value)
    return line(str(value))


def line(text: str) -> str:
    """Words from outside as one line that steers no terminal."""
    from alerts.render.clean import terminal

    return terminal(_WHITE.sub(" ", text)).strip()


def say(text: str = "", *, error: bool = False) -> None:
    """Print a line of ours in which words from outside may stand; its indentation stays."""
    from alerts.render.clean import terminal

    _write(terminal(_NOT_A_SPACE.sub(" ", text)), error=error)


def ago(seconds: float) -> str:
    """How long something is past, in one unit: `42 s`, `5 min`, `3 h`, `9 d`."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def on_terminal() -> bool:
    """Whether somebody looks at what is printed."""
    return sys.stdout.isatty()


def screen(*, error: bool = False) -> Console:
    """The terminal: as wide as it is, in one style where NO_COLOR is set."""
    from rich.console import Console

    stream = sys.stderr if error else sys.stdout
    bare = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Console(
        file=stream,
        force_terminal=stream.isatty(),
        color_system=None if bare else "auto",
        highlight=False,
        markup=False,
        emoji=False,
    )


def style_of(state: object) -> str:
    """The colour of a word that says how something is."""
    return _STYLES.get(str(state), "")


def _write(text: str, *, error: bool = False) -> None:
    stream = sys.stderr if error else sys.stdout
    encoding = stream.encoding or "utf-8"  # a locale may know few letters: then the others are written out
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding), err=error)


def _print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(
            Text(column.heading or column.key.replace("_", " ")),
            justify="right" if column.right else "left",
            max_width=column.short,
            no_wrap=column.whole or column.short is not None,
            overflow="crop" if column.short is not None else "fold",
        )
    for row in rows:
        table.add_row(*(_text(row.get(column.key)) for column in columns))
    screen().print(table)


def _text(value: object) -> Any:
    from rich.text import Text

    return Text(cell(value, for_people=True), style=style_of(value))


def _as_rich(branch: Branch) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    tree = Tree(Text(line(branch.text), style=branch.style))
    tree.children.extend(_as_rich(one) for one in branch.branches)
    return tree


def _print_indented(branch: Branch, depth: int) -> None:
    _write("  " * depth + line(branch.text))
    for one in branch.branches:
        _print_indented(one, depth + 1)


def listing(items: Iterable[object], words: str = "none") -> str:
    """Things in one line, or `words` where there are none."""
    return ", ".join(str(item) for item in items) or words
