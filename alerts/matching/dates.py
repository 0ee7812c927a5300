"""Find the dates that an English text names: nearest year to publication, weekdays by tense, never a day that is not there.

Each rule is a pattern and a function that works out the ISO dates; rules are tried in order, and what one has taken is not
read again.
Without a day of publication only dates that carry their own year are found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from alerts.matching import calendar
from alerts.matching.calendar import Direction
from alerts.matching.tense import direction_at, is_past_at
from steppewatch.languages import en


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date at text[start:end]; `iso` is no more precise than the words."""

    iso: str
    start: int
    end: int


_Rule = Callable[[re.Match[str], date | None], Iterator[FoundDate]]


def _any(words: Mapping[str, int] | tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_WEEKDAYS = _any(en.WEEKDAYS)
_BEFORE = rf"(?:\b(?:{_WEEKDAYS}),?\s+\(?(?:the\s+)?)?"  # a weekday beside a full date adds nothing
_AFTER = rf"(?:,\s+(?:an?\s+)?(?:{_WEEKDAYS})\b|\s+\((?:{_WEEKDAYS})\))?"
_MONTHS = _any(en.MONTHS)
_MONTH = rf"(?:(?P<month>{_MONTHS})|(?P<short>{_any(en.MONTHS_SHORT)})\b\.?)"
_ORDINAL = r"(?:st|nd|rd|th)?"
_NO_NUMBER = r"(?![\d%:]|[.,]\d)"
_YEAR = r"(?P<year>1[89]\d\d|20\d\d)(?![\d%])"
_WHICH_YEAR = rf"(?:{_YEAR}|(?P<shift>last|this|next)\s+year\b)"
_TO = r"(?:\s?[-–—]\s?|\s+(?:to|and|or|until)\s+)(?:the\s+)?"
_NO_NAME = rf"(?!\w|\s+(?:{_any(en.NAME_AFTER_DATE)})\b)"
_NUMBER = rf"(?P<number>\d{{1,3}}|{_any(en.NUMBERS)})"

_ISO = re.compile(r"(?<![\w./-])(?P<year>1[89]\d\d|20\d\d)-(?P<number>\d\d)-(?P<day>\d\d)(?![\d-])")
_NUMERIC = re.compile(
    r"(?<![\w./-])(?P<day>\d{1,2})(?P<mark>[./])(?P<number>\d{1,2})(?P=mark)(?P<year>1[89]\d\d|20\d\d)(?![\d/])"
)
_MONTH_DAY = re.compile(
    rf"{_BEFORE}(?P<core>\b{_MONTH}\s+(?:the\s+)?(?P<day>\d{{1,2}}){_ORDINAL}{_NO_NUMBER}"
    rf"(?:{_TO}(?P<last>\d{{1,2}}){_ORDINAL}{_NO_NUMBER}(?!\s+(?:{_MONTHS})))?(?:,?\s+{_WHICH_YEAR})?){_NO_NAME}{_AFTER}"
)
_DAY_MONTH = re.compile(
    rf"{_BEFORE}(?P<core>(?<![\w.,:/-])(?P<day>\d{{1,2}}){_ORDINAL}(?:{_TO}(?P<last>\d{{1,2}}){_ORDINAL})?"
    rf"\s+(?:day\s+)?(?:of\s+)?{_MONTH}(?:,?\s+(?:of\s+)?{_WHICH_YEAR})?){_NO_NAME}{_AFTER}"
)
_MONTH_YEAR = re.compile(rf"\b{_MONTH},?\s+(?:of\s+)?{_WHICH_YEAR}")
_MONTH_ALONE = re.compile(rf"\b(?i:{_any(en.BEFORE_MONTH)})[\s-]+(?P<core>(?P<month>{_MONTHS}))(?!['’]?\w|\s+[A-Z\d])")
_DAY_ALONE = re.compile(
    r"\b(?:[Oo]n|[Nn]ight\s+(?:to|of)|[Uu]ntil|[Tt]ill|[Bb]y)\s+(?P<core>the\s+(?P<day>\d{1,2})(?:st|nd|rd|th))"
    r"(?=[.,;:!?)]|$|\s+(?:and|at|in|but)\b)"
)
_NEW_YEAR = re.compile(rf"\bNew\s+Year['’]?s\s+(?P<which>Eve|Day)\b(?:,?\s+{_YEAR})?")
_WEEK_FIRST = re.compile(rf"\b(?P<week>[Ll]ast|[Nn]ext|[Tt]his)\s+week,?\s+on\s+(?P<weekday>{_WEEKDAYS})\b")
_WEEKDAY = re.compile(rf"(?<![\w-])(?P<weekday>{_WEEKDAYS})\b(?!-)(?:\s+(?:of\s+)?(?P<week>last|next|this)\s+week\b)?")
_DAY_WORD = re.compile(rf"\b(?P<word>(?i:{_any(en.DAY_WORDS)}))\b")
_AGO = re.compile(
    rf"\b{_NUMBER}\s+(?P<unit>day|week|month|year)s?\s+(?:ago(?P<exact>\s+today)?|(?P<to>to\s+the\s+day)|(?P<ahead>from\s+(?:now|today)))\b",
    re.I,
)
_IN = re.compile(rf"\bin\s+{_NUMBER}\s+(?P<unit>day|week|month)s?\b(?!['’]?\s+of\b)", re.I)
_SPAN = re.compile(r"\b(?P<shift>last|next)\s+(?P<unit>month|year)\b(?!['’])", re.I)
_YEAR_ALONE = re.compile(
    rf"\b(?i:{_any(en.BEFORE_YEAR)})[\s-]+(?:(?:early|late|mid)[\s-]+)?(?P<core>(?P<year>1[89]\d\d|20\d\d)"
    r"(?:\s?(?:[-–—]|\b(?:to|and)\b)\s?(?P<last>1[89]\d\d|20\d\d))?)(?![\d%]|[-,.:]\d|\w)"
)
_BEFORE_WEEKDAY = re.compile(r"(?:(?P<name>[\w'’-]+)[ \t]+)?(?P<word>[\w'’-]+)[ \t\n]+$")
_NAME_FOLLOWS = re.compile(rf"\s+(?:(?:{_any(en.NAME_AFTER_WEEKDAY)})\b)")
_SHIFTS = {"last": -1, "this": 0, "next": 1}


def find_dates(text: str, published: date | None) -> list[FoundDate]:
    """The dates of an English text in their order; a range gives its two ends."""
    found: list[FoundDate] = []
    taken = bytearray(len(text))
    for pattern, read in _RULES:
        for hit in pattern.finditer(text):
            start, end = hit.span("core" if "core" in pattern.groupindex else 0)
            if any(taken[start:end]):
                continue
            dates = list(read(hit, published))
            if dates or read in _KEEP_EVEN_WRONG:
                taken[hit.start() : hit.end()] = b"\1" * (hit.end() - hit.start())
            found += dates
    return sorted(found, key=lambda one: (one.start, one.iso))


def _full(hit: re.Match[str], published: date | None) -> Iterator[FoundDate]:
    """`April 8`, `8-10 April 2019`, `Sunday, March 10 last year`."""
    start, end = hit.span("core")
    first, last = hit["day"], hit["last"]
    if last is None:
        iso = _day(hit, int(first), published)
        if iso:
            yield FoundDate(iso, start, end)
        return
    isos = _day(hit, int(first), published), _day(hit, int(last), published)
    if isos[0] and isos[1] and int(first) < int(last):
        yield FoundDate(isos[0], start, hit.end("day"))
        yield FoundDate(isos[1], hit.start("last"), end)


def _day(hit: re.Match[str], number: int, published: date | None) -> str | None:
    month = _month(hit)
    year = _year(hit, published)
    if year is not None:
        found = calendar.day(year, month, number)
    elif published is not None:
        found = calendar.nearest_day(month, number, published)
    else:
        found = None
    return found.isoformat() if found else None


def _month(hit: re.Match[str]) -> int:
    groups = hit.groupdict()
    return en.MONTHS[groups["month"]] if groups.get("month") else en.MONTHS_SHORT[groups["short"]]


def _year(hit: re.Match[str], published: date | None) -> int | None:
    groups = hit.groupdict()
    if groups.get("year"):
        return int(groups["year"])
    if groups.get("shift") and published is not None:
        return published.year + _SHIFTS[groups["shift"].lower()]
    return None


def _numeric(hit: re.Match[str], _published: date | None) -> Iterator[FoundDate]:
    """`2019-04-08`, `8.4.2019`, `08/04/2019`: the day first, as the press of this region writes, unless only the month can be."""
    year, month, number = int(hit["year"]), int(hit["number"]), int(hit["day"])
    if month > 12 >= number and "mark" in hit.re.groupindex and hit["mark"] == "/":
        month, number = number, month
    found = calendar.day(year, month, number)
    if found:
        yield FoundDate(found.isoformat(), hit.start(), hit.end())


def _month_year(hit: re.Match[str], published: date | None) -> Iterator[FoundDate]:
    year = _year(hit, published)
    if year is not None:
        yield FoundDate(f"{year:04}-{_month(hit):02}", hit.start(), hit.end())


def _month_alone(hit: re.Match[str], published: date | None) -> Iterator[FoundDate]:
    if published is not None:
        yield FoundDate(calendar.nearest_month(_month(hit), published), *hit.span("core"))


def _day_alone(hit: re.Match[str], published: date | None) -> Iterator[FoundDate]:
    found = calendar.nearest_number(int(hit["day"]), published) if published is not None else None
    if found:
        yield FoundDate(found.isoformat(), *hit.span("core"))


def _new_year(hit: re.Match[str], published: date | None) -> Iterator[FoundDate]:
    month, number = (12, 31) if hit["which"] == "Eve" else (1, 1)
    if hit["year"]:
        yield FoundDate(f"{hit['year']}-{month:02}-{number:02}", hit.start(), hit.end())
    elif published is not None and (found := calendar.nearest_day(month, number, published)):
        yield FoundDate(found.isoformat(), hit.start(), hit.end())


def _weekday(hit: re.Match[str], published: date | None) -> Iterator[FoundDate]:
    if published is None or _is_name(hit):
        return
    weekday = en.WEEKDAYS[hit["weekday"]]
    if hit["week"]:
        found = calendar.weekday_of_week(weekday, published, _SHIFTS[hit["week"].lower()])
        yield FoundDate(found.isoformat(), hit.start(), hit.end())
        return
    word = _word_before(hit)
    start = hit.start() - len(word[1]) if word[0] in ("last", "next", "this") else hit.start()
    yield FoundDate(_weekday_near(hit, weekday, word[0], published).isoformat(), start, hit.end())


def _weekday_near(hit: re.Match[str], weekday: int, before: str, published: date) -> date:
    if before == "last":
        return calendar.weekday_from(weekday, published, Direction.BACK, today_counts=False)
    if before == "next":
        return calendar.weekday_from(weekday, published, Direction.AHEAD, today_counts=False)
    if before == "this":
        return calendar.weekday_of_week(weekday, published, 0)
    direction = direction_at(hit.string, hit.start(), hit.end())
    return calendar.weekday_from(weekday, published, direction, today_counts=direction is Direction.BACK)


def _word_before(hit: re.Match[str]) -> tuple[str, str]:
    """The word before a weekday in small letters, and it with the blanks after it as they stand."""
    before = _BEFORE_WEEKDAY.search(hit.string, max(hit.start() - 40, 0), hit.start())
    return (before["word"].lower(), before[0][before.start("word") - before.start() :]) if before else ("", "")


def _is_name(hit: re.Match[str]) -> bool:
    """Whether a weekday is part of a name or a habit (Sunday Times, every Friday)."""
    return _word_before(hit)[0] in en.NAME_BEFORE_WEEKDAY or _NAME_FOLLOWS.match(hit.string, hit.end()) is not None


def _day_word(hit: re.Match[str], published: date | None) -> Iterator[FoundDate]:
    if published is not None and not _is_title(hit):
        words = " ".join(hit["word"].lower().split())
        yield FoundDate(calendar.shift_days(published, en.DAY_WORDS[words]).isoformat(), hit.start(), hit.end())


def _is_title(hit: re.Match[str]) -> bool:
    """`USA Today`: a capital in the middle of a sentence after another capital."""
    before = hit.string[max(hit.start() - 30, 0) : hit.start()].split()
    return hit[0][0].isupper() and bool(before) and before[-1][0].isupper() and before[-1][-1].isalnum()


def _ago(hit: re.Match[str], published: date | None) -> Iterator[FoundDate]:
    if published is None:
        return
    count = _count(hit["number"])
    way = 1 if hit["ahead"] else -1
    exact = bool(hit["exact"] or hit["to"])
    yield FoundDate(_shifted(published, count * way, hit["unit"].lower(), exact=exact), hit.start(), hit.end())


def _in_days(hit: re.Match[str], published: date | None) -> Iterator[FoundDate]:
    if published is not None and not is_past_at(hit.string, hit.start(), hit.end()):
        yield FoundDate(_shifted(published, _count(hit["number"]), hit["unit"].lower(), exact=False), hit.start(), hit.end())


def _span(hit: re.Match[str], published: date | None) -> Iterator[FoundDate]:
    if published is not None:
        yield FoundDate(
            _shifted(published, _SHIFTS[hit["shift"].lower()], hit["unit"].lower(), exact=False), hit.start(), hit.end()
        )


def _count(number: str) -> int:
    return int(number) if number.isdigit() else en.NUMBERS[number.lower()]


def _shifted(published: date, count: int, unit: str, *, exact: bool) -> str:
    """The date so many units away; months and years keep their own precision unless the text says "to the day"."""
    if unit == "day":
        return calendar.shift_days(published, count).isoformat()
    if unit == "week":
        return calendar.shift_days(published, count * 7).isoformat()
    months = count * 12 if unit == "year" else count
    month = calendar.shift_months(published.replace(day=1), months)
    if exact:
        return (calendar.day(month.year, month.month, published.day) or month.replace(day=28)).isoformat()
    return f"{month.year:04}" if unit == "year" else calendar.month_of(month)


def _year_alone(hit: re.Match[str], _published: date | None) -> Iterator[FoundDate]:
    yield FoundDate(hit["year"], hit.start("year"), hit.end("year"))
    if hit["last"]:
        yield FoundDate(hit["last"], hit.start("last"), hit.end("last"))


_RULES: tuple[tuple[re.Pattern[str], _Rule], ...] = (
    (_ISO, _numeric),
    (_NUMERIC, _numeric),
    (_NEW_YEAR, _new_year),
    (_DAY_MONTH, _full),
    (_MONTH_DAY, _full),
    (_MONTH_YEAR, _month_year),
    (_MONTH_ALONE, _month_alone),
    (_WEEK_FIRST, _weekday),
    (_WEEKDAY, _weekday),
    (_DAY_ALONE, _day_alone),
    (_AGO, _ago),
    (_DAY_WORD, _day_word),
    (_IN, _in_days),
    (_SPAN, _span),
    (_YEAR_ALONE, _year_alone),
)
# `31 June 2021` is no date, and neither is the `June 2021` inside it.
_KEEP_EVEN_WRONG = frozenset({_full, _numeric})
