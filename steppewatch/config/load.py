"""Load a configuration: all its files, everything that is wrong with them at once, and the settings they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from steppewatch.config import check
from steppewatch.config.files import INIT, WHOLE_FILE, Document, Notes, include, read_document
from steppewatch.config.models import IncludedKeys, MainKeys, WatchlistFileKeys
from steppewatch.config.parts import Part, parts, read_channel, read_keys, read_source, read_watchlist, watches_of
from steppewatch.config.places import Block, value_at
from steppewatch.config.plugins import Surroundings
from steppewatch.config.sentences import keys_of
from steppewatch.config.settings import Archive, Delivery, Heartbeat, Probes, Project, Settings, Watchlist
from steppewatch.errors import ConfigError, Finding
from steppewatch.registry import Registry


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds there are."""

    sources: Registry
    channels: Registry


def load(
    path: Path, *, sources: Registry, channels: Registry, environ: Mapping[str, str]
) -> tuple[Settings, tuple[Finding, ...]]:
    """The settings of a configuration file and what it includes, and warnings.

    Raises ConfigError with every finding, warnings too, in the order of the files.
    """
    return load_as(path, str(path), Kinds(sources, channels), environ)


def load_as(path: Path, label: str, kinds: Kinds, environ: Mapping[str, str]) -> tuple[Settings, tuple[Finding, ...]]:
    """The same, with the name that the findings give to the file."""
    notes = Notes()
    main = read_document(path.absolute(), label, notes, advice=INIT)
    included = include(main, notes)
    settings = _read(main, included, kinds, environ, notes)
    if notes.failed or settings is None:
        raise ConfigError(notes.sorted())
    return settings, notes.sorted()


def load_watchlist(path: Path) -> tuple[Watchlist, ...]:
    """The watchlists of a file that holds nothing else (YAML or JSON); they have no channels.

    Raises ConfigError with every finding.
    """
    notes = Notes()
    document = read_document(path.absolute(), str(path), notes, advice="name a file with `watchlists:` in it")
    _note_if_empty(document, notes, "write `watchlists: []` for none")
    if document.root is not None:
        read_keys(WatchlistFileKeys, Part(document, document.root), notes)
    watchlists = _watchlists([document], None, notes)
    if notes.failed:
        raise ConfigError(notes.sorted())
    return watchlists


def _read(main: Document, included: list[Document], kinds: Kinds, environ: Mapping[str, str], notes: Notes) -> Settings | None:
    """Everything in all files; None where the main file itself is wrong."""
    if not check.looks_right(main, tuple(keys_of(MainKeys)), notes):
        return None
    documents = [main, *included]
    around = Surroundings(main.path.parent, environ)
    keys = _read_main(main, notes)
    for document in included:
        _read_included(document, notes)
    source_parts, channel_parts = parts(documents, "sources"), parts([main], "channels")
    sources = [read_source(part, kinds.sources, notes, around) for part in source_parts]
    channels = [read_channel(part, kinds.channels, notes, around) for part in channel_parts]
    paused = check.channel_states(channel_parts)
    watchlists = _watchlists(documents, paused, notes)
    check.note_duplicates("source", source_parts, notes)
    check.note_duplicates("channel", channel_parts, notes)
    check.note_insecure(source_parts, notes)
    check.note_contact(main, notes)
    check.note_silence(main, paused, notes)
    if isinstance(main.root, Block):
        check.note_channels(main, value_at(main.root, ("health", "channels")), paused, notes)
    if keys is None:
        return None
    settings = _settings(keys, main.path.parent, paused)
    return replace(
        settings,
        sources=tuple(one for one in sources if one is not None),
        watchlists=watchlists,
        channels=tuple(one for one in channels if one is not None),
        files=tuple(document.path for document in documents),
    )


def _read_main(main: Document, notes: Notes) -> MainKeys | None:
    _note_if_empty(main, notes, INIT)
    return read_keys(MainKeys, Part(main, main.root), notes) if main.root is not None else None


def _read_included(document: Document, notes: Notes) -> None:
    """An included file may hold sources and watchlists, or (with a warning) nothing yet."""
    _note_if_empty(document, notes, "", warning=True)
    if document.root is not None:
        read_keys(IncludedKeys, Part(document, document.root), notes)


def _note_if_empty(document: Document, notes: Notes, hint: str, *, warning: bool = False) -> None:
    if document.root is None and document.readable:
        notes.add(document, WHOLE_FILE, "this file is empty", hint, warning=warning)


def _watchlists(documents: list[Document], paused: Mapping[str, bool] | None, notes: Notes) -> tuple[Watchlist, ...]:
    """The watchlists of all files; None for `paused` where channels mean nothing."""
    list_parts = parts(documents, "watchlists")
    watch_parts = [watch for part in list_parts for watch in watches_of(part)]
    check.note_duplicates("watchlist", list_parts, notes)
    check.note_duplicates("watch", watch_parts, notes)
    check.note_same_names(watch_parts, notes)
    found = []
    for part in list_parts:
        keys, watches = read_watchlist(part, notes)
        if paused is not None:
            check.note_channels(part.document, value_at(part.node, ("channels",)), paused, notes)
        if keys is not None:
            found.append(Watchlist(keys.id, watches, _on(keys.channels, paused or {})))
    return tuple(found)


def _on(channels: tuple[str, ...] | None, paused: Mapping[str, bool]) -> tuple[str, ...]:
    """Those of the channels that are not paused; all of these where none is named."""
    return tuple(one for one in (paused if channels is None else dict.fromkeys(channels)) if not paused.get(one, True))


def _settings(keys: MainKeys, folder: Path, paused: Mapping[str, bool]) -> Settings:
    """The settings of the main file, still without its lists."""
    return Settings(
        project=keys.project.fill(Project),
        store=keys.store_path(folder),
        archive=Archive(folder / keys.archive.path, keys.archive.keep),
        crawl=keys.crawl.crawl(),
        sources=(),
        watchlists=(),
        channels=(),
        delivery=keys.delivery.fill(Delivery, health=_on(keys.health.channels, paused)),
        heartbeat=keys.heartbeat.fill(Heartbeat),
        probes=keys.probes.fill(Probes),
        log=keys.log.log(),
    )
