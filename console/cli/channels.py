"""`steppewatch channels`: does a message arrive?"""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.cli.configuration import config_option, load_settings
from console.cli.table import Column, examples, json_option, say, show

if TYPE_CHECKING:
    from alerts.channel import Channel as OpenChannel
    from steppewatch.config.settings import Settings
    from steppewatch.model import Alert, OutboxRow

GRACE_SECONDS = 5.0  # a channel keeps to its own time-out and says what was slow; this is how long it may overrun it


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one test message. `advice` is empty where it arrived."""

    recipient: str
    arrived: bool
    words: str
    advice: str = ""


@click.group(epilog=examples("steppewatch channels list", "steppewatch channels test legal-mail"))
def channels() -> None:
    """List channels and send a test message."""


@channels.command("list", epilog=examples("steppewatch channels list --json"))
@config_option
@json_option
def list_channels(config: Path, as_json: bool) -> None:
    """List every channel with the watchlists whose alerts it carries."""
    settings = load_settings(config)
    rows = [
        {
            "id": one.id,
            "kind": one.kind,
            "state": "paused" if one.paused else "ok",
            "watchlists": [watchlist.id for watchlist in settings.watchlists if one.id in watchlist.channels],
        }
        for one in settings.channels
    ]
    columns = (Column("id", "channel"), Column("kind"), Column("state"), Column("watchlists"))
    show(rows, columns, json=as_json, empty="No channels are configured: nobody would hear of an alert.")


@channels.command(
    "test",
    epilog=examples("steppewatch channels test legal-mail", "steppewatch channels test legal-mail --recipient a@example.org"),
)
@click.argument("id", metavar="ID")
@config_option
@click.option("--recipient", "recipients", multiple=True, help="Only this recipient of the channel; may be given several times.")
def test(id: str, config: Path, recipients: tuple[str, ...]) -> None:
    """Send a marked test message through a channel and print what the receiver answers.

    It goes the way of an alert, but past the outbox: nothing is stored. Works for paused channels, too.
    """
    sys.exit(0 if print_answers(send_test(load_settings(config), id, recipients)) else 1)


def print_answers(answers: Sequence[Answer]) -> bool:
    """Say what came of each test message; whether all arrived."""
    for answer in answers:
        outcome = "arrived" if answer.arrived else "failed"
        say(f"{answer.recipient}: {outcome}: {answer.words}", error=not answer.arrived)
        if answer.advice:
            say(f"  {answer.advice}", error=True)
    return all(answer.arrived for answer in answers)


def send_test(settings: Settings, id: str, recipients: Sequence[str] = ()) -> list[Answer]:
    """Send a test message to the recipients of a channel (or to some of them). Raises ClickException for an unknown id."""
    channel = next((one for one in settings.channels if one.id == id), None)
    if channel is None:
        known = ", ".join(one.id for one in settings.channels) or "none"
        raise click.ClickException(f"there is no channel {id!r}; configured: {known}")
    if channel.options is None:  # what a paused channel is whose secret is not there
        raise click.ClickException(
            f"channel {id} is paused, and a secret of it is not there: set its variable or file first (`steppewatch check` "
            "names it once `paused` is taken away)"
        )
    from alerts.channel import ChannelContext
    from scheduler.daemon import make_channels, user_agent

    timeout = settings.delivery.timeout.total_seconds()
    context = ChannelContext(user_agent(settings), timeout, settings.crawl.allow_private)
    made = make_channels(replace(settings, channels=(replace(channel, paused=False),)), context)[id]
    unknown = [one for one in recipients if one not in made.recipients]
    if unknown:
        raise click.ClickException(f"channel {id} does not reach {unknown[0]}; it reaches {', '.join(made.recipients)}")
    return asyncio.run(_send_all(made, id, recipients or made.recipients, timeout))


async def _send_all(channel: OpenChannel, id: str, recipients: Sequence[str], seconds: float) -> list[Answer]:
    try:
        return [await _send(channel, _row(id, recipient), seconds) for recipient in recipients]
    finally:
        await channel.close()


async def _send(channel: OpenChannel, row: OutboxRow, seconds: float) -> Answer:
    from steppewatch.errors import RejectedDeliveryError, RetryableDeliveryError

    try:
        async with asyncio.timeout(seconds + GRACE_SECONDS):
            return Answer(row.recipient, True, await channel.send(row))
    except RejectedDeliveryError as error:
        advice = "Refused for good: an alert would become a dead letter. Look at the address and the rules of the receiver."
        return Answer(row.recipient, False, error.answer, advice)
    except RetryableDeliveryError as error:
        return Answer(row.recipient, False, error.answer, _advice(error.answer))
    except TimeoutError:
        return Answer(row.recipient, False, "no answer in time", _advice("no answer in time"))


def _advice(answer: str) -> str:
    """What to do about a failure that an alert would be tried again after."""
    again = "An alert would be tried again for some days."
    hints = {
        "login failed": "Look at the user, the password and where it comes from (env or file).",
        "STARTTLS failed": "The server wants another `tls:` (starttls on port 587, tls on 465), or its certificate is not valid.",
        "certificate": "The certificate is not valid for this host: look at the host name, or at the server.",
        "connecting failed": "Look at the host and the port, and whether a firewall stands between.",
        "cannot be resolved": "Look at the host name, and at the name server of this machine.",
        "HTTP 401": "The receiver does not accept the signature: look at the secret on both sides.",
        "HTTP 403": "The receiver does not let us in: look at the address and the secret.",
        "HTTP 404": "The receiver knows no such address: look at `url`.",
        "in time": "Look at the address and the port, or raise `delivery: timeout`.",
    }
    hint = next((words for part, words in hints.items() if part in answer), "Look at the settings of the channel.")
    return f"{hint} {again}"


def _row(channel: str, recipient: str) -> OutboxRow:
    from steppewatch.clock import Clock
    from steppewatch.model import OutboxRow

    alert = _test_alert(channel)
    key = str(uuid.uuid4())
    return OutboxRow(0, key, alert, channel, recipient, attempts=0, created=Clock().now(), lease="")


def _test_alert(channel: str) -> Alert:
    from steppewatch.clock import Clock
    from steppewatch.model import Alert, AlertKind, Priority

    return Alert(
        id=uuid.uuid4().hex,
        kind=AlertKind.TEST,
        created=Clock().now(),
        headline=f"Test of channel {channel}: this is not an alert",
        priority=Priority.LOW,
        why=("somebody ran `steppewatch channels test`; nothing happened, and nothing has to be done",),
        reason="test",
        subject=channel,
    )
