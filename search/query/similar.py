"""Find products that look like a product of the shop."""

from functools import partial

import numpy as np

from catalog.models import Product, ProductImage
from search.index.encoders import (
    NoActiveEncoder,
    active_encoder,
    network_of,
    raise_if_retired,
    retry_if_retired,
)
from search.models import Embedding, Photo
from search.query.groups import one_per_group
from search.query.near_duplicates import move_duplicates_last, search_past_duplicates
from search.query.nearest import MAX_K, nearest
from search.query.results import Result, load_results
from search.query.weights import NO_WEIGHTS, Weights, weigh_query

SIMILAR_ITEMS = 12


@retry_if_retired
def similar_products(
    *, product: Product, limit: int = SIMILAR_ITEMS, weights: Weights = NO_WEIGHTS
) -> list[Result]:
    """Return the products nearest to this one; [] while it has no vector.

    Unlike a search, it does not stop at the last band, so that a product's page always
    leads to other products. Raises ParameterError for parts or colours that the encoder
    lacks.
    """
    encoder = active_encoder()
    own = Embedding.objects.of_first_photos(encoder).filter(image__product=product)
    own_vector = own.values_list("vector", flat=True).first()
    if own_vector is None:
        weights.check(network_of(encoder))
        raise_if_retired(encoder)
        return []
    vector, comparison = weigh_query(np.asarray(own_vector), weights, encoder)
    search = partial(
        nearest, vector=vector, encoder=encoder, exclude_product=product.id
    )
    # Its other colours are shown beside it; room for more of them among the others.
    found = one_per_group(
        search_past_duplicates(search, min(2 * limit, MAX_K)), without=product.group
    )
    hits = move_duplicates_last(found)
    return load_results(hits=hits[:limit], encoder=encoder, comparison=comparison)


@retry_if_retired
def products_like_photo(*, image: ProductImage, limit: int) -> list[Product]:
    """Return the products that a search with this photo finds; [] if it waits."""
    encoder = active_encoder()
    own = Embedding.objects.filter(encoder=encoder, image_id=image.pk)
    vector = own.values_list("vector", flat=True).first()
    if vector is None:
        return []
    hits = nearest(
        vector=np.asarray(vector),
        encoder=encoder,
        k=limit,
        exclude_product=image.product_id,
    )
    products = Product.objects.with_photos().in_bulk([hit.product_id for hit in hits])
    return [products[hit.product_id] for hit in hits if hit.product_id in products]


def has_no_vector(product: Product) -> bool:
    own = Embedding.objects.filter(encoder=active_encoder(), image__product=product)
    return product.cover is not None and not own.exists()


def is_pending(product: Product) -> bool:
    return has_no_vector(product) and has_pending_photos(product)


def has_pending_photos(product: Product) -> bool:
    """Return whether a photo is still to be embedded; failed ones do not count."""
    photos = Photo.objects.filter(product=product)
    try:
        return photos.pending(active_encoder()).exists()
    except NoActiveEncoder:
        return photos.exists()
