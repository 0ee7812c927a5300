"""Mail over real SMTP on loopback: what is refused for good, what is tried again, and what is never sent in the clear."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from alerts.channel import ChannelContext
from alerts.channels.email import Channel, Config, Smtp
from steppewatch.clock import wire_now
from steppewatch.config.settings import Secret
from steppewatch.errors import RejectedDeliveryError, RetryableDeliveryError
from steppewatch.model import Alert, AlertKind, Excerpt, OutboxRow, Priority

NOW = datetime(2019, 4, 5, 10, tzinfo=UTC)
ALERT = Alert(
    id="a1",
    kind=AlertKind.MENTION,
    created=NOW,
    headline="Серікжан Біләш: سەرىكجان بىلاش سوتتا",
    priority=Priority.NORMAL,
    watch="bilash",
    article_url="https://news.example/1",
    article_title="سەرىكجان بىلاش سوتتا",
    article_language="ug",
    excerpts=(Excerpt("Бүгін Біләш келді.", ((6, 11),)),),
)
ROW = OutboxRow(1, "3d0f1f5e-0000-4000-8000-000000000001", ALERT, "mail", "legal@example.org", 0, NOW, "lease")
PASSWORD = "correct horse"


class Mailbox:
    """A mail server's inside: keeps what it takes, and answers some recipients and senders as told."""

    def __init__(self, answers: dict[str, str] | None = None) -> None:
        self.answers = answers or {}
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.encrypted: list[bool] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if "DATA" in self.answers:
            return self.answers["DATA"]
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients += envelope.rcpt_tos
        self.encrypted.append(session.ssl is not None)
        return "250 queued as 42 for <legal@example.org>"


def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=data.login == b"watch" and data.password == PASSWORD.encode(), handled=False)


@asynccontextmanager
async def mail_server(mailbox: Mailbox, implicit_tls: ssl.SSLContext | None = None, **options: object) -> AsyncIterator[int]:
    """A mail server on loopback; gives its port."""
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(mailbox, hostname="mail.test", enable_SMTPUTF8=True, loop=loop, **options)

    server = await loop.create_server(session, "127.0.0.1", 0, ssl=implicit_tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def scripted_server(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object],
) -> AsyncIterator[int]:
    """A server that says what a test wants; gives its port."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        talk(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for writer in writers:
            writer.close()
        server.close()


def channel(port: int, tls: str = "none", *, timeout: float = 10.0, host: str = "127.0.0.1", **more: object) -> Channel:
    smtp = Smtp(host, port, tls, **more)  # type: ignore[arg-type]
    config = Config(("legal@example.org", "Desk <desk@example.org>"), "Night's watch <watch@example.org>", smtp)
    return Channel("mail", config, ChannelContext("test", timeout))


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[trustme.CA]:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    yield authority


def server_context(authority: trustme.CA, host: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host).configure_cert(context)
    return context


# --------------------------------------------------------------------------------------------------------- the message
async def test_the_message() -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox) as port:
        said = await channel(port).send(ROW)
    assert said == "queued as 42 for <address>"
    (message,) = mailbox.messages
    assert mailbox.recipients == ["legal@example.org"]
    assert message["Message-ID"] == f"<{ROW.key}@example.org>"
    assert message["Subject"] == ALERT.headline
    assert message["From"] == "Night's watch <watch@example.org>"
    assert message["To"] == "legal@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Steppewatch-Alert"] == "a1"
    assert abs((parsedate_to_datetime(message["Date"]) - wire_now()).total_seconds()) < 60
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "*Біләш*" in text.get_content()
    assert "Бүгін <strong>Біләш</strong> келді." in html.get_content()


async def test_a_second_attempt_has_the_same_message_id() -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox) as port:
        mail = channel(port)
        await mail.send(ROW)
        await mail.send(replace(ROW, attempts=3, lease="other"))
        await mail.close()
    assert [message["Message-ID"] for message in mailbox.messages] == [f"<{ROW.key}@example.org>"] * 2


@pytest.mark.parametrize(
    "headline",
    [
        "Суд над Билашем " * 20,
        "سەرىكجان بىلاش قازاقىستاندا " * 2500,
        "赛尔克坚·比拉什" * 40,
        "Hearing\r\nBcc: everybody@example.org\r\n\r\nbody",
        "=?utf-8?q?x=0D=0ABcc:_all@example.org?= plain",
        'plain ASCII that is longer than one line of a mail header may be, with [brackets] and (comments) "quoted"',
        "half \ud800 \x00 \x1b[31m and \u202eturned",
        "",
        "a" * 400,
        "Ұзақ " + "ә" * 300,
    ],
)
async def test_a_subject_of_any_script_arrives_as_it_was(headline: str) -> None:
    from alerts.render.plain import subject

    mailbox = Mailbox()
    alert = replace(ALERT, headline=headline, article_title=headline)
    async with mail_server(mailbox) as port:
        await channel(port).send(replace(ROW, alert=alert))
    (message,) = mailbox.messages
    assert message["Bcc"] is None
    assert not message.defects
    assert message["Subject"] == subject(alert).replace("=?", "= ?")


async def test_a_huge_right_to_left_text_arrives_whole() -> None:
    words = "قازاقىستاندا سوت بولدى "
    text = words * (65536 // len(words))
    mailbox = Mailbox()
    alert = replace(ALERT, article_title=text, excerpts=(Excerpt(text, ((0, 12), (60_000, 60_012))),), why=(text,) * 30)
    async with mail_server(mailbox) as port:
        await channel(port).send(replace(ROW, alert=alert))
    body = mailbox.messages[0].get_body(("html",))
    assert body is not None
    assert body.get_content().count("<strong>قازاقىستاندا</strong>") == 1
    assert words * 1000 in body.get_content()


async def test_an_address_in_another_script() -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox) as port:
        config = Config(("Заңгер <заңгер@мысал.test>",), "watch@мысал.test", Smtp("127.0.0.1", port, "none"))
        mail = Channel("mail", config, ChannelContext("test", 10.0))
        await mail.send(replace(ROW, recipient=mail.recipients[0]))
    assert mailbox.recipients == ["заңгер@мысал.test"]
    assert mailbox.messages[0]["Message-ID"].endswith("@xn--80awbu3c.test>")


# ----------------------------------------------------------------------------------------------- what the server answers
async def test_one_refused_recipient_does_not_hold_up_the_other() -> None:
    mailbox = Mailbox({"legal@example.org": "550 5.1.1 <legal@example.org>: no such user"})
    async with mail_server(mailbox) as port:
        mail = channel(port)
        first, second = (replace(ROW, recipient=recipient) for recipient in mail.recipients)
        with pytest.raises(RejectedDeliveryError) as caught:
            await mail.send(first)
        await mail.send(second)
    assert mailbox.recipients == ["desk@example.org"]
    assert str(caught.value) == "channel mail: SMTP 550 5.1.1 <address> no such user"


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"legal@example.org": "451 4.7.1 greylisted"}, RetryableDeliveryError),
        ({"legal@example.org": "452 4.2.2 mailbox full"}, RetryableDeliveryError),
        ({"legal@example.org": "421 4.3.2 closing down"}, RetryableDeliveryError),
        ({"legal@example.org": "530 5.7.0 Authentication required"}, RetryableDeliveryError),
        ({"DATA": "451 4.3.0 try again"}, RetryableDeliveryError),
        ({"DATA": "554 5.7.1 refused by policy"}, RejectedDeliveryError),
        ({"DATA": "552 5.3.4 too big"}, RejectedDeliveryError),
    ],
)
async def test_refusals(answers: dict[str, str], kind: type[Exception]) -> None:
    async with mail_server(Mailbox(answers)) as port:
        with pytest.raises((RetryableDeliveryError, RejectedDeliveryError)) as caught:
            await channel(port).send(ROW)
    assert type(caught.value) is kind
    assert "SMTP " + next(iter(answers.values()))[:3] in str(caught.value)


async def test_nobody_listens(unused_tcp_port: int) -> None:
    with pytest.raises(RetryableDeliveryError, match=r"connecting failed .*(refused|Connect call failed)"):
        await channel(unused_tcp_port).send(ROW)


async def test_a_name_that_does_not_resolve() -> None:
    with pytest.raises(RetryableDeliveryError, match="connecting failed"):
        await channel(25, host="mail.invalid").send(ROW)


@pytest.mark.parametrize("greeting", [b"", b"220 mail.test ready\r\n"])
async def test_a_server_that_hangs(greeting: bytes) -> None:
    async with scripted_server(lambda reader, writer: writer.write(greeting)) as port:
        with pytest.raises(RetryableDeliveryError, match="no answer in time"):
            await channel(port, timeout=0.3).send(ROW)


@pytest.mark.parametrize("greeting", [b"", b"220 mail.test ready\r\n", b"554 go away\r\n", b"\xff\x00 nonsense\r\n"])
async def test_a_server_that_hangs_up(greeting: bytes) -> None:
    def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()

    async with scripted_server(talk) as port:
        with pytest.raises(RetryableDeliveryError, match=r"channel mail: (connecting|sending) failed"):
            await channel(port).send(ROW)


async def test_a_message_that_was_taken_is_delivered_whatever_quit_brings() -> None:
    class NoGoodbye(Mailbox):
        async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
            server.transport.close()
            return "221 bye"

    mailbox = NoGoodbye()
    async with mail_server(mailbox) as port:
        assert await channel(port).send(ROW) == "queued as 42 for <address>"
    assert len(mailbox.messages) == 1


# ------------------------------------------------------------------------------------------------- encryption and login
async def test_starttls_with_login(trusted: trustme.CA) -> None:
    mailbox = Mailbox()
    options = {"tls_context": server_context(trusted), "require_starttls": True, "auth_required": True, "authenticator": login}
    async with mail_server(mailbox, **options) as port:
        await channel(port, "starttls", user="watch", password=Secret(PASSWORD)).send(ROW)
    assert mailbox.encrypted == [True]


async def test_tls_from_the_first_byte(trusted: trustme.CA) -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox, implicit_tls=server_context(trusted)) as port:
        await channel(port, "tls").send(ROW)
    assert len(mailbox.messages) == 1


async def test_a_wrong_password_is_tried_again_and_never_told(trusted: trustme.CA) -> None:
    options = {"tls_context": server_context(trusted), "auth_required": True, "authenticator": login}
    async with mail_server(Mailbox(), **options) as port:
        with pytest.raises(RetryableDeliveryError, match=r"login failed \(SMTP 535\)") as caught:
            await channel(port, "starttls", user="watch", password=Secret("battery staple")).send(ROW)
    assert "battery" not in f"{caught.value!r} {caught.value.__cause__!r}"


async def test_a_server_without_login(trusted: trustme.CA) -> None:
    async with mail_server(Mailbox(), tls_context=server_context(trusted)) as port:
        with pytest.raises(RetryableDeliveryError, match="login failed"):
            await channel(port, "starttls", user="watch", password=Secret(PASSWORD)).send(ROW)


async def test_missing_starttls_never_means_plain_text() -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox, auth_require_tls=False, authenticator=login) as port:
        with pytest.raises(RetryableDeliveryError, match="STARTTLS failed"):
            await channel(port, "starttls", user="watch", password=Secret(PASSWORD)).send(ROW)
    assert mailbox.messages == []


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_an_unknown_authority(authority: trustme.CA, tls: str) -> None:
    context = server_context(authority)
    options = {"tls_context": context} if tls == "starttls" else {"implicit_tls": context}
    mailbox = Mailbox()
    async with mail_server(mailbox, **options) as port:  # type: ignore[arg-type]
        with pytest.raises(RetryableDeliveryError, match="certificate is not valid"):
            await channel(port, tls).send(ROW)
    assert mailbox.messages == []


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_certificate_of_another_host(trusted: trustme.CA, tls: str) -> None:
    context = server_context(trusted, "other.test")
    options = {"tls_context": context} if tls == "starttls" else {"implicit_tls": context}
    async with mail_server(Mailbox(), **options) as port:  # type: ignore[arg-type]
        with pytest.raises(RetryableDeliveryError, match="certificate is not valid"):
            await channel(port, tls).send(ROW)


async def test_tls_where_the_server_speaks_plain_text() -> None:
    async with mail_server(Mailbox()) as port:
        with pytest.raises(RetryableDeliveryError, match="connecting failed"):
            await channel(port, "tls").send(ROW)


# ------------------------------------------------------------------------------------------------------- configuration
@pytest.mark.parametrize(
    "address",
    [
        "", "nobody", "a@", "@b.test", "a@b.test\r\nBcc: c@d.test", "a@b.test, c@d.test", "a@b.test (x) c", "a b@c.test",
        "x\x00@b.test", "<a@b.test> c@d.test", "a@b.test>\nRCPT TO:<c@d.test", "a@b..test", "Name <a@b.test> more",
        "\ud800@b.test", "a@b.test\u2028",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_at_once(address: str) -> None:
    with pytest.raises(ValueError, match="not a mail address"):
        Config((address,), "watch@example.org", Smtp("localhost"))
    with pytest.raises(ValueError, match=r"^from: .* not a mail address"):
        Config(("legal@example.org",), address, Smtp("localhost"))


@pytest.mark.parametrize(
    "smtp",
    [{"host": ""}, {"host": "a\nb"}, {"host": "h", "port": 0}, {"host": "h", "tls": "yes"}, {"host": "h", "user": "u"}],
)
def test_a_server_that_cannot_be_is_refused_at_once(smtp: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="wanted"):
        Smtp(**smtp)  # type: ignore[arg-type]


def test_a_config_needs_somebody_to_write_to_and_does_not_print_its_password() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Config((), "watch@example.org", Smtp("localhost"))
    assert PASSWORD not in repr(Config(("a@b.test",), "c@d.test", Smtp("h", user="u", password=Secret(PASSWORD))))
