"""A YAML text as a tree in which everything knows where it stands. Lines and columns count from 1, in code points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a text."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, a number, true, false or nothing. `size` counts nodes, here as in the other two."""

    value: Value
    place: Place
    end: Place
    size: int = 1


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    place: Place
    end: Place
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a block."""

    place: Place
    end: Place
    node: Node


@dataclass(frozen=True, slots=True)
class Block:
    """Keys and their values, in the order of the file."""

    entries: Mapping[str, Entry]
    place: Place
    end: Place
    size: int

    def get(self, key: str) -> Node | None:
        """The value of a key, or None."""
        entry = self.entries.get(key)
        return entry.node if entry else None

    def only(self, keys: frozenset[str], *, leave_out: bool = False) -> Block:
        """The same block with only these keys, or with all others."""
        kept = {key: entry for key, entry in self.entries.items() if (key in keys) is not leave_out}
        return Block(kept, self.place, self.end, self.size)


Node = Scalar | Items | Block


def plain(node: Node) -> object:
    """The tree as dicts, lists and plain values."""
    match node:
        case Scalar():
            return node.value
        case Items():
            return [plain(item) for item in node.items]
        case Block():
            return {key: plain(entry.node) for key, entry in node.entries.items()}


def place_of(node: Node, where: tuple[int | str, ...], *, of_key: bool = False) -> Place:
    """Where the value (or, `of_key`, its key) stands that a chain of keys and indexes leads to, as far as it leads."""
    place = node.place
    for at, step in enumerate(where):
        if isinstance(node, Block) and isinstance(step, str) and (entry := node.entries.get(step)):
            node = entry.node
            place = entry.place if of_key and at == len(where) - 1 else node.place
        elif isinstance(node, Items) and isinstance(step, int) and 0 <= step < len(node.items):
            node = node.items[step]
            place = node.place
        else:
            break
    return place


def value_at(node: Node, where: tuple[int | str, ...]) -> Node | None:
    """What stands there, or None where nothing does."""
    for step in where:
        if isinstance(node, Block) and isinstance(step, str) and (entry := node.entries.get(step)):
            node = entry.node
        elif isinstance(node, Items) and isinstance(step, int) and 0 <= step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node


def items_of(node: Node | None) -> tuple[Node, ...]:
    """The items of a list, and nothing for anything else."""
    return node.items if isinstance(node, Items) else ()


def text_at(node: Node, key: str) -> tuple[str, Place] | None:
    """The text under a key of a block, and its place."""
    found = node.get(key) if isinstance(node, Block) else None
    return (found.value, found.place) if isinstance(found, Scalar) and isinstance(found.value, str) else None


def scalars(node: Node) -> Iterator[Scalar]:
    """Every scalar of a tree, in the order of the text."""
    match node:
        case Scalar():
            yield node
        case Items():
            for item in node.items:
                yield from scalars(item)
        case Block():
            for entry in node.entries.values():
                yield from scalars(entry.node)
