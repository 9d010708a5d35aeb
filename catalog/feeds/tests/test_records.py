"""The records of a feed, those of one product together."""

from pathlib import Path

import pytest

from catalog.feeds import records
from catalog.feeds.formats.source import open_feed
from catalog.feeds.records import record_file

HEAD = "id,title,item_group_id,color"


@pytest.fixture
def groups(tmp_path: Path):
    def read(*rows: str, head: str = HEAD) -> list[list[int]]:
        path = tmp_path / "feed.csv"
        path.write_text("\n".join([head, *rows, ""]))
        with record_file(open_feed(path)) as file:
            return [[record.row for record in group] for group in file]

    return read


def test_rows_of_a_style_in_one_colour_are_together(groups):
    rows = ("a,T,G,Red", "x,T,,", "b,T,G,Blue", "c,T,G,RED ", "d,T,H,Red", "e,T, G,red")
    assert groups(*rows) == [[2, 5, 7], [3], [4], [6]]


def test_rows_with_one_id_are_together_and_name_the_first(tmp_path):
    path = tmp_path / "feed.csv"
    path.write_text(f"{HEAD}\na,T,,\nb,T,,\na,U,,\n")
    with record_file(open_feed(path)) as file:
        assert [[(r.row, r.same_as) for r in group] for group in file] == [
            *([(2, 0), (4, 2)], [(3, 0)])
        ]
        assert file.unseen(["a", "b", "c"]) == ["c"]


def test_a_group_without_end_is_read_in_parts(groups, monkeypatch):
    monkeypatch.setattr(records, "MAX_GROUP_ROWS", 2)
    assert groups(*(f"{n},T,G,Red" for n in range(5))) == [[2, 3], [4, 5], [6]]


def test_records_need_no_database(groups, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        groups("a,T,,")
