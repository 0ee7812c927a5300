"""A file that appears only when it is whole: written beside its place, on the disk, then put there at once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

OWNER_ONLY = 0o600  # for what names watched people


@contextmanager
def write_whole(path: Path, *, mode: int = OWNER_ONLY) -> Iterator[IO[bytes]]:
    """A binary file to write; it takes the place of `path` at the end, with the rights of the file that was there, or `mode`.

    Where the body raises, `path` stays as it was. Raises OSError. A pipe or device is written to as it is.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    # The name of the copy has another ending, so that no pattern (sources/*.yaml) ever sees it.
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    copy = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        copy.chmod(path.stat().st_mode & 0o777 if path.exists() else mode)
        copy.replace(path)
    finally:
        copy.unlink(missing_ok=True)
