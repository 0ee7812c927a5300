"""The address guard, form by form."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppewatch.network import refusal

REFUSED = [
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("0.0.0.0", "unspecified"),
    ("0.1.2.3", "unspecified"),
    ("10.0.0.1", "private"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.168.1.1", "private"),
    ("100.64.0.1", "carrier-grade NAT"),
    ("100.127.255.255", "carrier-grade NAT"),
    ("169.254.169.254", "cloud metadata"),
    ("169.254.0.1", "link-local"),
    ("192.0.0.8", "protocol assignments"),
    ("192.0.0.192", "protocol assignments"),
    ("192.0.2.1", "documentation"),
    ("198.51.100.1", "documentation"),
    ("203.0.113.1", "documentation"),
    ("192.88.99.1", "6to4 relay"),
    ("198.18.0.1", "benchmarking"),
    ("198.19.255.255", "benchmarking"),
    ("224.0.0.1", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "reserved"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("0:0:0:0:0:0:0:1", "loopback"),
    ("::ffff:127.0.0.1", "IPv4-mapped"),
    ("::ffff:7f00:1", "IPv4-mapped"),
    ("::ffff:8.8.8.8", "IPv4-mapped"),
    ("::127.0.0.1", "IPv4-compatible"),
    ("::8.8.8.8", "IPv4-compatible"),
    ("::ffff:0:127.0.0.1", "IPv4-translated"),
    ("64:ff9b::127.0.0.1", "NAT64: loopback"),
    ("64:ff9b::a9fe:a9fe", "NAT64: cloud metadata"),
    ("64:ff9b::10.1.2.3", "NAT64: private"),
    ("64:ff9b:1::8.8.8.8", "local NAT64"),
    ("64:ff9b:1:2::1", "local NAT64"),
    ("100::1", "discard"),
    ("100:0:0:1::1", "reserved"),
    ("2001::1", "Teredo"),
    ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"),
    ("2001:2::1", "protocol assignments"),
    ("2001:10::1", "protocol assignments"),
    ("2001:db8::1", "documentation"),
    ("3fff::1", "documentation"),
    ("2002:7f00:1::", "6to4"),
    ("2002:808:808::1", "6to4"),
    ("5f00::1", "reserved"),
    ("fc00::1", "private"),
    ("fd12:3456::1", "private"),
    ("fd00:ec2::254", "cloud metadata"),
    ("fe80::1", "link-local"),
    ("fe80::1%eth0", "bound to one interface"),
    ("2606:4700::1111%eth0", "bound to one interface"),
    ("fec0::1", "site-local"),
    ("ff02::1", "multicast"),
    ("4000::1", "reserved"),
]
NO_ADDRESS = [
    "",
    "localhost",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "127.0.0.1:80",
    "[::1]",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "１２７.0.0.1",
    "127.0.0.1 ",
    "::1%",
    "١٢٧.0.0.1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1", "64:ff9b::8.8.8.8"]


@pytest.mark.parametrize(("address", "reason"), REFUSED)
def test_refused(address: str, reason: str) -> None:
    assert refusal(address, ()) == reason


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_what_is_no_address_is_refused_even_where_everything_is_allowed(address: str) -> None:
    everything = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    assert refusal(address, everything) == "not an IP address"


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address: str) -> None:
    assert refusal(address, ()) is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("127.0.0.1", "127.0.0.0/8"),
        ("::ffff:127.0.0.1", "127.0.0.0/8"),
        ("64:ff9b::10.0.0.5", "10.0.0.0/8"),
        ("64:ff9b:1::10.0.0.5", "10.0.0.0/8"),
        ("2002:a00:5::", "10.0.0.0/8"),
        ("::1", "::1/128"),
        ("fe80::1%eth0", "fe80::/10"),
        ("fd12::1", "fd00::/8"),
    ],
)
def test_an_exception_holds_for_the_address_and_for_what_carries_it(address: str, network: str) -> None:
    assert refusal(address, ()) is not None
    assert refusal(address, (ip_network(network),)) is None


def test_an_exception_holds_for_nothing_else() -> None:
    allowed = (ip_network("10.0.0.0/24"), ip_network("fd00::/64"))
    assert refusal("10.0.1.1", allowed) == "private"
    assert refusal("127.0.0.1", allowed) == "loopback"
    assert refusal("fd00:0:0:1::1", allowed) == "private"


@given(st.ip_addresses())
def test_nothing_python_itself_calls_special_passes(address: object) -> None:
    special = any(
        getattr(address, name)
        for name in ("is_private", "is_loopback", "is_link_local", "is_multicast", "is_reserved", "is_unspecified")
    )
    if special and not str(address).startswith("64:ff9b::"):
        assert refusal(str(address), ()) is not None
