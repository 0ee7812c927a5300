"""How dates, times and events are said in English; every renderer and the headline use the same words."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from alerts.render.clean import one_line
from steppewatch.model import Event, EventStatus, EventType

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_ISO_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_STATUS = {
    EventStatus.SCHEDULED: "scheduled",
    EventStatus.NEGATED: "said not to have happened",
    EventStatus.HYPOTHETICAL: "only possible",
    EventStatus.PAST_REFERENCE: "an earlier event",
}


def event_name(kind: EventType) -> str:
    """`court_hearing` as "Court hearing"."""
    return kind.value.replace("_", " ").capitalize()


def date_words(date: str) -> str:
    """An ISO date as people write it: "8 April 2019", "April 2019", "2019". Anything else comes back as one short line."""
    found = _ISO_DATE.fullmatch(date)
    if found is None or not 1 <= int(found[2] or 1) <= 12:
        return one_line(date, 40)
    day = str(int(found[3])) if found[3] else ""
    month = _MONTHS[int(found[2]) - 1] if found[2] else ""
    return " ".join(part for part in (day, month, found[1]) if part)


def on_date(date: str) -> str:
    """A date with its preposition: "on 8 April 2019", "in April 2019"."""
    return f"{'on' if date.count('-') == 2 else 'in'} {date_words(date)}"


def moment_words(moment: datetime) -> str:
    """A time as "5 April 2019, 10:00 UTC"."""
    utc = moment.astimezone(UTC)
    return f"{date_words(utc.date().isoformat())}, {utc:%H:%M} UTC"


def event_words(event: Event) -> str:
    """An event in one line: "Court hearing on 8 April 2019, 10:00 +06:00, Almaty (scheduled)"."""
    said = event_name(event.type) + (f" {on_date(event.date)}" if event.date else "")
    clock = " ".join(part for part in (event.time, event.zone) if part)
    details = ", ".join(one_line(part, 80) for part in (said, clock, event.place or "") if part)
    notes = [_STATUS[event.status]] if event.status in _STATUS else []
    if event.old_date:
        notes.append(f"instead of {date_words(event.old_date)}")
    return f"{details} ({', '.join(notes)})" if notes else details
