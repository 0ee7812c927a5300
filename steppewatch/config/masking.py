"""Keep secrets out of excerpts. A line that is shown has stars where a password, secret or token may stand.

Where the file could be read, the places of the values are known. Where it could not, the text alone decides, and rather too
much is covered than too little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from steppewatch.config.places import Block, Entry, Items, Node, Place, Scalar, scalars

STARS = "***"
_WORDS = ("password", "passwd", "passphrase", "passwort", "secret", "token", "apikey", "credential", "privatekey")
_SHORT = frozenset({"pass", "pw", "pwd"})
_LONGEST_KEY = 40
_KEY = re.compile(r"""["']?([\w.-]+)["']?\s*:(?=\s|$|["'\[{])""")
_LOGIN = re.compile(r"""(://)[^\s"']*@""")
_COMMENT = re.compile(r"(?:^|\s)#")
# Only what is plainly the name of a variable, or plainly a path, is shown where a secret may have been pasted instead.
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_PATH = re.compile(r"(?:\.{0,2}/|~/)[\w./ -]+")


def is_secret_key(key: str) -> bool:
    """Whether what stands under this key may be a secret; misspelt keys count."""
    parts = re.split(r"[\W_]+", key.casefold()[:_LONGEST_KEY])
    word = "".join(parts)
    return (
        not _SHORT.isdisjoint(parts) or any(secret in word for secret in _WORDS) or bool(get_close_matches(word, _WORDS, 1, 0.78))
    )


def is_reference(key: str, value: object) -> bool:
    """Whether `{key: value}` under a secret's key is plainly a reference, which may be shown, and not the secret itself."""
    pattern = {"env": _VARIABLE, "file": _PATH}.get(key)
    return pattern is not None and isinstance(value, str) and pattern.fullmatch(value) is not None


def secret_spans(trees: Iterable[Node]) -> tuple[tuple[Place, Place], ...]:
    """The spans of all that stands under secrets' keys."""
    return tuple(span for tree in trees for span in _spans(tree))


def _spans(node: Node) -> Iterator[tuple[Place, Place]]:
    match node:
        case Block():
            for key, entry in node.entries.items():
                yield from _hidden(entry) if is_secret_key(key) else _spans(entry.node)
        case Items():
            for item in node.items:
                yield from _spans(item)
        case Scalar():
            pass


def _hidden(entry: Entry) -> Iterator[tuple[Place, Place]]:
    if isinstance(entry.node, Block) and entry.node.entries.keys() <= {"env", "file"}:
        for key, inner in entry.node.entries.items():
            if not (isinstance(inner.node, Scalar) and is_reference(key, inner.node.value)):
                yield from _hidden(inner)
        return
    # From the end of the key on, because a tag or an anchor before the value may be the secret: `password: !x`.
    yield entry.end, entry.node.end
    for scalar in scalars(entry.node):  # an alias points elsewhere
        yield scalar.place, scalar.end


def masked(line: str, number: int, spans: Sequence[tuple[Place, Place]]) -> str:
    """A line of a file that could be read: as long as before, with stars over the spans."""
    chars = list(line)
    for start, end in spans:
        if start.line <= number <= end.line:
            first = start.column - 1 if start.line == number else 0
            last = end.column - 1 if end.line == number else len(chars)
            chars[first:last] = ["*" if not char.isspace() and char != ":" else char for char in chars[first:last]]
    return _without_logins(_without_comment("".join(chars)))


def masked_unread(lines: Sequence[str], number: int) -> str:
    """A line of a file that could not be read."""
    line = lines[number - 1]
    for key in _KEY.finditer(line):
        if is_secret_key(key[1]):
            return line[: key.end()] + " " + STARS
    if _continues_secret(lines, number):
        return STARS
    return _without_logins(_without_comment(line))


def _continues_secret(lines: Sequence[str], number: int) -> bool:
    """Whether the line may belong to a secret that begins above: under its key by indentation, or next to it without a key."""
    indent = _indent(lines[number - 1])
    bare = _KEY.search(lines[number - 1]) is None
    for line in reversed(lines[: number - 1]):
        if not line.strip():
            continue
        keys = _KEY.findall(line)
        if keys and (bare or _indent(line) < indent) and is_secret_key(keys[-1]):
            return True
        bare = bare and not keys
        indent = min(indent, _indent(line))
        if not bare and indent == 0:
            return False
    return False


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _without_comment(line: str) -> str:
    comment = _COMMENT.search(line)
    if comment and any(is_secret_key(word) for word in re.findall(r"\w+", line[comment.end() :])):
        return f"{line[: comment.end()]} {STARS}"
    return line


def _without_logins(line: str) -> str:
    return _LOGIN.sub(lambda login: login[1] + "*" * (len(login[0]) - 4) + "@", line)
