"""Write a configuration file: the first one from answers, and any one only after it has been read without errors."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from steppewatch.config.load import Kinds, load_as
from steppewatch.config.values import line, name
from steppewatch.errors import ConfigError, Finding
from steppewatch.registry import Registry

_ESCAPES = {'"': '\\"', "\\": "\\\\"}


@dataclass(frozen=True, slots=True)
class MailAnswers:
    """How to send mail. `password_env` names the variable that holds the password; without a user there is none.

    A paused channel is written down but not used: its variable need not be set yet.
    """

    to: tuple[str, ...]
    sender: str
    host: str
    port: int = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password_env: str = "STEPPEWATCH_SMTP_PASSWORD"  # noqa: S105 - the name of a variable
    paused: bool = False


@dataclass(frozen=True, slots=True)
class StarterAnswers:
    """What `steppewatch init` asked for. `feeds` are addresses; `include` patterns of files that lie beside."""

    project: str
    contact: str
    names: tuple[str, ...]
    mail: MailAnswers | None = None
    timezone: str = "Asia/Almaty"
    feeds: tuple[str, ...] = ()
    include: tuple[str, ...] = ()


def why_not_a_name(text: str) -> str | None:
    """Why this cannot be watched as a name, as a sentence; None where it can."""
    try:
        name(_clean(text))
    except ValueError as error:
        return str(error)
    return None


def starter(answers: StarterAnswers) -> str:
    """A commented config.yaml. Whatever the answers hold is quoted; names that cannot be watched are left out."""
    parts = (_head(answers), _sources(answers.feeds), _watchlists(answers.names), _channels(answers.mail))
    return "\n".join(parts)


def write_checked(
    path: Path,
    text: str,
    *,
    sources: Registry,
    channels: Registry,
    environ: Mapping[str, str],
    replace: bool = False,
) -> tuple[Finding, ...]:
    """Write a copy beside `path`, read it, and only then give it the name; returns the warnings.

    A new file is for its owner only (it names watched people); a replaced one keeps its mode. Raises ConfigError where the
    text is wrong or (unless `replace`) the file is there already, and OSError where the folder cannot be written to.
    """
    mode = path.stat().st_mode & 0o7777 if path.exists() else 0o600
    if path.exists() and not replace:
        raise ConfigError((Finding(str(path), 0, 0, "this file exists already", "move it away first"),))
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, copy_name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    copy = Path(copy_name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _, warnings = load_as(copy, str(path), Kinds(sources, channels), environ)
        copy.chmod(mode)
        copy.replace(path)
    finally:
        with suppress(FileNotFoundError):
            copy.unlink()
    return warnings


def _head(answers: StarterAnswers) -> str:
    include = f"include: [{', '.join(map(_quote, answers.include))}]\n" if answers.include else ""
    return f"""\
# The configuration of Steppewatch. `steppewatch check` says what is wrong with it, with line and column.
# Durations are written 30s 15m 6h 7d, sizes 10MB. Secrets are {{env: NAME}} or {{file: PATH}}, never written here.

version: 1
{include}
project:
  name: {_quote(answers.project or "Steppewatch")}
  timezone: {_quote(answers.timezone)}
  contact: {_quote(answers.contact)}  # goes into the User-Agent, so that a publisher can reach you

store: sqlite:///var/steppewatch.db  # relative to this file
archive: {{path: var/archive, keep: matched}}  # raw pages as fetched: all, matched or none

crawl:
  per_host: {{concurrency: 1, delay: 5s}}
  first_poll: {{alert_on_newer_than: 24h}}  # older articles of a new source are stored without alerting
"""


def _sources(feeds: Sequence[str]) -> str:
    lines = [f"  - {{id: source-{at}, kind: feed, url: {_quote(feed)}}}" for at, feed in enumerate(feeds, 1)]
    example = ["  # - {id: a-paper, kind: feed, url: https://paper.example/rss, language: ru}"]
    return "\n".join(["sources:", *(lines or example), ""])


def _watchlists(names: Sequence[str]) -> str:
    usable = [words for text in names if not why_not_a_name(words := line(_clean(text)))]
    ids: dict[str, str] = {}
    for words in dict.fromkeys(usable):
        ids[_new_id(words, ids)] = words
    lines = [f"      - {{id: {watch}, kind: person, name: {_quote(words)}}}" for watch, words in ids.items()]
    example = ["      # - {id: somebody, kind: person, name: A Name, aliases: [Имя, 名字]}"]
    header = ["watchlists:", "  - id: people", "    watches:  # person, org, place, or keyword with terms: [...]"]
    return "\n".join([*header, *(lines or example), ""])


def _channels(mail: MailAnswers | None) -> str:
    lines = ["channels:", "  - {id: screen, kind: console}", "  - {id: log, kind: file, path: var/alerts.jsonl}"]
    return "\n".join([*lines, *(_mail(mail) if mail else []), ""])


def _mail(mail: MailAnswers) -> list[str]:
    login = f", user: {_quote(mail.user)}, password: {{env: {_quote(mail.password_env)}}}" if mail.user else ""
    return [
        "  - id: mail",
        "    kind: email",
        *(["    paused: true  # take this line away to send mail"] if mail.paused else []),
        f"    to: [{', '.join(map(_quote, mail.to))}]",
        f"    from: {_quote(mail.sender)}",
        f"    smtp: {{host: {_quote(mail.host)}, port: {mail.port}, tls: {mail.tls}{login}}}",
    ]


def _new_id(words: str, taken: Mapping[str, str]) -> str:
    """An id from a name, or a number where it has no Latin letters."""
    latin = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode("ascii").lower()
    base = re.sub(r"[^a-z0-9]+", "-", latin)[:50].strip("-")
    if not base[:1].isalpha() or base in ("null", "true", "false"):  # YAML would not take it for a text
        base = f"watch-{base or len(taken) + 1}"
    number = 2
    found = base
    while found in taken:
        found, number = f"{base}-{number}", number + 1
    return found


def _clean(text: str) -> str:
    """A text that can stand in YAML: blanks instead of control characters and halves of letters."""
    return "".join(char if char.isprintable() or unicodedata.category(char) in ("Cf", "Mn") else " " for char in text)


def _quote(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(char, char) for char in _clean(text).strip()) + '"'
