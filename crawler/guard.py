"""The address guard: nothing connects to an address inside the network we stand in, unless `allow_private` lists it.

The name resolver hands out only addresses that may be connected to, and Twisted connects to exactly those: there is no
second look-up between check and connect, and nothing is cached. The address that was connected is then checked once more
before a byte is sent. Both hold for every request: pages, redirects, robots.txt.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from ipaddress import IPv4Network, IPv6Network
from typing import Any
from weakref import WeakSet

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Request, Response
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IHostnameResolver, IResolutionReceiver
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS, HTTP11ClientProtocol
from zope.interface import implementer

from crawler.tls import VerifyingPolicy
from steppewatch.network import refusal

Networks = tuple[IPv4Network | IPv6Network, ...]

WIRE_NAME = re.compile(r"[a-z0-9_.:%-]+")
MAX_REMEMBERED = 1_000
MAX_HEAD_BYTES = 256_000
IDLE_SECONDS = 30  # how long a connection waits for the next request to its host


class AddressRefusedError(Exception):
    """A host has no address that may be connected to; the message says why."""


class HeadTooLargeError(Exception):
    """A server sends headers without end."""


def wire_name(host: str) -> str:
    """A host name as it goes over the wire, in lower case: names come here in both forms.

    Raises UnicodeError for what cannot be one: the system's resolver would never answer.
    """
    name = host.lower().rstrip(".").encode("idna").decode("ascii")
    if not WIRE_NAME.fullmatch(name):
        raise UnicodeError("not a host name")
    return name


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolves names by a table first, then by the system; withholds refused addresses. Remembers no answer."""

    def __init__(self, system: Any, hosts: Mapping[str, str], allowed: Networks) -> None:
        self.system = system
        self._hosts = {wire_name(name): address for name, address in hosts.items()}
        self._allowed = allowed
        self._refused: dict[str, str] = {}

    def refusal_of(self, host: str) -> str | None:
        """Why the last look-up of a host brought no address that may be connected to, if that was the guard's doing."""
        try:
            return self._refused.get(wire_name(host))
        except UnicodeError:
            return None

    def resolveHostName(  # noqa: N802  (the interface's name)
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        """Find the addresses of a host (twisted.internet.interfaces.IHostnameResolver)."""
        try:
            name = wire_name(hostName)
        except UnicodeError:
            resolutionReceiver.resolutionComplete()
            return None
        receiver = _GuardedReceiver(resolutionReceiver, partial(refusal, allowed=self._allowed), partial(self._remember, name))
        return self.system.resolveHostName(
            receiver, self._hosts.get(name) or hostName, portNumber, addressTypes, transportSemantics
        )

    def _remember(self, name: str, reason: str | None) -> None:
        self._refused.pop(name, None)
        if reason is not None:
            if len(self._refused) >= MAX_REMEMBERED:
                self._refused.clear()
            self._refused[name] = reason


@implementer(IResolutionReceiver)
class _GuardedReceiver:
    """Passes on the addresses that may be connected to; at the end tells why there was none."""

    def __init__(self, receiver: Any, check: Callable[[str], str | None], remember: Callable[[str | None], None]) -> None:
        self._receiver = receiver
        self._check = check
        self._remember = remember
        self._passed = False
        self._reason: str | None = None

    def resolutionBegan(self, resolutionInProgress: Any) -> None:  # noqa: N802, N803
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: IAddress) -> None:  # noqa: N802
        if not isinstance(address, IPv4Address | IPv6Address):
            return
        reason = self._check(address.host)
        if reason is None:
            self._passed = True
            self._receiver.addressResolved(address)
        else:
            self._reason = reason

    def resolutionComplete(self) -> None:  # noqa: N802
        self._remember(None if self._passed else self._reason)
        self._receiver.resolutionComplete()


class _GuardedProtocol(_LenientHTTP11ClientProtocol):
    """Gives up on headers without end: Twisted limits the length of a line, not how many there are."""

    _head = 0

    def request(self, request: Any) -> Any:
        self._head = 0
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._parser is not None and self._parser.state in (STATUS, HEADER):
            self._head += len(data)
            if self._head > MAX_HEAD_BYTES:
                self.transport.abortConnection()  # type: ignore[union-attr]
                self._disconnectParser(Failure(HeadTooLargeError()))  # type: ignore[no-untyped-call]
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]


class _GuardedClientFactory(_LenientHTTP11ClientFactory):
    """Makes no protocol for a refused peer: Twisted then drops the connection before anything was sent."""

    def __init__(self, allowed: Networks, made: WeakSet[HTTP11ClientProtocol], quiescent_callback: Any, metadata: Any) -> None:
        super().__init__(quiescent_callback, metadata)  # type: ignore[no-untyped-call]
        self._allowed = allowed
        self._made = made

    def buildProtocol(self, addr: IAddress | None) -> HTTP11ClientProtocol:  # noqa: N802
        reason = refusal(addr.host, self._allowed) if isinstance(addr, IPv4Address | IPv6Address) else "not an IP address"
        if reason is not None:
            raise AddressRefusedError(reason)
        protocol = _GuardedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
        self._made.add(protocol)
        return protocol


class GuardedDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP handler behind the guard. A request with `meta["insecure_tls"]` goes through a pool of its own,
    so that no connection without a verified certificate is ever used for another request."""

    def __init__(self, crawler: Crawler, *, verify: bool = True) -> None:
        super().__init__(crawler)
        self._connections: WeakSet[HTTP11ClientProtocol] = WeakSet()
        self._pool._factory = partial(_GuardedClientFactory, crawler.settings["GUARD_ALLOWED"], self._connections)  # type: ignore[assignment]
        self._pool.cachedConnectionTimeout = IDLE_SECONDS
        if not verify:
            self._contextFactory._verify_certificates = False
        elif crawler.settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES"):
            self._contextFactory = VerifyingPolicy(self._contextFactory)  # type: ignore[assignment]
        self._insecure = GuardedDownloadHandler(crawler, verify=False) if verify else None

    async def download_request(self, request: Request) -> Response:
        if self._insecure is not None and request.meta.get("insecure_tls"):
            return await self._insecure.download_request(request)
        try:
            return await super().download_request(request)
        except CannotResolveHostError as error:
            # Known only here: after a redirect the request is not the one that was asked for.
            resolver: GuardedResolver = self._crawler.spider.resolver  # type: ignore[union-attr]
            reason = resolver.refusal_of(urlparse_cached(request).hostname or "")
            if reason is None:
                raise
            raise AddressRefusedError(reason) from error

    async def close(self) -> None:
        """Abort what is in flight: Twisted would wait for it until its time-out."""
        for connection in tuple(self._connections):
            if connection.transport is not None and connection.state != "CONNECTION_LOST":
                connection.transport.abortConnection()
        if self._insecure is not None:
            await asyncio.gather(self._insecure.close(), super().close())
        else:
            await super().close()
