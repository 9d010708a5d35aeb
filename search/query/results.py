"""Load what is shown of a hit: the product, its photo and a word for the distance."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.models import Product, ProductImage
from search.index.encoders import network_of
from search.models import Encoder
from search.query.nearest import Hit


@dataclass(frozen=True)
class Result:
    """A hit as shown. `band` is the encoder's calibrated word for the distance.

    Where words alone found the product, `distance` and `band` are None; `band` is also
    None beyond the last band. `image` is None for a product without photos.
    """

    product: Product
    image: ProductImage | None
    distance: float | None
    band: str | None
    encoder: str  # version of the network that measured the distance

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


def load_results(*, hits: Sequence[Hit], encoder: Encoder) -> list[Result]:
    """Return the published hits in the same order, in one or two queries."""
    network = network_of(encoder)
    images = (
        ProductImage.objects.filter(product__status=Product.Status.PUBLISHED)
        .select_related("product__category")
        .in_bulk([hit.image_id for hit in hits if hit.image_id is not None])
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
            band = None if hit.distance is None else network.band(hit.distance)
            result = Result(product, image, hit.distance, band, encoder.version)
            results.append(result)
    return results
