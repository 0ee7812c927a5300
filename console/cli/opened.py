"""The store, opened for one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from steppewatch.config.settings import Settings
    from steppewatch.store import Store


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """The store that is there; the daemon may work on it meanwhile. Raises StoreError where there is none yet."""
    from steppewatch.store import Store

    store = Store.open(settings.store, create=False)
    try:
        yield store
    finally:
        store.close_now()
