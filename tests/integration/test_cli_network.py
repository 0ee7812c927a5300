"""The commands that go out: `sources test`, `explain URL`, `channels test` and `init`, with real servers on loopback."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from servers import Server, Servers, never, page

FEED = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Site</title><language>en</language>
<item><title>Orazbek Tulegen opens a library</title><link>{base}/first</link>
<pubDate>Wed, 03 Apr 2019 09:00:00 +0600</pubDate><description>A library in Taraz.</description></item>
<item><title>\x9b31mSecond</title><link>{base}/second</link></item>
</channel></rss>"""
ARTICLE = """<html lang="en"><head><title>Orazbek Tulegen opens a library</title></head><body><article>
<p>A new library stands in the old town of Taraz, and Orazbek Tulegen gave it the books of his grandfather.</p>
<p>It is open on every day of the week but Monday, and the children of the quarter have a room of their own.</p>
</article></body></html>"""
CONFIG = """\
version: 1
project: {{name: A test, contact: watch@example.org}}
store: sqlite:///var/steppewatch.db
archive: {{path: var/archive, keep: matched}}
crawl:
  per_host: {{concurrency: 2, delay: 0s}}
  timeout: 5s
  allow_private: [127.0.0.0/8]
  hosts: {{site.test: 127.0.0.1}}
  parse: {{workers: 1}}
sources:
  - {{id: site, kind: feed, url: "{base}/rss"}}
  - {{id: gone, kind: feed, url: "{base}/gone", paused: true}}
  - {{id: words, kind: feed, url: "{base}/rss", fetch: feed}}
watchlists:
  - id: people
    watches:
      - {{id: orazbek, kind: person, name: Orazbek Tulegen}}
      - {{id: dinara, kind: person, name: Dinara Sapar}}
channels:
  - {{id: log, kind: file, path: var/alerts.jsonl, paused: true}}
  - {{id: hook, kind: webhook, url: "{hooks}/hook"}}
  - {{id: nobody, kind: webhook, url: "{hooks}/slow"}}
  - id: mail
    kind: email
    to: [a@example.org, b@example.org]
    from: watch@example.org
    smtp: {{host: 127.0.0.1, port: {mail}, tls: none}}
delivery: {{timeout: 1s}}
probes: {{port: null}}
"""


@dataclass
class MailServer:
    """Keeps what it takes; refuses b@example.org for good."""

    port: int = 0
    taken: list[tuple[list[str], EmailMessage]] = field(default_factory=list)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address == "b@example.org":
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.taken.append((list(envelope.rcpt_tos), message_from_bytes(envelope.content, policy=policy.default)))
        return "250 queued as 42"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    loop, kept = asyncio.new_event_loop(), MailServer()
    thread = threading.Thread(target=loop.run_forever, name="mail", daemon=True)
    thread.start()

    async def start() -> asyncio.Server:
        return await loop.create_server(lambda: SMTP(kept, hostname="mail.test", loop=loop), "127.0.0.1", 0)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    kept.port = server.sockets[0].getsockname()[1]
    try:
        yield kept
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@dataclass
class Desk:
    """A folder with a configuration that knows the servers."""

    folder: Path
    site: Server

    def run(
        self, *arguments: str, input: str | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Call the program as a user does; it never prints a traceback."""
        done = subprocess.run(
            [sys.executable, "-m", "console", *arguments, "--config", str(self.folder / "config.yaml")],
            input=input,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            env={**os.environ, **(env or {})},
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def nothing_stored(self) -> bool:
        return not (self.folder / "var" / "steppewatch.db").exists() and not (self.folder / "var" / "archive").exists()


@pytest.fixture
def desk(tmp_path: Path, servers: Servers, mail: MailServer) -> Desk:
    routes: dict[str, object] = {}
    site = servers.start(routes)  # type: ignore[arg-type]
    base = site.url("", "site.test")
    routes |= {
        "/rss": page(FEED.format(base=base).encode(), Content_Type="application/rss+xml"),
        "/first": page(ARTICLE.encode()),
        "/hook": page(b"", 204),
        "/slow": never,
    }
    (tmp_path / "config.yaml").write_text(CONFIG.format(base=base, hooks=site.url(""), mail=mail.port), encoding="utf-8")
    return Desk(tmp_path, site)


# -- sources test ------------------------------------------------------------------------------------------------------
def test_sources_test_polls_once_and_tells_what_would_happen(desk: Desk) -> None:
    done = desk.run("sources", "test", "site", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["status"], told["language"], len(told["links"])) == (200, "en", 2)
    assert told["links"][0]["published"] == "2019-04-03T03:00:00Z"
    first = told["article"]
    assert (first["status"], first["title"]) == (200, "Orazbek Tulegen opens a library")
    assert (first["language"], first["published"]) == ("en", "2019-04-03T03:00:00Z")
    assert 100 < first["characters"] < 300
    assert {one["id"]: (one["reason"], one["alerts"]) for one in first["watches"]} == {
        "orazbek": ("new", True),
        "dinara": ("not_mentioned", False),
    }
    assert desk.nothing_stored()
    assert [target for target in desk.site.targets() if target != "/robots.txt"] == ["/rss", "/first"]


def test_sources_test_says_the_same_in_words_and_steers_no_terminal(desk: Desk) -> None:
    done = desk.run("sources", "test", "words")
    assert done.returncode == 0, done.stderr
    for words in (
        "HTTP 200",
        "2 links",
        "2019-04-03 03:00 UTC",
        "from feed",
        "watch orazbek: would alert (new)",
        "not mentioned: dinara",
    ):
        assert words in done.stdout
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.stdout)
    assert "/first" not in desk.site.targets(), "the feed is all that is wanted"


def test_sources_test_says_why_a_source_brings_nothing(desk: Desk) -> None:
    done = desk.run("sources", "test", "gone", "--json")
    assert done.returncode == 1
    assert "404" in json.loads(done.stdout)["problem"]
    assert desk.run("sources", "test", "unknown").returncode == 1


# -- explain an unknown address ----------------------------------------------------------------------------------------
def test_explain_fetches_an_unknown_address_and_stores_nothing(desk: Desk) -> None:
    done = desk.run("explain", desk.site.url("/first", "site.test"), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["stored"] is False
    assert {one["id"]: one["reason"] for one in told["watches"]} == {"orazbek": "new", "dinara": "not_mentioned"}
    assert desk.nothing_stored()


def test_explain_says_why_an_unknown_address_cannot_be_had(desk: Desk) -> None:
    done = desk.run("explain", desk.site.url("/nowhere", "site.test"))
    assert done.returncode == 1
    assert "404" in done.stdout
    refused = desk.run("explain", "http://169.254.169.254/latest")
    assert refused.returncode == 1
    assert "refused" in refused.stdout


def test_an_errand_can_be_interrupted(desk: Desk, servers: Servers) -> None:
    """Ctrl-C while a server says nothing: the command ends at once, without a traceback."""
    begun = threading.Event()

    async def hold(*connection: object) -> None:
        begun.set()
        await never(*connection)  # type: ignore[arg-type]

    slow = servers.start({"/article": hold})
    command = [sys.executable, "-m", "console", "explain", slow.url("/article"), "--config", str(desk.folder / "config.yaml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert begun.wait(60)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Traceback" not in errors


# -- channels ----------------------------------------------------------------------------------------------------------
def test_channels_test_tells_each_answer_and_what_to_do(desk: Desk, mail: MailServer) -> None:
    done = desk.run("channels", "test", "mail")
    assert done.returncode == 1
    assert "a@example.org: arrived: 2.0.0 OK" in done.stdout or "a@example.org: arrived: queued as 42" in done.stdout
    assert "b@example.org: failed: channel mail: SMTP 550 no such user" in done.stderr
    assert "dead letter" in done.stderr
    ((recipients, message),) = mail.taken
    assert recipients == ["a@example.org"]
    assert "this is not an alert" in message["Subject"]


def test_channels_test_takes_one_recipient(desk: Desk, mail: MailServer) -> None:
    assert desk.run("channels", "test", "mail", "--recipient", "a@example.org").returncode == 0
    assert len(mail.taken) == 1
    refused = desk.run("channels", "test", "mail", "--recipient", "c@example.org")
    assert refused.returncode == 1
    assert "does not reach c@example.org" in refused.stderr


def test_channels_test_works_for_webhooks_and_paused_channels(desk: Desk) -> None:
    done = desk.run("channels", "test", "hook")
    assert (done.returncode, done.stdout) == (0, "endpoint: arrived: HTTP 204\n")
    assert desk.run("channels", "test", "log").returncode == 0
    (line,) = (desk.folder / "var" / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["alert"]["kind"] == "test"


def test_channels_test_of_a_paused_channel_without_its_secret_is_a_sentence(desk: Desk) -> None:
    config = desk.folder / "config.yaml"
    text = config.read_text(encoding="utf-8")
    later = "  - {id: later, kind: webhook, paused: true, url: 'https://example.org/', secret: {env: NOT_SET_ANYWHERE}}"
    config.write_text(text.replace("channels:\n", f"channels:\n{later}\n", 1), encoding="utf-8")
    done = desk.run("channels", "test", "later")
    assert done.returncode == 1 and "secret" in done.stderr and "Traceback" not in done.stderr


def test_channels_test_says_what_to_do_about_a_silent_receiver(desk: Desk) -> None:
    done = desk.run("channels", "test", "nobody")
    assert done.returncode == 1
    assert "no answer in time" in done.stderr
    assert "delivery: timeout" in done.stderr
    unknown = desk.run("channels", "test", "none")
    assert unknown.returncode == 1
    assert "log, hook, nobody, mail" in unknown.stderr


# -- init --------------------------------------------------------------------------------------------------------------
@pytest.fixture
def empty(tmp_path: Path, servers: Servers) -> Desk:
    (tmp_path / "new").mkdir()
    return Desk(tmp_path / "new", servers.start({}))


WITHOUT_MAIL = "Our desk\nwatch@example.org\nOrazbek Tulegen, Дінара Сапар\nhttps://news.example/rss\n\n"


def test_init_writes_what_check_takes(empty: Desk) -> None:
    done = empty.run("init", input=WITHOUT_MAIL)
    assert done.returncode == 0, done.stderr
    assert "steppewatch run" in done.stdout
    assert "1 source, 2 watches, 2 channels" in empty.run("check", "--strict").stdout
    names = json.loads(empty.run("watch", "list", "--json").stdout)
    assert [one["name"] for one in names] == ["Orazbek Tulegen", "Дінара Сапар"]


def test_init_includes_sources_that_lie_beside(empty: Desk) -> None:
    (empty.folder / "sources").mkdir()
    (empty.folder / "sources" / "ours.yaml").write_text("sources:\n  - {id: a, kind: feed, url: 'https://a.example/rss'}\n")
    assert empty.run("init", input="\n\n\n\n").returncode == 0
    assert [one["id"] for one in json.loads(empty.run("sources", "list", "--json").stdout)] == ["a"]


def test_a_source_can_be_added_to_what_init_wrote(empty: Desk) -> None:
    assert empty.run("init", input="\n\n\n\n\n").returncode == 0
    before = (empty.folder / "config.yaml").read_text(encoding="utf-8")
    refused = empty.run("sources", "add", "https://a.example/rss", "--id", "a")
    assert refused.returncode == 1
    assert "--file config.yaml" in refused.stderr
    added = empty.run("sources", "add", "https://a.example/rss", "--id", "a", "--file", "config.yaml")
    assert added.returncode == 0, added.stderr
    after = (empty.folder / "config.yaml").read_text(encoding="utf-8")
    assert [line for line in before.splitlines() if "#" in line and line not in after.splitlines()] == [], "comments stay"


def test_init_writes_over_nothing_unless_forced(empty: Desk) -> None:
    path = empty.folder / "config.yaml"
    path.write_text("mine\n")
    refused = empty.run("init", input=WITHOUT_MAIL)
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert path.read_text() == "mine\n"
    assert empty.run("init", "--force", input=WITHOUT_MAIL).returncode == 0
    assert empty.run("check").returncode == 0


@pytest.mark.parametrize("answers", ["Our desk\nwatch@example.org\n", "Our desk\nnobody\n", "Our desk\n\n7\n"])
def test_init_writes_nothing_where_answers_are_missing_or_wrong(empty: Desk, answers: str) -> None:
    done = empty.run("init", input=answers)
    assert done.returncode == 1
    assert list(empty.folder.iterdir()) == []


def test_init_sends_a_test_mail_through_the_channel(empty: Desk, mail: MailServer) -> None:
    answers = f"a@example.org\nWatch <watch@example.org>\n127.0.0.1\nnone\n{mail.port}\n\ny\n"
    done = empty.run("init", input=WITHOUT_MAIL.rstrip("\n") + "\n" + answers)
    assert done.returncode == 0, done.stderr
    assert "a@example.org: arrived" in done.stdout
    assert len(mail.taken) == 1
    assert empty.run("init", "--force", "--no-test", input=WITHOUT_MAIL.rstrip("\n") + "\n" + answers).returncode == 0
    assert len(mail.taken) == 1


def test_init_never_asks_for_a_password_and_waits_for_its_variable(empty: Desk) -> None:
    answers = (
        WITHOUT_MAIL.rstrip("\n") + "\na@example.org\nwatch@example.org\nmail.example.org\nstarttls\n\nwatch\nDESK_PASSWORD\n"
    )
    done = empty.run("init", input=answers, env={"DESK_PASSWORD": ""})
    assert done.returncode == 0, done.stderr
    assert "DESK_PASSWORD" in done.stdout
    assert "env: " in (empty.folder / "config.yaml").read_text(encoding="utf-8")
    channels = {one["id"]: one["state"] for one in json.loads(empty.run("channels", "list", "--json").stdout)}
    assert channels["mail"] == "paused"


def test_ctrl_c_in_init_writes_nothing(empty: Desk) -> None:
    command = [sys.executable, "-m", "console", "init", "--config", str(empty.folder / "config.yaml")]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        printed = b""
        process.stdin.write(b"Our desk\n")
        process.stdin.flush()
        while b"Contact" not in printed:
            printed += os.read(process.stdout.fileno(), 1000)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert b"Traceback" not in errors
    assert list(empty.folder.iterdir()) == []
