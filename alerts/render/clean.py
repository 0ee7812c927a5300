"""Words from outside, made harmless before anybody sees them.

A page may carry control characters, terminal escape sequences, line ends that would forge a mail header, characters that
turn the writing direction around, and halves of characters that no encoder takes. Letters of every script stay as they
are, with the joiners and direction marks that their writing needs (U+200C to U+200F, U+061C).
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

ELLIPSIS = "…"
LONGEST_ADDRESS = 2000
LONGEST_READ = 10_000  # code points of a text that are looked at for one line

# Whole sequences, so that "[31m" does not stay behind. One that is never ended is not a sequence: only its first
# character goes, or a title could hide what follows. No sequence holds the beginning of another: the cost stays linear.
_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]{0,4096}(?:\x07|\x1b\\|\x9c)"
)
# Control characters other than white space, bidi embeddings, overrides and isolates, annotations, the byte order mark,
# non-characters and the invisible tag letters.
_STEERING = r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufeff\ufffe\uffff\U000e0000-\U000e007f"
_STEERS = re.compile(f"[{_STEERING}]")
_STEERS_A_TERMINAL = re.compile(rf"[{_STEERING}\ud800-\udfff\x0b-\x0d\x1c-\x1f\x85\u2028\u2029]")
_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")
_WHITE = re.compile(r"\s+")
_LINE_END = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_WHITE_IN_LINE = re.compile(r"[^\S\n]+")
_AROUND_LINE_END = re.compile(r" ?\n ?")
_EMPTY_LINES = re.compile(r"\n{3,}")
_NOT_IN_ADDRESS = re.compile(rf"[\s<>\"{_STEERING}\ud800-\udfff]")


def inline(text: str) -> str:
    """The text without line ends and steering characters; a run of white space is one space, also at the ends."""
    return _WHITE.sub(" ", _harmless(text))


def one_line(text: str, limit: int) -> str:
    """One line of at most `limit` code points; the end of a longer one becomes "…"."""
    head = text if len(text) <= LONGEST_READ else text[:LONGEST_READ] + ELLIPSIS
    return cut(inline(head).strip(), limit)


def block(text: str) -> str:
    """Several lines, ended by "\\n", with at most one empty line between two others."""
    lines = _WHITE_IN_LINE.sub(" ", _LINE_END.sub("\n", _harmless(text)))
    return _EMPTY_LINES.sub("\n\n", _AROUND_LINE_END.sub("\n", lines)).strip()


def terminal(text: str) -> str:
    """The text with everything that steers a terminal written out (`\\x1b`); line ends and tabs stay."""
    return _STEERS_A_TERMINAL.sub(lambda found: found[0].encode("unicode_escape").decode(), text.replace("\r\n", "\n"))


def cut(text: str, limit: int) -> str:
    """At most `limit` code points; never between a letter and the marks that belong to it."""
    if len(text) <= limit:
        return text
    end = limit - 1
    while end > 0 and _belongs_to_previous(text[end]):
        end -= 1
    return text[: end or limit - 1].rstrip() + ELLIPSIS


def web_address(url: str) -> str | None:
    """The address where it is an ordinary http or https one that may stand in a link, else None."""
    if len(url) > LONGEST_ADDRESS or _NOT_IN_ADDRESS.search(url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host and "@" not in parts.netloc else None


def _harmless(text: str) -> str:
    return _HALF_CHARACTER.sub("\ufffd", _STEERS.sub("", _ESCAPE_SEQUENCE.sub("", text)))


def _belongs_to_previous(character: str) -> bool:
    return unicodedata.combining(character) != 0 or character in "\u200c\u200d\ufe0e\ufe0f"
