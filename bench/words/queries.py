"""Queries as shoppers type them, with the products that answer each.

The products are photos labelled by eye: a product answers a query if its photo has the
kind, the pattern and the main colour that the words name.
"""

import csv
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

QUERIES = 300
MIN_RELEVANT = 2
# Folder of the photos -> words for all of its garments.
CATEGORY_WORDS = {
    "dress": ("dress",),
    "hat": ("hat",),
    "longsleeve": ("long-sleeve top",),
    "outwear": ("jacket",),
    "pants": ("trousers",),
    "shirt": ("shirt",),
    "shoes": ("shoes",),
    "shorts": ("shorts",),
    "skirt": ("skirt",),
    "t-shirt": ("t-shirt", "tshirt"),
}
# What people call a kind -> the labels' codes of garments that are of it.
KIND_WORDS = {
    "ankle boots": ("ankle-boot",),
    "baseball cap": ("cap",),
    "beanie": ("beanie",),
    "blouse": ("blouse",),
    "boots": ("boot", "ankle-boot"),
    "bomber": ("bomber",),
    "cap": ("cap",),
    "cardigan": ("cardigan",),
    "coat": ("coat", "parka", "raincoat"),
    "denim skirt": ("denim-skirt",),
    "denim shorts": ("denim-shorts",),
    "heels": ("heel",),
    "hoodie": ("hoodie",),
    "jeans": ("jeans",),
    "joggers": ("joggers",),
    "jumper": ("sweater", "turtleneck"),
    "leather jacket": ("leather-jacket",),
    "leggings": ("leggings",),
    "pencil skirt": ("pencil-skirt",),
    "pullover": ("sweater", "turtleneck"),
    "puffer": ("puffer",),
    "sandals": ("sandal", "slide"),
    "slippers": ("slipper", "slide", "clog"),
    "sneakers": ("sneaker",),
    "sweater": ("sweater", "turtleneck"),
    "sweatshirt": ("sweatshirt", "hoodie"),
    "swim shorts": ("swim-shorts",),
    "tee": ("tee", "v-neck-tee"),
    "trainers": ("sneaker",),
    "turtleneck": ("turtleneck",),
    "v-neck t-shirt": ("v-neck-tee",),
    "vest": ("vest",),
}
PATTERN_WORDS = {
    "striped": "striped",
    "checked": "checked",
    "plaid": "checked",
    "polka dot": "dotted",
    "floral": "floral",
    "printed": "graphic",
    "camouflage": "camouflage",
}
_NEAR = """navy blue, navy black, blue light-blue, light-blue turquoise, grey silver,
white cream, cream beige, beige brown, red burgundy, burgundy purple, pink purple,
green olive, green turquoise, yellow gold, yellow orange, red orange, white silver,
grey black"""
# Colours that people mix up.
NEAR = {frozenset(pair.split()) for pair in _NEAR.split(",")}

Label = Mapping[str, str]  # a row of the CSV file


@dataclass(frozen=True)
class LabelledQuery:
    words: str
    relevant: frozenset[str]  # photos, by their paths in the data folder
    unseen: bool  # some of the words stand in no product's texts


def read_labels(file: Path, splits: Iterable[str]) -> dict[str, Label]:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = {row["image"]: row for row in csv.DictReader(lines)}
    return {i: row for i, row in rows.items() if i.split("/")[0] in set(splits)}


def make_queries(
    labels: Mapping[str, Label], is_known: Callable[[str], bool], seed: int = 1
) -> list[LabelledQuery]:
    """Return QUERIES queries, half of them with words that no product's text has.

    `is_known` says whether a word stands in a product's texts.
    """
    seen: dict[str, LabelledQuery] = {}
    unseen: dict[str, LabelledQuery] = {}
    for words, relevant in _candidates(labels):
        if len(relevant) >= MIN_RELEVANT:
            known = all(is_known(word) for word in words.split())
            query = LabelledQuery(words, frozenset(relevant), not known)
            (seen if known else unseen)[words] = query
    chance = random.Random(seed)
    chosen: list[LabelledQuery] = []
    for each in (seen, unseen):
        queries = [each[words] for words in sorted(each)]
        chosen += chance.sample(queries, min(QUERIES // 2, len(queries)))
    return chosen


def ndcg(found: np.ndarray, relevant: int) -> float:
    """Return the normalised discounted cumulative gain of (N,) bool results."""
    discounts = 1 / np.log2(np.arange(2, 12))
    return float(discounts[: len(found)] @ found / discounts[:relevant].sum())


def _candidates(labels: Mapping[str, Label]) -> Iterator[tuple[str, list[str]]]:
    colours = sorted({row["colour1"] for row in labels.values()} - {"", "multi"})
    garments: list[tuple[str, Mapping[str, Iterable[str]]]] = [
        *(
            (w, {"category": (c,)})
            for c, words in CATEGORY_WORDS.items()
            for w in words
        ),
        *((word, {"kind": kinds}) for word, kinds in KIND_WORDS.items()),
    ]
    for colour, pattern, (word, wanted) in product(
        ["", *colours], ["", *PATTERN_WORDS], garments
    ):
        parts = [colour.replace("-", " "), pattern, word]
        relevant = [
            image
            for image, row in labels.items()
            if _is_garment(image, row, wanted)
            and (not pattern or row["pattern"] == PATTERN_WORDS[pattern])
            and (not colour or is_near(row["colour1"], colour))
        ]
        yield " ".join(filter(None, parts)), relevant
        if colour and not pattern:  # as often typed the other way round
            yield f"{word} {parts[0]}", relevant


def _is_garment(image: str, row: Label, wanted: Mapping[str, Iterable[str]]) -> bool:
    category = image.split("/")[1]
    return category in wanted.get("category", ()) or row["kind"] in wanted.get(
        "kind", ()
    )


def is_near(colour: str, wanted: str) -> bool:
    return colour == wanted or frozenset((colour, wanted)) in NEAR
