"""The commands that read and mend what the store holds."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from cli_place import ALERT, ARTICLE, HEALTH, HOUR, NOW, Place, fill_place, make_place

from steppewatch.clock import wire_now
from steppewatch.store import Connection, Store, alerts, articles, outbox, ticks


@pytest.fixture
def bare(tmp_path: Path) -> Place:
    return make_place(tmp_path)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return fill_place(tmp_path)


# -- alerts --------------------------------------------------------------------------------------------------------------
def test_alerts_list_json_is_the_alert_as_everywhere(place: Place) -> None:
    from alerts.render.as_json import alert_json

    assert place.json("alerts", "list") == json.loads(json.dumps([alert_json(HEALTH), alert_json(ALERT)]))
    assert [one["id"] for one in place.json("alerts", "list", "--watch", "orazbek")] == ["3f2a9c00"]
    assert [one["id"] for one in place.json("alerts", "list", "--limit", "1")] == ["b7"]


def test_nothing_from_outside_steers_the_terminal(place: Place) -> None:
    for arguments in (["alerts", "list"], ["alerts", "show", "3f2a"], ["explain", str(place.article)]):
        output = place.run(*arguments).output
        assert "Orazbek Tulegen" in output
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", output)


def test_alerts_show_tells_why_and_every_attempt(place: Place) -> None:
    output = place.run("alerts", "show", "3f2a").output
    for words in ("Orazbek Tulegen as it stands", "Arrest on 1 April 2019", "SMTP 550 no such user", "SMTP 451 later", "written"):
        assert words in output
    told = place.json("alerts", "show", "3f2a9c00")
    assert [one["state"] for one in told["deliveries"]] == ["sent", "dead", "waiting"]
    assert told["deliveries"][1]["attempts"][0]["outcome"] == "dead"
    assert place.run("alerts", "show", "nothing").exit_code == 1


# -- outbox --------------------------------------------------------------------------------------------------------------
def test_outbox_list_by_state(place: Place) -> None:
    assert [row["recipient"] for row in place.json("outbox", "list", "--state", "dead")] == ["refuses@example.org"]
    assert len(place.json("outbox", "list")) == 3


def test_outbox_retry_gives_a_dead_letter_another_life_and_hastens_one_that_waits(place: Place) -> None:
    rows = {row["state"]: row["id"] for row in place.json("outbox", "list")}
    assert place.run("outbox", "retry", str(rows["dead"])).exit_code == 0
    assert place.run("outbox", "retry", str(rows["waiting"])).exit_code == 0
    assert sorted(row["state"] for row in place.json("outbox", "list")) == ["sent", "waiting", "waiting"]
    store = Store.open(place.folder / "var" / "steppewatch.db")
    try:
        due = store.write_now(partial(outbox.claim, now=wire_now(), lease_for=HOUR, limit=9, per_channel=9))
    finally:
        store.close_now()
    assert sorted(row.recipient for row in due) == ["refuses@example.org", "slow@example.org"]


def test_outbox_retry_all_and_what_it_refuses(place: Place) -> None:
    sent = next(row["id"] for row in place.json("outbox", "list") if row["state"] == "sent")
    assert "arrived already" in place.run("outbox", "retry", str(sent)).stderr
    assert place.run("outbox", "retry", "999").exit_code == 1
    assert place.run("outbox", "retry", "1", "--all").exit_code == 2
    assert "new life: 1" in place.run("outbox", "retry", "--all").stdout


def test_outbox_retry_works_while_somebody_else_holds_the_store(place: Place) -> None:
    other = Store.open(place.folder / "var" / "steppewatch.db")
    try:
        other.write_now(lambda db: ticks.record(db, name="pulse", at=wire_now(), pid=1))
        assert place.run("outbox", "retry", "--all").exit_code == 0
        assert other.read_now(outbox.count_by_state) == {"sent": 1, "waiting": 2}
    finally:
        other.close_now()


# -- explain -------------------------------------------------------------------------------------------------------------
def test_explain_tells_the_whole_way_of_an_article(place: Place) -> None:
    told = place.json("explain", str(place.article))
    assert told["link"]["state"] == "stored"
    assert (told["article"]["origin"], told["article"]["note"]) == ("feed_after_failure", "timeout")
    assert told["article"]["archive"]["digest"] == "ab" * 32
    assert {one["id"]: one["reason"] for one in told["watches"]} == {
        "orazbek": "new_event",
        "dinara": "not_mentioned",
        "quarry": "not_mentioned",
    }
    assert told["watches"][0]["mentions"][0]["why"] == "Orazbek Tulegen as it stands"
    assert told["events"][0]["type"] == "arrest"
    assert [one["state"] for one in told["alerts"][0]["deliveries"]] == ["sent", "dead", "waiting"]
    words = place.run("explain", str(place.article)).output
    for part in ("2019-04-03.warc.gz", "timeout", "new_event", "not mentioned: dinara, quarry", "SMTP 550 no such user"):
        assert part in words


@pytest.mark.parametrize(
    "what", ["3f2a", "https://steady.example/1", "https://steady.example/one", "https://steady.example/1?utm_source=x"]
)
def test_explain_finds_an_article_by_alert_and_by_address(place: Place, what: str) -> None:
    assert place.json("explain", what)["article"]["id"] == place.article


def test_explain_tells_why_an_old_article_did_not_alert(place: Place) -> None:
    told = place.json("explain", str(place.old_article))
    assert (told["watches"][0]["reason"], told["alerts"]) == ("backfill", [])
    assert "old when" in place.run("explain", str(place.old_article)).output


def test_explain_tells_of_a_link_without_an_article(place: Place) -> None:
    waiting, given_up = place.json("explain", "https://steady.example/2"), place.json("explain", "https://steady.example/3")
    assert (waiting["link"]["state"], waiting["article"]) == ("waiting", None)
    assert (given_up["link"]["state"], given_up["link"]["reason"]) == ("given_up", "client_error")


def test_explain_tells_of_an_alert_without_an_article(place: Place) -> None:
    assert place.json("explain", "b7")["alerts"][0]["kind"] == "health"
    assert "New source steady" in place.run("explain", "b7").output


@pytest.mark.parametrize("what", ["99", "zz", "", "9" * 40])
def test_explain_says_that_an_id_does_not_exist(place: Place, what: str) -> None:
    result = place.run("explain", what)
    assert result.exit_code == 1
    assert "no article and no alert" in result.stderr


# -- export --------------------------------------------------------------------------------------------------------------
def test_export_articles_as_json_lines(place: Place) -> None:
    lines = place.run("export", "articles").stdout.splitlines()
    first, _ = map(json.loads, lines)
    assert first["text"] == ARTICLE.text, "texts go out as they are"
    assert first["mentions"][0]["surface"] == "Orazbek Tulegen"
    assert first["decisions"] == [{"watch": "orazbek", "reason": "new_event"}]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", lines[0])


def test_export_alerts_as_json_lines(place: Place) -> None:
    found = [json.loads(line) for line in place.run("export", "alerts").stdout.splitlines()]
    assert [one["id"] for one in found] == ["3f2a9c00", "b7"], "oldest first"
    assert found[0]["priority"] == "high"


def test_export_csv_is_safe_in_a_spreadsheet(place: Place) -> None:
    path = place.folder / "articles.csv"
    assert place.run("export", "articles", "--format", "csv", "-o", str(path)).exit_code == 0
    first, _ = csv.DictReader(io.StringIO(path.read_bytes().decode(), newline=""))
    assert first["description"] == '\'=HYPERLINK("https://evil.example")'
    assert first["author"] == "'@reporter"
    assert first["published_offset"] == "'+06:00"
    assert first["events"] == "arrest actual 2019-04-01 orazbek"
    assert first["text"] == ARTICLE.text
    alerts_csv = place.run("export", "alerts", "--format", "csv").stdout_bytes.decode()
    assert [row["headline"][:4] for row in csv.DictReader(io.StringIO(alerts_csv, newline=""))] == ["Oraz", "'=Ne"]


def test_export_since(place: Place) -> None:
    assert len(place.run("export", "articles", "--since", "2019-04-02").stdout.splitlines()) == 1
    assert len(place.run("export", "alerts", "--since", "2019-04-03T10:00:00+06:00").stdout.splitlines()) == 1
    assert place.run("export", "articles", "--since", "1d").stdout == ""
    assert place.run("export", "articles", "--since", "36500d").exit_code == 2


def test_export_walks_through_more_than_one_page(bare: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.cli.export.PAGE", 3)
    store = Store.open(bare.folder / "var" / "steppewatch.db")

    def many(db: Connection) -> None:
        for number in range(7):
            url = f"https://x.example/{number}"
            articles.add(db, article=replace(ARTICLE, url=url, canonical_url=url), story="s", backfill=False, now=NOW)
            alerts.add(db, replace(ALERT, id=f"a{number}", subject=url), ())

    store.write_now(many)
    store.close_now()
    assert [json.loads(line)["id"] for line in bare.run("export", "articles").stdout.splitlines()] == list(range(1, 8))
    assert [json.loads(line)["id"] for line in bare.run("export", "alerts").stdout.splitlines()] == [f"a{n}" for n in range(7)]


def test_an_export_that_cannot_be_written_says_so_and_leaves_nothing(place: Place) -> None:
    result = place.run("export", "articles", "-o", str(place.folder / "nowhere" / "x.jsonl"))
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr


# -- status --------------------------------------------------------------------------------------------------------------
def test_status_tells_of_everything(place: Place) -> None:
    told = place.json("status")
    assert told["alive"] is True
    assert told["pid"] == 4711
    assert 5 <= told["last_tick_age"] < 60
    assert told["sources"] == {"ok": 1, "failing": 1, "never": 1, "paused": 1}
    assert told["links"] == {"waiting": 2, "stored": 1, "given_up": 1}
    assert (told["articles"], told["alerts"]) == (2, 2)
    assert told["outbox"] == {"waiting": 1, "sent": 1, "dead": 1}
    (kept,) = told["quarantined"]
    assert (kept["source"], kept["reason"], kept["times"]) == ("broken", "hung", 2)
    output = place.run("status").output
    for words in ("process 4711", "1 failing", "broken: not_a_feed", "1 dead", "broken: hung, 2 times", "outbox retry"):
        assert words in output


def test_status_ends_with_1_when_the_last_tick_is_old(place: Place) -> None:
    result = place.run("status", "--max-age", "1s")
    assert result.exit_code == 1
    assert "steppewatch run" in result.stderr


def test_status_ends_with_1_where_nothing_ever_ran(bare: Place) -> None:
    result = bare.run("status")
    assert result.exit_code == 1
    assert "no store" in result.stderr
    Store.open(bare.folder / "var" / "steppewatch.db").close_now()
    result = bare.run("status", "--json")
    assert result.exit_code == 1
    assert "never ticked" in json.loads(result.stdout)["problem"]
