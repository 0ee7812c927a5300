"""The store: all SQL of Steppewatch, and nothing else.

One file per backend (`sqlite.py`), one per table family (`sources`, `links`, `articles`, `alerts`, `outbox`, `quarantine`,
`ticks`), the schema in `migrations.py`. A function of a family takes the connection first and never begins or ends a
transaction: several of them make one transaction when they are called inside one `Store.write`.
"""

from steppewatch.store.connection import Connection
from steppewatch.store.sqlite import Store

__all__ = ["Connection", "Store"]
