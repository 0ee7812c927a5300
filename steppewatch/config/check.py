"""What only shows when all files are read: ids used twice, channels that are not there, names that stand twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from steppewatch.config.files import INIT, WHOLE_FILE, Document, Notes
from steppewatch.config.parts import Part
from steppewatch.config.places import Block, Items, Node, Scalar, items_of, place_of, text_at, value_at
from steppewatch.config.values import did_you_mean, line
from steppewatch.config.yaml import quoted


def looks_right(main: Document, known: tuple[str, ...], notes: Notes) -> bool:
    """Whether this can be a configuration at all. Another file, named by mistake, is not told line by line."""
    root = main.root
    if isinstance(root, Block) and root.entries and not any(key in known or did_you_mean(key, known) for key in root.entries):
        notes.add(main, WHOLE_FILE, "this is no configuration of Steppewatch: none of its keys stands here", INIT)
        return False
    return True


def note_duplicates(what: str, parts: Iterable[Part], notes: Notes) -> None:
    """An id names one thing: both places are told."""
    seen: dict[str, str] = {}
    for part in parts:
        if not (found := text_at(part.node, "id")):
            continue
        text, place = found
        if text in seen:
            notes.add(part.document, place, f"the id {quoted(text)} belongs to another {what}", f"see {seen[text]}")
        else:
            seen[text] = f"{part.document.label}:{place.line}:{place.column}"


def note_same_names(watches: Iterable[Part], notes: Notes) -> None:
    """Two watches of one name would alert twice."""
    seen: dict[str, str] = {}
    for watch in watches:
        if not (found := text_at(watch.node, "name")):
            continue
        name, place = line(found[0]).casefold(), found[1]
        if name in seen:
            notes.add(watch.document, place, "another watch has the same name", f"see {seen[name]}", warning=True)
        else:
            seen[name] = f"{watch.document.label}:{place.line}:{place.column}"


def note_channels(document: Document, channels: Node | None, paused: Mapping[str, bool], notes: Notes) -> None:
    """Ids of channels that alerts are sent to: they exist, and it is said where one is paused."""
    for item in items_of(channels):
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            continue  # noted already
        if item.value not in paused:
            near = did_you_mean(item.value, tuple(paused))
            hint = near or (f"there are {', '.join(paused)}" if paused else "none is configured")
            notes.add(document, item.place, f"there is no channel {quoted(item.value)}", hint)
        elif paused[item.value]:
            notes.add(document, item.place, f"the channel {quoted(item.value)} is paused: nothing goes there", warning=True)


def note_contact(main: Document, notes: Notes) -> None:
    """Publishers want to know whom to write to."""
    if not isinstance(main.root, Block):
        return
    project = main.root.get("project")
    if not _is_absent(project) and not isinstance(project, Block):
        return  # noted already
    contact = value_at(main.root, ("project", "contact"))
    if _is_absent(contact) or (isinstance(contact, Scalar) and contact.value == ""):
        place = place_of(main.root, ("project",), of_key=True)
        hint = "write `contact: you@example.org` under `project:`"
        notes.add(main, place, "without a contact, publishers cannot reach you about your requests", hint, warning=True)


def note_insecure(sources: Iterable[Part], notes: Notes) -> None:
    """A source whose certificate is not checked may be anybody's."""
    for source in sources:
        found = text_at(source.node, "tls")
        if found and found[0] == "insecure":
            message = "the certificate of this source is not checked: anybody on the way can change what you read"
            notes.add(source.document, found[1], message, warning=True)


def note_silence(main: Document, paused: Mapping[str, bool], notes: Notes) -> None:
    """Without a channel nobody hears of anything."""
    if not isinstance(main.root, Block) or not all(paused.values()):
        return
    channels = main.root.get("channels")
    if _is_absent(channels) or isinstance(channels, Items):
        place = place_of(main.root, ("channels",), of_key=True)
        notes.add(main, place, "no channel is on: nobody will hear of an alert", warning=True)


def channel_states(channels: Iterable[Part]) -> dict[str, bool]:
    """The ids of all channels, right or wrong, and whether each is paused."""
    return {part.id: _is_paused(part.node) for part in channels if part.id is not None}


def _is_absent(node: Node | None) -> bool:
    """Whether a key is missing, or nothing stands behind it."""
    return node is None or (isinstance(node, Scalar) and node.value is None)


def _is_paused(node: Node) -> bool:
    found = node.get("paused") if isinstance(node, Block) else None
    return isinstance(found, Scalar) and found.value is True
