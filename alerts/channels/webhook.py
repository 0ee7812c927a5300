"""Alerts by HTTP POST, as Standard Webhooks (https://www.standardwebhooks.com).

The headers are `webhook-id` (the delivery's key, the same over all attempts: receivers drop a second one),
`webhook-timestamp` and, where a secret is set, `webhook-signature`. Any 2xx answer is a receipt.

Tried again: connection errors, time-outs, half a reply, 5xx, 408, 425, 429 (after its Retry-After), and 401, 403, 404 and
addresses we refuse to connect to, because a person can mend those. Rejected for good: every other 4xx (400, 405, 410, 413,
415, 422, ...) and redirects, which are never followed: they would carry the alert to an address nobody configured.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from alerts.channel import ChannelContext
from alerts.render.as_json import webhook_body
from steppewatch.clock import wire_now
from steppewatch.config.settings import Secret
from steppewatch.errors import DeliveryError, RejectedDeliveryError, RetryableDeliveryError
from steppewatch.model import OutboxRow
from steppewatch.network import refusal

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from aiohttp import AddrInfoType, ClientResponse, ClientSession

LONGEST_REPLY = 1024  # bytes of a reply that are read
SHORTEST_SECRET = 24  # bytes; the standard asks for 24 to 64
_MENDABLE = frozenset({401, 403, 404, 408, 425, 429})


@dataclass(frozen=True, slots=True)
class Config:
    """`url` is the endpoint (http or https), `secret` the signing secret `whsec_<base64>` shared with it."""

    url: str
    secret: Secret | None = None

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # its message may repeat the address
            usable = False
        if not usable:
            raise ValueError("url: an address that begins with https:// (or http://) is wanted")
        if parts.username is not None or parts.password is not None:
            raise ValueError("url: no user or password may stand in the address; `secret` signs the request")
        if self.secret is not None:
            _check_secret(self.secret)


def _check_secret(secret: Secret) -> None:
    import base64
    import binascii

    try:
        key = base64.b64decode(secret.value.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.value.startswith("whsec_") or len(key) < SHORTEST_SECRET:
        raise ValueError(f"secret: whsec_ and at least {SHORTEST_SECRET} bytes in base64 are wanted") from None


class Channel:
    """One HTTP endpoint."""

    recipients: tuple[str, ...] = ("endpoint",)

    def __init__(self, channel_id: str, config: Config, context: ChannelContext) -> None:
        self._id = channel_id
        self._config = config
        self._context = context
        self._tls: ssl.SSLContext | None = None

    async def send(self, row: OutboxRow) -> str:
        """POST the alert; returns e.g. "HTTP 204"."""
        import aiohttp

        refused: list[str] = []
        try:
            async with asyncio.timeout(self._context.timeout), self._session(refused) as session:
                return await self._post(session, row)
        except TimeoutError:
            raise RetryableDeliveryError(f"channel {self._id}: no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if refused:
                raise RetryableDeliveryError(
                    f"channel {self._id}: the address is refused ({refused[0]}); list it in crawl.allow_private if it is yours"
                ) from None
            # The text of such an error may hold the address: its type says enough.
            raise RetryableDeliveryError(f"channel {self._id}: {_failure(error)}") from None

    async def close(self) -> None:
        """A session lasts one delivery: nothing to close."""

    def _session(self, refused: list[str]) -> ClientSession:
        """A session for one delivery, so that the connected address is checked every time."""
        import aiohttp

        def guarded(info: AddrInfoType) -> socket.socket:
            reason = refusal(str(info[4][0]), self._context.allow_private)
            if reason is not None:
                refused.append(reason)
                raise OSError(reason)
            return socket.socket(info[0], info[1], info[2])

        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=guarded, ssl=self._tls_context()),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._context.timeout),
            auto_decompress=False,
            trust_env=False,
        )

    def _tls_context(self) -> ssl.SSLContext:
        import ssl

        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    async def _post(self, session: ClientSession, row: OutboxRow) -> str:
        now = wire_now()
        body = webhook_body(row.alert, now)
        headers = self._headers(row.key, now, body)
        async with session.post(self._config.url, data=body, headers=headers, allow_redirects=False) as response:
            await _read(response)
            return self._judge(response.status, response.headers)

    def _headers(self, key: str, now: datetime, body: bytes) -> dict[str, str]:
        headers = {
            "content-type": "application/json",
            "accept-encoding": "identity",
            "user-agent": self._context.user_agent,
            "webhook-id": key,
            "webhook-timestamp": str(int(now.timestamp())),
        }
        if self._config.secret is not None:
            from standardwebhooks import Webhook

            signature = Webhook(self._config.secret.value).sign(msg_id=key, timestamp=now, data=body.decode())
            headers["webhook-signature"] = signature
        return headers

    def _judge(self, status: int, headers: Mapping[str, str]) -> str:
        """The answer as a word, or the error it means. The reply's own words may repeat our address: they stay out."""
        if 200 <= status < 300:
            return f"HTTP {status}"
        raise self._error(status, headers)

    def _error(self, status: int, headers: Mapping[str, str]) -> DeliveryError:
        answer = f"channel {self._id}: HTTP {status} {_phrase(status)}".rstrip()
        if status in _MENDABLE or status >= 500:
            return RetryableDeliveryError(answer, retry_after=_retry_after(headers.get("Retry-After", "")))
        if 300 <= status < 400:
            answer += "; redirects are not followed, configure the final address"
        return RejectedDeliveryError(answer)


async def _read(response: ClientResponse) -> None:
    """Read the reply to its end or to LONGEST_REPLY; a reply that breaks off raises ClientPayloadError."""
    read = 0
    while read < LONGEST_REPLY and (chunk := await response.content.read(LONGEST_REPLY - read)):
        read += len(chunk)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _failure(error: Exception) -> str:
    import aiohttp

    if isinstance(error, aiohttp.InvalidURL):
        return "the address makes no sense"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the host name cannot be resolved"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "the certificate is not valid for this host"
    if isinstance(error, aiohttp.ClientSSLError):
        return "no TLS connection"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection ({error.os_error.strerror or 'refused'})" if error.os_error.errno else "no connection"
    return f"the reply broke off or made no sense ({type(error).__name__})"


def _retry_after(value: str) -> float | None:
    """Seconds from a Retry-After header: a number or a date; None where it says nothing usable."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:10])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - wire_now()).total_seconds())
