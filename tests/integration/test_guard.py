"""The address guard on real sockets: nothing but an allowed address is ever connected to, whatever it is called."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from servers import Servers, page, redirect
from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution
from zope.interface import implementer

from steppewatch.errors import FetchReason, PermanentFetchError

if TYPE_CHECKING:
    from conftest import Browse, ReactorThread

HELLO = page(b"hello")
ONLY_TWO = (ip_network("127.0.0.2/32"),)
SPELLINGS = [
    "127.0.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0.0.1",
    "017700000001",
    "0177.0.0.1",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",
    "127.0.0.1.",
    "①②⑦.⓪.⓪.①",
    "１２７.０.０.１",
    "127。0。0。1",
    "127．0．0．1",
    "%31%32%37.0.0.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "ip6-localhost",
    "inside.test",
    "Inside.Test.",
    "внутри.test",
    "xn--b1amgdh0h.test",
]
BRACKETED = ["::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::", "0:0:0:0:0:0:0:1", "::127.0.0.1", "fe80::1%25lo"]
TABLE = {"inside.test": "127.0.0.1", "внутри.test": "127.0.0.1"}


@pytest.mark.parametrize("robots", [False, True])
@pytest.mark.parametrize("host", [*SPELLINGS, *(f"[{host}]" for host in BRACKETED)])
def test_loopback_is_refused_in_every_spelling(browse: Browse, servers: Servers, host: str, robots: bool) -> None:
    inside = servers.start({"/": HELLO})
    servers.start(inside.routes, host="::1", port=inside.port)
    browser = browse(allow_private=(), hosts=TABLE, obey_robots=robots)
    error = browser.refused(f"http://{host}:{inside.port}/")
    assert isinstance(error, PermanentFetchError) or error.reason is FetchReason.DNS
    assert error.reason in (FetchReason.ADDRESS_REFUSED, FetchReason.DNS, FetchReason.SCHEME)
    assert inside.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "inside.test", "внутри.test", "[::1]"])
def test_a_refusal_says_what_to_do(browse: Browse, host: str) -> None:
    error = browse(allow_private=(), hosts=TABLE).refused(f"http://{host}/")
    assert (type(error), error.reason) == (PermanentFetchError, FetchReason.ADDRESS_REFUSED)
    assert "loopback" in str(error)
    assert "allow_private" in str(error)


@pytest.mark.parametrize("host", ["10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[fd00::1]", "[2002:7f00:1::]"])
def test_private_networks_are_refused(browse: Browse, host: str) -> None:
    assert browse(allow_private=()).refused(f"http://{host}/").reason is FetchReason.ADDRESS_REFUSED


def test_requests_at_once_all_learn_the_reason(browse: Browse) -> None:
    errors = browse(allow_private=(), hosts=TABLE).together(*["http://inside.test/"] * 8)
    assert {getattr(error, "reason", None) for error in errors} == {FetchReason.ADDRESS_REFUSED}


def test_a_redirect_does_not_lead_inside(browse: Browse, servers: Servers) -> None:
    inside = servers.start({"/": HELLO}, host="127.0.0.3")
    gates = {"/name": redirect(inside.url(host="inside.test")), "/number": redirect(inside.url()), "/again": redirect("/name")}
    outside = servers.start(gates, host="127.0.0.2")
    browser = browse(allow_private=ONLY_TWO, hosts={"inside.test": "127.0.0.3"})
    for gate in gates:
        error = browser.refused(outside.url(gate))
        assert (type(error), error.reason) == (PermanentFetchError, FetchReason.ADDRESS_REFUSED)
    assert inside.connections == 0
    assert len(outside.asked) == 4


def test_robots_txt_does_not_lead_inside(browse: Browse, servers: Servers) -> None:
    inside = servers.start({"/robots.txt": page(b"")}, host="127.0.0.3")
    outside = servers.start({"/robots.txt": redirect(inside.url("/robots.txt")), "/": HELLO}, host="127.0.0.2")
    browser = browse(allow_private=ONLY_TWO, obey_robots=True)
    assert browser.refused(outside.url()).reason is FetchReason.ADDRESS_REFUSED
    assert inside.connections == 0


# --------------------------------------------------------------------------------------------- answers of a name server
@implementer(IHostResolution)
class Resolution:
    name = "two.test"

    def cancel(self) -> None:
        """Nothing to cancel."""


@implementer(IHostnameResolver)
class NameServer:
    """Answers every question with the same addresses, in this order."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    def resolveHostName(
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        resolutionReceiver.resolutionBegan(Resolution())
        for address in self.addresses:
            resolutionReceiver.addressResolved(IPv4Address("TCP", address, portNumber))
        resolutionReceiver.resolutionComplete()
        return Resolution()


@contextmanager
def names_answered_by(thread: ReactorThread, *addresses: str) -> Iterator[None]:
    """Put another name server under (or, with an engine running, over) everything else."""
    from twisted.internet import reactor

    async def install(resolver: Any) -> Any:
        return reactor.installNameResolver(resolver)

    before = thread.call(install(NameServer(*addresses)))
    yield
    thread.call(install(before))


@pytest.mark.parametrize("addresses", [("127.0.0.3", "127.0.0.2"), ("127.0.0.2", "127.0.0.3")])
def test_of_two_addresses_only_the_good_one_is_used(
    browse: Browse, servers: Servers, reactor_thread: ReactorThread, addresses: tuple[str, str]
) -> None:
    good = servers.start({"/": HELLO}, host="127.0.0.2")
    bad = servers.start({"/": HELLO}, host="127.0.0.3", port=good.port)
    with names_answered_by(reactor_thread, *addresses):
        browser = browse(allow_private=ONLY_TWO)
        assert browser.fetch(good.url(host="two.test")).address == "127.0.0.2"
        reactor_thread.call(browser.engine.stop())
    assert (good.connections, bad.connections) == (1, 0)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_connected_address_is_checked_as_well(
    browse: Browse, servers: Servers, reactor_thread: ReactorThread, scheme: str
) -> None:
    """Somebody else in the process replaces the resolver: the connection is dropped before a byte is sent."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if scheme == "https" else None
    if tls is not None:
        trustme.CA().issue_cert("two.test").configure_cert(tls)
    bad = servers.start({"/": HELLO}, host="127.0.0.3", tls=tls)
    browser = browse(allow_private=ONLY_TWO)
    with names_answered_by(reactor_thread, "127.0.0.3"):
        error = browser.refused(bad.url(host="two.test"), insecure_tls=True)
    assert (type(error), error.reason) == (PermanentFetchError, FetchReason.ADDRESS_REFUSED)
    assert bad.asked == []


def test_an_engine_that_stops_leaves_the_reactor_as_it_was(browse: Browse, reactor_thread: ReactorThread) -> None:
    from twisted.internet import reactor

    before = reactor.nameResolver
    browser = browse()
    assert reactor.nameResolver is not before
    reactor_thread.call(browser.engine.stop())
    assert reactor.nameResolver is before
