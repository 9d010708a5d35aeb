"""The encoding of a feed's file: as passed, as its BOM says, UTF-8, or Excel's."""

import codecs
import re
from pathlib import Path

from catalog.feeds.columns import FeedRefused

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CHUNK_BYTES = 1 << 20
WESTERN = "cp1252"
# In other encodings, the bytes of Western letters are whole words, or letters that
# Western languages lack; and the bytes of signs are letters inside words.
_LETTERS = "ŠŒŽšœžŸÀ-ÖØ-ßà-öø-ÿ"
_NOT_WESTERN = re.compile(
    rf"[{_LETTERS}]{{4}}|[ÐÝÞðýþ]|[A-Za-z{_LETTERS}][¡-¬®-¶\u00b8-¿][A-Za-z{_LETTERS}]"
    rf"|[ƒ\u02c6†‡]|[\u201a‰][{_LETTERS}]|[\x01-\x08\x0e-\x1f\x7f]"
)


def find_encoding(path: Path, head: bytes, wanted: str) -> tuple[str, bool]:
    """Return the encoding, and whether a sign in the file names it.

    Raises FeedRefused if none is wanted and none is recognised.
    """
    if wanted:
        _check_encoding(wanted)
        return wanted, True
    for bom, name in _BOMS.items():
        if head.startswith(bom):
            return name, True
    return ("utf-8" if _is_utf8(path) or not _is_western(path) else WESTERN), False


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK_BYTES):
                decoder.decode(chunk)
        except UnicodeDecodeError:
            return False
    return True


def _is_western(path: Path) -> bool:
    """Return whether the file can only be what Excel writes in Western Europe."""
    end = ""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            try:
                text = end + chunk.decode(WESTERN)
            except UnicodeDecodeError:
                return False
            if _NOT_WESTERN.search(text):
                return False
            end = text[-4:]
    return True


def _check_encoding(encoding: str) -> None:
    try:
        "".encode(encoding)
    except LookupError:
        raise FeedRefused(
            f"Python knows no encoding {encoding} (--encoding). Try utf-8, utf-16,"
            " cp1252, cp1254, cp1251 or shift_jis."
        ) from None
