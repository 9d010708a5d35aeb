"""Headers of answers as browsers understand them."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def as_utf_8(header: str) -> str:
    # http.client decodes headers as Latin-1; browsers take a Location for UTF-8.
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def seconds_of(retry_after: str) -> float | None:
    """Return how long to wait, by a header in seconds or with a date."""
    if re.fullmatch("[0-9]{1,9}", retry_after):
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((aware - datetime.now(UTC)).total_seconds(), 0.0)
