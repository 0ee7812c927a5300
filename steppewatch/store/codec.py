"""Alerts and events as JSON columns."""

from __future__ import annotations

from functools import cache

from pydantic import TypeAdapter

from steppewatch.model import Alert, Event


@cache
def _alerts() -> TypeAdapter[Alert]:
    return TypeAdapter(Alert)


@cache
def _events() -> TypeAdapter[Event]:
    return TypeAdapter(Event)


def dump_alert(alert: Alert) -> str:
    """An alert as JSON text."""
    return _alerts().dump_json(alert).decode()


def load_alert(text: str) -> Alert:
    """The alert of `dump_alert`."""
    return _alerts().validate_json(text)


def dump_event(event: Event) -> str:
    """An event as JSON text."""
    return _events().dump_json(event).decode()


def load_event(text: str) -> Event:
    """The event of `dump_event`."""
    return _events().validate_json(text)
