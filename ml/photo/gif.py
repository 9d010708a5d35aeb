"""The structure of a GIF89a, read without decoding it."""

from __future__ import annotations

import re

from ml.photo.limits import unreadable

_MAX_SUB_BLOCKS = 200_000  # of up to 255 bytes
_EXTENSION, _IMAGE, _END = b"!", b",", b";"
_GRAPHIC_CONTROL = b"\xf9"
_NEXT_BLOCK = re.compile(rb"[!,;]")


def read_gif(data: bytes, frames: int) -> bytes:
    """Return the file with its first frames, and nothing else.

    A file cut after its first frame is returned too, as browsers show it.
    """
    walk = _Walk(data)
    if len(data) < 13:
        raise unreadable()
    kept = [data[: walk.skip(13 + _table(data[10]))]]
    seen = 0
    while seen < frames and (found := _NEXT_BLOCK.search(data, walk.position)):
        start = found.start()
        if found[0] == _END:
            break
        if found[0] == _EXTENSION:
            walk.position = start + 2
            end = walk.sub_blocks()
            if data[start + 1 : start + 2] == _GRAPHIC_CONTROL:
                kept.append(data[start:end])
            continue
        if start + 11 > len(data):
            raise unreadable()
        # Ten bytes, the table of colours, and the first byte of the pixels.
        walk.position = start + 11 + _table(data[start + 9])
        end = walk.sub_blocks()
        if data[end - 1 : end] != b"\0":
            if not seen:
                raise unreadable()
            break
        kept.append(data[start:end])
        seen += 1
    return b"".join(kept) + _END


def _table(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


class _Walk:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = self.count = 0

    def skip(self, position: int) -> int:
        self.position = position
        return position

    def sub_blocks(self) -> int:
        """Go on behind the sub-blocks that begin here."""
        data, position = self.data, self.position
        while position < len(data) and (size := data[position]):
            position += 1 + size
            self.count += 1
            if self.count > _MAX_SUB_BLOCKS:
                raise unreadable()
        return self.skip(min(position + 1, len(data)))
