"""`/livez` and `/readyz` on loopback, for whoever watches over this process."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence

from aiohttp import web

from steppewatch.errors import SteppewatchError

HOST = "127.0.0.1"
STOP_CAP = 2.0  # seconds for answers under way


class Probes:
    """A little server. `ready` names what keeps the process from being ready (words and ids only); nothing when it is."""

    def __init__(self, port: int, ready: Callable[[], Sequence[str]]) -> None:
        self._wanted = port
        self._ready = ready
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port it answers on, or shall: 0 lets the system choose when it starts."""
        addresses = self._runner.addresses if self._runner else []
        return int(addresses[0][1]) if addresses else self._wanted

    async def start(self) -> None:
        """Listen. Raises SteppewatchError where the port cannot be had."""
        app = web.Application()
        app.router.add_get("/livez", self._answer_livez)
        app.router.add_get("/readyz", self._answer_readyz)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=STOP_CAP)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, self._wanted).start()
        except (OSError, OverflowError) as error:
            await runner.cleanup()
            raise SteppewatchError(_complaint(self._wanted, error)) from error
        self._runner = runner

    async def stop(self) -> None:
        """Stop listening; answers under way get two seconds."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _answer_livez(self, _: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def _answer_readyz(self, _: web.Request) -> web.Response:
        reasons = list(self._ready())
        return web.json_response({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)


def _complaint(port: int, error: OSError | OverflowError) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        why = "is in use by another process"
    elif isinstance(error, PermissionError):
        why = "needs more rights than this process has"
    else:
        why = "cannot be listened on"
    return f"port {port} on {HOST} {why}: set another one in the configuration, `probes: {{port: 8378}}`"
