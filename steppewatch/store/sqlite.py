"""The SQLite backend: one file, one writer thread, readers beside it (WAL).

`synchronous=FULL`, because alerts must survive a power cut. Every write is `BEGIN IMMEDIATE`: a deferred transaction that
reads first fails at once with "database is locked" when another writer came in between, whatever the time-out.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import sqlite_utils

from steppewatch.errors import StoreError
from steppewatch.store.connection import Connection, Row
from steppewatch.store.migrations import MIGRATIONS

T = TypeVar("T")

BUSY_TIMEOUT_SECONDS = 10


class SQLiteConnection:
    """`Connection` on SQLite."""

    def __init__(self, database: sqlite_utils.Database) -> None:
        self._database = database

    def rows(self, sql: str, **params: object) -> list[Row]:
        cursor = self._database.conn.execute(sql, params)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

    def row(self, sql: str, **params: object) -> Row | None:
        rows = self.rows(sql, **params)
        return rows[0] if rows else None

    def run(self, sql: str, **params: object) -> int:
        return int(self._database.conn.execute(sql, params).rowcount)

    def insert(self, table: str, **values: object) -> int | None:
        columns = ", ".join(values)
        places = ", ".join(f":{name}" for name in values)
        # Names of tables and columns come from our own code, never from outside.
        sql = f"INSERT INTO {table} ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING RETURNING rowid AS id"  # noqa: S608
        row = self.row(sql, **values)
        return None if row is None else int(row["id"])

    def index_article(self, article_id: int, tokens: str) -> None:
        self.run("INSERT INTO article_search (rowid, tokens) VALUES (:id, :tokens)", id=article_id, tokens=tokens)

    def search_articles(self, phrases: list[list[str]], limit: int) -> list[int]:
        quoted = ['"' + " ".join(token.replace('"', '""') for token in phrase) + '"' for phrase in phrases if phrase]
        if not quoted:
            return []
        sql = "SELECT rowid AS id FROM article_search WHERE article_search MATCH :query ORDER BY rowid DESC LIMIT :limit"
        return [int(row["id"]) for row in self.rows(sql, query=" AND ".join(quoted), limit=limit)]


class Store:
    """The store of one process. `write` and `read` never block the loop: each has its own thread and connection."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer = ThreadPoolExecutor(1, "store-writer")
        self._reader = ThreadPoolExecutor(1, "store-reader")
        self._write_database: sqlite_utils.Database | None = None
        self._read_database: sqlite_utils.Database | None = None

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> Store:
        """Open the store and bring its schema up to date. Raises StoreError with what to do."""
        if not create and not path.exists():
            raise StoreError(f"there is no store at {path} yet: `steppewatch once` or `steppewatch run` makes it")
        store = cls(path)
        try:
            store._writer.submit(store._open_writer).result()
            store._reader.submit(store._open_reader).result()
        except BaseException:
            store.close_now()
            raise
        return store

    # -- the two ways in ---------------------------------------------------------------------------------------------
    async def write(self, action: Callable[[Connection], T]) -> T:
        """Run an action in one transaction on the writer thread: all of it or nothing."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._transact, action)

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query on the reader thread, on what is committed."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, self._query, query)

    def write_now(self, action: Callable[[Connection], T]) -> T:
        """`write` for code without a loop."""
        return self._writer.submit(self._transact, action).result()

    def read_now(self, query: Callable[[Connection], T]) -> T:
        """`read` for code without a loop."""
        return self._reader.submit(self._query, query).result()

    def check_now(self) -> tuple[str, ...]:
        """What SQLite's own check finds wrong with the file; nothing where it is sound."""
        found = self.read_now(lambda db: db.rows("PRAGMA quick_check(20)"))
        return tuple(row["quick_check"] for row in found if row["quick_check"] != "ok")

    async def close(self) -> None:
        """Finish what was submitted, then close both connections."""
        await asyncio.get_running_loop().run_in_executor(None, self.close_now)

    def close_now(self) -> None:
        """`close` for code without a loop."""
        for executor, database in ((self._reader, self._read_database), (self._writer, self._write_database)):
            if database is not None:
                executor.submit(database.conn.close).result()
            executor.shutdown()
        self._read_database = self._write_database = None

    # -- on the threads ----------------------------------------------------------------------------------------------
    def _open_writer(self) -> None:
        with _explained(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._write_database = _connect(self._path)
            _migrate(self._write_database, self._path)

    def _open_reader(self) -> None:
        with _explained(self._path):
            self._read_database = _connect(self._path)
            self._read_database.conn.execute("PRAGMA query_only = 1")

    def _transact(self, action: Callable[[Connection], T]) -> T:
        database = _opened(self._write_database)
        with _explained(self._path):
            database.conn.execute("BEGIN IMMEDIATE")
            try:
                result = action(SQLiteConnection(database))
                database.conn.execute("COMMIT")
            except BaseException:
                database.conn.rollback()
                raise
            return result

    def _query(self, query: Callable[[Connection], T]) -> T:
        with _explained(self._path):
            return query(SQLiteConnection(_opened(self._read_database)))


def _opened(database: sqlite_utils.Database | None) -> sqlite_utils.Database:
    if database is None:
        raise StoreError("the store is closed")
    return database


def _connect(path: Path) -> sqlite_utils.Database:
    # isolation_level=None: we begin our transactions ourselves.
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return sqlite_utils.Database(connection)


def _migrate(database: sqlite_utils.Database, path: Path) -> None:
    database.conn.execute("BEGIN IMMEDIATE")
    try:
        version = int(database.conn.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise StoreError(
                f"the store {path} was written by a newer Steppewatch (schema {version}, this one knows {len(MIGRATIONS)}): "
                "install the newer version"
            )
        if version == 0:
            # Our own tokens are already folded and cut: the tokenizer only has to split at spaces.
            database.conn.execute(
                "CREATE VIRTUAL TABLE article_search USING fts5"
                "(tokens, tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co'\", content='')"
            )
        for migration in MIGRATIONS[version:]:
            for statement in migration:
                database.conn.execute(statement.replace("{serial}", "INTEGER PRIMARY KEY"))
        database.conn.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        database.conn.execute("COMMIT")
    except BaseException:
        database.conn.rollback()
        raise


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's errors into sentences that say what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise StoreError(_sentence(path, str(error))) from error
    except OSError as error:
        raise StoreError(f"the store {path} cannot be used: {error.strerror}") from error


def _sentence(path: Path, message: str) -> str:
    if "readonly" in message or "unable to open" in message:
        return f"the store {path} cannot be written ({message}): check the owner and rights of the file and its folder"
    if "full" in message or "disk I/O" in message:
        return f"the disk of the store {path} is full or failing ({message}): make room; nothing is lost meanwhile"
    if "locked" in message:
        return f"the store {path} is held by another program ({message}): stop it first"
    if "not a database" in message or "malformed" in message:
        return f"{path} is not a usable SQLite database ({message}): move it away or restore a copy"
    return f"the store {path} failed: {message}"
