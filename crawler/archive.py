"""The evidence: raw pages in WARC 1.1 files, on the disk for certain before anything points at them.

Every record is a gzip member of its own, so that a record is read by its offset alone and a crash can only tear the last one.
A file with a torn end is never touched again: the day goes on in a new file. Used by one thread only.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from steppewatch.errors import StoreError
from steppewatch.model import ArchiveRecord, FetchedPage

_LARGEST_FILE = 1_000_000_000  # bytes; then the day goes on in the next file
_LARGEST_TAIL = 64_000_000  # bytes at the end of a file in which its last record begins
_LEVEL = 6  # of gzip
_MEMBER = b"\x1f\x8b\x08"  # how a gzip member begins
_GZIP = zlib.MAX_WBITS + 16
# The body is kept as decoded, so these no longer hold; they stay readable under the prefix that Common Crawl uses.
_ABOUT_ENCODING = frozenset({"content-encoding", "transfer-encoding", "content-length"})


class Archive:
    """A directory of WARC files, `YYYY-MM-DD.warc.gz` by the day of the fetch (then `YYYY-MM-DD-2.warc.gz` and so on)."""

    def __init__(self, directory: Path, largest_file: int = _LARGEST_FILE) -> None:
        self._directory = directory
        self._largest_file = largest_file
        self._known_whole: Path | None = None

    def append(self, page: FetchedPage) -> ArchiveRecord:
        """Keep a page. When this returns, it is on the disk. Raises StoreError, and leaves the file as it was."""
        record = _response(page)
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            path = self._file_of(page.fetched_at)
            offset = _add(path, _info(page.fetched_at), record)
        except OSError as error:
            self._known_whole = None
            raise StoreError(
                f"The archive cannot be written ({error.strerror or error}). Free space or set the rights in "
                f"{self._directory}, or switch it off with `archive: {{keep: none}}`."
            ) from error
        self._known_whole = path
        return ArchiveRecord(file=path.name, offset=offset, digest=hashlib.sha256(page.body).hexdigest())

    def read(self, record: ArchiveRecord) -> bytes:
        """The body of a record. Raises StoreError where it is gone or is not what was kept."""
        try:
            with (self._directory / Path(record.file).name).open("rb") as file:
                file.seek(record.offset)
                found: ArcWarcRecord = next(iter(ArchiveIterator(file)))
                body: bytes = found.raw_stream.read()
        except (OSError, EOFError, StopIteration, ArchiveLoadFailed, zlib.error) as error:
            raise StoreError(f"{record.file} cannot be read at {record.offset}: {_cause(error)}. {_RESTORE}") from error
        if hashlib.sha256(body).hexdigest() != record.digest:
            raise StoreError(f"{record.file} was changed: the page at {record.offset} has another SHA-256. {_RESTORE}")
        return body

    def _file_of(self, fetched_at: datetime) -> Path:
        """The first file of the day that has room and a whole end."""
        day = f"{fetched_at.astimezone(UTC):%Y-%m-%d}"
        number = 1
        while True:
            path = self._directory / f"{day}{f'-{number}' if number > 1 else ''}.warc.gz"
            if not path.exists():
                return path
            if path.stat().st_size < self._largest_file and (path == self._known_whole or _ends_whole(path)):
                return path
            number += 1


_RESTORE = "Bring the file back from a backup."


def _cause(error: Exception) -> str:
    return str(error) or "it ends before the record does"


def _add(path: Path, first: bytes, record: bytes) -> int:
    """Write the record at the end of the file, after `first` in a new file; both are on the disk then. Its offset."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        end = os.fstat(descriptor).st_size
        start = b"" if end else first
        try:
            _write(descriptor, start + record)
            os.fsync(descriptor)
        except OSError:
            with suppress(OSError):  # then the next start finds the torn end
                os.ftruncate(descriptor, end)
            raise
    finally:
        os.close(descriptor)
    if not end:
        _sync_directory(path.parent)
    return end + len(start)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _ends_whole(path: Path) -> bool:
    """Whether the file ends where a gzip member ends, found by trying the members that may be the last, from the end."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LARGEST_TAIL))
        tail = file.read()
    if not tail:
        return True
    start = tail.rfind(_MEMBER)
    while start >= 0:
        member = zlib.decompressobj(_GZIP)
        with suppress(zlib.error):  # the bytes of a member's beginning, by chance, in the middle of another
            member.decompress(tail[start:])
            return member.eof and not member.unused_data
        start = tail.rfind(_MEMBER, 0, start)
    return False


def _response(page: FetchedPage) -> bytes:
    headers = StatusAndHeaders(_status_line(page.status), _http_headers(page), protocol="HTTP/1.1")
    about = {
        "WARC-Date": _warc_date(page.fetched_at),
        "WARC-Target-URI": _header_value(page.url),
        "WARC-Payload-Digest": "sha256:" + base64.b32encode(hashlib.sha256(page.body).digest()).decode("ascii"),
    }
    if page.address:
        about["WARC-IP-Address"] = page.address
    writer = WARCWriter(io.BytesIO(), gzip=False, warc_version="1.1")
    record = writer.create_warc_record(
        about["WARC-Target-URI"],
        "response",
        payload=io.BytesIO(page.body),
        length=len(page.body),
        warc_headers_dict=about,
        http_headers=headers,
    )
    return _member(writer, record)


def _info(moment: datetime) -> bytes:
    """The record that begins a file. It names the program and the format, and nobody who is watched."""
    writer = WARCWriter(io.BytesIO(), gzip=False, warc_version="1.1")
    record = writer.create_warcinfo_record("", {"software": "Steppewatch", "format": "WARC File Format 1.1"})
    record.rec_headers.replace_header("WARC-Date", _warc_date(moment))
    return _member(writer, record)


def _member(writer: WARCWriter, record: ArcWarcRecord) -> bytes:
    """The record as one gzip member: warcio's own would take the highest level, at thrice the time."""
    writer.write_record(record)
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(writer.out.getvalue()) + packer.flush()


def _http_headers(page: FetchedPage) -> list[tuple[str, str]]:
    kept = [
        (f"X-Crawl-{name}" if name.lower() in _ABOUT_ENCODING else name, value)
        for name, value in ((_header_value(name), _header_value(value)) for name, value in page.headers)
        if name
    ]
    return [*kept, ("Content-Length", str(len(page.body)))]


def _header_value(text: str) -> str:
    return " ".join(text.encode("utf-8", errors="replace").decode("utf-8").split())


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def _warc_date(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
