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

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type[PhotoError], tuple[str, str]]:
        # The default would call PhotoError(message): workers pickle errors.
        return type(self), (self.code, str(self))


def check_size(size: tuple[int, int], kind: str, bytes_per_pixel: float) -> None:
    """Raise PhotoError for too many pixels, or too long a side.

    `kind` begins a sentence: "A WebP".
    """
    pixels = f"This photo is {size[0]} x {size[1]} pixels"
    if size[0] * size[1] > MAX_PIXELS:
        raise PhotoError(
            "too_many_pixels",
            f"{pixels}; the limit is {MAX_PIXELS // 1_000_000} megapixels. "
            "Save it smaller and try again.",
        )
    if size[0] * size[1] * bytes_per_pixel > MAX_DECODING_BYTES:
        limit = MAX_DECODING_BYTES / bytes_per_pixel / 1_000_000
        raise PhotoError(
            "too_many_pixels",
            f"{pixels}. {kind} may have {limit:.0f} megapixels, an ordinary JPEG "
            f"{MAX_PIXELS // 1_000_000}. Save it smaller, or as JPEG, and try again.",
        )
    if max(size) > MAX_SIDE:
        raise PhotoError(
            "too_many_pixels",
            f"{pixels}; no side may be longer than {MAX_SIDE:,} pixels. "
            "Crop it and try again.",
        )


def empty() -> PhotoError:
    return PhotoError("empty", "This file is empty. Choose a photo.")


def too_large() -> PhotoError:
    return PhotoError(
        "too_large",
        f"This file is larger than {MAX_MB} MB. Save the photo smaller "
        "or with more compression and try again.",
    )


def too_many_scans() -> PhotoError:
    return PhotoError(
        "too_many_scans",
        f"This progressive JPEG has more than {MAX_SCANS} scans. "
        "Save it as an ordinary JPEG and try again.",
    )


def blank(frames: int) -> PhotoError:
    return PhotoError(
        "blank",
        f"The first {frames} frames of this animation show nothing. "
        "Save the picture you want as JPEG or PNG and try that file.",
    )


def unsupported() -> PhotoError:
    return PhotoError(
        "unsupported",
        "This is not a photo of a kind we can read. "
        f"Use {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.",
    )


def unreadable() -> PhotoError:
    return PhotoError(
        "unreadable",
        "This photo is damaged or incomplete. Open it on your device, save it "
        "again as JPEG or PNG and try that file.",
    )
