"""Which addresses a stranger's link may lead to. Pure: it looks at the address that is, or was, connected to.

Names and odd spellings (`0x7f.1`, circled digits) are not addresses and are refused here: whoever connects resolves the name
first and asks about what came out. Sources: the IANA special-purpose address registries, RFC 6890, RFC 6052, RFC 8215.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

# The first that contains an address gives the reason.
REFUSED_V4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "unspecified"),
        ("127.0.0.0/8", "loopback"),
        ("10.0.0.0/8", "private"),
        ("172.16.0.0/12", "private"),
        ("192.168.0.0/16", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("169.254.169.254/32", "cloud metadata"),
        ("169.254.0.0/16", "link-local"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay"),
        ("198.18.0.0/15", "benchmarking"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
REFUSED_V6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), reason)
    for network, reason in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::/96", "IPv4-compatible"),
        ("::ffff:0:0:0/96", "IPv4-translated"),
        ("64:ff9b:1::/48", "local NAT64"),
        ("100::/64", "discard"),
        ("2001::/32", "Teredo"),
        ("2001:db8::/32", "documentation"),
        ("2001::/23", "protocol assignments"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
        ("fd00:ec2::254/128", "cloud metadata"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
GLOBAL_UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")
# Prefixes whose last 32 bits are an IPv4 address.
EMBEDDING = (
    NAT64,
    *(IPv6Network(prefix) for prefix in ("::ffff:0:0/96", "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48")),
)


def refusal(address: str, allowed: tuple[Network, ...]) -> str | None:
    """Why `address` (an IP address as text) may not be connected to, or None where it may.

    `allowed` makes exceptions; an exception for an IPv4 address holds for the IPv6 forms that carry it, too.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return "not an IP address"
    scoped = isinstance(ip, IPv6Address) and ip.scope_id is not None
    plain = IPv6Address(int(ip)) if isinstance(ip, IPv6Address) else ip
    carried = _embedded(plain)
    if _within(plain, allowed) or (carried is not None and _within(carried, allowed)):
        return None
    if scoped:
        return "bound to one interface"
    return _reason(plain)


def _reason(ip: IPv4Address | IPv6Address) -> str | None:
    if isinstance(ip, IPv4Address):
        return next((reason for network, reason in REFUSED_V4 if ip in network), None)
    if ip in NAT64:  # how a network without IPv4 reaches the rest of the world: as good or bad as what it carries
        carried = _reason(IPv4Address(int(ip) & 0xFFFFFFFF))
        return f"NAT64: {carried}" if carried else None
    reason = next((reason for network, reason in REFUSED_V6 if ip in network), None)
    return reason or (None if ip in GLOBAL_UNICAST else "reserved")


def _embedded(ip: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(ip, IPv4Address):
        return None
    if any(ip in prefix for prefix in EMBEDDING):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def _within(ip: IPv4Address | IPv6Address, networks: tuple[Network, ...]) -> bool:
    return any(ip in network for network in networks if network.version == ip.version)
