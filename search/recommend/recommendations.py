"""What else a shopper may like, without anybody's history: all through `nearest()`."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, zip_longest

import numpy as np
from django.core.cache import cache

from catalog.filters import MAX_VALUES, Filters
from catalog.models import Category, Product, ProductImage
from search.index.encoders import active_encoder, again_if_retired, network_of
from search.models import Embedding, Encoder
from search.query.near_duplicates import drop_duplicates, search_past_duplicates
from search.query.nearest import Hit, nearest
from search.query.results import Result, load_results
from search.query.similar import SIMILAR_ITEMS
from search.recommend.outfits import (
    CLASH,
    UNKNOWN,
    harmony,
    hues,
    in_harmony,
    kind_of,
    worn_with,
)

# Looked at by colour, of each kind; the nearest first.
CANDIDATES = 24
MOST_WORN = 8
# Of the products looked at, those whose neighbours are shown; what was seen before
# them is known only so that it is not recommended.
MAX_SEEDS = 10  # products that a list of recommendations may start from
SEEDS = 3
NEIGHBOURS = 48
# Five searches for each product page are worth remembering for a while; what is sold
# out or gone meanwhile says so or is left out all the same.
KEPT_S = 1800


@dataclass(frozen=True)
class Piece:
    """A garment for an outfit. `hues` is None where they are not known."""

    hit: Hit
    colour: str  # the main one
    hues: Sequence[int] | None


@again_if_retired
def goes_with(*, product: Product, limit: int = MOST_WORN) -> list[Result]:
    """Products to wear with this one: outfits one after the other, best first.

    `search.recommend.outfits` says what is worn with what. Under an encoder trained on
    categories the distance between a shirt and trousers says little, so colour comes
    first and nearness decides among what goes equally well. [] for a category without
    a kind, and while the product has no vector.
    """
    encoder = active_encoder()
    key = f"goes-with:{encoder.pk}:{product.pk}:{product.category_id}"
    hits = _kept(key, lambda: _find_outfits(product, encoder))
    return load_results(hits=hits[:limit], encoder=encoder)


def _kept(key: str, find: Callable[[], list[Hit] | None]) -> list[Hit]:
    """What was found within KEPT_S; [] for None, which is not kept."""
    hits = cache.get(key)
    if hits is None and (hits := find()) is not None:
        cache.set(key, hits, KEPT_S)
    return hits or []


def _find_outfits(product: Product, encoder: Encoder) -> list[Hit] | None:
    """None while the product has no vector."""
    slugs = Category.objects.values_list("slug", flat=True)
    kinds = worn_with(product.category.slug, slugs)
    own = _first_photo(product.id, encoder)
    if not kinds or own is None:
        return [] if own else None
    vector, colours = own
    beside = hues(colours, kind_of(product.category.slug))
    look = partial(nearest, vector=vector, encoder=encoder)
    found = {
        kind: _varied(
            partial(look, filters=_wearable(beside, kind, theirs)), CANDIDATES
        )
        for kind, (theirs, _) in kinds.items()
    }
    wanted = {kind: n for kind, (_, n) in kinds.items()}
    return list(_outfits(beside, _pieces(found), wanted))


def _varied(look: Callable[..., list[Hit]], k: int) -> list[Hit]:
    """The k nearest with photos of their own."""
    return drop_duplicates(search_past_duplicates(look, k))[:k]


def _wearable(beside: Sequence[int], kind: str, slugs: list[str]) -> Filters:
    """What can be bought and has a colour that goes; a product of all-neutral colours
    asks for none, so that photos whose colours are not known are found too."""
    colours = tuple(in_harmony(beside, kind)) if beside else ()
    return Filters(categories=tuple(slugs[:MAX_VALUES]), colours=colours, in_stock=True)


def _pieces(found: dict[str, list[Hit]]) -> dict[str, list[Piece]]:
    ids = [hit.image_id for hits in found.values() for hit in hits if hit.image_id]
    photos = ProductImage.objects.filter(id__in=ids)
    colours: dict[int | None, list[str]] = dict(photos.values_list("id", "colours"))

    def piece(hit: Hit, kind: str) -> Piece:
        names = colours.get(hit.image_id) or []
        return Piece(
            hit, names[0] if names else "", hues(names, kind) if names else None
        )

    return {kind: [piece(hit, kind) for hit in hits] for kind, hits in found.items()}


def _outfits(
    beside: Sequence[int], pieces: dict[str, list[Piece]], wanted: dict[str, int]
) -> Iterator[Hit]:
    """One of each kind that goes with the product and with what is worn already, then
    the second of each, in other colours where there are any."""
    shown: dict[str, list[Piece]] = {kind: [] for kind in pieces}
    for turn in range(max(wanted.values())):
        worn = list(beside)
        for kind in (kind for kind, n in wanted.items() if n > turn):
            if piece := _best(pieces[kind], worn, shown[kind]):
                shown[kind].append(piece)
                worn += piece.hues or []
                yield piece.hit


def _best(pieces: list[Piece], worn: Sequence[int], shown: list[Piece]) -> Piece | None:
    """By colour, then a colour not shown yet, then the nearest; none that clashes."""
    colours = {piece.colour for piece in shown}

    def rank(piece: Piece) -> tuple[int, bool]:
        fit = UNKNOWN if piece.hues is None else harmony(piece.hues, worn)
        return fit, piece.colour in colours

    left = [piece for piece in pieces if piece not in shown]
    best = min(left, key=rank, default=None)
    return best if best and rank(best)[0] < CLASH else None


@again_if_retired
def because_of(
    *,
    products: Sequence[int],
    without: Collection[int] = (),
    limit: int = SIMILAR_ITEMS,
) -> list[Result]:
    """What looks like the products, in turn the nearest of each, the first product's
    first; never one of them nor of `without`, and nothing that only comes nearest."""
    encoder = active_encoder()
    gone = {*products, *without}
    lists = [_neighbours(product_id, encoder) for product_id in products[:SEEDS]]
    best: dict[int, Hit] = {}
    for hit in filter(None, chain.from_iterable(zip_longest(*lists))):
        if hit.product_id not in gone:
            best.setdefault(hit.product_id, hit)
    return load_results(hits=list(best.values())[:limit], encoder=encoder)


def _neighbours(product_id: int, encoder: Encoder) -> list[Hit]:
    """What looks like the product, can be bought and lies within the last band."""

    def find() -> list[Hit] | None:
        own = _first_photo(product_id, encoder)
        if own is None:
            return None
        look = partial(
            nearest,
            vector=own[0],
            encoder=encoder,
            filters=Filters(in_stock=True),
            exclude_product=product_id,
        )
        band = network_of(encoder).band
        return [
            hit
            for hit in _varied(look, NEIGHBOURS)
            if hit.distance is not None and band(hit.distance)
        ]

    return _kept(f"neighbours:{encoder.pk}:{product_id}", find)


def _first_photo(
    product_id: int, encoder: Encoder
) -> tuple[np.ndarray, list[str]] | None:
    """Vector and colours; None while no photo of the product has a vector."""
    own = Embedding.objects.of_first_photos(encoder).filter(image__product=product_id)
    return own.values_list("vector", "image__colours").first()
