"""`steppewatch init`: a few questions, and a configuration."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.cli.configuration import DEFAULT, load_settings
from console.cli.table import examples, say

if TYPE_CHECKING:
    from steppewatch.config.write import MailAnswers, StarterAnswers

PASSWORD_VARIABLE = "STEPPEWATCH_SMTP_PASSWORD"  # noqa: S105  (the name of a variable)
MAIL_CHANNEL = "mail"
PORTS = {"starttls": 587, "tls": 465, "none": 25}
SOURCE_FILES = "sources/*.yaml"

Check = Callable[[str], object]


@click.command(epilog=examples("steppewatch init", "steppewatch init --config /etc/steppewatch/config.yaml --no-test"))
@click.option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), default=DEFAULT, show_default=True, help="The file to write."
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option("--no-test", is_flag=True, help="Do not offer to send a test mail.")
def init(config: Path, force: bool, no_test: bool) -> None:
    """Ask a few questions and write a configuration.

    The file is written when all is answered, and only if it is right; Ctrl-C leaves everything as it was. Answers may come
    from a pipe, one a line. A password is never asked for: the configuration names the environment variable that holds it.
    """
    if config.exists() and not force:
        raise click.ClickException(f"{config} is there already; --force writes over it, --config names another file")
    answers = _ask(config)
    _write(config, answers, force=force)
    say(f"{config} is written.")
    if answers.mail is not None and not answers.mail.paused and not no_test:
        _offer_test(config)
    _say_what_next(config, answers)


# -- questions ---------------------------------------------------------------------------------------------------------
def _ask(config: Path) -> StarterAnswers:
    from steppewatch.config.values import contact, line, web_url
    from steppewatch.config.write import StarterAnswers

    bundled = any(config.parent.glob(SOURCE_FILES))
    return StarterAnswers(
        project=_question("Name of the project", line, default="Steppewatch"),
        contact=_question("Contact for publishers: a mail or web address (empty: none)", contact),
        names=_several("Names to watch, with commas between (empty: none yet)", _name),
        feeds=() if bundled else _several("Feeds to read, with commas between (empty: none yet)", web_url),
        include=(SOURCE_FILES,) if bundled else (),
        mail=_ask_about_mail(),
    )


def _ask_about_mail() -> MailAnswers | None:
    from steppewatch.config.write import MailAnswers

    recipients = _several("Send alerts by mail to, with commas between (empty: no mail)", _mail_address)
    if not recipients:
        return None
    sender = _question("Sender of the mails", _mail_address)
    host = _question("SMTP server", _host)
    tls: Any = click.prompt("Encryption", type=click.Choice(list(PORTS)), default="starttls")
    port = click.prompt("Port", type=click.IntRange(1, 65535), default=PORTS[tls])
    user = _question("User name there (empty: no login)", _anything) or None
    variable = _question("Environment variable with the password", _variable, default=PASSWORD_VARIABLE) if user else ""
    return MailAnswers(
        to=recipients,
        sender=sender,
        host=host,
        port=port,
        tls=tls,
        user=user,
        password_env=variable or PASSWORD_VARIABLE,
        paused=bool(user) and not os.environ.get(variable),
    )


def _several(question: str, check: Check) -> tuple[str, ...]:
    def each(text: str) -> None:
        for part in _parts(text):
            check(part)

    return _parts(_question(question, each))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _question(question: str, check: Check, default: str = "") -> str:
    """An answer that `check` takes. A wrong one is asked for again on a terminal; a pipe ends there."""

    def converted(text: str) -> str:
        try:
            check(text.strip())
        except ValueError as error:
            if sys.stdin.isatty():
                raise click.UsageError(str(error)) from None
            raise click.ClickException(f"{question}: {error}") from None
        return text.strip()

    answer: str = click.prompt(question, default=default, show_default=bool(default), value_proc=converted)
    return answer


def _anything(text: str) -> None:
    """Every answer is taken."""


def _name(text: str) -> None:
    from steppewatch.config.write import why_not_a_name

    if reason := why_not_a_name(text):
        raise ValueError(f"{text!r}: {reason}")


def _mail_address(text: str) -> None:
    from alerts.channels.email import Config, Smtp

    Config(to=(text,), sender=text, smtp=Smtp("localhost"))


def _host(text: str) -> None:
    from alerts.channels.email import Smtp

    Smtp(text)


def _variable(text: str) -> None:
    if not text.isascii() or not text.isidentifier():
        raise ValueError("the name of a variable has letters, digits and _ only; the password itself is not asked for")


# -- what comes of it --------------------------------------------------------------------------------------------------
def _write(config: Path, answers: StarterAnswers, *, force: bool) -> None:
    from steppewatch.config.write import starter, write_checked
    from steppewatch.registry import Registry

    kinds = {"sources": Registry("crawler.sources"), "channels": Registry("alerts.channels")}
    try:
        write_checked(config, starter(answers), **kinds, environ=os.environ, replace=force)
    except OSError as error:
        raise click.ClickException(f"{config} cannot be written ({error.strerror})") from error


def _offer_test(config: Path) -> None:
    """Send a test mail, through the channel that alerts will take."""
    if not click.confirm("Send a test mail now?", default=True):
        return
    from console.cli.channels import print_answers, send_test

    if not print_answers(send_test(load_settings(config), MAIL_CHANNEL)):
        say("The configuration is kept: mend it there, then try again with `steppewatch channels test mail`.", error=True)


def _say_what_next(config: Path, answers: StarterAnswers) -> None:
    here = "" if config == Path(DEFAULT) else f" --config {config}"
    say()
    say("What next:")
    if answers.mail is not None and answers.mail.paused:
        say(f"  export {answers.mail.password_env}=... and take `paused: true` out of {config}: mail waits for the password")
    if not answers.names:
        say(f"  add names to `watchlists:` in {config}")
    if not answers.feeds and not answers.include:
        say(f"  steppewatch sources add URL --id ID --file {config.name}{here}   a source to read")
    say(f"  steppewatch check{here}   is everything right?")
    say(f"  steppewatch once{here}    poll, match, deliver, exit")
    say(f"  steppewatch run{here}     the daemon")
