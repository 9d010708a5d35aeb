"""The records of a feed in a temporary file, those of one product together.

In memory they would grow with the feed. Not in a table of the database: behind a
pooler, a temporary one is gone with the transaction.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import groupby, islice

from catalog.feeds.columns import Feed, FeedRefused, Record
from catalog.feeds.fields import ID_COLUMN
from catalog.feeds.parsers import parse_sku
from catalog.slugs import comparable

_TABLES = """
PRAGMA journal_mode = OFF;
CREATE TABLE skus (sku TEXT PRIMARY KEY, row INT) WITHOUT ROWID;
CREATE TABLE products (key TEXT PRIMARY KEY, row INT) WITHOUT ROWID;
CREATE TABLE records (
    product INT, row INT, sku TEXT, cells TEXT, error TEXT, PRIMARY KEY (product, row)
) WITHOUT ROWID
"""
_ADD = """
INSERT INTO records
SELECT row, ?2, ?3, ?4, ?5 FROM products WHERE key = ?1
"""
_READ = """
SELECT product, records.row, skus.row, cells, error
FROM records LEFT JOIN skus USING (sku) ORDER BY product, records.row
"""
_CHUNK = 1000
MAX_GROUP_ROWS = 1000  # held in memory; more rows are stored in parts
# Of these columns a missing cell of an item says as much as an empty one.
_SAME_IF_MISSING = {"status", "published", "visibility", "quantity"}


class RecordFile:
    def __init__(self, file: sqlite3.Connection, *, quoted: bool = False):
        self._file = file
        # Whether texts that a spreadsheet would take for formulas are quoted.
        self._quoted = quoted
        self.count = 0
        self.columns: set[str] = set()
        file.executescript(_TABLES)

    def add_all(self, feed: Feed) -> None:
        """Read the feed to its end.

        Raises FeedRefused: a broken file stores nothing.
        """
        rows = iter(feed)
        while chunk := list(islice(rows, _CHUNK)):
            self._add(chunk)
        if not self.count:
            raise FeedRefused(
                f"{feed.path.name} has no products, only headings. Check the export."
            )

    def __iter__(self) -> Iterator[list[Record]]:
        """Yield the records of each product, in the order of their first rows."""
        rows = self._file.execute(_READ)
        for _, group in groupby(rows, lambda row: row[0]):
            while part := list(islice(group, MAX_GROUP_ROWS)):
                yield [self._record(*row) for _, *row in part]

    def unseen(self, skus: list[str]) -> list[str]:
        """Return those of the SKUs that no row has named."""
        one = "SELECT 1 FROM skus WHERE sku = ?"
        return [sku for sku in skus if not self._file.execute(one, [sku]).fetchone()]

    def _add(self, chunk: Iterable[Record]) -> None:
        skus, products, records = [], [], []
        for record in chunk:
            if self._quoted:
                cells = {n: _without_quote(c) for n, c in record.cells.items()}
                record = replace(record, cells=cells)
            sku = parse_sku(record.cells.get(ID_COLUMN, ""))
            key = _product_key(record, sku)
            if sku:
                skus.append((sku, record.row))
            products.append((key, record.row))
            text = json.dumps(dict(record.cells), ensure_ascii=False)
            records.append((key, record.row, sku, text, record.error))
            self.columns.update(record.cells)
        self._file.executemany("INSERT OR IGNORE INTO skus VALUES (?, ?)", skus)
        self._file.executemany("INSERT OR IGNORE INTO products VALUES (?, ?)", products)
        self._file.executemany(_ADD, records)
        self.count += len(records)

    def _record(self, row: int, first: int | None, cells: str, error: str) -> Record:
        same_as = first if first and first != row else 0
        missing = dict.fromkeys(self.columns & _SAME_IF_MISSING, "")
        return Record(row, missing | json.loads(cells), error, same_as)


@contextmanager
def record_file(feed: Feed, *, quoted: bool = False) -> Iterator[RecordFile]:
    # The empty name stands for a file that is deleted when it is closed.
    with closing(sqlite3.connect("")) as file:
        records = RecordFile(file, quoted=quoted)
        records.add_all(feed)
        yield records


def _without_quote(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:2] in {*"=+@"} else cell


def _product_key(record: Record, sku: str) -> str:
    """Return what the rows of a style in one colour share."""
    group = " ".join(record.cells.get("item_group_id", "").split())
    if group:
        return f"group {group}\n{comparable(record.cells.get('color', ''))}"
    return f"sku {sku}" if sku else f"row {record.row}"
