"""The address guard: nothing connects to an address inside the network we stand in, unless `allow_private` lists it.

The name resolver hands out only addresses that may be connected to, and Twisted connects to exactly those: there is no
second look-up between check and connect, and nothing is cached. The address that was connected is then checked once more
before a byte is sent. Both hold for every request: pages, redirects, robots.txt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler, _LenientHTTP11ClientFactory
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Request, Response
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.error import NoProtocol
from twisted.internet.interfaces import IAddress, IHostnameResolver, IResolutionReceiver
from twisted.web._newclient import HTTP11ClientProtocol
from zope.interface import implementer

from steppewatch.network import refusal

Networks = tuple[IPv4Network | IPv6Network, ...]

MAX_REMEMBERED = 1_000


class AddressRefusedError(Exception):
    """A host has no address that may be connected to; the message says why."""


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolves names by a table first, then by the system; withholds refused addresses. Remembers no answer."""

    def __init__(self, system: Any, hosts: Mapping[str, str], allowed: Networks) -> None:
        self._system = system
        self._hosts = {name.lower(): address for name, address in hosts.items()}
        self._allowed = allowed
        self._refused: dict[str, str] = {}

    def refusal_of(self, host: str) -> str | None:
        """Why the last look-up of a host brought no address that may be connected to, if that was the guard's doing."""
        return self._refused.get(host.lower())

    def resolveHostName(  # noqa: N802  (the interface's name)
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        """Find the addresses of a host (twisted.internet.interfaces.IHostnameResolver)."""
        self._refused.pop(hostName.lower(), None)
        receiver = _GuardedReceiver(resolutionReceiver, partial(self._check, hostName.lower()))
        table = self._hosts.get(hostName.lower())
        return self._system.resolveHostName(receiver, table or hostName, portNumber, addressTypes, transportSemantics)

    def _check(self, host: str, address: str) -> bool:
        reason = refusal(address, self._allowed)
        if reason is not None:
            if len(self._refused) >= MAX_REMEMBERED:
                self._refused.clear()
            self._refused[host] = reason
        return reason is None


@implementer(IResolutionReceiver)
class _GuardedReceiver:
    def __init__(self, receiver: Any, check: Callable[[str], bool]) -> None:
        self._receiver = receiver
        self._check = check

    def resolutionBegan(self, resolutionInProgress: Any) -> None:  # noqa: N802, N803
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: IAddress) -> None:  # noqa: N802
        if isinstance(address, IPv4Address | IPv6Address) and self._check(address.host):
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:  # noqa: N802
        self._receiver.resolutionComplete()


class _GuardedClientFactory(_LenientHTTP11ClientFactory):
    """Makes no protocol for a refused peer: Twisted then drops the connection before anything was sent."""

    def __init__(self, allowed: Networks, quiescent_callback: Any, metadata: Any) -> None:
        super().__init__(quiescent_callback, metadata)  # type: ignore[no-untyped-call]
        self._allowed = allowed

    def buildProtocol(self, addr: IAddress | None) -> HTTP11ClientProtocol | None:  # type: ignore[override]  # noqa: N802
        if not isinstance(addr, IPv4Address | IPv6Address) or refusal(addr.host, self._allowed) is not None:
            return None
        return super().buildProtocol(addr)


class GuardedDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP handler behind the guard. A request with `meta["insecure_tls"]` goes through a pool of its own,
    so that no connection without a verified certificate is ever used for another request."""

    def __init__(self, crawler: Crawler, *, verify: bool = True) -> None:
        super().__init__(crawler)
        self._pool._factory = partial(_GuardedClientFactory, crawler.settings["GUARD_ALLOWED"])  # type: ignore[assignment]
        if not verify:
            self._contextFactory._verify_certificates = False
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
            raise (error if reason is None else AddressRefusedError(reason)) from error
        except NoProtocol as error:
            raise AddressRefusedError("the connected address is not the one that was checked") from error

    async def close(self) -> None:
        if self._insecure is not None:
            await self._insecure.close()
        await super().close()
