"""`steppewatch explain`: why an article did or did not alert."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.cli.configuration import config_option, load_settings
from console.cli.table import Branch, examples, json_option, print_json, show_tree

if TYPE_CHECKING:
    from console.cli.account import Account
    from steppewatch.config.settings import Settings


@click.command(
    epilog=examples(
        "steppewatch explain 1207",
        "steppewatch explain 3f2a9c",
        "steppewatch explain https://news.example/2019/04/08/hearing --json",
    )
)
@click.argument("what", metavar="ARTICLE_ID|ALERT_ID|URL")
@config_option
@json_option
def explain(what: str, config: Path, as_json: bool) -> None:
    """Tell why an article did or did not alert.

    A known article: where it is from, how it was fetched, what was found and decided for every watch, its alerts and every
    attempt to deliver them. An address nobody knows yet is fetched now and matched, and nothing is stored. The beginning of an
    alert's id is enough.
    """
    settings = load_settings(config)
    is_address = what.startswith(("http://", "https://"))
    account = _look_up(settings, what, is_address=is_address)
    if account is not None:
        _tell(settings, account, as_json=as_json)
    elif is_address:
        sys.exit(_try(settings, what, as_json=as_json))
    else:
        raise click.ClickException(f"no article and no alert has the id {what!r}; `steppewatch alerts list` names the alerts")


def _look_up(settings: Settings, what: str, *, is_address: bool) -> Account | None:
    """Ask the store. An address may be asked about before there is one; raises StoreError for an id then."""
    if is_address and not settings.store.exists():
        return None
    from console.cli.account import account_of_address, account_of_id
    from console.cli.opened import open_store

    with open_store(settings) as store:
        return store.read_now(lambda db: account_of_address(db, what) if is_address else account_of_id(db, what))


def _tell(settings: Settings, account: Account, *, as_json: bool) -> None:
    from console.cli.account import account_branch, account_json

    if as_json:
        print_json(account_json(account, settings.watches))
    else:
        show_tree(account_branch(account, settings.watches))


def _try(settings: Settings, url: str, *, as_json: bool) -> int:
    """Fetch an unknown address and say what would happen; 1 where its page cannot be had."""
    from console.cli.source_test import article_branch, article_json
    from console.cli.trial import try_address

    article = try_address(settings, url)
    if as_json:
        print_json({"stored": False, **article_json(article, settings.watches)})
    else:
        tree = Branch("not known yet: fetched now, nothing stored", "bold")
        tree.branches.append(article_branch(article, settings.watches))
        show_tree(tree)
    return 0 if article.examined is not None else 1
