"""Every row of matching.jsonl: names and terms in six scripts, found where they are and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alerts.matching import Matcher
from steppewatch.model import Text, TextField, Watch, WatchKind

ROWS = [json.loads(line) for line in (Path(__file__).parent / "matching.jsonl").read_text(encoding="utf-8").splitlines()]


def watch_of(row: dict[str, Any]) -> Watch:
    given = row["watch"]
    return Watch(
        id=given["id"],
        kind=WatchKind(given["kind"]),
        name=given.get("name", ""),
        aliases=tuple(given.get("aliases", ())),
        terms=tuple(given.get("terms", ())),
        not_terms=tuple(given["not"]),
        with_terms=tuple(given["with"]),
    )


def test_there_are_rows() -> None:
    assert len(ROWS) == 60


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_row(row: dict[str, Any]) -> None:
    fields = {TextField.TITLE: row["title"]} if "title" in row else {}
    fields[TextField.TEXT] = row["text"]
    result = Matcher([watch_of(row)]).match(Text(fields, row["lang"]))
    assert [one.surface for one in result.mentions] == row["expect"]
    assert all(fields[one.field][one.start : one.end] == one.surface for one in result.mentions)
