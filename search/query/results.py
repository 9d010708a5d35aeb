"""From hits to what is shown of them: products, photos and words for distances."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.models import Product, ProductImage
from search.index.encoders import network_of
from search.models import Encoder
from search.query.nearest import Hit
from search.query.ranking import Found


@dataclass(frozen=True)
class Match:
    """A hit as shown: `band` is the encoder's calibrated word for the distance.

    Both are None where words alone found the product, and `band` beyond the last;
    `image` is None where they found one without a photo.
    """

    product: Product
    image: ProductImage | None
    distance: float | None
    band: str | None
    encoder: str  # version of the network that the distance is of

    @property
    def photo_number(self) -> int:
        """1 for the product's cover; 0 without a photo. Free of queries where the
        products' photos are prefetched."""
        photos = list(self.product.images.all())
        return photos.index(self.image) + 1 if self.image in photos else 0

    @property
    def photo_count(self) -> int:
        """Of the product."""
        return len(self.product.images.all())


def matches(*, hits: Sequence[Found | Hit], encoder: Encoder) -> list[Match]:
    """Hits with their products and photos, in the same order, in one query; in two
    with products that have no photo."""
    band, version = network_of(encoder).band, encoder.version
    published = Product.Status.PUBLISHED
    images = (
        ProductImage.objects.filter(product__status=published)
        .select_related("product__category")
        .in_bulk([hit.image_id for hit in hits if hit.image_id is not None])
    )
    bare = [hit.product_id for hit in hits if hit.image_id is None]
    products = (
        Product.objects.published().select_related("category").in_bulk(bare)
        if bare
        else {}
    )
    found = []
    for hit in hits:
        image = images.get(hit.image_id)
        product = image.product if image else products.get(hit.product_id)
        if product:
            near = None if hit.distance is None else band(hit.distance)
            found.append(Match(product, image, hit.distance, near, version))
    return found
