"""Keep pages up while search is out of order."""

import logging
from collections.abc import Callable
from typing import TypeVar

from redis.exceptions import RedisError

from ml.encoder import EncoderError
from search.index.encoders import NoActiveEncoder

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")
SEARCH_ERRORS = (NoActiveEncoder, EncoderError, RedisError)


def when_available(search: Callable[[], Answer], default: Answer) -> Answer:
    """Return what `search` finds, or the default if search is out of order."""
    try:
        return search()
    except SEARCH_ERRORS:
        log.exception("Recommendations are not available")
        return default
