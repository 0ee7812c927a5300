"""Evidence in WARC files: whole, in order, verified, and safe from crashes and full disks."""

from __future__ import annotations

import dataclasses
import hashlib
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from crawler.archive import Archive
from steppewatch.errors import StoreError
from steppewatch.model import FetchedPage

BODY = "<p>Сот отырысы</p>".encode()
PAGE = FetchedPage(
    url="https://news.test/сот?a=1",
    status=200,
    body=BODY,
    content_type="text/html",
    headers=(
        ("Content-Type", "text/html"),
        ("Content-Encoding", "gzip"),
        ("Transfer-Encoding", "chunked"),
        ("X-Odd", "a\r\nb: ж"),
    ),
    fetched_at=datetime(2019, 4, 8, 23, 30, 1, 5, tzinfo=UTC),
    address="192.0.2.7",
)


def pages(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        return [record.content_stream().read() for record in ArchiveIterator(file, check_digests="raise")]


def test_a_record_says_where_its_page_lies_and_reads_back(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "new" / "archive")
    kept = [archive.append(dataclasses.replace(PAGE, body=BODY * count)) for count in (1, 0, 5_000)]
    assert [archive.read(record) for record in kept] == [BODY, b"", BODY * 5_000]
    assert {record.file for record in kept} == {"2019-04-08.warc.gz"}
    assert kept[0].digest == hashlib.sha256(BODY).hexdigest()


def test_the_file_is_a_warc_that_others_can_read(tmp_path: Path) -> None:
    record = Archive(tmp_path).append(PAGE)
    with (tmp_path / record.file).open("rb") as file:
        info, response = [(found, found.content_stream().read()) for found in ArchiveIterator(file, check_digests="raise")]
    assert info[0].rec_type == "warcinfo" and b"news.test" not in info[1]
    headers = response[0].rec_headers
    assert (response[0].rec_type, headers.protocol, response[1]) == ("response", "WARC/1.1", BODY)
    assert headers.get_header("WARC-Date") == "2019-04-08T23:30:01.000005Z"
    assert headers.get_header("WARC-IP-Address") == "192.0.2.7"
    assert headers.get_header("WARC-Target-URI") == PAGE.url
    assert headers.get_header("WARC-Payload-Digest").startswith("sha256:")
    http = response[0].http_headers
    assert (http.statusline, http.get_header("Content-Length")) == ("200 OK", str(len(BODY)))
    assert http.get_header("Content-Encoding") is None and http.get_header("Transfer-Encoding") is None
    assert http.get_header("X-Crawl-Content-Encoding") == "gzip"


def test_a_file_a_day_and_the_next_when_it_is_full(tmp_path: Path) -> None:
    archive = Archive(tmp_path, largest_file=500)
    files = [archive.append(PAGE).file for _ in range(3)]
    files.append(archive.append(dataclasses.replace(PAGE, fetched_at=PAGE.fetched_at + timedelta(hours=1))).file)
    assert files[0] == "2019-04-08.warc.gz" and files[-1] == "2019-04-09.warc.gz"
    assert "2019-04-08-2.warc.gz" in files
    assert all(BODY in pages(path) for path in tmp_path.iterdir())


def test_a_clean_restart_goes_on_in_the_same_file(tmp_path: Path) -> None:
    first, second = Archive(tmp_path).append(PAGE), Archive(tmp_path).append(PAGE)
    assert first.file == second.file and second.offset > first.offset
    assert len(pages(tmp_path / first.file)) == 3


@pytest.mark.parametrize("torn", [1, 8, 100, -50])
def test_a_torn_end_is_left_alone_and_loses_nothing(tmp_path: Path, torn: int) -> None:
    before = Archive(tmp_path)
    kept, last = before.append(PAGE), before.append(dataclasses.replace(PAGE, body=BODY + b"last"))
    path = tmp_path / last.file
    whole = path.read_bytes()
    path.write_bytes(whole[: last.offset + torn] if torn > 0 else whole[:torn])
    after = Archive(tmp_path)
    new = after.append(PAGE)
    assert new.file == "2019-04-08-2.warc.gz"
    assert after.read(kept) == after.read(new) == BODY
    with pytest.raises(StoreError):
        after.read(last)


def test_an_end_torn_by_one_byte_is_seen(tmp_path: Path) -> None:
    kept = Archive(tmp_path).append(PAGE)
    path = tmp_path / kept.file
    path.write_bytes(path.read_bytes()[:-1])
    assert Archive(tmp_path).append(PAGE).file != kept.file


def test_zeros_at_the_end_after_a_power_cut(tmp_path: Path) -> None:
    kept = Archive(tmp_path).append(PAGE)
    with (tmp_path / kept.file).open("ab") as file:
        file.write(b"\x00" * 4_096)
    assert Archive(tmp_path).append(PAGE).file != kept.file


def test_a_full_disk_is_said_and_leaves_the_file_whole(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    kept = archive.append(PAGE)
    path = tmp_path / kept.file
    size = path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, hard))
    try:
        with pytest.raises(StoreError, match="archive"):
            archive.append(PAGE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.stat().st_size == size
    again = archive.append(PAGE)
    assert (again.file, again.offset) == (kept.file, size)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        Archive(tmp_path / "file").append(PAGE)


def test_a_changed_or_missing_record_is_an_error(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    kept = archive.append(PAGE)
    with pytest.raises(StoreError, match="SHA-256"):
        archive.read(dataclasses.replace(kept, digest="0" * 64))
    with pytest.raises(StoreError, match="cannot be read"):
        archive.read(dataclasses.replace(kept, offset=kept.offset + 3))
    with pytest.raises(StoreError, match="cannot be read"):
        archive.read(dataclasses.replace(kept, file="2000-01-01.warc.gz"))


@pytest.mark.parametrize("status", [0, 200, 404, 599, 999])
def test_any_status_can_be_kept(tmp_path: Path, status: int) -> None:
    archive = Archive(tmp_path)
    assert archive.read(archive.append(dataclasses.replace(PAGE, status=status, headers=(), address=""))) == BODY
