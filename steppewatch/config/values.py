"""Single values of the configuration: durations, sizes, addresses, names, time zones. Each error is a plain sentence."""

from __future__ import annotations

import re
import zoneinfo
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

from steppewatch.config.yaml import quoted

_DURATION = re.compile(r"(\d{1,9})\s*(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST_DURATION = timedelta(days=3650)
_SIZE = re.compile(r"(\d{1,12})\s*(B|KB|MB|GB|KiB|MiB|GiB)", re.IGNORECASE)
_BYTES = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_COUNTRY = re.compile(r"[A-Z]{2}")
_MAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@<>()\[\],;:\"\\]+")
_NOT_IN_URL = re.compile(r"[\s\x00-\x1f\x7f]")
_HOST = re.compile(r"[^\s/:@]+")
MISSING = "is missing"  # what a check says of a key that must be there because of another one
FEWEST_LETTERS = 2
LONGEST_LINE = 1_000  # characters


def did_you_mean(word: str, words: tuple[str, ...]) -> str:
    """The question, or nothing where no known word is near."""
    small = {known.casefold(): known for known in words}
    near = get_close_matches(word.casefold()[:40], small, 1, 0.6)
    return f'did you mean "{small[near[0]]}"?' if near else ""


def duration(value: object) -> timedelta:
    """`20ms 30s 15m 6h 7d`."""
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a time with its unit is wanted, such as 30s, 15m, 6h or 7d")
    length = timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
    if length > _LONGEST_DURATION:
        raise ValueError("this is longer than ten years")
    return length


def some_duration(value: object) -> timedelta:
    """A duration above zero."""
    if length := duration(value):
        return length
    raise ValueError("a time above zero is wanted")


def size(value: object) -> int:
    """`10MB`, in bytes."""
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a size with its unit is wanted, such as 500KB or 10MB")
    if not (number := int(found[1]) * _BYTES[found[2].lower()]):
        raise ValueError("a size above zero is wanted")
    return number


def number(value: object) -> object:
    """No true or false where a number is wanted: pydantic would take them for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("a whole number is wanted")  # noqa: TRY004 - pydantic takes only ValueError
    return value


def identifier(text: str) -> str:
    """An id: it stands in logs, addresses and commands."""
    if not _ID.fullmatch(text):
        raise ValueError("an id is made of the letters a-z, digits, and . _ - between them, at most 64")
    return text


def line(text: str) -> str:
    """A text on one line, with single blanks."""
    return " ".join(text.split())


def some_line(text: str) -> str:
    """A text on one line that is not empty."""
    if not (words := line(text)):
        raise ValueError("this is empty")
    if len(words) > LONGEST_LINE:
        raise ValueError(f"this is longer than {LONGEST_LINE} characters")
    return words


def term(text: str) -> str:
    """A word or phrase to look for."""
    words = some_line(text)
    if sum(char.isalnum() for char in words) < FEWEST_LETTERS:
        raise ValueError(f"{quoted(words)} is too short to look for: at least {FEWEST_LETTERS} letters or digits are wanted")
    return words


def name(text: str) -> str:
    """A name to look for. Raises ValueError for one that is empty, has one letter or none."""
    words = some_line(text)
    letters = sum(char.isalpha() for char in words)
    if not letters:
        raise ValueError(f"{quoted(words)} has no letters: it cannot be a name")
    if letters < FEWEST_LETTERS:
        raise ValueError(f"{quoted(words)} has only one letter: it would be found everywhere")
    return words


def web_url(text: str) -> str:
    """An http or https address with a host. The message never repeats it."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("this is not a web address") from None
    if parts.scheme not in ("http", "https") or not host or port == 0 or _NOT_IN_URL.search(text):
        raise ValueError("an address that begins with https:// (or http://) and names a host is wanted")
    if parts.username is not None or parts.password is not None:
        raise ValueError("no user or password may stand in an address")
    return text


def contact(text: str) -> str:
    """A mail address or a web page; it stands in the User-Agent header."""
    words = line(text)
    if words and not words.isascii():
        raise ValueError("only ASCII characters can be sent to publishers: a mail address or a web page is wanted")
    if words and not _MAIL.fullmatch(words):
        try:
            web_url(words)
        except ValueError:
            raise ValueError("a mail address or the address of a web page is wanted") from None
    return words


def time_zone(text: str) -> str:
    """A name of the time zone database."""
    try:
        zoneinfo.ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        known = did_you_mean(text, tuple(sorted(zoneinfo.available_timezones())))
        raise ValueError(f"there is no time zone {quoted(text)}; {known or 'Asia/Almaty is one'}") from None
    return text


def network(text: object) -> IPv4Network | IPv6Network:
    """`10.0.0.0/8`, or a single address."""
    if not isinstance(text, str):
        raise ValueError("a network is wanted, such as 10.0.0.0/8")  # noqa: TRY004 - pydantic takes only ValueError
    try:
        return ip_network(text.strip())
    except ValueError:
        raise ValueError(f"{quoted(text)} is no network{_near_network(text)}") from None


def _near_network(text: str) -> str:
    try:
        return f'; did you mean "{ip_network(text.strip(), strict=False)}"?'
    except ValueError:
        return ": 10.0.0.0/8 or fd00::/8 are written like this"


def hosts(addresses: dict[str, str]) -> dict[str, str]:
    """Names and their addresses, as in /etc/hosts."""
    for host, address in addresses.items():
        if not _HOST.fullmatch(host):
            raise ValueError(f"{quoted(host)} is no host name")
        try:
            ip_address(address)
        except ValueError:
            raise ValueError(f"{host}: {quoted(address)} is no IP address") from None
    return {host.lower(): address for host, address in addresses.items()}


def language(text: str) -> str:
    """A language tag such as kk or zh-Hant."""
    if not _LANGUAGE.fullmatch(text):
        raise ValueError("a language tag is wanted, such as en, kk or zh-Hant")
    return text


def country(text: str) -> str:
    """Two capital letters."""
    if not _COUNTRY.fullmatch(text):
        raise ValueError("a country is two capital letters, such as KZ")
    return text


class Tls(StrEnum):
    """Whether the certificate of a source is checked."""

    VERIFY = "verify"
    INSECURE = "insecure"


class LogLevel(StrEnum):
    """From which level on the log speaks."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a line of the log looks."""

    AUTO = "auto"
    JSON = "json"
    TEXT = "text"


Duration = Annotated[timedelta, BeforeValidator(duration)]
SomeDuration = Annotated[timedelta, BeforeValidator(some_duration)]
Size = Annotated[int, BeforeValidator(size)]
Count = Annotated[int, BeforeValidator(number)]
Id = Annotated[str, AfterValidator(identifier)]
Line = Annotated[str, AfterValidator(line)]
SomeLine = Annotated[str, AfterValidator(some_line)]
Name = Annotated[str, AfterValidator(name)]
Term = Annotated[str, AfterValidator(term)]
WebUrl = Annotated[str, AfterValidator(web_url)]
Contact = Annotated[str, AfterValidator(contact)]
TimeZone = Annotated[str, AfterValidator(time_zone)]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(network)]
Hosts = Annotated[dict[str, str], AfterValidator(hosts)]
Language = Annotated[str, AfterValidator(language)]
Country = Annotated[str, AfterValidator(country)]
