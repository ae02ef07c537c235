"""DynamoDB's items on disk: each request's writes in one SQLite transaction, before the request is answered.

A process that is killed loses nothing it acknowledged, and a transaction is on disk whole or not at all. (A power
cut may lose the last moments: the file is not synced.)
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

Item = dict[str, Any]
Write = tuple[str, str, str | None]

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS items (
  table_id TEXT NOT NULL, key TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (table_id, key)
);
"""
_batch: ContextVar[list[Write] | None] = ContextVar("_batch", default=None)


class ItemStore:
    """Items by table id and key. A key is the pair of attribute values MiniStack stores an item under."""

    def __init__(self, path: Path) -> None:
        self._guard = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.executescript(_SCHEMA)

    def write(self, table_id: str, key: list[str], item: Item | None) -> None:
        """Stores an item, or removes it; at once, or at the end of the surrounding `together`."""
        change = (table_id, json.dumps(key), None if item is None else json.dumps(item, separators=(",", ":")))
        batch = _batch.get()
        if batch is None:
            self._commit([change])
        else:
            batch.append(change)

    @contextmanager
    def together(self) -> Iterator[None]:
        """All writes inside are one transaction, also when what is inside fails: memory has changed by then."""
        batch: list[Write] = []
        token = _batch.set(batch)
        try:
            yield
        finally:
            _batch.reset(token)
            if batch:
                self._commit(batch)

    def read(self, table_id: str) -> Iterator[tuple[list[str], Item]]:
        with self._guard:
            rows = self._database.execute("SELECT key, item FROM items WHERE table_id = ?", (table_id,)).fetchall()
        for key, item in rows:
            yield json.loads(key), json.loads(item)

    def keep_only(self, table_ids: set[str]) -> None:
        """Drops the items of tables that are gone."""
        with self._guard:
            known = {row[0] for row in self._database.execute("SELECT DISTINCT table_id FROM items")}
            for gone in known - table_ids:
                self._database.execute("DELETE FROM items WHERE table_id = ?", (gone,))

    def _commit(self, batch: list[Write]) -> None:
        with self._guard:
            self._database.execute("BEGIN")
            for table_id, key, item in batch:
                if item is None:
                    self._database.execute("DELETE FROM items WHERE table_id = ? AND key = ?", (table_id, key))
                else:
                    self._database.execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", (table_id, key, item))
            self._database.execute("COMMIT")
