"""Read YAML 1.2 into a tree with places (ruamel.yaml scans and parses, this composes).

Composed here and not by ruamel, because its composer stops at the first duplicate key, follows aliases without counting, and
recurses as deep as a file likes. A tree is at most DEEPEST deep, and aliases may add at most MOST_ALIASED nodes to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from steppewatch.config.places import Block, Entry, Items, Node, Place, Scalar, Value

DEEPEST = 50
MOST_ALIASED = 10_000
_LONGEST_NUMBER = 100  # digits; a longer one is a text

# ruamel raises these from inside on escapes and directives that it did not think of.
_PARSER_ERRORS = (YAMLError, ValueError, OverflowError, LookupError, AttributeError, AssertionError, TypeError)
_LINE_END = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")  # what ruamel counts as the end of a line
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_OTHER_INT = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

# What ruamel says, and what it means. Its own words are never shown: they may quote a secret.
_SENTENCES: tuple[tuple[str, str], ...] = (
    ("mapping values are not allowed", 'a ":" is not expected here: wrong indentation, or a text with ": " in it without quotes'),
    ("could not find expected ':'", 'a ":" is missing after this key'),
    ("'\\t'", "a tab cannot indent a line in YAML: use spaces"),
    ("cannot start any token", "a text cannot begin with this character: put it in quotes"),
    ("found unexpected end of stream", "a quote that is opened here is never closed"),
    ("expected ',' or '}'", 'a "," or the closing "}" is missing'),
    ("expected ',' or ']'", 'a "," or the closing "]" is missing'),
    ("expected <block end>", "this line does not fit its neighbours: it is indented differently, or a text needs quotes"),
    ("unknown escape", "this is no escape of YAML: put texts with a backslash in single quotes"),
    ("<document start>", "something follows after the end of the document"),
)  # fmt: skip


class UnreadableError(Exception):
    """The text is no YAML we can use."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


@dataclass(slots=True)
class _Composer:
    events: Iterator[Any]
    anchors: dict[str, Node | None] = field(default_factory=dict)  # None while the node is still open
    mistakes: list[tuple[Place, str]] = field(default_factory=list)
    twice: list[Block] = field(default_factory=list)
    aliased: int = 0

    def document(self) -> Node | None:
        """The first document; another one is a mistake."""
        root: Node | None = None
        started = False
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                if started:
                    raise UnreadableError(_start(event), 'a file holds one document: this "---" begins a second')
                started = True
                root = self.node(next(self.events), 0)
        return root

    def node(self, event: Any, depth: int) -> Node:
        """The node that begins with this event."""
        if depth > DEEPEST:
            raise UnreadableError(_start(event), f"this is nested more than {DEEPEST} levels deep")
        if isinstance(event, AliasEvent):
            return self._alias(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        if event.tag is not None and str(event.tag) not in ("!", "tag:yaml.org,2002:str"):
            self.mistakes.append((_start(event), "tags (words after a !) mean nothing here: put the text in quotes"))
        node = self._inside(event, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def _inside(self, event: Any, depth: int) -> Node:
        match event:
            case MappingStartEvent():
                return self._block(event, depth)
            case SequenceStartEvent():
                return self._items(event, depth)
            case _:
                return self._scalar(event)

    def _alias(self, event: AliasEvent) -> Node:
        node = self.anchors.get(event.anchor)
        if node is None:
            message = "this alias stands inside what it points to" if event.anchor in self.anchors else (
                "there is no anchor of this name: put a text that begins with * in quotes"
            )  # fmt: skip
            raise UnreadableError(_start(event), message)
        self.aliased += node.size
        if self.aliased > MOST_ALIASED:
            raise UnreadableError(_start(event), f"the aliases of this file repeat more than {MOST_ALIASED} things")
        return node

    def _items(self, event: Any, depth: int) -> Items:
        items = []
        while not isinstance(inner := next(self.events), SequenceEndEvent):
            items.append(self.node(inner, depth + 1))
        return Items(tuple(items), _start(event), _end(inner), 1 + sum(item.size for item in items))

    def _block(self, event: Any, depth: int) -> Block:
        entries: dict[str, Entry] = {}
        while not isinstance(inner := next(self.events), MappingEndEvent):
            key = self._key(inner, depth)
            value = self.node(next(self.events), depth + 1)
            if key is None:
                continue
            entry = Entry(_start(inner), _end(inner), value)
            if key in entries:
                first = entries[key].place
                self.mistakes.append((_start(inner), f"the key {quoted(key)} stands here twice: first in line {first.line}"))
                self.twice.append(Block({key: entry}, _start(inner), _end(inner), value.size))
            else:
                entries[key] = entry
        size = 1 + sum(entry.node.size for entry in entries.values())
        return Block(entries, _start(event), _end(inner), size)

    def _key(self, event: Any, depth: int) -> str | None:
        node = self.node(event, depth + 1)
        if isinstance(event, ScalarEvent):
            return str(node.value) if isinstance(node, Scalar) and isinstance(node.value, str) else event.value
        self.mistakes.append((_start(event), "a key must be a word"))
        return None

    def _scalar(self, event: ScalarEvent) -> Scalar:
        value = _value(event)
        if isinstance(value, str):
            value = _joined(value)
            if unfit := _UNFIT.search(value):
                self.mistakes.append((_start(event), f"this text holds a character that cannot be shown (U+{ord(unfit[0]):04X})"))
                value = _UNFIT.sub("\ufffd", value)
        return Scalar(value, _start(event), _end(event))


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: the tree (None where the text is empty), mistakes beside it, and what stood under a key a second time."""

    root: Node | None
    mistakes: tuple[tuple[Place, str], ...]
    twice: tuple[Block, ...]


def read_yaml(text: str) -> Reading:
    """Read a text. Raises UnreadableError where it is no YAML we can use."""
    composer = _Composer(YAML(typ="safe", pure=True).parse(_without_tabs(text)))
    try:
        root = composer.document()
    except ReaderError as error:
        raise UnreadableError(_place_of_index(text, error.position), "this character cannot stand in YAML") from None
    except MarkedYAMLError as error:
        raise UnreadableError(*_explained(error)) from None
    except _PARSER_ERRORS:
        raise UnreadableError(Place(1, 1), "this is not valid YAML") from None
    return Reading(root, tuple(composer.mistakes), tuple(composer.twice))


def split_lines(text: str) -> tuple[str, ...]:
    """The lines of a text as the places count them."""
    return tuple(_LINE_END.split(text))


def quoted(text: object) -> str:
    """A value of the file as it is named in a sentence: short, and nothing a terminal would obey."""
    shown = str(text).lower() if isinstance(text, bool) else str(text)
    shown = "".join(char if char.isprintable() else "\ufffd" for char in shown[:41])
    return f'"{shown}"' if len(shown) <= 40 else f'"{shown[:40]}..."'


def _without_tabs(text: str) -> str:
    """JSON may be indented with tabs, and then they stand nowhere else; YAML takes spaces only."""
    if "\t" not in text or not text.lstrip().startswith("{"):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text.replace("\t", " ")


def _value(event: ScalarEvent) -> Value:
    """A plain scalar by the core schema of YAML 1.2: `no`, `on` and 22:00 are texts."""
    text: str = event.value
    if not event.implicit[0] or len(text) > _LONGEST_NUMBER:
        return text
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    if _OTHER_INT.fullmatch(text):
        return int(text, 0)
    return float(text) if _FLOAT.fullmatch(text) else text


def _joined(text: str) -> str:
    """JSON writes letters beyond U+FFFF as two escapes; they come out of the YAML scanner as two halves."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16") if not text.isascii() else text
    except UnicodeDecodeError:
        return text


def _explained(error: MarkedYAMLError) -> tuple[Place, str]:
    problem = error.problem or ""
    sentence = next((ours for theirs, ours in _SENTENCES if theirs in problem), "this is not valid YAML")
    at_start = "end of stream" in problem
    mark = error.context_mark if at_start and error.context_mark is not None else error.problem_mark or error.context_mark
    return (Place(mark.line + 1, mark.column + 1) if mark is not None else Place(1, 1)), sentence


def _place_of_index(text: str, index: int) -> Place:
    lines = split_lines(text[:index])
    return Place(len(lines), len(lines[-1]) + 1)


def _start(event: Any) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)


def _end(event: Any) -> Place:
    return Place(event.end_mark.line + 1, event.end_mark.column + 1)
