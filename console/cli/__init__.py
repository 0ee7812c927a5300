"""The command line: one file per command or group of commands, imported when it is called for."""

from __future__ import annotations

import importlib
import sys

import click

# name -> (module under console.cli, the command in it, one line of help). The help stands here so that
# `steppewatch --help` imports none of them.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "init": ("init", "init", "Ask a few questions and write a configuration."),
    "demo": ("demo", "demo", "Run the whole job against a little world on this machine."),
    "run": ("run", "run", "Run the daemon."),
    "once": ("run", "once", "Poll what is due, match, deliver, exit."),
    "check": ("check", "check", "Validate the configuration."),
    "analyze": ("analyze", "analyze", "Match JSON lines from standard input."),
    "explain": ("explain", "explain", "Tell why an article did or did not alert."),
    "sources": ("sources", "sources", "List, add and test sources."),
    "watch": ("watch", "watch", "List watches."),
    "alerts": ("alerts", "alerts", "List and show alerts."),
    "outbox": ("outbox", "outbox", "List deliveries and give dead letters another life."),
    "channels": ("channels", "channels", "Send a test message."),
    "export": ("export", "export", "Write articles or alerts as JSON lines or CSV."),
    "status": ("status", "status", "Tell how the daemon is; exit 1 when its last tick is old."),
    "doctor": ("doctor", "doctor", "Look for what is wrong with this installation."),
}

EPILOG = """\b
Examples:
  steppewatch demo --once           see the whole job in a few seconds
  steppewatch init                  write a configuration of your own
  steppewatch check && steppewatch run
"""


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f"console.cli.{module}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.group(cls=_LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="steppewatch", message="%(prog)s %(version)s")
def steppewatch() -> None:
    """Watch the news on Xinjiang and Kazakhstan, and tell the right person, once, what happened to whom and when."""


def main() -> None:
    """The entry point of the `steppewatch` command. Errors of ours end in a sentence and an exit code, not a traceback."""
    from steppewatch.errors import ConfigError, SteppewatchError

    try:
        steppewatch(prog_name="steppewatch")
    except ConfigError as error:
        from steppewatch.config.report import format_findings

        click.echo(format_findings(error.findings), err=True)
        sys.exit(2)
    except SteppewatchError as error:
        click.echo(f"steppewatch: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
