"""What a photo may be, and the errors that say so."""

from __future__ import annotations

MAX_MB = 10
MAX_BYTES = MAX_MB * 1024 * 1024
MAX_PIXELS = 30_000_000
MAX_SIDE = 65_500  # pixels; libjpeg writes no longer ones
MAX_SCANS = 100  # of a JPEG; ordinary progressive ones have about ten
# Memory for decoding one photo. Kinds that need more per pixel may have fewer pixels.
MAX_DECODING_BYTES = 240_000_000
FORMATS = ("JPEG", "PNG", "WebP", "HEIC", "AVIF", "GIF")


class PhotoError(ValueError):
    """A photo was refused. The text is for people; `code` is for programs.

    `code` is one of empty, too_large, too_many_pixels, too_many_scans, blank,
    unsupported, unreadable.
    """

    def __init__(self, code: str, message: str, **values: str | int) -> None:
        """`values` fill the fields of `message`, which the pages translate."""
        super().__init__(message.format(**values))
        self.code, self.message, self.values = code, message, values

    def __reduce__(self) -> tuple[object, tuple[str, str, dict[str, str | int]]]:
        # The default would call PhotoError(message): workers pickle errors.
        return _restore, (self.code, self.message, self.values)


def _restore(code: str, message: str, values: dict[str, str | int]) -> PhotoError:
    return PhotoError(code, message, **values)


def check_size(size: tuple[int, int], kind: str, bytes_per_pixel: float) -> None:
    """Raise PhotoError for too many pixels, or too long a side.

    `kind` begins a sentence: "A WebP".
    """
    width, height = size
    megapixels = MAX_PIXELS // 1_000_000
    if size[0] * size[1] > MAX_PIXELS:
        raise PhotoError(
            "too_many_pixels",
            "This photo is {width} x {height} pixels; the limit is {megapixels} "
            "megapixels. Save it smaller and try again.",
            width=width,
            height=height,
            megapixels=megapixels,
        )
    if size[0] * size[1] * bytes_per_pixel > MAX_DECODING_BYTES:
        limit = MAX_DECODING_BYTES / bytes_per_pixel / 1_000_000
        raise PhotoError(
            "too_many_pixels",
            "This photo is {width} x {height} pixels. {kind} may have {limit} "
            "megapixels, an ordinary JPEG {megapixels}. Save it smaller, or as JPEG, "
            "and try again.",
            width=width,
            height=height,
            kind=kind,
            limit=round(limit),
            megapixels=megapixels,
        )
    if max(size) > MAX_SIDE:
        raise PhotoError(
            "too_many_pixels",
            "This photo is {width} x {height} pixels; no side may be longer than "
            "{limit:,} pixels. Crop it and try again.",
            width=width,
            height=height,
            limit=MAX_SIDE,
        )


def empty() -> PhotoError:
    return PhotoError("empty", "This file is empty. Choose a photo.")


def too_large() -> PhotoError:
    return PhotoError(
        "too_large",
        "This file is larger than {limit} MB. Save the photo smaller "
        "or with more compression and try again.",
        limit=MAX_MB,
    )


def too_many_scans() -> PhotoError:
    return PhotoError(
        "too_many_scans",
        "This progressive JPEG has more than {limit} scans. "
        "Save it as an ordinary JPEG and try again.",
        limit=MAX_SCANS,
    )


def blank(frames: int) -> PhotoError:
    return PhotoError(
        "blank",
        "The first {frames} frames of this animation show nothing. "
        "Save the picture you want as JPEG or PNG and try that file.",
        frames=frames,
    )


def unsupported() -> PhotoError:
    return PhotoError(
        "unsupported",
        "This is not a photo of a kind we can read. Use {formats} or {last}.",
        formats=", ".join(FORMATS[:-1]),
        last=FORMATS[-1],
    )


def unreadable() -> PhotoError:
    return PhotoError(
        "unreadable",
        "This photo is damaged or incomplete. Open it on your device, save it "
        "again as JPEG or PNG and try that file.",
    )
