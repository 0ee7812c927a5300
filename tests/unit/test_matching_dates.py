"""Dates in English text: no more precise than the words, and never one that is not there."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.matching.dates import find_dates

WEDNESDAY = date(2021, 9, 15)


def isos(text: str, published: date | None = WEDNESDAY) -> list[str]:
    return [one.iso for one in find_dates(text, published)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on October 8", ["2021-10-08"]),
        ("on 8 October 2019", ["2019-10-08"]),
        ("Oct. 8, 2019", ["2019-10-08"]),
        ("the 8th of October", ["2021-10-08"]),
        ("in October 2019", ["2019-10"]),
        ("since October", ["2021-10"]),
        ("on January 3", ["2022-01-03"]),
        ("on 2019-10-08", ["2019-10-08"]),
        ("08.10.2019 and 08/10/2019", ["2019-10-08", "2019-10-08"]),
        ("October 8-10", ["2021-10-08", "2021-10-10"]),
        ("from 8 to 10 October", ["2021-10-08", "2021-10-10"]),
        ("between October 28 and November 2", ["2021-10-28", "2021-11-02"]),
        ("between 2016 and 2018", ["2016", "2018"]),
        ("on October 8 last year", ["2020-10-08"]),
        ("on New Year's Eve", ["2021-12-31"]),
        ("until the 20th.", ["2021-09-20"]),
        ("born in 1980", ["1980"]),
    ],
)
def test_calendar_dates(text: str, expected: list[str]) -> None:
    assert isos(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He was seen on Monday.", "2021-09-13"),
        ("He was seen on Wednesday.", "2021-09-15"),
        ("The session resumes on Wednesday.", "2021-09-22"),
        ("They will meet on Monday, she said.", "2021-09-20"),
        ("They will meet soon, she said on Monday.", "2021-09-13"),
        ("The verdict will be announced on Monday.", "2021-09-20"),
        ("last Wednesday", "2021-09-08"),
        ("next Wednesday", "2021-09-22"),
        ("this Monday", "2021-09-13"),
        ("on Tuesday last week", "2021-09-07"),
        ("by Friday", "2021-09-17"),
        ("today", "2021-09-15"),
        ("yesterday", "2021-09-14"),
        ("the day after tomorrow", "2021-09-17"),
        ("They will meet in three days.", "2021-09-18"),
        ("two weeks ago", "2021-09-01"),
        ("a year ago today", "2020-09-15"),
        ("three years ago", "2018"),
    ],
)
def test_dates_told_from_the_day_of_publication(text: str, expected: str) -> None:
    assert isos(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "on 31 June",
        "on 31 June 2021",
        "ten years and 6 months",
        "aged 30, in cell 12, under article 174 of 8 pages",
        "May Tan may march; the Women's March for August",
        "every Friday, the Sunday Times, a Monday newspaper, on Thursdays",
        "8 March Street and 9 May Square",
        "in 2,000 cases and in 2019.5 words",
        "He lost five kilos in three days.",
        "USA Today",
        "the 9th floor, the 21st century",
        "at 10:30 on channel 5",
    ],
)
def test_what_only_looks_like_a_date(text: str) -> None:
    assert isos(text) == []


def test_a_weekday_beside_a_full_date_adds_nothing() -> None:
    assert isos("on Friday, October 8, 2021, and on 9 October (Saturday)") == ["2021-10-08", "2021-10-09"]


def test_without_a_day_of_publication_no_year_is_made_up() -> None:
    assert isos("on October 8, on Monday, yesterday, in May, two weeks ago, on 3 May 2019 and in 2020", None) == [
        "2019-05-03",
        "2020",
    ]


def test_leap_days_exist_in_leap_years_only() -> None:
    assert isos("on 29 February 2021") == []
    assert isos("on February 29") == ["2020-02-29"]


_PIECES = st.sampled_from(
    [
        "April",
        "May",
        "8",
        "31",
        "-",
        "–",
        " ",
        ",",
        "2019",
        "last",
        "next",
        "Monday",
        "week",
        "year",
        "in",
        "on",
        "the",
        "11th",
        "ago",
        "to",
        ".",
    ]
)


@settings(deadline=None)
@given(st.lists(_PIECES, max_size=25).map(" ".join) | st.text(max_size=60), st.dates() | st.none())
def test_every_date_is_real_and_stands_where_it_says(text: str, published: date | None) -> None:
    for one in find_dates(text, published):
        assert text[one.start : one.end].strip()
        year, *rest = one.iso.split("-")
        month, number = ([int(part) for part in rest] + [1, 1])[:2]
        date(int(year), month, number)
