"""`steppewatch sources` and `steppewatch watch`."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_place import Place, fill_place, make_place

from steppewatch.errors import ConfigError


@pytest.fixture
def bare(tmp_path: Path) -> Place:
    return make_place(tmp_path)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return fill_place(tmp_path)


# -- sources -------------------------------------------------------------------------------------------------------------
def test_sources_list_says_how_each_is(place: Place) -> None:
    rows = {row["id"]: row for row in place.json("sources", "list")}
    assert {id: row["state"] for id, row in rows.items()} == {
        "steady": "ok",
        "broken": "failing",
        "fresh": "never",
        "resting": "paused",
    }
    assert rows["broken"]["reason"] == "not_a_feed"
    assert rows["steady"]["last_success"] == "2019-04-03T03:00:00Z"
    assert rows["steady"]["next_due"] == "2019-04-03T04:00:00Z"
    assert rows["steady"]["links"] == 4


def test_sources_list_works_without_a_store_and_makes_none(bare: Place) -> None:
    assert {row["state"] for row in bare.json("sources", "list")} == {"never", "paused"}
    assert not (bare.folder / "var").exists()


def test_a_listing_in_a_pipe_is_plain_lines(place: Place) -> None:
    lines = place.run("sources", "list").stdout.splitlines()
    assert lines[1].split("\t")[:5] == ["broken", "feed", "https://broken.example/rss", "failing", "not_a_feed"]
    assert len(lines) == 4


def test_sources_add_keeps_comments_and_is_read_at_once(bare: Place) -> None:
    path = bare.folder / "sources" / "all.yaml"
    result = bare.run(
        "sources", "add", "https://new.example/rss", "--id", "new", "--language", "kk", "--file", "sources/all.yaml"
    )
    assert result.exit_code == 0, result.output
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# what we read\n")
    assert "# never fails" in text
    added = next(row for row in bare.json("sources", "list") if row["id"] == "new")
    assert (added["kind"], added["url"], added["language"]) == ("feed", "https://new.example/rss", "kk")


def test_sources_add_makes_the_file_and_takes_pages(bare: Place) -> None:
    assert bare.run("sources", "add", "https://new.example/", "--id", "new", "--kind", "page", "--css", "ul a").exit_code == 0
    assert bare.run("sources", "add", "https://other.example/rss", "--id", "other").exit_code == 0
    assert {"new", "other"} <= {row["id"] for row in bare.json("sources", "list")}
    assert sorted(path.name for path in (bare.folder / "sources").iterdir()) == ["all.yaml", "local.yaml"], "no copy is left"


def test_sources_add_keeps_a_file_of_comments_only(bare: Place) -> None:
    path = bare.folder / "sources" / "local.yaml"
    path.write_text("# our own sources, ask Aigerim\n")
    assert bare.run("sources", "add", "https://new.example/rss", "--id", "new").exit_code == 0
    assert "ask Aigerim" in path.read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["https://new.example/rss", "--id", "steady"], "already"),
        (["https://steady.example/rss", "--id", "new"], "already polls"),
        (["https://new.example/rss", "--id", "new", "--file", "elsewhere.yaml"], "does not include"),
    ],
)
def test_sources_add_refuses_and_leaves_every_file_as_it_was(bare: Place, arguments: list[str], words: str) -> None:
    before = {path: path.read_bytes() for path in bare.folder.rglob("*.yaml")}
    result = bare.run("sources", "add", *arguments)
    assert result.exit_code == 1
    assert words in result.stderr
    assert {path: path.read_bytes() for path in bare.folder.rglob("*.yaml")} == before


@pytest.mark.parametrize("arguments", [["not an address", "--id", "new"], ["https://new.example/", "--id", "not an id"]])
def test_sources_add_puts_the_file_back_where_the_configuration_would_be_wrong(bare: Place, arguments: list[str]) -> None:
    path = bare.folder / "sources" / "local.yaml"
    path.write_text("# ours\nsources: []\n")
    with pytest.raises(ConfigError):
        bare.run("sources", "add", *arguments)
    assert path.read_text() == "# ours\nsources: []\n"


# -- watch ---------------------------------------------------------------------------------------------------------------
def test_watch_list_names_every_watch(bare: Place) -> None:
    rows = bare.json("watch", "list")
    assert [(row["id"], row["kind"], row["list"]) for row in rows] == [
        ("orazbek", "person", "people"),
        ("dinara", "person", "people"),
        ("quarry", "keyword", "topics"),
    ]
    assert rows[0]["channels"] == ["log"]


def test_watch_show_tells_spellings_terms_and_channels(bare: Place) -> None:
    told = bare.json("watch", "show", "orazbek")
    assert told["spellings"] == ["Orazbek Tulegen", "Оразбек Тулеген"]
    assert (told["not"], told["with"]) == (["Orazbek Street"], ["court"])
    assert "известняковый карьер" in bare.run("watch", "show", "quarry").stdout
    result = bare.run("watch", "show", "nobody")
    assert result.exit_code == 1
    assert "'nobody'" in result.stderr
