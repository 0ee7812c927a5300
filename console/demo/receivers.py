"""Where the alerts of the little world arrive: a mail server that catches, and a webhook receiver that checks signatures."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError


@dataclass(frozen=True, slots=True)
class Arrival:
    """One delivery that arrived: `key` is the Message-ID or webhook-id, `alert` the alert's id."""

    channel: str
    recipient: str
    key: str
    alert: str


class MailCatcher:
    """An aiosmtpd handler that keeps what it is given."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.messages: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
        """Take one message."""
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.messages.append(envelope.content)
        for recipient in envelope.rcpt_tos:
            self.arrivals.append(Arrival("mail", recipient, str(message["Message-ID"]), str(message["X-Steppewatch-Alert"])))
        return "250 kept"


class WebhookReceiver:
    """Takes Standard Webhooks; refuses what is not signed with the secret."""

    def __init__(self, secret: str) -> None:
        self._webhook = Webhook(secret)
        self.arrivals: list[Arrival] = []
        self.refused = 0

    def application(self) -> web.Application:
        """The server's application."""
        application = web.Application()
        application.router.add_post("/hook", self._take)
        return application

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.text()
        try:
            payload = self._webhook.verify(body, dict(request.headers))
        except WebhookVerificationError:
            self.refused += 1
            return web.Response(status=400, text="wrong signature")
        self.arrivals.append(Arrival("hook", "endpoint", request.headers["webhook-id"], payload["data"]["id"]))
        return web.Response(text="kept")
