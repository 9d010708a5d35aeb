"""Compare the results of two encoders for the same photos."""

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
    """No photo has a vector of both encoders."""


@dataclass(frozen=True)
class ComparedPhoto:
    """A product's photo, and the products nearest to it under either encoder."""

    product_id: int
    image_id: int
    before: list[Hit]
    after: list[Hit]
    recent: bool = False  # shoppers saw a list found for the product lately

    @property
    def overlap(self) -> float:
        longest = max(len(self.before), len(self.after))
        both = {h.product_id for h in self.before} & {h.product_id for h in self.after}
        return len(both) / longest if longest else 1.0

    @property
    def has_new_first(self) -> bool:
        before = [hit.product_id for hit in self.before[:1]]
        return before != [hit.product_id for hit in self.after[:1]]


@dataclass(frozen=True)
class EncoderDiff:
    before: Encoder
    after: Encoder
    k: int
    photos: list[ComparedPhoto]

    @property
    def overlap(self) -> float:
        return float(np.mean([photo.overlap for photo in self.photos]))

    @property
    def overlap_percent(self) -> str:
        return f"{self.overlap:.0%}"

    @property
    def recent(self) -> int:
        return sum(photo.recent for photo in self.photos)

    @property
    def new_firsts(self) -> int:
        return sum(photo.has_new_first for photo in self.photos)

    def most_changed(self) -> list[ComparedPhoto]:
        return sorted(self.photos, key=lambda photo: photo.overlap)


def compare(
    before: Encoder,
    after: Encoder,
    *,
    queries: int = QUERIES,
    k: int = K,
    seed: int = 0,
) -> EncoderDiff:
    """Search with the same photos under both encoders. Raises NothingToCompare.

    The photos are those of products that lists were lately found for, then others at
    random. Shoppers' own photos are not kept, and their vectors mean nothing to another
    encoder.
    """
    photos = []
    for product_id, image_id, recent in _sample(before, after, queries, seed):
        old = _similar(product_id, image_id, before, k)
        new = _similar(product_id, image_id, after, k)
        photos.append(ComparedPhoto(product_id, image_id, old, new, recent))
    if not photos:
        raise NothingToCompare(
            f"No published photo has a vector of both {before} and {after}. Run"
            " manage.py encoder add DIR for the encoder that has none."
        )
    return EncoderDiff(before, after, k, photos)


def _sample(
    before: Encoder, after: Encoder, queries: int, seed: int
) -> list[tuple[int, int, bool]]:
    both = Embedding.objects.of_first_photos(before).filter(
        image__product__status=Product.Status.PUBLISHED,
        image_id__in=Embedding.objects.filter(encoder=after).values("image_id"),
    )
    covers = dict(both.values_list("image__product_id", "image_id"))
    recent = [id_ for id_ in recent_query_products() if id_ in covers][:queries]
    others = sorted(covers.keys() - set(recent))
    more = random.Random(seed).sample(others, min(queries - len(recent), len(others)))
    return [(id_, covers[id_], True) for id_ in recent] + [
        (id_, covers[id_], False) for id_ in more
    ]


def _similar(product_id: int, image_id: int, encoder: Encoder, k: int) -> list[Hit]:
    own = Embedding.objects.get(encoder=encoder, image_id=image_id)
    return nearest(vector=own.vector, encoder=encoder, k=k, exclude_product=product_id)


def write_page(diff: EncoderDiff, shown: int = SHOWN) -> Path:
    """Write the photos whose results change most as one HTML file under VAR."""
    versions = slugify(f"{diff.before}-{diff.after}")
    path = settings.VAR / f"compare-{versions}.html"
    rows = list(_rows(diff, diff.most_changed()[:shown]))
    page = render_to_string("search/encoder_diff.html", {"diff": diff, "rows": rows})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page)
    return path


def _rows(
    diff: EncoderDiff, photos: list[ComparedPhoto]
) -> Iterator[dict[str, object]]:
    thumbnails: dict[int, str] = {}

    def figure(result: Result) -> dict[str, object]:
        assert result.image  # it was found by its image
        if result.image.id not in thumbnails:
            thumbnails[result.image.id] = _thumbnail(result.image)
        return {"product": result.product, "thumbnail": thumbnails[result.image.id]}

    for photo in photos:
        hits = [Hit(photo.product_id, photo.image_id, 0.0)]
        query = load_results(hits=hits, encoder=diff.before)
        if not query:
            continue  # unpublished meanwhile
        before = load_results(hits=photo.before, encoder=diff.before)
        after = load_results(hits=photo.after, encoder=diff.after)
        yield {
            "query": figure(query[0]),
            "overlap": photo.overlap,
            "recent": photo.recent,
            "before": [figure(result) for result in before],
            "after": [figure(result) for result in after],
        }


def _thumbnail(photo: ProductImage) -> str:
    try:
        with photo.file.open("rb") as file:
            image = read_photo(file.read(), max_side=max(THUMBNAIL))
    except (PhotoError, OSError):
        return ""
    image.thumbnail(THUMBNAIL)
    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=70)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
