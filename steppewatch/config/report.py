"""Findings as plain text, each with its line and a caret under the place."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from steppewatch.errors import Finding

TAB = 4
WIDEST = 110  # columns of an excerpt
_MARGIN = "    "


def format_findings(findings: Iterable[Finding]) -> str:
    """One paragraph a finding: `file:line:column: message (hint)`, the line of the file, a caret. No line end at the end."""
    return "\n".join(_paragraph(finding) for finding in findings)


def _paragraph(finding: Finding) -> str:
    place = f"{finding.file}:{finding.line}:{finding.column}" if finding.line else finding.file
    kind = "warning: " if finding.warning else ""
    hint = f" ({finding.hint})" if finding.hint else ""
    said = _printable(f"{place}: {kind}{finding.message}{hint}")
    if not finding.excerpt.strip():
        return said
    # A secret may have been covered, and the line be shorter now.
    at = min(max(finding.column - 1, 0), len(finding.excerpt))
    before, after = _cut(finding.excerpt, at)
    return f"{said}\n{_MARGIN}{before}{after}\n{_MARGIN}{' ' * _width(before)}^"


def _cut(line: str, at: int) -> tuple[str, str]:
    """What stands before and after the caret, on one screen line."""
    before, after = _printable(line[:at].lstrip()), _printable(line[at:].rstrip())
    left = _fitting(reversed(before), WIDEST * 2 // 3)
    before = before if left == len(before) else "…" + before[len(before) - left :]
    right = _fitting(after, WIDEST - _width(before))
    return before, after if right == len(after) else after[:right] + "…"


def _fitting(chars: Iterable[str], columns: int) -> int:
    """How many of these characters fit."""
    fitting = 0
    for char in chars:
        columns -= _columns(char)
        if columns < 0:
            break
        fitting += 1
    return fitting


def _printable(text: str) -> str:
    """Tabs as blanks; what a terminal would obey, and what turns the direction of writing, as a replacement character."""
    return "".join(
        " " * TAB if char == "\t" else char if char.isprintable() or unicodedata.category(char) == "Mn" else "\ufffd"
        for char in text
    )


def _width(text: str) -> int:
    """The columns a text takes on a terminal."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
