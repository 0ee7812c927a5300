"""The log: one event a line, and ids only.

A log leaves the house more easily than a store does. So no name, title, text, address or message of an exception reaches it:
a processor drops every key that is not on the list below and hides every value that does not look like an id, and records
of other libraries keep nothing but their logger, their level and the type of their exception. Ids of watches are words of
the user, and may be names: they are not on the list.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import structlog

from steppewatch.clock import wire_now

# fmt: off
KEYS = frozenset({
    "alert", "alerts", "article", "articles", "attempt", "attempts", "bytes", "channel", "channels", "count",
    "deliveries", "error", "event", "failures", "frames", "id", "kind", "level", "limit", "link", "links", "logger",
    "mentions", "outbox", "pid", "port", "reason", "rows", "seconds", "signal", "source", "sources", "state", "status",
    "tick", "timestamp", "version", "watches", "workers",
})
# fmt: on
HIDDEN = "<hidden>"
PLAIN = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
OWN_PACKAGES = ("steppewatch", "crawler", "alerts", "scheduler", "console")
MAX_LIST = 8
MAX_CAUSES = 5
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}

Event = MutableMapping[str, Any]


def configure(level: str = "info", format: str = "auto", stream: TextIO | None = None) -> None:
    """Set up this process's log on `stream` (standard error).

    `format`: `text` or `json`; `auto` is text on a terminal and JSON elsewhere. Text is coloured on a terminal unless
    NO_COLOR is set. Raises KeyError for an unknown level.
    """
    stream = stream or sys.stderr
    number = LEVELS[level.lower()]
    terminal = stream.isatty()
    as_text = format == "text" or (format == "auto" and terminal)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            tell_exceptions_by_type,
            keep_ids_only,
            _add_time,
            _renderer(as_text, colors=terminal and not os.environ.get("NO_COLOR")),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=_Patient(stream)),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )
    _route_other_libraries(number)
    _route_what_nobody_caught()


def keep_ids_only(_: object, __: str, event: Event) -> Event:
    """Drop keys that are not on the list and hide values that do not look like ids."""
    return {key: _plain(value) for key, value in event.items() if key in KEYS}


def tell_exceptions_by_type(_: object, __: str, event: Event) -> Event:
    """Turn an exception into its type, the types of its causes, and where in our own code it passed."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if not isinstance(error, BaseException):
        error = event.get("error")
    if isinstance(error, BaseException):
        event["error"] = _types(error)
        event["frames"] = _frames(error)
    return event


class ThirdPartyHandler(logging.Handler):
    """Takes the records of other libraries; their messages may hold anything, so nothing of them is kept."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        known = {} if error is None else {"error": _types(error)}
        level = min(max(record.levelno // 10 * 10, logging.DEBUG), logging.CRITICAL)
        structlog.get_logger().log(level, "third_party", logger=record.name, **known)


class _Patient:
    """A stream that shrugs when nobody reads it any more: a closed pipe must not stop the work."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except (OSError, ValueError):
            return

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value[:MAX_LIST]]
    return str(value) if isinstance(value, str) and PLAIN.fullmatch(value) else HIDDEN


def _types(error: BaseException) -> str:
    names: list[str] = []
    one: BaseException | None = error
    while one is not None and len(names) < MAX_CAUSES:
        names.append(type(one).__name__)
        one = one.__cause__
    return ":".join(names)


def _frames(error: BaseException) -> list[str]:
    """`file:line` of the frames in our own packages, the innermost last."""
    found: list[str] = []
    step: TracebackType | None = error.__traceback__
    while step is not None:
        code = step.tb_frame
        if str(code.f_globals.get("__name__", "")).partition(".")[0] in OWN_PACKAGES:
            found.append(f"{Path(code.f_code.co_filename).name}:{step.tb_lineno}")
        step = step.tb_next
    return found[-MAX_LIST:]


def _add_time(_: object, __: str, event: Event) -> Event:
    return {"timestamp": wire_now().isoformat(timespec="milliseconds").replace("+00:00", "Z"), **event}


def _renderer(as_text: bool, *, colors: bool) -> structlog.typing.Processor:
    return structlog.dev.ConsoleRenderer(colors=colors) if as_text else structlog.processors.JSONRenderer()


def _route_other_libraries(level: int) -> None:
    root = logging.getLogger()
    for handler in tuple(root.handlers):
        root.removeHandler(handler)
    root.addHandler(ThirdPartyHandler())
    root.setLevel(level if level <= logging.DEBUG else max(level, logging.WARNING))  # their news is not ours
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a record that cannot be formatted would be printed, arguments and all


def _route_what_nobody_caught() -> None:
    """Python would print the messages of exceptions nobody caught."""

    def tell(code: str, error: BaseException | None) -> None:
        if error is not None and not isinstance(error, KeyboardInterrupt):
            structlog.get_logger().error(code, exc_info=error)

    sys.excepthook = lambda _, error, __: tell("process_failed", error)
    threading.excepthook = lambda arguments: tell("thread_failed", arguments.exc_value)
    sys.unraisablehook = lambda unraisable: tell("clean_up_failed", unraisable.exc_value)
