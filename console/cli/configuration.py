"""The `--config` option, and the configuration behind it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from steppewatch.config.settings import Settings

DEFAULT = "config.yaml"


def config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--config FILE`, also from STEPPEWATCH_CONFIG; by default config.yaml in this folder."""
    return click.option(
        "--config",
        "config",
        type=click.Path(path_type=Path),
        default=DEFAULT,
        envvar="STEPPEWATCH_CONFIG",
        show_default=True,
        show_envvar=True,
        help="The configuration file.",
    )(command)


def load_settings(path: Path) -> Settings:
    """Read the configuration. Raises ConfigError with every finding; `main` shows them and exits with 2."""
    from steppewatch.config.load import load
    from steppewatch.registry import Registry

    settings, _ = load(path, sources=Registry("crawler.sources"), channels=Registry("alerts.channels"), environ=os.environ)
    return settings
