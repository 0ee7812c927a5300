"""Addresses: made absolute and safe to ask for, and brought to one stable form so that we know them again."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

import idna

_LONGEST = 2_000  # characters
_LONGEST_HOST = 253
_DEFAULT_PORTS = {"http": 80, "https": 443}
# What browsers throw away inside an address, and what has no place at its ends.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u2028\u2029\u2060\ufeff\ud800-\udfff]")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PATH_SAFE = "%/:@!$&'()*+,;=~"
_QUERY_SAFE = _PATH_SAFE + "?"

# Parameters that say how a reader came, not what is shown. Each is written by one well-known tool:
_TRACKING = frozenset(
    {
        "fbclid", "igshid", "igsh",  # Facebook, Instagram
        "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "_ga", "_gl",  # Google Ads and Analytics
        "yclid", "ysclid", "_openstat",  # Yandex
        "msclkid", "twclid", "ttclid", "li_fat_id",  # Microsoft, X, TikTok, LinkedIn
        "mc_cid", "mc_eid", "_hsenc", "_hsmi", "mkt_tok",  # Mailchimp, HubSpot, Marketo
    }
)  # fmt: skip
_TRACKING_PREFIXES = ("utm_", "pk_", "mtm_")  # Urchin and all its heirs, Matomo

_ENTRY = re.compile(r"entry-[0-9a-f]{16}")


def absolute(base: str, href: str) -> str | None:
    """The http(s) address that `href` means on a page at `base`, in ASCII and without fragment; None if there is none.

    A name and password in an address are dropped: they would travel into alerts.
    """
    href = _INVISIBLE.sub("", href).strip()
    if not href or len(href) > _LONGEST:
        return None
    place, mark, query = href.partition("?")
    try:
        parts = urlsplit(urljoin(base, place.replace("\\", "/") + mark + query))
        return _rebuilt(parts)
    except ValueError:  # brackets that hold no address, a port that is no number
        return None


def canonical(url: str) -> str:
    """One stable form for the same address, to compare and to store: never a promise that it can be fetched."""
    try:
        parts = urlsplit(url)
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return url
    scheme = parts.scheme.lower()
    if host is None or scheme not in _DEFAULT_PORTS:
        return url
    netloc = host if port in (None, _DEFAULT_PORTS[scheme]) else f"{host}:{port}"
    fragment = parts.fragment if _ENTRY.fullmatch(parts.fragment) else ""
    path = _normal(parts.path, _PATH_SAFE) or "/"
    return urlunsplit((scheme, netloc, path, _telling(parts.query), fragment))


def entry_address(feed_url: str, words: str) -> str:
    """An address for an entry of a feed that has none of its own: stable, and kept apart by `canonical`."""
    digest = hashlib.sha256(words.encode("utf-8", errors="replace")).hexdigest()[:16]
    return f"{feed_url.partition('#')[0]}#entry-{digest}"


def same_site(url: str, other: str) -> bool:
    """Whether one host is the other or a sub-domain of it; a leading `www.` is nothing. Both are absolute addresses."""
    one, two = (f".{(urlsplit(address).hostname or '').removeprefix('www.')}" for address in (url, other))
    return one.endswith(two) or two.endswith(one)


def _rebuilt(parts: SplitResult) -> str | None:
    host = _host(parts.hostname or "")
    if parts.scheme not in _DEFAULT_PORTS or host is None or parts.port == 0:
        return None
    netloc = host if parts.port is None else f"{host}:{parts.port}"
    path = _quoted(parts.path, _PATH_SAFE) or "/"
    url = urlunsplit((parts.scheme, netloc, path, _quoted(parts.query, _QUERY_SAFE), ""))
    return url if len(url) <= _LONGEST else None


def _host(name: str) -> str | None:
    """The host in ASCII; None for one that cannot be a name or an address."""
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name.partition('%')[0])}]"
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except idna.IDNAError:
            return None
    name = name.lower().removesuffix(".")
    return name if len(name) <= _LONGEST_HOST and _HOST.fullmatch(name) else None


def _quoted(part: str, safe: str) -> str:
    return quote(_LONE_PERCENT.sub("%25", part), safe=safe, errors="replace")


def _normal(part: str, safe: str) -> str:
    """Percent-encoded where it must be, and nowhere else."""

    def plain(found: re.Match[str]) -> str:
        letter = chr(int(found[1], 16))
        return letter if letter in _UNRESERVED else found[0].upper()

    return _PERCENT.sub(plain, _quoted(part, safe))


def _telling(query: str) -> str:
    """The query without tracking parameters and empty pieces, its order kept."""
    pieces = [_normal(piece, _QUERY_SAFE) for piece in query.split("&")]
    return "&".join(piece for piece in pieces if piece and not _tracks(piece.partition("=")[0].lower()))


def _tracks(name: str) -> bool:
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)
