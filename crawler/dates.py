"""When something was published, as feeds and pages write it (not dates inside sentences)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_LONGEST = 100  # characters; no dialect needs more

# Zones that newsrooms write and RFC 822 does not know, in minutes east of Greenwich.
# Names that several zones share (IST, CST, AMT) keep what RFC 822 says, or stay unknown.
_ZONES = {
    "BST": 60, "WEST": 60, "CET": 60, "MEZ": 60, "CEST": 120, "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180, "TRT": 180,
    "HKT": 480, "JST": 540, "KST": 540,
}  # fmt: skip
_ZONE_NAME = re.compile(r"\b(" + "|".join(_ZONES) + r")\b\s*$")

_OFFSET = re.compile(r"(?:GMT|UTC)?\s*([+-])(\d{1,2}):?(\d\d)$")
_HALF_DAY = re.compile(r"\s*\b([AP])\.?M\b\.?", re.I)
_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:(?:T|t|\s)\s*(\d{1,2}):(\d\d)(?::(\d\d))?(?:[.,]\d+)?\s*(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?"
)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,?\s+(\d{1,2}):(\d\d)(?::(\d\d))?)?")
_HAN = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号](?:\s*(\d{1,2})[:：](\d\d)(?:[:：](\d\d))?)?")


def parse_published(text: str) -> tuple[datetime, str | None] | None:
    """The moment (aware, UTC) and the offset as written ("+06:00"; None where no zone was given), or None.

    Reads RFC 822 with its relatives, ISO 8601 down to a bare day, day.month.year and Chinese dates. A time without zone
    is taken as UTC. A month or a year alone is no time of publication.
    """
    text = " ".join(text.split())
    if not text or len(text) > _LONGEST:
        return None
    for read in _DIALECTS:
        try:
            moment = read(text)
            if moment is not None:
                return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC), _offset(moment)
        # Third parties' and our own arithmetic on dates that do not exist: the thirtieth of February, the year 0.
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _offset(moment: datetime) -> str | None:
    shift = moment.utcoffset()
    if shift is None:
        return None
    minutes = int(shift.total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _iso_strict(text: str) -> datetime | None:
    # fromisoformat also takes bare digits and weeks, which no feed means.
    return datetime.fromisoformat(text) if "-" in text[4:8] and "W" not in text else None


def _iso_loose(text: str) -> datetime | None:
    found = _ISO.fullmatch(text)
    return _built(found.groups()[:6], found[7]) if found else None


def _dotted(text: str) -> datetime | None:
    found = _DOTTED.fullmatch(text)
    return _built((found[3], found[2], found[1], *found.groups()[3:])) if found else None


def _han(text: str) -> datetime | None:
    found = _HAN.match(text)
    return _built(found.groups()) if found else None


def _built(parts: tuple[str | None, ...], zone: str | None = None) -> datetime:
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    return datetime(year, month, day, hour, minute, second, tzinfo=_zone(zone) if zone else None)


def _zone(written: str) -> timezone:
    if written.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    digits = written[1:].replace(":", "").ljust(4, "0")
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-shift if written[0] == "-" else shift)


def _rfc822(text: str) -> datetime | None:
    text = text if ":" in text else f"{text} 00:00:00"
    half, named = _HALF_DAY.search(text), _ZONE_NAME.search(text)
    if half:
        moment = _rfc822(_HALF_DAY.sub("", text, count=1))
        return moment and moment.replace(hour=moment.hour % 12 + (12 if half[1] in "Pp" else 0))
    if named:
        return parsedate_to_datetime(text[: named.start()]).replace(tzinfo=timezone(timedelta(minutes=_ZONES[named[1]])))
    return parsedate_to_datetime(_OFFSET.sub(lambda found: f" {found[1]}{found[2]:0>2}{found[3]}", text))


_DIALECTS: tuple[Callable[[str], datetime | None], ...] = (_iso_strict, _iso_loose, _rfc822, _dotted, _han)
