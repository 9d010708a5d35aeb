"""What searches by words find, how well they rank it, and how long they take.

    python -m bench.words --data DIR --attributes CSV [--split NAME] [--json]

The shop has the demo's texts for the photos that no training has seen; 300 queries come
from what people saw in these photos, half of them with words that no product's text
has. A result is relevant if it has the kind, pattern and colour that the words name.
Of common words, the first result is looked at. Beside a photo, words name another
pattern, kind or category than the photo's.
"""

# First: importing it sets the environment.
from bench.empty_shop import empty_shop

# isort: split
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from bench.cli import make_data_parser, percentile, print_figures
from bench.words.common import COMMON_WORDS
from bench.words.photos import measure_photo_words
from bench.words.queries import Label, LabelledQuery, make_queries, ndcg, read_labels
from bench.words.shop import fill_shop, load_shop, standing_words
from catalog.filters import Filters
from catalog.listing import PAGE_SIZE, Listing
from catalog.suggestions import suggest

SPLITS = ("test", "validation")  # the encoder is trained on the others


def main() -> None:
    parser = make_data_parser(__doc__)
    parser.add_argument(
        "--attributes", type=Path, required=True, help="CSV file of what photos show"
    )
    parser.add_argument("--split", action="append", help="default: test and validation")
    parser.add_argument(
        "--rows", type=int, default=0, help="then measure the time among so many photos"
    )
    parser.add_argument("--misses", action="store_true", help="print what fails")
    options = parser.parse_args()
    splits = options.split or SPLITS
    labels = read_labels(options.attributes, splits)
    with empty_shop():
        photos = load_shop(options.data, splits)
        known = standing_words()
        labels = {image: labels[image] for image in photos.values() if image in labels}
        queries = make_queries(labels, known.__contains__)
        figures: dict[str, object] = {
            "products": len(photos),
            "queries": len(queries),
            "with_words_of_no_text": sum(query.unseen for query in queries),
        }
        figures |= measure(queries, photos, options.misses)
        figures |= measure_common(labels, photos, options.misses)
        figures |= measure_photo_words(labels, photos)
        figures |= time_queries(queries)
        if options.rows:
            fill_shop(options.rows)
            times = time_queries(queries)
            figures |= {f"{name}_of_{options.rows}": ms for name, ms in times.items()}
    print_figures(figures, as_json=options.json)


def measure(
    queries: Sequence[LabelledQuery], photos: dict[int, str], misses: bool
) -> dict[str, Any]:
    """Search for each query; `photos` has the labelled photo of each product."""
    hits, gains = [], []
    for query in tqdm(queries, desc="Searching", unit=" queries"):
        page = first_page(query.words)
        found = np.array([photos.get(pk) in query.relevant for pk in page], bool)
        hits.append(found.any())
        gains.append(ndcg(found[:10], len(query.relevant)))
        if misses and not found.any():
            tqdm.write(
                f"{query.words!r}: {len(page)} found, {len(query.relevant)} meant"
            )
    unseen = np.array([query.unseen for query in queries])
    scores = {"first_page": np.array(hits, float), "ndcg_10": np.array(gains, float)}
    return {
        **{name: round(float(each.mean()), 3) for name, each in scores.items()},
        **{
            f"{name}_{kind}": round(float(each[chosen].mean()), 3)
            for name, each in scores.items()
            for kind, chosen in (("known_words", ~unseen), ("other_words", unseen))
        },
    }


def measure_common(
    labels: Mapping[str, Label], photos: dict[int, str], misses: bool
) -> dict[str, Any]:
    """Return how many common words find the garment that they mean first."""
    right = 0
    for word, meant in COMMON_WORDS.items():
        image = next((photos.get(pk, "") for pk in first_page(word)), "")
        found = (
            {image.split("/")[1], labels[image]["kind"]} if image in labels else {""}
        )
        right += bool(found & set(meant))
        if misses and not found & set(meant):
            tqdm.write(f"{word!r} finds {sorted(found)} first")
    return {"common_words": len(COMMON_WORDS), "common_words_right_first": right}


def first_page(words: str) -> list[int]:
    listing = Listing(Filters(), words)
    page = [product.pk for product in listing.in_order()[0:PAGE_SIZE]]
    assert listing.count >= len(page)
    return page


def time_queries(queries: Sequence[LabelledQuery]) -> dict[str, Any]:
    """Return the times of searches and of suggestions, after one of each query."""
    pages, suggestions = [], []
    for query in [*queries, *queries]:
        started = time.perf_counter()
        first_page(query.words)
        pages.append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        suggest(query.words[: max(2, len(query.words) // 2)])
        suggestions.append((time.perf_counter() - started) * 1000)
    searches = np.array(pages[len(queries) :])
    return {
        "search_p50_ms": percentile(searches, 50),
        "search_p95_ms": percentile(searches, 95),
        "suggestions_p95_ms": percentile(np.array(suggestions[len(queries) :]), 95),
    }


if __name__ == "__main__":
    main()
