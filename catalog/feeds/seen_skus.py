"""The SKUs that a feed has named so far."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager


class SeenSkus:
    """SKUs in a temporary file, for a set of them would grow with the feed.

    Not in a table of the database: behind a pooler, a temporary one is gone with the
    transaction.
    """

    def __init__(self, file: sqlite3.Connection):
        self._file = file
        file.execute("CREATE TABLE skus (sku TEXT PRIMARY KEY, row INT) WITHOUT ROWID")

    def add(self, rows: dict[str, int]) -> dict[str, int]:
        """Add SKU -> row number; return those that were there, with their first row."""
        earlier = self._known(rows)
        new = [each for each in rows.items() if each[0] not in earlier]
        self._file.executemany("INSERT INTO skus VALUES (?, ?)", new)
        return earlier

    def unseen(self, skus: list[str]) -> list[str]:
        """Return those of the SKUs that no row has named."""
        known = self._known(skus)
        return [sku for sku in skus if sku not in known]

    def _known(self, skus: list[str] | dict[str, int]) -> dict[str, int]:
        one = "SELECT sku, row FROM skus WHERE sku = ?"
        found = (self._file.execute(one, [sku]).fetchone() for sku in skus)
        return dict(row for row in found if row)


@contextmanager
def seen_skus() -> Iterator[SeenSkus]:
    # The empty name stands for a file that is deleted when it is closed.
    with closing(sqlite3.connect("")) as file:
        yield SeenSkus(file)
