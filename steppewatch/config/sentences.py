"""Turn what pydantic says into plain sentences with places, and ask "did you mean ...?"."""

from __future__ import annotations

import dataclasses
import re
import typing
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from steppewatch.config.files import Document, Notes
from steppewatch.config.places import Block, Node, Place, Scalar, place_of, value_at
from steppewatch.config.values import MISSING, did_you_mean
from steppewatch.config.yaml import quoted

Where = tuple[int | str, ...]
_CHOICE = re.compile(r"'([^']*)'")
_OF_KEY = re.compile(r"([A-Za-z_][\w.-]*): (.+)", re.DOTALL)
_WHOLE = "a whole number is wanted"
_YES_NO = "true or false is wanted"
_LIST = "a list is wanted, such as [a, b]"
_BLOCK = "a block of keys is wanted here"
_SENTENCES = {
    "int_type": _WHOLE, "int_parsing": _WHOLE, "int_from_float": _WHOLE, "int_parsing_size": _WHOLE, "finite_number": _WHOLE,
    "float_type": "a number is wanted", "float_parsing": "a number is wanted",
    "bool_type": _YES_NO, "bool_parsing": _YES_NO,
    "list_type": _LIST, "tuple_type": _LIST, "set_type": _LIST, "frozen_set_type": _LIST,
    "dict_type": _BLOCK, "model_type": _BLOCK, "mapping_type": _BLOCK, "model_attributes_type": _BLOCK,
    "dataclass_type": _BLOCK, "dataclass_exact_type": _BLOCK,
}  # fmt: skip


def note_errors(error: ValidationError, shape: type, node: Node, document: Document, notes: Notes) -> None:
    """Note every error of a pydantic model `shape` that was read from `node`."""
    for one in error.errors(include_url=False):
        note_error(one, one["loc"], shape, node, document, notes)


def note_error(one: ErrorDetails, loc: Where, shape: type, node: Node, document: Document, notes: Notes) -> None:
    """Note one error of pydantic at `loc`, a path of the keys of the file."""
    place, message, hint = _explain(one, _without_branches(loc, node), shape, node, document)
    notes.add(document, place, message, hint)


def keys_of(shape: Any) -> dict[str, Any]:
    """The keys of a model or dataclass as they stand in a file, with the types of their values."""
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        return {info.alias or name: info.annotation for name, info in shape.model_fields.items()}
    if isinstance(shape, type) and dataclasses.is_dataclass(shape):
        hints = typing.get_type_hints(shape)
        return {field.metadata.get("key", field.name): hints[field.name] for field in dataclasses.fields(shape) if field.init}
    return {}


def note_unknown_key(key: str, known: tuple[str, ...], place: Place, document: Document, notes: Notes) -> None:
    """Note a key that nobody reads."""
    notes.add(document, place, *_unknown_key(key, known))


def _unknown_key(key: str, known: tuple[str, ...]) -> tuple[str, str]:
    near = did_you_mean(key, known)
    return f"unknown key {quoted(key)}", near or (f"the keys here are {', '.join(known)}" if known else "no key is known here")


def _explain(one: ErrorDetails, where: Where, shape: type, node: Node, document: Document) -> tuple[Place, str, str]:
    kind = one["type"]
    if kind == "extra_forbidden":
        known = tuple(keys_of(_shape_at(shape, where[:-1])))
        return place_of(node, where, of_key=True), *_unknown_key(str(where[-1]), known)
    if kind == "missing":
        return place_of(node, where[:-1]), f"the key {quoted(where[-1])} is missing here", ""
    if kind == "value_error":
        return _own_words(str(one["ctx"]["error"]), where, node)
    found = value_at(node, where)
    place = place_of(node, where)
    if kind in ("enum", "literal_error"):
        return place, *_choice(one, found, hidden=document.hides(place))
    return place, _wrong_type(one, found), ""


def _own_words(message: str, where: Where, node: Node) -> tuple[Place, str, str]:
    """A sentence of ours. One that begins with `key: ` means that key of the block."""
    if message == MISSING:
        return place_of(node, where), f"the key {quoted(where[-1])} is missing here", ""
    of_key = _OF_KEY.fullmatch(message)
    block = value_at(node, where)
    if of_key and isinstance(block, Block) and of_key[1] in block.entries:
        return place_of(node, (*where, of_key[1])), of_key[2], ""
    return place_of(node, where), message, ""


def _choice(one: ErrorDetails, found: Node | None, *, hidden: bool) -> tuple[str, str]:
    choices = tuple(_CHOICE.findall(str(one["ctx"]["expected"])))
    wanted = f"one of {', '.join(choices)} is wanted"
    if not isinstance(found, Scalar) or not isinstance(found.value, str) or hidden:
        return wanted, ""
    return f"{quoted(found.value)} is not known here: {wanted}", did_you_mean(found.value, choices)


def _wrong_type(one: ErrorDetails, found: Node | None) -> str:
    kind = one["type"]
    if kind == "string_type":
        number = isinstance(found, Scalar) and found.value is not None
        return "text is wanted: put it in quotes" if number else "text is wanted"
    if bound := one.get("ctx"):
        for word, sentence in (("ge", "at least {}"), ("gt", "more than {}"), ("le", "at most {}"), ("lt", "less than {}")):
            if word in bound:
                return f"this must be {sentence.format(bound[word])}"
    return _SENTENCES.get(kind, "this value is not understood")


def _without_branches(loc: Where, node: Node) -> Where:
    """A path without the names that pydantic adds for the members of a union: only steps that exist, and the last one."""
    where: list[int | str] = []
    for at, step in enumerate(loc):
        if value_at(node, (*where, step)) is not None or (at == len(loc) - 1 and isinstance(value_at(node, tuple(where)), Block)):
            where.append(step)
    return tuple(where)


def _shape_at(shape: Any, where: Where) -> Any:
    """The model or dataclass that stands at a path."""
    for step in where:
        if isinstance(step, str):
            shape = keys_of(_inner(shape)).get(step)
    return _inner(shape)


def _inner(hint: Any) -> Any:
    """The first model or dataclass inside a hint (a union, a list)."""
    if keys_of(hint):
        return hint
    return next((found for one in get_args(hint) if (found := _inner(one)) is not None), None)
