"""Load what is shown of a hit: the product, its photo and a word for the distance."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, FilteredRelation, Q

from catalog.models import Product, ProductImage
from ml.encoder import Encoder as Network
from search.index.encoders import network_of
from search.models import Encoder
from search.query.nearest import Hit
from search.query.weights import Comparison, explain, last_band_end


@dataclass(frozen=True)
class Result:
    """A hit as shown. `band` is the encoder's calibrated word for the distance.

    Where words alone found the product, `distance` and `band` are None; `band` is also
    None beyond the last band, and in searches with weights. `image` is None for a
    product without photos. `why` names the parts of the vector that agree.
    """

    product: Product
    image: ProductImage | None
    distance: float | None
    band: str | None
    encoder: str  # version of the network that measured the distance
    is_similar: bool = False  # within the last band, or what weights make of it
    why: tuple[str, ...] = ()

    @property
    def photo_number(self) -> int:
        """Return 1 for the product's cover, 0 without a photo.

        Prefetch the products' images to spare a query each.
        """
        photos = list(self.product.images.all())
        return photos.index(self.image) + 1 if self.image in photos else 0

    @property
    def photo_count(self) -> int:
        return len(self.product.images.all())


def load_results(
    *, hits: Sequence[Hit], encoder: Encoder, comparison: Comparison | None = None
) -> list[Result]:
    """Return the published hits in the same order, in one or two queries."""
    network = network_of(encoder)
    shown = ProductImage.objects.filter(product__status=Product.Status.PUBLISHED)
    if comparison and network.part_bands:
        own = FilteredRelation("embeddings", condition=Q(embeddings__encoder=encoder))
        shown = shown.annotate(own=own, vector=F("own__vector"))
    images = shown.select_related("product__category").in_bulk(
        [hit.image_id for hit in hits if hit.image_id is not None]
    )
    products: dict[int, Product] = {}
    if bare := [hit.product_id for hit in hits if hit.image_id is None]:
        published = Product.objects.published().select_related("category")
        products = published.in_bulk(bare)
    results = []
    for hit in hits:
        image = images.get(hit.image_id)
        product = image.product if image else products.get(hit.product_id)
        if product:
            vector = getattr(image, "vector", None)
            why = explain(vector, comparison, network) if comparison else ()
            band, is_similar = _judge(hit.distance, comparison, network)
            results.append(
                Result(
                    product, image, hit.distance, band, encoder.version, is_similar, why
                )
            )
    return results


def _judge(
    distance: float | None, comparison: Comparison | None, network: Network
) -> tuple[str | None, bool]:
    """Return the band of a distance, and whether it is within the last one."""
    if distance is None:
        return None, False
    limit = comparison.limit if comparison else last_band_end(network)
    has_bands = comparison is None or comparison.has_bands
    return (network.band(distance) if has_bands else None), distance <= limit
