"""Recommend products by looks and colours, without anybody's history."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, zip_longest

import numpy as np
from django.core.cache import cache

from catalog.filters import Filters
from catalog.models import Category, Product
from search.index.encoders import active_encoder, network_of, retry_if_retired
from search.models import Embedding, Encoder
from search.query.near_duplicates import drop_duplicates, search_past_duplicates
from search.query.nearest import Hit, nearest
from search.query.results import Result, load_results
from search.query.similar import SIMILAR_ITEMS
from search.recommend.outfits import (
    CLASH,
    UNKNOWN,
    find_complements,
    find_kind,
    harmonious_colours,
    harmony,
    hues,
)
from search.recommend.pieces import Candidate, WantedKind, nearest_of_kinds

CANDIDATES = 24  # of each kind, the nearest first, to choose from by colour
MAX_PIECES = 8
MAX_SEEDS = 10  # products that recommendations may start from
# The neighbours of the first seeds are recommended; the others are only left out.
SEARCHED_SEEDS = 3
NEIGHBOURS = 48
# Products gone or sold out meanwhile are left out or marked all the same.
CACHE_S = 1800


@dataclass(frozen=True)
class Piece:
    """A garment for an outfit. `hues` is None if its colours are not known."""

    hit: Hit
    colour: str  # the main one
    hues: Sequence[int] | None


@retry_if_retired
def goes_with(*, product: Product, limit: int = MAX_PIECES) -> list[Result]:
    """Return products to wear with this one, outfit by outfit, the best first.

    [] for a category without a kind, and while the product has no vector.
    """
    encoder = active_encoder()
    key = f"goes-with:{encoder.pk}:{product.pk}:{product.category_id}"
    hits = _cached(key, lambda: _find_outfits(product, encoder))
    return load_results(hits=hits[:limit], encoder=encoder)


def _cached(key: str, find: Callable[[], list[Hit] | None]) -> list[Hit]:
    """Return what was found within CACHE_S. None is not cached and becomes []."""
    hits = cache.get(key)
    if hits is None and (hits := find()) is not None:
        cache.set(key, hits, CACHE_S)
    return hits or []


def _find_outfits(product: Product, encoder: Encoder) -> list[Hit] | None:
    ids = dict(Category.objects.values_list("slug", "pk"))
    kinds = find_complements(product.category.slug, ids)
    photo = _first_photo(product.id, encoder)
    if not kinds or photo is None:
        return [] if photo else None
    vector, colours = photo
    own_hues = hues(colours, find_kind(product.category.slug))
    found = nearest_of_kinds(
        product=product,
        vector=vector,
        encoder=encoder,
        kinds={
            kind: WantedKind(
                [ids[slug] for slug in slugs], _wearable_colours(own_hues, kind)
            )
            for kind, (slugs, _) in kinds.items()
        },
        limit=CANDIDATES,
    )
    pieces = {
        kind: [_piece(each, kind) for each in candidates]
        for kind, candidates in found.items()
    }
    numbers = {kind: number for kind, (_, number) in kinds.items()}
    return list(_outfits(own_hues, pieces, numbers))


def _wearable_colours(own_hues: Sequence[int], kind: str) -> list[str]:
    # Neutral colours go with all: without this filter, photos whose colours
    # are not known are found too.
    return harmonious_colours(own_hues, kind) if own_hues else []


def _piece(candidate: Candidate, kind: str) -> Piece:
    if not candidate.colours:
        return Piece(candidate.hit, "", None)
    colours = candidate.colours
    return Piece(candidate.hit, colours[0], hues(colours, kind))


def _search_varied(search: Callable[..., list[Hit]], k: int) -> list[Hit]:
    return drop_duplicates(search_past_duplicates(search, k))[:k]


def _outfits(
    own_hues: Sequence[int], pieces: dict[str, list[Piece]], numbers: dict[str, int]
) -> Iterator[Hit]:
    """Yield a piece of each kind that goes with all worn so far, then a second one."""
    shown: dict[str, list[Piece]] = {kind: [] for kind in pieces}
    for turn in range(max(numbers.values())):
        worn = list(own_hues)
        for kind in (kind for kind, number in numbers.items() if number > turn):
            if piece := _choose_piece(pieces[kind], worn, shown[kind]):
                shown[kind].append(piece)
                worn += piece.hues or []
                yield piece.hit


def _choose_piece(
    pieces: list[Piece], worn: Sequence[int], shown: list[Piece]
) -> Piece | None:
    """Return the piece in the best colour, then in one not shown yet, then the nearest.

    Distances between kinds of garment say little under an encoder trained on
    categories, so that colour decides first. None if all pieces clash.
    """
    colours = {piece.colour for piece in shown}

    def rank(piece: Piece) -> tuple[int, bool]:
        fit = UNKNOWN if piece.hues is None else harmony(piece.hues, worn)
        return fit, piece.colour in colours

    left = [piece for piece in pieces if piece not in shown]
    best = min(left, key=rank, default=None)
    return best if best and rank(best)[0] < CLASH else None


@retry_if_retired
def recommend_similar(
    *,
    products: Sequence[int],
    without: Collection[int] = (),
    limit: int = SIMILAR_ITEMS,
) -> list[Result]:
    """Return products in stock like the given ones, in turn the nearest of each.

    All lie within the encoder's last band. None is in `products` or `without`.
    """
    encoder = active_encoder()
    excluded = {*products, *without}
    lists = [_neighbours(each, encoder) for each in products[:SEARCHED_SEEDS]]
    best: dict[int, Hit] = {}
    for hit in filter(None, chain.from_iterable(zip_longest(*lists))):
        if hit.product_id not in excluded:
            best.setdefault(hit.product_id, hit)
    return load_results(hits=list(best.values())[:limit], encoder=encoder)


def _neighbours(product_id: int, encoder: Encoder) -> list[Hit]:

    def find() -> list[Hit] | None:
        photo = _first_photo(product_id, encoder)
        if photo is None:
            return None
        search = partial(
            nearest,
            vector=photo[0],
            encoder=encoder,
            filters=Filters(in_stock=True),
            exclude_product=product_id,
        )
        network = network_of(encoder)
        return [
            hit
            for hit in _search_varied(search, NEIGHBOURS)
            if hit.distance is not None and network.band(hit.distance)
        ]

    return _cached(f"neighbours:{encoder.pk}:{product_id}", find)


def _first_photo(
    product_id: int, encoder: Encoder
) -> tuple[np.ndarray, list[str]] | None:
    own = Embedding.objects.of_first_photos(encoder).filter(image__product=product_id)
    return own.values_list("vector", "image__colours").first()
