"""Import Keras on TensorFlow without its log.

Only the training modules import this one: it takes seconds and half a gigabyte.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _silenced() -> Iterator[None]:
    # The libraries write to the file descriptor before they read any log level.
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _silenced():
    import keras
    import tensorflow as tf

__all__ = ["keras", "tf"]
