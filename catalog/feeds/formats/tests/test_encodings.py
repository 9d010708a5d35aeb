"""Encodings that files do not name."""

from pathlib import Path

import pytest

from catalog.feeds.columns import FeedRefused
from catalog.feeds.formats.source import open_feed


def titles(path: Path, content: bytes) -> list[str]:
    path.write_bytes(content)
    return [record.cells["title"] for record in open_feed(path)]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Weiße Übergröße für Mädchen",
            "Robe créée à l\u2019été \u2013 49 €",
            "Año, niño ½",
        ),
        *("Ça va", "Størrelse Å", "Baumwolle²"),
        *("São João", "“Coat” ©", "Größe »M«", "PÂTE"),
    ],
)
def test_a_spreadsheet_of_western_europe_is_recognised(tmp_path, text):
    rows = f"id;title;price\r\n1;{text};19,90\r\n2;plain;5\r\n"
    assert titles(tmp_path / "a.csv", rows.encode("cp1252"))[0] == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Платье летнее", "cp1251"),
        ("Φόρεμα", "cp1253"),
        ("Gömleği ş\u0131k", "cp1254"),
        ("Ciepły płaszcz mały", "cp1250"),
        ("Teplý kabát", "cp1250"),
        ("夏のドレス", "shift_jis"),
        ("夏季连衣裙", "gbk"),
        ("שמלה", "cp1255"),
    ],
)
def test_another_encoding_is_asked_for(tmp_path, text, encoding):
    rows = f"id;title\r\n1;{text}\r\n"
    with pytest.raises(FeedRefused, match="--encoding"):
        titles(tmp_path / "a.csv", rows.encode(encoding))


def test_a_letter_far_down_decides(tmp_path):
    rows = "".join(f"{n};plain\r\n" for n in range(200_000))
    content = f"id;title\r\n{rows}x;Größe\r\n".encode("cp1252")
    assert titles(tmp_path / "a.csv", content)[-1] == "Größe"
