"""What photos show, read from their vectors: names that are sure, and words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

FILE = "attributes.npz"
KIND, PATTERN = "kind", "pattern"
NEVER = 2.0  # a limit that no probability reaches
# Rare words have short rows: they are lengthened half of the way to 1.
ROW_POWER = 0.5


@dataclass(frozen=True)
class Head:
    """A linear classifier. A name is sure from its limit on."""

    names: tuple[str, ...]
    weights: np.ndarray  # (dimension + 1, names), the last row is the bias
    limits: np.ndarray  # (names,) of the probability

    def probabilities(self, vectors: np.ndarray) -> np.ndarray:
        """Return (N, names) float32 for (N, dimension) vectors."""
        scores = vectors @ self.weights[:-1] + self.weights[-1]
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True)

    def read(self, vectors: np.ndarray) -> list[str]:
        """Return the name of each vector, empty where none is sure."""
        seen = self.probabilities(vectors)
        best = seen.argmax(axis=1)
        sure = seen[np.arange(len(seen)), best] >= self.limits[best]
        return [self.names[n] if ok else "" for n, ok in zip(best, sure, strict=True)]


def lengthen_rows(rows: np.ndarray) -> np.ndarray:
    """Bring the (words, D) rows of a ridge map nearer to length 1."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows / np.maximum(lengths, 1e-9) ** ROW_POWER


def shorten_rows(rows: np.ndarray) -> np.ndarray:
    """Undo `lengthen_rows`."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows * lengths ** (ROW_POWER / (1 - ROW_POWER))


def looks_of(rows: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the unit vector that lengthened (words, D) rows stand for, and the score
    of a photo that is as they say: its product with that vector, from the mean."""
    total = rows.sum(axis=0)
    looks = total / max(float(np.linalg.norm(total)), 1e-9)
    promised = float(shorten_rows(rows).sum(axis=0) @ looks)
    return looks, max(promised, 1e-9)


@dataclass(frozen=True)
class Attributes:
    """Heads by attribute, and how each word moves a vector from the mean.

    A photo looks like words from the share `limit` of the score they promise on.
    """

    heads: dict[str, Head]
    words: tuple[str, ...]
    word_vectors: np.ndarray  # (words, dimension) float32
    mean: np.ndarray  # (dimension,) float32
    limit: float

    @classmethod
    def load(cls, folder: Path, sha256: str) -> Attributes | None:
        """Return None without a file, or with one of another network."""
        file = folder / FILE
        if not file.exists():
            return None
        with np.load(file) as kept:
            if str(kept["sha256"]) != sha256:
                return None
            heads = {
                name: Head(
                    tuple(map(str, kept[f"{name}_names"])),
                    kept[f"{name}_weights"].astype(np.float32),
                    kept[f"{name}_limits"],
                )
                for name in (KIND, PATTERN)
            }
            return cls(
                heads,
                tuple(map(str, kept["words"])),
                kept["word_vectors"].astype(np.float32),
                kept["mean"],
                float(kept["limit"]),
            )

    def save(self, folder: Path, sha256: str) -> None:
        arrays: dict[str, Any] = {
            "sha256": np.array(sha256),
            "words": np.array(self.words),
            "word_vectors": self.word_vectors.astype(np.float16),
            "mean": self.mean.astype(np.float32),
            "limit": np.array(self.limit),
        }
        for name, head in self.heads.items():
            arrays |= {
                f"{name}_names": np.array(head.names),
                f"{name}_weights": head.weights.astype(np.float16),
                f"{name}_limits": head.limits,
            }
        np.savez_compressed(folder / FILE, **arrays)
