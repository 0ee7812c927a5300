"""The whole job through its commands, against real servers: what is found, kept, and never lost."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from job import Daemon, Job, article, rss
from servers import Answer, Server, Servers, drip, never, page, raw

from crawler.archive import Archive
from steppewatch.model import ArticleOrigin, DecisionReason
from steppewatch.store import alerts, articles, links, outbox, quarantine, sources, ticks

NAME = "Aibek Tulegen"


class MailServer:
    """Takes mail on loopback, but not for one recipient."""

    def __init__(self, refused: str) -> None:
        self.taken: list[str] = []
        self._refused = refused

    def __enter__(self) -> MailServer:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        opening = self._loop.create_server(lambda: SMTP(self, loop=self._loop), "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address == self._refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken += envelope.rcpt_tos
        return "250 ok"


FOUND = article(f"On Monday {NAME} came to the court.")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


@pytest.fixture
def daemons() -> Iterator[list[Daemon]]:
    running: list[Daemon] = []
    yield running
    for daemon in running:
        daemon.kill()


def feed(server: Server, *paths: str, words: str = "", hours_ago: float = 1) -> bytes:
    items = [(server.url(path, "paper.test"), f"Title of {path}", words) for path in paths]
    return page(rss(*items, hours_ago=hours_ago), Content_Type="application/rss+xml")


def paper(servers: Servers, **pages: bytes) -> Server:
    """A site with a feed of its pages."""
    server = servers.start({})
    routes = {f"/{name}": page(body) for name, body in pages.items()}
    server.routes = routes | {"/feed": feed(server, *routes)}
    return server


def source(server: Server, path: str = "/feed", **changes: object) -> dict[str, object]:
    return {"id": "paper", "url": server.url(path, "paper.test"), **changes}


def test_an_article_becomes_one_alert_and_is_kept_as_it_was(job: Job, servers: Servers) -> None:
    site = paper(servers, a=FOUND, b=article("Nothing of note."))
    job.write(sources=[source(site)])
    job.once()
    (alert,) = job.alerts()
    assert alert["watch"]["id"] == "bek" and alert["mentions"][0]["surface"] == NAME
    one, two = sorted(job.ask(articles.newest), key=lambda stored: stored.article.url)
    assert one.article.archive is not None and two.article.archive is None, "only what matched goes to the archive"
    assert Archive(job.folder / "archive").read(one.article.archive) == FOUND
    job.make_all_due()
    job.once()
    assert len(job.alerts()) == 1, "a second poll brings nothing new"


def test_the_folder_of_the_store_is_made_and_once_says_what_it_did(job: Job, servers: Servers) -> None:
    job.write(
        sources=[source(paper(servers, a=FOUND)), {"id": "gone", "url": "http://nothing.invalid/"}], store="sqlite:///a/b/s.db"
    )
    done = job.once()
    assert "2 sources polled (1 failed" in done.stdout and "1 articles stored, 1 alerts, 0 deliveries" in done.stdout
    assert (job.folder / "a" / "b" / "s.db").exists()


def test_the_second_poll_sends_the_validators_and_ends_at_304(job: Job, servers: Servers) -> None:
    site = paper(servers, a=FOUND)
    assert isinstance(site.routes, dict)
    body = site.routes["/feed"]
    assert isinstance(body, bytes)
    answers = [body.replace(b"HTTP/1.1 200 Reason\r\n", b'HTTP/1.1 200 Reason\r\nETag: "one"\r\n'), page(b"", 304)]
    site.routes = site.routes | {"/feed": None}  # type: ignore[dict-item]
    pages = dict(site.routes)
    site.routes = lambda asked: answers.pop(0) if asked.target == "/feed" else pages.get(asked.target, page(b"", 404))
    job.write(sources=[source(site)])
    job.once()
    job.make_all_due()
    job.once()
    assert [one.headers.get("if-none-match") for one in site.asked if one.target == "/feed"] == [None, '"one"']
    (state,) = job.ask(sources.states)
    assert (state.last_reason, state.failures) == ("not_modified", 0)


def test_the_same_body_ends_before_any_parsing(job: Job, servers: Servers) -> None:
    site = paper(servers, a=FOUND)
    job.write(sources=[source(site)])
    job.once()
    job.make_all_due()
    job.once()
    assert job.ask(sources.states)[0].last_reason == "same_body"


def test_when_the_page_cannot_be_had_the_feeds_own_words_are_kept_and_matched(job: Job, servers: Servers) -> None:
    answers: dict[str, Answer] = {
        "/forbidden": page(b"no", 403),
        "/empty": page(b""),
        "/silent": never,
        "/binary": page(b"%PDF-1.7" + bytes(500)),
        "/large": page(b"x" * 300_000),
    }
    site = servers.start({})
    site.routes = {"/feed": feed(site, *answers, words=f"Yesterday {NAME} was seen."), **answers}
    job.write(sources=[source(site)], crawl={"timeout": "300ms", "retries": 0, "max_body": "200kB"})
    job.once()
    assert job.paths() == sorted(answers)
    stored = {one.article.url.rpartition("/")[2]: one.article for one in job.ask(articles.newest)}
    assert all(one.origin is ArticleOrigin.FEED_AFTER_FAILURE for one in stored.values())
    notes = {name: one.note for name, one in stored.items()}
    assert notes == {
        "forbidden": "client_error",
        "empty": "empty",
        "silent": "timeout",
        "binary": "not_a_page",
        "large": "too_large",
    }


def test_a_page_that_fails_for_a_while_is_tried_again(job: Job, servers: Servers) -> None:
    site = servers.start({})
    site.routes = {"/feed": feed(site, "/a"), "/a": page(b"", 503)}
    job.write(sources=[source(site)])
    job.once()
    assert job.alerts() == [] and job.ask(links.count_by_state) == {"waiting": 1}
    site.routes = {"/a": page(FOUND)}
    job.make_all_due()
    job.once()
    assert job.paths() == ["/a"]


def test_fetch_feed_opens_no_page(job: Job, servers: Servers) -> None:
    site = servers.start({})
    site.routes = {"/feed": feed(site, "/a", words=f"{NAME} spoke."), "/a": page(FOUND)}
    job.write(sources=[source(site, fetch="feed")])
    job.once()
    assert job.paths() == ["/a"] and "/a" not in site.targets()
    assert job.ask(articles.newest)[0].article.origin is ArticleOrigin.FEED


def test_a_listing_page_is_a_source(job: Job, servers: Servers) -> None:
    listing = b"<html><body><a href='/about'>About</a><ul class='n'><li><a href='a'>One</a></li></ul></body></html>"
    site = servers.start({"/list/": page(listing), "/list/a": page(FOUND)})
    job.write(
        sources=[source(site, "/list/", kind="page", links={"css": "ul.n a"})],
        crawl={"first_poll": {"alert_on_newer_than": "24h"}},
    )
    job.once()
    (stored,) = job.ask(articles.newest)
    assert stored.article.url.endswith("/list/a") and "/about" not in site.targets()


def test_robots_txt_is_obeyed_and_the_feeds_words_are_kept(job: Job, servers: Servers) -> None:
    site = paper(servers, a=FOUND)
    assert isinstance(site.routes, dict)
    site.routes = {**site.routes, "/robots.txt": page(b"User-agent: *\nDisallow: /a\n")}
    job.write(sources=[source(site)])
    job.once()
    assert "/a" not in site.targets()
    assert job.ask(articles.newest)[0].article.note == "robots"


# -- the first poll, and outages ---------------------------------------------------------------------------------------
def test_old_articles_of_a_new_source_are_stored_without_alerting_and_summed_up(job: Job, servers: Servers) -> None:
    site = servers.start({})
    site.routes = {"/feed": feed(site, "/a", "/b", hours_ago=100), "/a": page(FOUND), "/b": page(article("Nothing."))}
    job.write(sources=[source(site)])
    job.once()
    (summary,) = job.alerts()
    assert summary["kind"] == "health" and "2 older articles stored, 1 of them would have alerted" in summary["headline"]
    (hit,) = [stored for stored in job.ask(articles.newest) if job.ask(articles.mentions_of, article=stored.id)]
    (decision,) = job.ask(articles.decisions_of, article=hit.id)
    assert hit.backfill and decision.reason is DecisionReason.BACKFILL


def test_after_an_outage_old_articles_still_alert(job: Job, servers: Servers) -> None:
    site = servers.start({})
    site.routes = {"/feed": feed(site, "/a"), "/a": page(article("Nothing."))}
    job.write(sources=[source(site)])
    job.once()
    site.routes = {"/feed": feed(site, "/a", "/late", hours_ago=100), "/late": page(FOUND)}
    job.make_all_due()
    job.once()
    assert job.paths() == ["/late"]


def test_a_source_that_was_down_at_first_still_has_its_first_poll(job: Job, servers: Servers) -> None:
    site = servers.start({"/feed": page(b"", 503)})
    job.write(sources=[source(site)])
    job.once()
    site.routes = {"/feed": feed(site, "/a", hours_ago=100), "/a": page(FOUND)}
    job.make_all_due()
    job.once()
    assert job.paths() == [] and job.ask(articles.newest)[0].backfill


# -- what strangers may send -------------------------------------------------------------------------------------------
def test_sources_that_bring_nothing_usable_say_why_hold_up_nobody_and_are_polled_again(job: Job, servers: Servers) -> None:
    answers: dict[str, Answer] = {
        "not_a_feed": page(b"<html><body>We moved!</body></html>"),
        "empty": page(b""),
        "too_large": page(b"x" * 300_000),
        "client_error": page(b"", 404),
        "server_error": page(b"", 500),
        "timeout": drip,
        "incomplete": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"),
    }
    bad = {reason: servers.start({"/feed": answer}) for reason, answer in answers.items()}
    good = paper(servers, a=FOUND)
    hosts = {f"{reason.replace('_', '-')}.test": "127.0.0.1" for reason in bad} | {"paper.test": "127.0.0.1"}
    listed = [{"id": reason, "url": site.url("/feed", f"{reason.replace('_', '-')}.test")} for reason, site in bad.items()]
    job.write(
        sources=[*listed, {"id": "gone", "url": "http://nothing.invalid/feed"}, source(good)],
        crawl={"timeout": "500ms", "max_body": "200kB", "hosts": hosts},
    )
    job.once()
    states = {state.id: state for state in job.ask(sources.states)}
    assert {name: states[name].last_reason for name in bad} == {reason: reason for reason in bad}
    assert states["gone"].last_reason == "dns"
    assert job.paths() == ["/a"], "the good source is not held up"
    for site in bad.values():
        site.routes = {"/feed": feed(site, f"/late-{site.port}"), f"/late-{site.port}": page(FOUND)}
    job.make_all_due()
    job.once()
    assert len(job.paths()) == 1 + len(bad), "every one of them came back"


def test_loopback_is_refused_unless_it_is_allowed(job: Job, servers: Servers) -> None:
    site = paper(servers, a=FOUND)
    job.write(sources=[source(site)], crawl={"allow_private": []})
    job.once()
    assert job.ask(sources.states)[0].last_reason == "address_refused" and site.connections == 0


def test_a_feed_that_hangs_the_parser_is_quarantined_and_the_run_goes_on(job: Job, servers: Servers) -> None:
    author = "." * 60_000 + "@"
    hanging = f'<rss version="2.0"><channel><item><author>{author}</author></item></channel></rss>'.encode()
    site = servers.start({"/feed": page(hanging, Content_Type="application/rss+xml")})
    good = paper(servers, a=FOUND)
    job.write(
        sources=[source(site), {"id": "good", "url": good.url("/feed", "other.test")}],
        crawl={"parse": {"wall": "1s", "cpu": "1s"}},
    )
    job.once()
    (kept,) = job.ask(quarantine.listing)
    assert (kept.source, kept.reason, kept.size) == ("paper", "hung", len(hanging))
    assert len(job.alerts()) == 1
    status = job.command("status")
    assert "paper" in status.stdout and "hung" in status.stdout


def test_encodings_that_are_declared_nowhere_or_wrongly(job: Job, servers: Servers) -> None:
    text = article("В понедельник Айбек Тулеген пришёл в суд города Алматы.").decode()
    encodings = ("utf-8", "windows-1251", "utf-16", "koi8-r")
    site = servers.start({})
    routes: dict[str, Answer] = {"/feed": feed(site, *(f"/{encoding}" for encoding in encodings))}
    for encoding in encodings:
        head = f'<meta charset="{encoding}">' if encoding != "utf-16" else ""
        body = text.replace("<head>", f"<head>{head}").encode(encoding)
        routes[f"/{encoding}"] = page(body, Content_Type="text/html")
    site.routes = routes
    watches = [{"id": "bek", "kind": "person", "name": "Айбек Тулеген"}]
    job.write(sources=[source(site)], watchlists=[{"id": "people", "watches": watches}])
    job.once()
    assert job.paths() == sorted(f"/{encoding}" for encoding in encodings)


# -- the daemon --------------------------------------------------------------------------------------------------------
def test_the_daemon_finds_new_articles_and_stops_cleanly(job: Job, servers: Servers, daemons: list[Daemon]) -> None:
    site = paper(servers, a=FOUND)
    job.write(sources=[source(site)], probes={"port": 0})
    daemon = job.start()
    daemons.append(daemon)
    daemon.wait_for(lambda: job.alerts(), "the first alert")
    assert isinstance(site.routes, dict)
    site.routes = {**site.routes, "/feed": feed(site, "/a", "/b"), "/b": page(FOUND)}
    daemon.wait_for(lambda: job.paths() == ["/a", "/b"], "the second alert")
    assert daemon.stop() < 10
    status = job.command("status")
    assert status.returncode == 0, status.stdout + status.stderr
    job.change(partial(ticks.record, name="pulse", at=ticks.moment("2019-04-03T00:00:00+00:00"), pid=1))
    assert job.command("status").returncode == 1


def test_probes_heartbeat_and_systemd_hear_that_it_lives(job: Job, servers: Servers, daemons: list[Daemon]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as chosen:
        port = chosen.getsockname()[1]
    watcher = servers.start({"/beat": page(b"ok")})
    job.write(
        sources=[source(paper(servers, a=FOUND))],
        probes={"port": port},
        heartbeat={"url": watcher.url("/beat"), "every": "1s"},
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(job.folder / "notify"))
        systemd.settimeout(20)
        daemon = job.start(NOTIFY_SOCKET=str(job.folder / "notify"))
        daemons.append(daemon)
        said = systemd.recv(100)
        while b"READY=1" not in said:
            said = systemd.recv(100)
        for probe in ("livez", "readyz"):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{probe}", timeout=10) as answer:
                assert answer.status == 200
        daemon.wait_for(lambda: len(watcher.asked) >= 2, "two heartbeats")
        daemon.stop()
        rest = [systemd.recv(100)]
        while b"STOPPING=1" not in rest[-1]:
            rest.append(systemd.recv(100))
        assert b"WATCHDOG=1" in b"".join([said, *rest])


def test_ctrl_c_stops_it_as_cleanly(job: Job, servers: Servers, daemons: list[Daemon]) -> None:
    job.write(sources=[source(paper(servers, a=FOUND))])
    daemon = job.start()
    daemons.append(daemon)
    daemon.wait_for_event("started")
    assert daemon.stop(signal.SIGINT) < 10


def test_sighup_takes_a_good_configuration_and_refuses_a_bad_one(job: Job, servers: Servers, daemons: list[Daemon]) -> None:
    site = paper(servers, a=FOUND, b=article("In the town Dana Kasen spoke."))
    job.write(sources=[source(site)])
    daemon = job.start()
    daemons.append(daemon)
    daemon.wait_for(lambda: job.paths() == ["/a"], "the first alert")
    good = job.config.read_text()
    job.config.write_text(good.replace('"version": 1', '"version": 1, "sorces": []'))
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for_event("reload_refused")
    assert isinstance(site.routes, dict)
    site.routes = {**site.routes, "/feed": feed(site, "/a", "/c"), "/c": page(FOUND)}
    daemon.wait_for(lambda: job.paths() == ["/a", "/c"], "an alert under the old configuration")
    job.config.write_text(good.replace(NAME, "Dana Kasen"))
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for_event("reloaded")
    site.routes = {**site.routes, "/feed": feed(site, "/d"), "/d": page(article("Dana Kasen was here."))}
    daemon.wait_for(lambda: "/d" in job.paths(), "an alert under the new configuration")
    daemon.stop()


def test_only_one_process_works_on_a_store(job: Job, servers: Servers, daemons: list[Daemon]) -> None:
    job.write(sources=[source(paper(servers, a=FOUND))])
    daemon = job.start()
    daemons.append(daemon)
    daemon.wait_for_event("started")
    second = job.command("once")
    assert second.returncode == 1 and str(daemon.process.pid) in second.stderr
    daemon.stop()


def test_a_port_in_use_is_a_sentence(job: Job, servers: Servers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        job.write(sources=[source(paper(servers, a=FOUND))], probes={"port": port})
        done = job.command("run")
    assert done.returncode == 1 and str(port) in done.stderr and "probes" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_store_that_is_no_database_is_a_sentence(job: Job, servers: Servers) -> None:
    job.write(sources=[source(paper(servers, a=FOUND))])
    (job.folder / "store.db").write_bytes(b"not a database" * 1000)
    done = job.command("once")
    assert done.returncode == 1 and "not a usable SQLite database" in done.stderr and "Traceback" not in done.stderr


# -- deliveries --------------------------------------------------------------------------------------------------------
def test_a_webhook_that_fails_and_hangs_loses_nothing(job: Job, servers: Servers) -> None:
    site = paper(servers, a=FOUND)
    receiver = servers.start({"/hook": page(b"", 500)})
    hook = {"id": "hook", "kind": "webhook", "url": receiver.url("/hook")}
    job.write(
        sources=[source(site)],
        channels=[hook, {"id": "log", "kind": "file", "path": "alerts.jsonl"}],
        delivery={"timeout": "1s"},
    )
    job.once()
    assert len(job.alerts()) == 1, "the other channel is not held up"
    receiver.routes = {"/hook": never}
    job.make_all_due()
    job.once()
    receiver.routes = {"/hook": page(b"thanks")}
    job.make_all_due()
    job.once()
    assert job.ask(outbox.count_by_state) == {"sent": 2}
    keys = {asked.headers["webhook-id"] for asked in receiver.asked}
    assert len(receiver.asked) == 3 and len(keys) == 1, "three attempts under one key"


def test_a_dead_letter_raises_a_health_alert_over_another_channel(job: Job, servers: Servers) -> None:
    site = paper(servers, a=FOUND)
    receiver = servers.start({"/hook": page(b"go away", 410)})
    hook = {"id": "hook", "kind": "webhook", "url": receiver.url("/hook")}
    job.write(sources=[source(site)], channels=[hook, {"id": "log", "kind": "file", "path": "alerts.jsonl"}])
    job.once()
    kinds = sorted(alert["kind"] for alert in job.alerts())
    assert kinds == ["health", "mention"]
    assert job.ask(outbox.count_by_state) == {"dead": 1, "sent": 2}
    receiver.routes = {"/hook": page(b"welcome")}
    retried = job.command("outbox", "retry", "--all")
    assert retried.returncode == 0, retried.stderr
    job.once()
    assert job.ask(outbox.count_by_state) == {"sent": 3}


def test_a_mail_server_that_refuses_one_of_two_recipients_keeps_no_mail_from_the_other(job: Job, servers: Servers) -> None:
    site = paper(servers, a=FOUND)
    with MailServer(refused="gone@desk.test") as mail:
        smtp = {"host": "127.0.0.1", "port": mail.port, "tls": "none"}
        to = ["gone@desk.test", "here@desk.test"]
        job.write(
            sources=[source(site)],
            channels=[
                {"id": "mail", "kind": "email", "to": to, "from": "watch@desk.test", "smtp": smtp},
                {"id": "log", "kind": "file", "path": "alerts.jsonl"},
            ],
            health={"channels": ["log"]},
        )
        job.once()
    assert mail.taken == ["here@desk.test"]
    assert sorted(alert["kind"] for alert in job.alerts()) == ["health", "mention"]
    (dead,) = job.ask(outbox.listing, state=outbox.OutboxState.DEAD)
    assert dead.recipient == "gone@desk.test" and "550" in (dead.answer or "")


def test_an_empty_feed_is_no_failure(job: Job, servers: Servers) -> None:
    site = servers.start({"/feed": page(rss(), Content_Type="application/rss+xml")})
    job.write(sources=[source(site)])
    job.once()
    (state,) = job.ask(sources.states)
    assert (state.last_reason, state.failures, state.last_links) == ("links", 0, 0)


def test_logs_hold_no_names_titles_or_addresses_at_debug_level(job: Job, servers: Servers) -> None:
    site = paper(servers, a=FOUND)
    assert isinstance(site.routes, dict)
    site.routes = {
        **site.routes,
        "/feed": feed(site, "/a", "/secret-path", words=f"{NAME} again"),
        "/secret-path": page(b"", 403),
    }
    job.write(sources=[source(site)])
    done = job.once()
    assert '"event": "stored"' in done.stderr
    for forbidden in (NAME, "Tulegen", "Title of", "paper.test", "secret-path", "/feed"):
        assert forbidden not in done.stderr, forbidden


def test_the_archive_that_cannot_be_written_stops_no_alert_for_good(job: Job, servers: Servers) -> None:
    site = paper(servers, a=FOUND)
    job.write(sources=[source(site)])
    (job.folder / "archive").write_text("a file where the folder should be")
    done = job.command("once")
    assert done.returncode == 0 and job.alerts() == []
    (job.folder / "archive").unlink()
    job.change(links.release_leases)
    job.make_all_due()
    job.once()
    assert job.paths() == ["/a"], "nothing was lost"
    assert (job.folder / "archive").is_dir()


def test_explain_tells_the_whole_way(job: Job, servers: Servers) -> None:
    site = paper(servers, a=FOUND)
    job.write(sources=[source(site)])
    job.once()
    (alert,) = job.ask(alerts.newest)
    for subject in (alert.article_url, alert.id, "1"):
        done = job.command("explain", subject)
        assert done.returncode == 0, done.stderr
        for word in ("paper", "bek", "new", NAME, "log", "sent"):
            assert word in done.stdout, (subject, word, done.stdout)
