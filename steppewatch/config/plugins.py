"""Read the keys of one kind of source or channel into the frozen dataclass `Config` that its file declares.

A field is read by its type: `Secret` from `{env: NAME}` or `{file: PATH}`, `Path` relative to the configuration file,
`timedelta` from `30s`; dataclasses, tuples, mappings and unions of these by their parts; anything else as pydantic reads it.
A field whose metadata holds `key` has that name in the file. A field may bring its own checks in `__post_init__` (ValueError;
a message that begins with `key: ` is shown at that key).
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from steppewatch.config.files import Document, Notes
from steppewatch.config.masking import is_reference
from steppewatch.config.places import Block, Items, Node, Scalar, plain
from steppewatch.config.sentences import Where, keys_of, note_error, note_unknown_key
from steppewatch.config.settings import Secret
from steppewatch.config.values import duration
from steppewatch.config.yaml import quoted

LARGEST_SECRET = 64_000  # bytes
_HOW = "a secret never stands in this file: write {env: NAME_OF_A_VARIABLE} or {file: PATH}"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where secrets and relative paths are looked up. `common` are the keys that every kind has."""

    folder: Path
    environ: Mapping[str, str]
    common: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reader:
    document: Document
    notes: Notes
    around: Surroundings
    paused: bool
    without: list[Where] = field(default_factory=list)  # secrets that could not be had

    def read(self, hint: Any, node: Node, where: Where) -> object:
        """What pydantic gets for one value."""
        if get_origin(hint) in (typing.Union, types.UnionType):
            return self._union(get_args(hint), node, where)
        if hint is Secret:
            return self._secret(node, where)
        if hint is Path and isinstance(node, Scalar) and isinstance(node.value, str):
            return self._path(node, node.value)
        if hint is timedelta:
            return self._duration(node)
        if dataclasses.is_dataclass(hint) and isinstance(hint, type) and isinstance(node, Block):
            return self.block(hint, node, where)
        return self._container(hint, node, where)

    def block(self, shape: type, node: Block, where: Where) -> dict[str, object]:
        """A nested dataclass: its fields, by their names in the dataclass."""
        hints = keys_of(shape)
        known = (*self.around.common, *hints) if not where else tuple(hints)
        for key, entry in node.entries.items():
            if key not in hints:
                note_unknown_key(key, known, entry.place, self.document, self.notes)
        names = field_names(shape)
        return {
            names[key]: self.read(hints[key], entry.node, (*where, names[key]))
            for key, entry in node.entries.items()
            if key in hints
        }

    def _union(self, members: tuple[Any, ...], node: Node, where: Where) -> object:
        if isinstance(node, Scalar) and node.value is None and type(None) in members:
            return None
        is_text = isinstance(node, Scalar) and isinstance(node.value, str)
        for member in members:
            fits_text = member is str or member is Path or member is timedelta
            fits = fits_text if is_text else isinstance(node, Block) and (member is Secret or dataclasses.is_dataclass(member))
            if fits:
                return self.read(member, node, where)
        others = [member for member in members if member is not type(None)]
        return self.read(others[0], node, where) if len(others) == 1 or Secret in others else plain(node)

    def _container(self, hint: Any, node: Node, where: Where) -> object:
        arguments = get_args(hint)
        if isinstance(node, Items) and arguments and get_origin(hint) in (tuple, list, frozenset, set):
            inner = arguments[0]
            return [self.read(inner, item, (*where, at)) for at, item in enumerate(node.items)]
        if isinstance(node, Block) and len(arguments) == 2:  # a mapping from texts
            return {key: self.read(arguments[1], entry.node, (*where, key)) for key, entry in node.entries.items()}
        return plain(node)

    def _path(self, node: Scalar, text: str) -> object:
        if not text.strip() or "\ufffd" in text:
            self.notes.add(self.document, node.place, "the name of a file is wanted")
            return Path()
        return self.around.folder / text

    def _duration(self, node: Node) -> object:
        try:
            return duration(plain(node))
        except ValueError as error:
            self.notes.add(self.document, node.place, str(error))
            return timedelta(seconds=1)

    def _secret(self, node: Node, where: Where) -> Secret:
        key = next(iter(node.entries), "") if isinstance(node, Block) and len(node.entries) == 1 else ""
        inner = node.get(key) if isinstance(node, Block) else None
        named = inner.value if isinstance(inner, Scalar) else None
        if key not in ("env", "file") or not isinstance(named, str) or not named.strip() or inner is None:
            self.without.append(where)
            self.notes.add(self.document, node.place, _HOW)
            return Secret("")
        try:
            return Secret(_from_variable(named, self.around) if key == "env" else _from_file(named, self.around))
        except ValueError as error:
            self.without.append(where)
            if not self.paused:
                # The name is told only where it cannot be the secret itself, pasted into the wrong place.
                told = f" {quoted(named)}" if is_reference(key, named) else ""
                self.notes.add(self.document, inner.place, str(error).replace("<name>", told.strip() or "named here"))
            return Secret("")


def read_options(shape: type, node: Block, document: Document, notes: Notes, around: Surroundings, *, paused: bool) -> object:
    """An instance of `shape`, or None: where something is wrong (noted), or where a paused channel lacks a secret."""
    reader = _Reader(document, notes, around, paused)
    values = reader.block(shape, node, ())
    try:
        options: object = TypeAdapter(shape).validate_python(values)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            # A dataclass judges its parts together: without the secret it cannot be right, and that has been said.
            blind = one["type"] == "value_error" and any(where[: len(one["loc"])] == one["loc"] for where in reader.without)
            if not blind:
                note_error(one, _in_keys(shape, one["loc"]), shape, node, document, notes)
        return None
    return None if reader.without else options


def field_names(shape: type) -> dict[str, str]:
    """Keys of the file and the fields they fill."""
    return {one.metadata.get("key", one.name): one.name for one in dataclasses.fields(shape)}


def _in_keys(shape: Any, loc: Where) -> Where:
    """A path of field names as a path of keys."""
    where: list[int | str] = []
    for step in loc:
        inside = _dataclass_in(shape)
        hints = keys_of(inside)
        key = next((key for key, name in field_names(inside).items() if name == step), None) if inside else None
        where.append(step if key is None else key)
        shape = hints.get(key) if key is not None else shape
    return tuple(where)


def _dataclass_in(hint: Any) -> type | None:
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return hint
    return next((found for one in get_args(hint) if (found := _dataclass_in(one)) is not None), None)


def _from_variable(name: str, around: Surroundings) -> str:
    value = around.environ.get(name)
    if value is None:
        raise ValueError("the environment variable <name> is not set")
    if not value:
        raise ValueError("the environment variable <name> is empty")
    return value


def _from_file(name: str, around: Surroundings) -> str:
    path = around.folder / name
    try:
        if path.exists() and not path.is_file():
            raise ValueError("<name> is no file")
        with path.open("rb") as file:
            content = file.read(LARGEST_SECRET + 1)
        text = content.decode("utf-8").rstrip("\r\n")
    except FileNotFoundError:
        raise ValueError("the file <name> does not exist (relative names begin at the folder of the configuration)") from None
    except PermissionError:
        raise ValueError("the file <name> may not be read by you") from None
    except OSError:
        raise ValueError("the file <name> cannot be read") from None
    except UnicodeError:
        raise ValueError("the file <name> is not UTF-8 text") from None
    if not text or len(content) > LARGEST_SECRET:
        raise ValueError("the file <name> is empty" if not text else "the file <name> is too large for a secret")
    return text
