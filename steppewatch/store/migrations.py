"""The schema, as migrations that are only ever appended to.

Portable SQL: `{serial}` is the backend's way to say "a number that counts up". Times are stamps (`connection.stamp`), flags
are 0 or 1. A search index is the backend's own and is made by it beside these tables.
"""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # Where we look, and when next. Validators (etag, last_modified, body_hash) are saved with the links they stand for.
        """CREATE TABLE sources (
            id TEXT PRIMARY KEY, kind TEXT NOT NULL, url TEXT NOT NULL, active INTEGER NOT NULL,
            next_due TEXT NOT NULL, lease_until TEXT, interval_seconds REAL, failures INTEGER NOT NULL DEFAULT 0,
            etag TEXT, last_modified TEXT, body_hash TEXT,
            first_success TEXT, last_polled TEXT, last_success TEXT, last_reason TEXT, last_links INTEGER
        )""",
        # What a source announced. A link stays a waiting row until its article is stored or it is given up.
        """CREATE TABLE links (
            id {serial}, source TEXT NOT NULL, url TEXT NOT NULL, url_key TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL, summary TEXT NOT NULL, author TEXT NOT NULL, guid TEXT NOT NULL, language TEXT,
            published TEXT, published_offset TEXT, first_seen TEXT NOT NULL, backfill INTEGER NOT NULL,
            state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_attempt TEXT NOT NULL, lease_until TEXT,
            reason TEXT, article_id INTEGER
        )""",
        "CREATE INDEX links_waiting ON links (state, next_attempt)",
        "CREATE INDEX links_of_source ON links (source, state)",
        """CREATE TABLE articles (
            id {serial}, source TEXT NOT NULL, url TEXT NOT NULL, canonical_url TEXT NOT NULL,
            title TEXT NOT NULL, text TEXT NOT NULL, description TEXT NOT NULL, feed_words TEXT NOT NULL,
            author TEXT NOT NULL, language TEXT, published TEXT, published_offset TEXT, fetched TEXT, stored TEXT NOT NULL,
            origin TEXT NOT NULL, note TEXT NOT NULL, backfill INTEGER NOT NULL, text_hash TEXT NOT NULL, story TEXT NOT NULL,
            archive_file TEXT, archive_offset INTEGER, archive_digest TEXT
        )""",
        "CREATE INDEX articles_by_canonical_url ON articles (canonical_url)",
        "CREATE INDEX articles_by_url ON articles (url)",
        "CREATE INDEX articles_by_source ON articles (source, stored)",
        """CREATE TABLE mentions (
            id {serial}, article_id INTEGER NOT NULL, watch TEXT NOT NULL, surface TEXT NOT NULL, field TEXT NOT NULL,
            start_at INTEGER NOT NULL, end_at INTEGER NOT NULL, score REAL NOT NULL, why TEXT NOT NULL
        )""",
        "CREATE INDEX mentions_of_article ON mentions (article_id)",
        """CREATE TABLE events (
            id {serial}, article_id INTEGER NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL, date TEXT, watches TEXT NOT NULL,
            body TEXT NOT NULL
        )""",
        "CREATE INDEX events_of_article ON events (article_id)",
        # What became of every watch that was mentioned: the reason `explain` shows.
        """CREATE TABLE decisions (
            article_id INTEGER NOT NULL, watch TEXT NOT NULL, reason TEXT NOT NULL, decided TEXT NOT NULL,
            PRIMARY KEY (article_id, watch)
        )""",
        # One story, one alert: told once for each (watch, story, reason, subject).
        """CREATE TABLE alerts (
            id TEXT PRIMARY KEY, kind TEXT NOT NULL, watch TEXT NOT NULL, story TEXT NOT NULL, reason TEXT NOT NULL,
            subject TEXT NOT NULL, article_id INTEGER, created TEXT NOT NULL, body TEXT NOT NULL,
            UNIQUE (watch, story, reason, subject)
        )""",
        "CREATE INDEX alerts_by_time ON alerts (created)",
        """CREATE TABLE outbox (
            id {serial}, key TEXT NOT NULL UNIQUE, alert_id TEXT NOT NULL, channel TEXT NOT NULL, recipient TEXT NOT NULL,
            state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_attempt TEXT NOT NULL, lease TEXT, lease_until TEXT,
            created TEXT NOT NULL, done TEXT, answer TEXT,
            UNIQUE (alert_id, channel, recipient)
        )""",
        "CREATE INDEX outbox_waiting ON outbox (state, next_attempt)",
        """CREATE TABLE attempts (
            id {serial}, outbox_id INTEGER NOT NULL, at TEXT NOT NULL, outcome TEXT NOT NULL, answer TEXT NOT NULL
        )""",
        "CREATE INDEX attempts_of_row ON attempts (outbox_id)",
        # Bytes that hung, killed or overfed a worker, kept so that somebody can look.
        """CREATE TABLE quarantine (
            id {serial}, at TEXT NOT NULL, source TEXT NOT NULL, url TEXT NOT NULL, task TEXT NOT NULL, reason TEXT NOT NULL,
            message TEXT NOT NULL, body_hash TEXT NOT NULL, body BLOB NOT NULL, times INTEGER NOT NULL DEFAULT 1,
            UNIQUE (source, url, body_hash)
        )""",
        # The pulse of the daemon: the real time at which each tick last came.
        "CREATE TABLE ticks (name TEXT PRIMARY KEY, at TEXT NOT NULL, pid INTEGER NOT NULL)",
    ),
)
