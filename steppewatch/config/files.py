"""Read the files of a configuration, and note what is wrong with them."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass, field
from pathlib import Path

from steppewatch.config.masking import masked, masked_unread, secret_spans
from steppewatch.config.places import Block, Node, Place, Scalar
from steppewatch.config.yaml import UnreadableError, quoted, read_yaml, split_lines
from steppewatch.errors import Finding

INIT = "`steppewatch init` writes a configuration"
LARGEST = 10_000_000  # bytes
LONGEST_EXCERPT = 1_000  # characters; JSON may stand on one line of any length
WHOLE_FILE = Place(0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A file that was read. `label` is its name as shown, `root` None where it could not be read or is empty."""

    label: str
    path: Path
    lines: tuple[str, ...] = ()
    root: Node | None = None
    hidden: tuple[tuple[Place, Place], ...] = ()
    readable: bool = True

    def excerpt(self, place: Place) -> str:
        """The line of a place, without secrets; empty where there is none to show."""
        if not 0 < place.line <= len(self.lines) or len(self.lines[place.line - 1]) > LONGEST_EXCERPT:
            return ""
        if self.readable:
            return masked(self.lines[place.line - 1], place.line, self.hidden)
        return masked_unread(self.lines, place.line)

    def hides(self, place: Place) -> bool:
        """Whether what begins at this place may be a secret."""
        return any(start <= place < end for start, end in self.hidden)


@dataclass(slots=True)
class Notes:
    """The findings of all files, kept with the order of the files."""

    documents: list[Document] = field(default_factory=list)
    _findings: list[tuple[int, Finding]] = field(default_factory=list)

    def add(self, document: Document, place: Place, message: str, hint: str = "", *, warning: bool = False) -> None:
        """Note something wrong at a place of a document."""
        if document not in self.documents:
            self.documents.append(document)
        finding = Finding(document.label, place.line, place.column, message, hint, document.excerpt(place), warning)
        self._findings.append((self.documents.index(document), finding))

    def sorted(self) -> tuple[Finding, ...]:
        """All findings: by file, then line, then column."""
        ordered = sorted(self._findings, key=lambda one: (one[0], one[1].line, one[1].column))
        return tuple(dict.fromkeys(finding for _, finding in ordered))

    @property
    def failed(self) -> bool:
        """Whether anything is worse than a warning."""
        return any(not finding.warning for _, finding in self._findings)


def read_document(path: Path, label: str, notes: Notes, *, advice: str = "") -> Document:
    """Read one YAML file. What is wrong with it is noted; its root is None then."""
    unread = Document(label, path, readable=False)
    try:
        text = _read_text(path)
    except OSError as error:
        notes.add(unread, WHOLE_FILE, *_cannot_read(error, advice))
        return unread
    except UnicodeDecodeError as error:
        notes.add(unread, WHOLE_FILE, f"this is not UTF-8 text (byte {error.start + 1})", "save the file as UTF-8")
        return unread
    except ValueError as error:
        notes.add(unread, WHOLE_FILE, str(error))
        return unread
    document = _parse(path, label, text, notes)
    notes.documents += [] if document in notes.documents else [document]
    return document


def include(main: Document, notes: Notes) -> list[Document]:
    """Read the files that the main one includes: once each, sorted within a pattern."""
    node = main.root.get("include") if isinstance(main.root, Block) else None
    patterns = () if node is None or (isinstance(node, Scalar) and node.value is None) else getattr(node, "items", (node,))
    documents: list[Document] = []
    # A copy that is read before it takes the place of the original does not include the original.
    seen = {main.path.resolve(), (main.path.parent / Path(main.label).name).resolve()}
    for pattern in patterns:
        for path in _matching(main, pattern, notes):
            if path.resolve() not in seen:
                seen.add(path.resolve())
                label = os.path.normpath(Path(main.label).parent / path.relative_to(main.path.parent))
                documents.append(read_document(path, label, notes))
    return documents


def _matching(main: Document, pattern: Node, notes: Notes) -> list[Path]:
    folder = main.path.parent
    text = pattern.value if isinstance(pattern, Scalar) else None
    if not isinstance(text, str) or not text.strip() or "\ufffd" in text:
        notes.add(main, pattern.place, "a file name or a pattern such as sources/*.yaml is wanted here")
        return []
    if Path(text).is_absolute() or ".." in Path(text).parts:
        notes.add(main, pattern.place, "an included file must lie in the folder of this file or below it")
        return []
    names = sorted(glob.glob(text, root_dir=folder, recursive=True))  # noqa: PTH207 - Path.glob raises on odd patterns
    found = [folder / name for name in names]
    files = [path for path in found if not path.is_dir()]
    if not files:
        notes.add(main, pattern.place, f"no file matches {quoted(text)}", warning=True)
    return files


def _read_text(path: Path) -> str:
    """The text of a file. Raises OSError, UnicodeDecodeError, or ValueError for one that is too large or no file at all."""
    if not path.is_file() and path.exists() and not path.is_dir():
        raise ValueError("this is no regular file")
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"this file is larger than {LARGEST // 1_000_000} MB")
    return content.decode("utf-8-sig")


def _cannot_read(error: OSError, advice: str) -> tuple[str, str]:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "this file does not exist", advice
    if isinstance(error, IsADirectoryError):
        return "this is a folder, not a file", "name the file in it, for instance config.yaml"
    if isinstance(error, PermissionError):
        return "this file may not be read by you", "see its owner and mode with `ls -l`"
    return f"this file cannot be read: {error.strerror or type(error).__name__}", ""


def _parse(path: Path, label: str, text: str, notes: Notes) -> Document:
    lines = split_lines(text)
    try:
        read = read_yaml(text)
    except UnreadableError as error:
        document = Document(label, path, lines, readable=False)
        notes.add(document, error.place, str(error))
        return document
    trees = (*read.twice, *(() if read.root is None else (read.root,)))
    empty = isinstance(read.root, Scalar) and read.root.value is None  # nothing but `---`, `~` or `null`
    document = Document(label, path, lines, None if empty else read.root, secret_spans(trees))
    for place, message in read.mistakes:
        notes.add(document, place, message)
    return document
