"""When something was published, in the dialects of feeds and pages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.dates import parse_published


@pytest.mark.parametrize(
    ("written", "utc", "offset"),
    [
        ("Mon, 08 Apr 2019 10:30:00 +0600", "2019-04-08 04:30:00", "+06:00"),
        ("Mon, 08 Apr 2019 10:30:00 +06:00", "2019-04-08 04:30:00", "+06:00"),
        ("Mon, 08 Apr 2019 10:30:00 GMT+0600", "2019-04-08 04:30:00", "+06:00"),
        ("Mon, 08 Apr 2019 10:30:00 GMT", "2019-04-08 10:30:00", "+00:00"),
        ("Mon, 08 Apr 2019 10:30:00 MSK", "2019-04-08 07:30:00", "+03:00"),
        ("Mon, 08 Apr 19 10:30 EST", "2019-04-08 15:30:00", "-05:00"),
        ("Tue, 08 Dec 98 10:30:00 GMT", "1998-12-08 10:30:00", "+00:00"),
        ("8 Apr 2019 10:30", "2019-04-08 10:30:00", None),
        ("  Mon,\n 08 Apr 2019 10:30:00 ", "2019-04-08 10:30:00", None),
        ("Mon, 08 Apr 2019 10:30:00 -0000", "2019-04-08 10:30:00", None),
        ("Mon, 08 Apr 2019 10:30:00 NOWHERE", "2019-04-08 10:30:00", None),
        ("Mon Apr  8 10:30:00 2019", "2019-04-08 10:30:00", None),
        ("Mon, 08 Apr 2019", "2019-04-08 00:00:00", None),
        ("April 8, 2019", "2019-04-08 00:00:00", None),
        ("Apr 8, 2019 1:30 p.m.", "2019-04-08 13:30:00", None),
        ("Apr 8, 2019 12:30 AM", "2019-04-08 00:30:00", None),
        ("2019-04-08T10:30:00Z", "2019-04-08 10:30:00", "+00:00"),
        ("2019-04-08T10:30:00.250+06:00", "2019-04-08 04:30:00.250000", "+06:00"),
        ("2019-04-08T10:30+0530", "2019-04-08 05:00:00", "+05:30"),
        ("2019-04-08T10:30:00-03:30", "2019-04-08 14:00:00", "-03:30"),
        ("2019-04-08 10:30:00 +0600", "2019-04-08 04:30:00", "+06:00"),
        ("2019-04-08 10:30:00 UTC", "2019-04-08 10:30:00", "+00:00"),
        ("2019-04-08T10:30:00", "2019-04-08 10:30:00", None),
        ("2019-04-08", "2019-04-08 00:00:00", None),
        ("2019/4/8 9:05", "2019-04-08 09:05:00", None),
        ("08.04.2019, 10:30", "2019-04-08 10:30:00", None),
        ("2019年4月8日 10:30", "2019-04-08 10:30:00", None),
    ],
)
def test_dialects(written: str, utc: str, offset: str | None) -> None:
    assert parse_published(written) == (datetime.fromisoformat(utc).replace(tzinfo=UTC), offset)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "soon",
        "2019",
        "2019-04",
        "2019-02-30",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "2019-04-08T10:30:00+99:00",
        "Mon, 08 Apr 2019 10:30:00 +9999",
        "Mon, 08 Apr 2019 99:99:99",
        "8" * 5_000,
    ],
)
def test_what_is_no_time_of_publication_is_none(written: str) -> None:
    assert parse_published(written) is None


_SCRAPS = st.lists(
    st.sampled_from(
        [
            "2019",
            "-04",
            "-08",
            "T10:30",
            ":00",
            "Z",
            "+0600",
            "Mon,",
            "08",
            "Apr",
            " ",
            "AM",
            "MSK",
            "GMT",
            "年4月",
            "8日",
            "99",
            ".",
        ]
    )
)


@given(st.one_of(st.text(max_size=60), _SCRAPS.map("".join), _SCRAPS.map(" ".join)))
def test_never_raises_and_is_always_utc(text: str) -> None:
    read = parse_published(text)
    assert read is None or read[0].tzinfo is UTC
