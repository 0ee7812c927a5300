"""The little world itself: every server of it, on a loop and a thread of its own."""

from __future__ import annotations

import asyncio
import base64
import secrets
import threading
from contextlib import AsyncExitStack

from aiohttp import web
from aiosmtpd.smtp import SMTP

from console.demo.receivers import MailCatcher, WebhookReceiver
from console.demo.script import Script
from console.demo.sites import Sites

START_SECONDS = 10


class World:
    """A context manager: inside it, everything listens on 127.0.0.1, on ports that the system chose."""

    def __init__(self, script: Script) -> None:
        self.webhook_secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        self.sites = Sites(script)
        self.mail = MailCatcher()
        self.webhook = WebhookReceiver(self.webhook_secret)
        self.web_port = self.mail_port = self.webhook_port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="world", daemon=True)
        self._stack = AsyncExitStack()

    def __enter__(self) -> World:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(START_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stack.aclose(), self._loop).result(START_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_SECONDS)
        self._loop.close()

    async def _open(self) -> None:
        self.web_port = await self._listen(self.sites.application())
        self.webhook_port = await self._listen(self.webhook.application())
        mail = await self._loop.create_server(lambda: SMTP(self.mail, hostname="mail.test", loop=self._loop), "127.0.0.1", 0)
        self._stack.callback(mail.close)
        self.mail_port = mail.sockets[0].getsockname()[1]

    async def _listen(self, application: web.Application) -> int:
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return int(runner.addresses[0][1])
