"""The rows of a run that need to be corrected, as a feed that can be imported."""

import csv
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from django.db.models import QuerySet

from catalog.feeds.fields import COLUMNS
from catalog.feeds.plain_text import CONTROL_CHARS
from catalog.feeds.rows import RowProblem
from catalog.feeds.runs.models import FeedProblem, FeedRun

MAX_PROBLEMS = 10_000  # kept of a run
PROBLEM, ROW = "problem", "row"  # headings that an import ignores
_MAX_VALUE_CHARS = 2000


class ProblemBuffer:
    """Writes problems in chunks. It is full after MAX_PROBLEMS."""

    def __init__(self, run: FeedRun) -> None:
        self.run = run
        self.count = 0
        self.rows: list[FeedProblem] = []

    def add(self, problem: RowProblem, cells: Mapping[str, str]) -> None:
        self.count += 1
        if self.count > MAX_PROBLEMS:
            return
        texts = {
            name: _storable(getattr(problem, name))
            for name in ("sku", "column", "value", "expected")
        }
        known = {n: _storable(c) for n, c in cells.items() if n in COLUMNS}
        self.rows.append(
            FeedProblem(run=self.run, row=problem.row, cells=known, **texts)
        )

    def flush(self) -> None:
        FeedProblem.objects.bulk_create(self.rows)
        self.rows = []


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd")


def write_problems(file: TextIO, problems: QuerySet[FeedProblem]) -> None:
    """Write each row once, in the columns of a feed, with what is wrong with it."""
    rows = list(_join_rows(problems))
    used = {name for row in rows for name in row}
    headings = [PROBLEM, ROW, *(name for name in COLUMNS if name in used)]
    writer = csv.DictWriter(file, headings, restval="", extrasaction="ignore")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _as_cell(str(cell)) for name, cell in row.items()})


def _join_rows(problems: QuerySet[FeedProblem]) -> Iterator[dict[str, Any]]:
    row: dict[str, Any] = {}
    for problem in problems.order_by("row", "id"):
        if row and row[ROW] != problem.row:
            yield row
            row = {}
        said = f"{problem.column}: {problem.expected}".removeprefix(": ")
        earlier = f"{row[PROBLEM]}; " if row else ""
        row = {**problem.cells, ROW: problem.row, PROBLEM: f"{earlier}expected {said}"}
    if row:
        yield row


def _as_cell(text: str) -> str:
    """Return a text that a spreadsheet takes for no formula."""
    text = CONTROL_CHARS.sub("\ufffd", text)
    return f"'{text}" if text[:1] in {*"=+@"} else text
