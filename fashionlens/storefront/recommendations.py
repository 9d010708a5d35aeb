"""Lists of recommended products, for any page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from catalog.models import Product
from fashionlens.storefront.availability import when_available
from fashionlens.storefront.colours import colour_choice
from fashionlens.storefront.recently_viewed import recently_viewed
from search.events.list_ids import new_list_id
from search.models import Event
from search.query.results import Result
from search.query.similar import is_pending, similar_products
from search.query.weights import Weights
from search.recommend.recommendations import (
    SEARCHED_SEEDS,
    goes_with,
    recommend_similar,
)


@dataclass(frozen=True)
class Recommendations:
    """`list_id` is the name under which events report the list."""

    results: Sequence[Result]
    list_id: str
    seeds: Sequence[Product] = ()  # the products that the results are like

    @property
    def close_enough(self) -> bool:
        return any(result.is_similar for result in self.results)


def recommend(
    listing: Event.Listing,
    search: Callable[[], list[Result]],
    product: Product | None = None,
) -> Recommendations:
    """`product` is the one that the list was made for."""
    results: list[Result] = when_available(search, [])
    list_id = new_list_id(
        listing,
        encoder=results[0].encoder if results else "",
        product_id=product.pk if product else None,
    )
    return Recommendations(results, list_id)


def similar_list(product: Product, weights: Weights) -> dict[str, object]:
    """Return what a page shows of similar products. Raises ParameterError."""
    similar = recommend(
        Event.Listing.SIMILAR,
        lambda: similar_products(product=product, weights=weights),
        product,
    )
    shown = ".".join(str(each.product.pk) for each in similar.results)
    context: dict[str, object] = {"similar": similar, "shown": shown}
    if similar.results:
        context["colours"] = colour_choice(similar.results[0].encoder, weights)
    else:
        pending = when_available(lambda: is_pending(product), True)
        context["similar_pending"] = pending
    return context


def outfit_list(product: Product) -> Recommendations:
    return recommend(
        Event.Listing.GOES_WITH, lambda: goes_with(product=product), product
    )


def because_recently_viewed(
    request: HttpRequest,
    product: Product | None = None,
    *,
    shown: Sequence[int] = (),
) -> Recommendations | None:
    viewed = [pk for pk in recently_viewed(request) if not product or pk != product.pk]
    if not viewed:
        return None
    exclude = [*shown, product.pk] if product else list(shown)
    results: list[Result] = when_available(
        lambda: recommend_similar(products=viewed, without=exclude), []
    )
    products = Product.objects.published().in_bulk(viewed[:SEARCHED_SEEDS])
    named = [products[pk] for pk in viewed[:SEARCHED_SEEDS] if pk in products]
    if not results or not named:
        return None
    list_id = new_list_id(Event.Listing.RECENTLY_VIEWED, encoder=results[0].encoder)
    return Recommendations(results, list_id, named)
