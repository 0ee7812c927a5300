"""Add a source to a YAML file a person wrote: what stands there stays, comments and all, or the file is not touched."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.util import load_yaml_guess_indent

from console.cli.whole_file import write_whole
from steppewatch.errors import SteppewatchError

EVERYBODY_READS = 0o644  # the daemon may run as somebody else


class SourceFileError(SteppewatchError):
    """The file cannot be read or written; the message says why."""


def add_source(path: Path, entry: Mapping[str, Any], check: Callable[[], None]) -> None:
    """Append `entry` to the `sources:` of a file, which is made where it is missing.

    The new text is written beside the file and takes its place at once. Then `check` looks at the whole; what it raises comes
    out of here, and the file is as it was before. Raises SourceFileError.
    """
    before = _read(path)
    after = _with_source(path, before or "", entry)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, after)
    except OSError as error:
        raise SourceFileError(f"{path} cannot be written ({error.strerror})") from error
    try:
        check()
    except BaseException:
        _put_back(path, before)
        raise


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SourceFileError(f"{path} cannot be read ({reason})") from error


def _with_source(path: Path, text: str, entry: Mapping[str, Any]) -> str:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096  # no line of the user's is folded anew
    try:
        _, indent, dash = load_yaml_guess_indent(text)
        document = yaml.load(text)
    except YAMLError as error:
        raise SourceFileError(f"{path} is not YAML: `steppewatch check` shows where") from error
    offset = 2 if dash is None else dash
    yaml.indent(mapping=2, sequence=max(indent or 0, offset + 2), offset=offset)
    if document is None:  # nothing but comments, which would be lost
        return f"{text.rstrip()}\n\n".lstrip() + _dumped(yaml, CommentedMap(sources=CommentedSeq([CommentedMap(entry)])))
    known = document.setdefault("sources", CommentedSeq()) if isinstance(document, CommentedMap) else None
    if isinstance(document, CommentedMap) and known is None:  # the key alone
        known = document["sources"] = CommentedSeq()
    if not isinstance(known, CommentedSeq):
        raise SourceFileError(f"{path} has no list under `sources:`: `steppewatch check` says more")
    known.append(CommentedMap(entry))
    return _dumped(yaml, document)


def _dumped(yaml: YAML, document: CommentedMap) -> str:
    into = io.StringIO()
    yaml.dump(document, into)
    return into.getvalue()


def _replace(path: Path, text: str) -> None:
    with write_whole(path, mode=EVERYBODY_READS) as file:
        file.write(text.encode())


def _put_back(path: Path, before: str | None) -> None:
    if before is None:
        path.unlink(missing_ok=True)
    else:
        _replace(path, before)
