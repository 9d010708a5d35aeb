"""Find the products of other kinds that come nearest to a photo."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connections
from pgvector import Vector

from catalog.models import Product
from search.models import Embedding, Encoder
from search.query.near_duplicates import drop_duplicates
from search.query.nearest import Hit

# Products of each kind that are compared on either side of the product's own id: those
# that came into the shop at about its time. The HNSW index is of no use here, since
# what is near to a product is of its own kind.
POOL = 250
# With OFFSET 0 Postgres looks each product's photos up instead of reading all photos.
_NEAREST = """
    SELECT wanted.kind, photo.*
    FROM unnest(%(kinds)s::text[], %(categories)s::bigint[], %(sizes)s::int[],
        %(colours)s::text[]) AS wanted (kind, category, size, colours)
    CROSS JOIN LATERAL (
        (SELECT id FROM catalog_product WHERE {wearable} AND id < %(own)s
            ORDER BY id DESC LIMIT wanted.size)
        UNION ALL
        (SELECT id FROM catalog_product WHERE {wearable} AND id > %(own)s
            ORDER BY id LIMIT wanted.size)
    ) AS product
    CROSS JOIN LATERAL (
        SELECT image.product_id, image.id, array_to_string(image.colours, ','),
            near.vector <=> %(vector)s AS distance
        FROM catalog_productimage image
        JOIN search_embedding near
            ON near.encoder_id = %(encoder)s AND near.image_id = image.id
        WHERE image.product_id = product.id AND (wanted.colours = ''
            OR image.colours && string_to_array(wanted.colours, ',')::varchar[])
        OFFSET 0
    ) AS photo
    ORDER BY photo.distance
""".format(wearable="status = %(status)s AND category_id = wanted.category AND stocked")


@dataclass(frozen=True)
class WantedKind:
    categories: Sequence[int]  # ids
    colours: Sequence[str]  # of which a photo must have one; empty for any


@dataclass(frozen=True)
class Candidate:
    hit: Hit
    colours: Sequence[str]  # of the photo; empty while they are not known


def nearest_of_kinds(
    *,
    product: Product,
    vector: np.ndarray,
    encoder: Encoder,
    kinds: Mapping[str, WantedKind],
    limit: int,
) -> dict[str, list[Candidate]]:
    """Return the nearest products in stock of each kind, each by its nearest photo."""
    wanted = [
        (kind, one, each) for kind, one in kinds.items() for each in one.categories
    ]
    parameters: dict[str, Any] = {
        "vector": Vector(vector).to_text(),
        "kinds": [kind for kind, _, _ in wanted],
        "categories": [category for _, _, category in wanted],
        "sizes": [-(-POOL // len(one.categories)) for _, one, _ in wanted],
        "colours": [",".join(one.colours) for _, one, _ in wanted],
        "own": product.pk,
        "status": Product.Status.PUBLISHED,
        "encoder": encoder.pk,
    }
    found: dict[str, dict[int, Candidate]] = {kind: {} for kind in kinds}
    with connections[Embedding.objects.db].cursor() as cursor:
        cursor.execute(_NEAREST, parameters)
        for kind, product_id, image_id, colours, distance in cursor:
            hit = Hit(product_id, image_id, distance)
            names = colours.split(",") if colours else []
            found[kind].setdefault(product_id, Candidate(hit, names))
    return {kind: _varied(list(each.values()), limit) for kind, each in found.items()}


def _varied(candidates: list[Candidate], limit: int) -> list[Candidate]:
    by_hit = {each.hit: each for each in candidates}
    return [by_hit[hit] for hit in drop_duplicates(list(by_hit))[:limit]]
