"""Alerts by mail over SMTP: text and HTML, one message and one outbox row per recipient.

Whether a refusal is for good is decided by what was refused. A 5xx reply to the sender, the recipient or the message is; a
4xx reply is not. A failed connection, TLS handshake or login is never for good, because a person can mend the
configuration, and STARTTLS that was asked for and is not there is a failure: nothing is ever sent in the clear instead.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING, Literal

from alerts.channel import ChannelContext
from alerts.render import plain
from alerts.render.clean import one_line
from alerts.render.html import html
from steppewatch.clock import wire_now
from steppewatch.config.settings import Secret
from steppewatch.errors import RejectedDeliveryError, RetryableDeliveryError
from steppewatch.model import OutboxRow

if TYPE_CHECKING:
    import aiosmtplib

LONGEST_ANSWER = 200
QUIT_SECONDS = 2.0
# Replies that speak of our login or of missing encryption, whatever command they answer (RFC 4954, RFC 3207).
_ABOUT_LOGIN = frozenset({530, 534, 535, 538})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ADDRESS = re.compile(r"\S+@\S+")


class _MailPolicy(EmailPolicy):
    """The policy of the standard library, whose own folding loses spaces between the encoded words of a long subject."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name != "Subject":
            return super().fold_binary(name, value)
        folded = Header(str(value), "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {folded}{self.linesep}".encode("ascii")


# The bodies are 7-bit, so that every mail server on the way leaves them alone.
_POLICY = _MailPolicy(linesep="\r\n", cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Smtp:
    """The mail server: `tls` is `starttls` (usually port 587), `tls` from the first byte (465) or `none`."""

    host: str
    port: int = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: Secret | None = None

    def __post_init__(self) -> None:
        if not self.host or _CONTROL.search(self.host) or " " in self.host:
            raise ValueError("host: the name or address of a mail server is wanted")
        if not 0 < self.port < 65536:
            raise ValueError("port: a number from 1 to 65535 is wanted")
        if self.tls not in ("starttls", "tls", "none"):
            raise ValueError("tls: starttls, tls or none is wanted")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password: both or none are wanted")


@dataclass(frozen=True, slots=True)
class Config:
    """`to` are the recipients, `sender` (the key `from`) the sender: `a@example.org` or `Name <a@example.org>`."""

    to: tuple[str, ...]
    sender: str = field(metadata={"key": "from"})
    smtp: Smtp

    def __post_init__(self) -> None:
        if not self.to:
            raise ValueError("to: at least one address is wanted")
        for key, text in (("from", self.sender), *(("to", address) for address in self.to)):
            try:
                _address(text)
            except ValueError:
                raise ValueError(f"{key}: {_CONTROL.sub('?', text)!r} is not a mail address") from None


class Channel:
    """The mailboxes of one configuration, over one mail server."""

    def __init__(self, channel_id: str, config: Config, context: ChannelContext) -> None:
        self._id = channel_id
        self._sender = _address(config.sender)
        self._smtp = config.smtp
        self._timeout = context.timeout
        self._tls: ssl.SSLContext | None = None
        self.recipients: tuple[str, ...] = tuple(dict.fromkeys(config.to))

    async def send(self, row: OutboxRow) -> str:
        """Hand the message to the mail server; returns what it said to it."""
        import aiosmtplib

        recipient = _address(row.recipient)
        message = _message(row, self._sender, recipient)
        client = self._client()
        try:
            async with asyncio.timeout(self._timeout):
                await self._prepare(client)
                said = await self._hand_over(client, recipient, message)
            # The message is taken: whatever QUIT brings, and however long it takes, cannot change that.
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=QUIT_SECONDS)
        except TimeoutError:
            raise RetryableDeliveryError(f"channel {self._id}: no answer in time") from None
        finally:
            client.close()
        return said

    async def close(self) -> None:
        """A connection lasts one delivery: nothing to close."""

    def _client(self) -> aiosmtplib.SMTP:
        import aiosmtplib

        return aiosmtplib.SMTP(
            hostname=self._smtp.host,
            port=self._smtp.port,
            use_tls=self._smtp.tls == "tls",
            start_tls=False,  # done by hand, so that its absence is an error
            local_hostname=_ascii_domain(self._sender),
            timeout=self._timeout,
            tls_context=self._tls_context(),
        )

    async def _prepare(self, client: aiosmtplib.SMTP) -> None:
        """Connect, encrypt and log in as configured."""
        import aiosmtplib

        step = "connecting"
        try:
            await client.connect()
            if self._smtp.tls == "starttls":
                step = "STARTTLS"
                await client.starttls()
            if self._smtp.user is not None and self._smtp.password is not None:
                step = "login"
                await client.login(self._smtp.user, self._smtp.password.value)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # The server's own words stay out: a reply to a login may repeat it.
            raise RetryableDeliveryError(f"channel {self._id}: {step} failed ({_reason(error)})") from None

    async def _hand_over(self, client: aiosmtplib.SMTP, recipient: Address, message: EmailMessage) -> str:
        import aiosmtplib

        international = not f"{self._sender.addr_spec}{recipient.addr_spec}".isascii()
        options = ["SMTPUTF8", "BODY=8BITMIME"] if international else []
        try:
            _, said = await client.sendmail(
                self._sender.addr_spec,
                [recipient.addr_spec],
                message.as_bytes(policy=_POLICY.clone(utf8=international)),
                mail_options=options,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise self._refused(error.recipients[0]) from None
        except aiosmtplib.SMTPResponseException as error:
            raise self._refused(error) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise RetryableDeliveryError(f"channel {self._id}: sending failed ({_reason(error)})") from None
        return _without_addresses(said)

    def _refused(self, error: aiosmtplib.SMTPResponseException) -> RetryableDeliveryError | RejectedDeliveryError:
        for_good = 500 <= error.code < 600 and error.code not in _ABOUT_LOGIN
        words = f"SMTP {error.code}" if error.code in _ABOUT_LOGIN else f"SMTP {error.code} {_without_addresses(error.message)}"
        kind = RejectedDeliveryError if for_good else RetryableDeliveryError
        return kind(f"channel {self._id}: {words}".rstrip())

    def _tls_context(self) -> ssl.SSLContext | None:
        if self._smtp.tls != "none" and self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


def _address(text: str) -> Address:
    """One mail address, with or without a name. Raises ValueError for anything else."""
    if _CONTROL.search(text):
        raise ValueError("control characters")
    name, spec = parseaddr(text)
    local, _, domain = spec.rpartition("@")
    # parseaddr takes the first of several addresses and drops comments: what it found must account for the whole text.
    whole = spec in text and text.count("@") == 1 and text.rstrip("> ").endswith(domain)
    if not local or not domain or not whole or re.search(r"[\s,;<>()]", spec):
        raise ValueError("not one address")
    domain.encode("idna")
    try:
        return Address(display_name=name, addr_spec=spec) if spec.isascii() else Address(name, local, domain)
    except (MessageError, IndexError) as error:
        raise ValueError("not an address") from error


def _ascii_domain(address: Address) -> str:
    return address.domain.encode("idna").decode("ascii")


def _message(row: OutboxRow, sender: Address, recipient: Address) -> EmailMessage:
    """The mail for one row."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = plain.subject(row.alert).replace("=?", "= ?")  # or a title could bring encoded words of its own
    message["Date"] = format_datetime(wire_now())
    message["Message-ID"] = f"<{row.key}@{_ascii_domain(sender)}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Steppewatch-Alert"] = one_line(row.alert.id, 60)
    message.set_content(plain.text(row.alert))
    message.add_alternative(html(row.alert), subtype="html")
    return message


def _reason(error: Exception) -> str:
    """Why a connection failed, in words that hold neither addresses nor what a server said."""
    import aiosmtplib

    cause = error.__cause__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "the certificate is not valid for this host"
    if isinstance(cause, ssl.SSLError):
        return "no TLS connection"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"SMTP {error.code}"
    if isinstance(error, aiosmtplib.SMTPServerDisconnected):
        return "the server hung up"
    if isinstance(error, aiosmtplib.SMTPConnectError) and isinstance(cause, OSError) and cause.strerror:
        return one_line(cause.strerror, 80)
    return "the server does not offer it" if isinstance(error, aiosmtplib.SMTPException) else type(error).__name__


def _without_addresses(said: str) -> str:
    return one_line(_ADDRESS.sub("<address>", said), LONGEST_ANSWER)
