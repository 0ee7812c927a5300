"""Read sources, channels, watchlists and watches one by one, so that one mistake does not hide another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from steppewatch.config.files import Document, Notes
from steppewatch.config.models import ChannelKeys, Keys, SourceKeys, WatchKeys, WatchlistKeys
from steppewatch.config.places import Block, Node, Scalar, items_of, plain, text_at
from steppewatch.config.plugins import Surroundings, read_options
from steppewatch.config.sentences import keys_of, note_errors
from steppewatch.config.settings import Channel, Source
from steppewatch.config.values import did_you_mean
from steppewatch.config.yaml import quoted
from steppewatch.model import Watch
from steppewatch.registry import Registry

K = TypeVar("K", bound=Keys)


@dataclass(frozen=True, slots=True)
class Part:
    """An item of a list of the files, and where it stands."""

    document: Document
    node: Node

    @property
    def id(self) -> str | None:
        """Its id, right or wrong."""
        found = text_at(self.node, "id")
        return found[0] if found else None


def parts(documents: Iterable[Document], key: str) -> list[Part]:
    """The items under a top-level key of all files."""
    blocks = [(document, document.root) for document in documents if isinstance(document.root, Block)]
    return [Part(document, item) for document, root in blocks for item in items_of(root.get(key))]


def watches_of(watchlist: Part) -> list[Part]:
    """The watches of a list."""
    node = watchlist.node.get("watches") if isinstance(watchlist.node, Block) else None
    return [Part(watchlist.document, item) for item in items_of(node)]


def read_keys(shape: type[K], part: Part, notes: Notes) -> K | None:
    """A model of what stands there, or None with the findings noted."""
    try:
        return shape.model_validate(plain(part.node))
    except ValidationError as error:
        note_errors(error, shape, part.node, part.document, notes)
        return None


def read_source(part: Part, kinds: Registry, notes: Notes, around: Surroundings) -> Source | None:
    """One source."""
    keys, options = _read_of_kind(SourceKeys, part, kinds, "source", notes, around)
    return keys.source(options) if keys is not None and options is not None else None


def read_channel(part: Part, kinds: Registry, notes: Notes, around: Surroundings) -> Channel | None:
    """One channel. A paused one whose secrets are not there has no options."""
    keys, options = _read_of_kind(ChannelKeys, part, kinds, "channel", notes, around)
    return keys.fill(Channel, options=options) if keys is not None and (options is not None or keys.paused) else None


def read_watchlist(part: Part, notes: Notes) -> tuple[WatchlistKeys | None, tuple[Watch, ...]]:
    """One list and those of its watches that are right."""
    keys = read_keys(WatchlistKeys, part, notes)
    list_id = part.id or ""
    read = [read_keys(WatchKeys, watch, notes) for watch in watches_of(part)]
    return keys, tuple(one.watch(list_id) for one in read if one is not None)


def _read_of_kind(
    shape: type[K], part: Part, kinds: Registry, what: str, notes: Notes, around: Surroundings
) -> tuple[K | None, object]:
    """The common keys of a source or channel, and the keys of its kind as its own dataclass."""
    common = frozenset(keys_of(shape))
    node = part.node
    if not isinstance(node, Block):
        return read_keys(shape, part, notes), None
    keys = read_keys(shape, Part(part.document, node.only(common)), notes)
    own = node.only(common, leave_out=True)
    config = _config_class(part, kinds, what, notes)
    if config is None:
        return keys, None
    around = Surroundings(around.folder, around.environ, tuple(sorted(common)))
    paused = node.get("paused")
    is_paused = isinstance(paused, Scalar) and paused.value is True
    return keys, read_options(config, own, part.document, notes, around, paused=is_paused)


def _config_class(part: Part, kinds: Registry, what: str, notes: Notes) -> type | None:
    """The `Config` of the kind, or None: then its other keys cannot be judged."""
    found = text_at(part.node, "kind")
    if found is None:
        return None  # noted already: missing, or no text
    kind, known = found[0], kinds.kinds()
    if kind in known:
        return kinds.config_class(kind)
    hint = did_you_mean(kind, known)
    notes.add(part.document, found[1], f"there is no kind of {what} called {quoted(kind)}: there are {', '.join(known)}", hint)
    return None
