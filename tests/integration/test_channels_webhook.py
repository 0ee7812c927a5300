"""Webhooks over real HTTP on loopback: signed, never redirected, never to an address that is off limits."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme
from aiohttp import web
from standardwebhooks import Webhook

from alerts.channel import ChannelContext
from alerts.channels.webhook import Channel, Config
from alerts.render.as_json import alert_json
from steppewatch.clock import wire_now
from steppewatch.config.settings import Secret
from steppewatch.errors import RejectedDeliveryError, RetryableDeliveryError
from steppewatch.model import Alert, AlertKind, OutboxRow, Priority

NOW = datetime(2019, 4, 5, 10, tzinfo=UTC)
ALERT = Alert("a1", AlertKind.MENTION, NOW, "Серікжан Біләш: \ud800 سوت", Priority.NORMAL, watch="bilash")
ROW = OutboxRow(1, "3d0f1f5e-0000-4000-8000-000000000001", ALERT, "case-db", "endpoint", 0, NOW, "lease")
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def endpoint(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A web server on loopback; gives the address of its hook."""
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}/hook/private?token=private"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_server(talk: Talk) -> AsyncIterator[str]:
    """A server that writes what a test wants after it has read the head of a request."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await reader.readuntil(b"\r\n\r\n")
        await talk(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook/private?token=private"
    finally:
        for writer in writers:
            writer.close()
        server.close()


def channel(url: str, *, timeout: float = 10.0, allowed: bool = True, secret: str | None = SECRET) -> Channel:
    config = Config(url, Secret(secret) if secret else None)
    return Channel("case-db", config, ChannelContext("Steppewatch/test", timeout, LOOPBACK if allowed else ()))


def answering(status: int, **headers: str) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=status, text=str(request.url), headers={k.replace("_", "-"): v for k, v in headers.items()})

    return handle


# --------------------------------------------------------------------------------------------------------- the request
async def test_a_signed_request() -> None:
    requests: list[tuple[dict[str, str], bytes]] = []

    async def handle(request: web.Request) -> web.Response:
        requests.append((dict(request.headers), await request.read()))
        return web.Response(status=204)

    async with endpoint(handle) as url:
        hook = channel(url)
        assert await hook.send(ROW) == "HTTP 204"
        await hook.send(replace(ROW, attempts=1))
        await hook.close()
    headers, body = requests[0]
    told = Webhook(SECRET).verify(body, headers)
    assert told["type"] == "alert.created"
    expected = json.loads(json.dumps(alert_json(ALERT)).replace("\\ud800", "\ufffd"))
    assert told["data"] == expected
    names = {name.lower(): value for name, value in headers.items()}
    assert names["webhook-id"] == ROW.key
    assert names["user-agent"] == "Steppewatch/test"
    assert names["content-type"] == "application/json"
    assert "cookie" not in names
    assert abs(int(names["webhook-timestamp"]) - wire_now().timestamp()) < 60
    assert {name.lower(): value for name, value in requests[1][0].items()}["webhook-id"] == ROW.key


async def test_a_long_right_to_left_text_is_signed_as_it_is_sent() -> None:
    text = "قازاقىستاندا سوت بولدى " * 3000
    told: list[dict[str, object]] = []

    async def handle(request: web.Request) -> web.Response:
        told.append(Webhook(SECRET).verify(await request.read(), dict(request.headers)))
        return web.Response()

    async with endpoint(handle) as url:
        await channel(url).send(replace(ROW, alert=replace(ALERT, article_title=text)))
    assert told[0]["data"] == alert_json(replace(ALERT, article_title=text, headline=ALERT.headline.replace("\ud800", "\ufffd")))


async def test_without_a_secret_nothing_is_signed() -> None:
    seen: list[bool] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append("webhook-signature" in request.headers)
        return web.Response()

    async with endpoint(handle) as url:
        await channel(url, secret=None).send(ROW)
    assert seen == [False]


# --------------------------------------------------------------------------------------------------------- the answers
@pytest.mark.parametrize("status", [401, 403, 404, 408, 425, 429, 500, 502, 503, 504, 599])
async def test_answers_that_are_tried_again(status: int) -> None:
    async with endpoint(answering(status)) as url:
        with pytest.raises(RetryableDeliveryError, match=f"^channel case-db: HTTP {status}") as caught:
            await channel(url).send(ROW)
    assert caught.value.retry_after is None
    assert "private" not in str(caught.value)


@pytest.mark.parametrize("status", [400, 402, 405, 410, 413, 415, 422, 451])
async def test_answers_that_are_final(status: int) -> None:
    async with endpoint(answering(status)) as url:
        with pytest.raises(RejectedDeliveryError, match=f"^channel case-db: HTTP {status}") as caught:
            await channel(url).send(ROW)
    assert "private" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    elsewhere: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        elsewhere.append(request.path)
        return web.Response()

    async with endpoint(handle) as target, endpoint(answering(status, Location=target)) as url:
        with pytest.raises(RejectedDeliveryError, match="redirects are not followed"):
            await channel(url).send(ROW)
    assert elsewhere == []


@pytest.mark.parametrize(("value", "least", "most"), [("120", 120, 120), (" 7 ", 7, 7), ("0", 0, 0), ("9" * 500, 1e9, 1e10)])
async def test_retry_after_in_seconds(value: str, least: float, most: float) -> None:
    assert least <= await retry_after(value) <= most


@pytest.mark.parametrize(("hours", "least", "most"), [(1, 3500, 3600), (-1, 0, 0)])
async def test_retry_after_as_a_date(hours: int, least: float, most: float) -> None:
    assert least <= await retry_after(format_datetime(wire_now() + timedelta(hours=hours), usegmt=True)) <= most


async def retry_after(header: str) -> float:
    async with endpoint(answering(429, Retry_After=header)) as url:
        with pytest.raises(RetryableDeliveryError) as caught:
            await channel(url).send(ROW)
    assert caught.value.retry_after is not None
    return caught.value.retry_after


@pytest.mark.parametrize("value", ["", "soon", "-5", "1e9", "²", "Mon, 99 Foo 2019 99:99:99 GMT", "\u0661\u0662"])
async def test_a_retry_after_that_says_nothing(value: str) -> None:
    async with endpoint(answering(503, Retry_After=value)) as url:
        with pytest.raises(RetryableDeliveryError) as caught:
            await channel(url).send(ROW)
    assert caught.value.retry_after is None


# --------------------------------------------------------------------------------------------- connections that go wrong
async def test_a_receiver_that_hangs() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        return

    async with raw_server(talk) as url:
        with pytest.raises(RetryableDeliveryError, match="no answer in time"):
            await channel(url, timeout=0.3).send(ROW)


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 200 O",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhal",
        b"this is no HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 999999 OK\r\n\r\n",
    ],
)
async def test_half_a_reply_or_nonsense(reply: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        writer.close()

    async with raw_server(talk) as url:
        with pytest.raises(RetryableDeliveryError, match="broke off or made no sense") as caught:
            await channel(url).send(ROW)
    assert "private" not in str(caught.value)


async def test_a_reply_without_end_is_read_a_little() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    async with endpoint(handle) as url:
        assert await channel(url).send(ROW) == "HTTP 200"


async def test_nobody_listens(unused_tcp_port: int) -> None:
    with pytest.raises(RetryableDeliveryError, match="no connection") as caught:
        await channel(f"http://127.0.0.1:{unused_tcp_port}/private").send(ROW)
    assert "private" not in str(caught.value)


async def test_a_name_that_does_not_resolve() -> None:
    with pytest.raises(RetryableDeliveryError, match="cannot be resolved"):
        await channel("http://hook.invalid/private").send(ROW)


# ----------------------------------------------------------------------------------------------------------- addresses
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "0.0.0.0"])
async def test_loopback_is_refused_however_it_is_written(host: str) -> None:
    seen: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response()

    async with endpoint(handle) as url:
        with pytest.raises(
            RetryableDeliveryError, match=r"address is refused \(.*crawl\.allow_private|address makes no sense"
        ) as caught:
            await channel(url.replace("127.0.0.1", host), allowed=False).send(ROW)
    assert seen == []
    assert "private?" not in str(caught.value)


# ----------------------------------------------------------------------------------------------------------------- TLS
async def test_certificates_are_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with endpoint(answering(200), tls=context) as url:
        with pytest.raises(RetryableDeliveryError, match="certificate is not valid"):
            await channel(url).send(ROW)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert await channel(url).send(ROW) == "HTTP 200"


async def test_tls_where_the_receiver_speaks_plain_http() -> None:
    async with endpoint(answering(200)) as url:
        with pytest.raises(RetryableDeliveryError, match=r"no TLS connection|no connection"):
            await channel(url.replace("http:", "https:")).send(ROW)


# ------------------------------------------------------------------------------------------------------- configuration
@pytest.mark.parametrize(
    "url", ["", "hook", "ftp://a.test/", "https://", "https://user:secretword@a.test/", "file:///etc/passwd"]
)
def test_an_address_that_cannot_be_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match=r"^url: ") as caught:
        Config(url)
    assert "secretword" not in str(caught.value)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_secretword", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%" + "A" * 40])
def test_a_secret_that_cannot_sign_is_refused_at_once(secret: str) -> None:
    with pytest.raises(ValueError, match=r"^secret: ") as caught:
        Config("https://a.test/", Secret(secret))
    assert secret in ("", "whsec_") or secret not in str(caught.value)
    assert SECRET not in repr(Config("https://a.test/", Secret(SECRET)))
