"""What a change of encoder would change: the same questions under both."""

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.text import slugify

from catalog.models import Product, ProductImage
from ml.preprocess import PhotoError, read_photo
from search.events.record import recent_query_products
from search.models import Embedding, Encoder
from search.query.nearest import Hit, nearest
from search.query.results import Result, load_results

QUERIES = 200
K = 10
SHOWN = 24
THUMBNAIL = (120, 160)


class NothingToCompare(RuntimeError):
    """No photo has a vector of both encoders; the message says what to do."""


@dataclass(frozen=True)
class ComparedPhoto:
    """A product's photo, and the products nearest to it under either encoder."""

    product_id: int
    image_id: int
    before: list[Hit]
    after: list[Hit]
    recent: bool = False  # shoppers asked it lately

    @property
    def overlap(self) -> float:
        """Share of the products found that both found."""
        most = max(len(self.before), len(self.after))
        both = {h.product_id for h in self.before} & {h.product_id for h in self.after}
        return len(both) / most if most else 1.0

    @property
    def new_first(self) -> bool:
        firsts = [[hit.product_id for hit in hits[:1]] for hits in self._sides]
        return firsts[0] != firsts[1]

    @property
    def _sides(self) -> tuple[list[Hit], list[Hit]]:
        return self.before, self.after


@dataclass(frozen=True)
class Comparison:
    before: Encoder
    after: Encoder
    k: int
    questions: list[ComparedPhoto]

    @property
    def overlap(self) -> float:
        return float(np.mean([question.overlap for question in self.questions]))

    @property
    def recent(self) -> int:
        return sum(question.recent for question in self.questions)

    @property
    def new_firsts(self) -> int:
        return sum(question.new_first for question in self.questions)

    def most_changed(self) -> list[ComparedPhoto]:
        return sorted(self.questions, key=lambda question: question.overlap)


def compare(
    before: Encoder,
    after: Encoder,
    *,
    queries: int = QUERIES,
    k: int = K,
    seed: int = 0,
) -> Comparison:
    """Ask both what shoppers asked lately, and more by chance where that is less.

    A vector means nothing to another encoder: a question can be asked again only with
    its pixels. The shop keeps none of the photos that shoppers send, but it has its
    own: the products whose similar items were looked at, and those searched with.
    Raises NothingToCompare.
    """
    questions = [
        ComparedPhoto(
            product_id,
            image_id,
            _similar(product_id, image_id, before, k),
            _similar(product_id, image_id, after, k),
            recent,
        )
        for product_id, image_id, recent in _questions(before, after, queries, seed)
    ]
    if not questions:
        raise NothingToCompare(
            f"No published photo has a vector of both {before} and {after}: run"
            " manage.py encoder add DIR for the one that is not loaded."
        )
    return Comparison(before, after, k, questions)


def _questions(
    before: Encoder, after: Encoder, queries: int, seed: int
) -> list[tuple[int, int, bool]]:
    """(product, photo, asked lately?) of different products: those asked most first,
    then others by chance, the same for a seed."""
    both = Embedding.objects.of_first_photos(before).filter(
        image__product__status=Product.Status.PUBLISHED,
        image_id__in=Embedding.objects.filter(encoder=after).values("image_id"),
    )
    covers = dict(both.values_list("image__product_id", "image_id"))
    asked = [id_ for id_ in recent_query_products() if id_ in covers][:queries]
    others = sorted(covers.keys() - set(asked))
    more = random.Random(seed).sample(others, min(queries - len(asked), len(others)))
    return [(id_, covers[id_], True) for id_ in asked] + [
        (id_, covers[id_], False) for id_ in more
    ]


def _similar(product_id: int, image_id: int, encoder: Encoder, k: int) -> list[Hit]:
    own = Embedding.objects.get(encoder=encoder, image_id=image_id)
    return nearest(vector=own.vector, encoder=encoder, k=k, exclude_product=product_id)


def write_page(comparison: Comparison, shown: int = SHOWN) -> Path:
    """The questions whose answers change most, with pictures, as one HTML file."""
    versions = slugify(f"{comparison.before}-{comparison.after}")
    path = settings.VAR / f"compare-{versions}.html"
    questions = comparison.most_changed()[:shown]
    page = render_to_string(
        "search/encoder_diff.html",
        {"comparison": comparison, "rows": list(_rows(comparison, questions))},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page)
    return path


def _rows(
    comparison: Comparison, questions: list[ComparedPhoto]
) -> Iterator[dict[str, object]]:
    thumbnails: dict[int, str] = {}

    def shown(match: Result) -> dict[str, object]:
        assert match.image  # it was found by it
        if match.image.id not in thumbnails:
            thumbnails[match.image.id] = _thumbnail(match.image)
        return {"match": match, "picture": thumbnails[match.image.id]}

    for question in questions:
        asked = [Hit(question.product_id, question.image_id, 0.0)]
        found = load_results(hits=asked, encoder=comparison.before)
        if not found:
            continue  # unpublished meanwhile
        before = load_results(hits=question.before, encoder=comparison.before)
        after = load_results(hits=question.after, encoder=comparison.after)
        yield {
            "asked": shown(found[0]),
            "overlap": question.overlap,
            "recent": question.recent,
            "before": [shown(match) for match in before],
            "after": [shown(match) for match in after],
        }


def _thumbnail(photo: ProductImage) -> str:
    """The photo as a data: address, so that the page is one file; "" without one."""
    try:
        with photo.file.open("rb") as file:
            image = read_photo(file.read(), max_side=max(THUMBNAIL))
    except (PhotoError, OSError):
        return ""
    image.thumbnail(THUMBNAIL)
    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=70)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
