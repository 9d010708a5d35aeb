"""What a search starts from, and the vector of that: photo, address, product, crop."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from django.conf import settings
from PIL import Image

from catalog.filters import ParameterError
from catalog.models import Product, ProductImage
from catalog.photos import remote
from catalog.photos.remote import AddressError
from ml.encoder import Encoder as Network
from ml.preprocess import PhotoError, read_photo
from search.index.encoders import network_of
from search.models import Embedding, Encoder

MIN_SIDE = 0.02  # of a box, as a share of the picture's side


class Box(NamedTuple):
    """A part of a picture, 0..1 from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of(cls, text: str) -> Self:
        """From "x0,y0,x1,y1". Raises ParameterError."""
        try:
            box = cls(*map(float, text.split(",")))
        except (TypeError, ValueError):
            message = "A box is four numbers from 0 to 1: left,top,right,bottom."
            raise ParameterError("box", "not_a_box", message) from None
        if not all(0 <= side <= 1 for side in box):  # NaN fails too
            message = "The box lies outside the picture: its numbers go from 0 to 1."
            raise ParameterError("box", "outside", message)
        if box.width < MIN_SIDE or box.height < MIN_SIDE:
            message = (
                "The box is empty or too small: right is at least"
                f" {MIN_SIDE:g} above left, and bottom above top."
            )
            raise ParameterError("box", "too_small", message)
        return box

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def __str__(self) -> str:
        return ",".join(f"{side:g}" for side in self)

    def cut(self, picture: Image.Image) -> Image.Image:
        """At least one pixel."""
        left, right = self.left * picture.width, self.right * picture.width
        top, bottom = self.top * picture.height, self.bottom * picture.height
        return picture.crop(
            (int(left), int(top), math.ceil(right), math.ceil(bottom)),
        )


@dataclass(frozen=True)
class Start:
    """The pictures a search starts from; several are looked at as one, their mean.

    Nothing at all is fine too, where words or likes are wished for. Raises
    ParameterError.
    """

    photo: bytes | None = None
    address: str = ""  # of a photo on the web
    product: str = ""  # SKU
    image: int | None = None  # id of one of the product's photos; None: its first
    box: Box | None = None  # of the one picture

    def __post_init__(self) -> None:
        if self.image is not None and not self.product:
            message = "Give `product` too: the SKU of the product in the photo."
            raise ParameterError("image", "needs_product", message)
        pictures = [self.photo is not None, self.address, self.product]
        if self.box and sum(map(bool, pictures)) != 1:
            message = "A box is cut from one picture: give one, and no more, with it."
            raise ParameterError("box", "needs_one_picture", message)

    def __bool__(self) -> bool:
        return self.photo is not None or bool(self.address or self.product)


class Origin(NamedTuple):
    """Where a kept search came from: nothing of a shopper's photo itself."""

    photo: bool = False  # sent, or fetched from an address
    product_id: int | None = None
    image_id: int | None = None  # the product's photo
    box: Box | None = None

    @property
    def pictured(self) -> bool:
        """Whether it came from a picture, not from words alone."""
        return self.photo or self.product_id is not None


class Look(NamedTuple):
    """A product's photo as a part of a question."""

    product_id: int
    image_id: int
    vector: np.ndarray


NOTHING = Start()


def look_at(start: Start, encoder: Encoder) -> tuple[np.ndarray | None, Origin]:
    """The vector of its pictures, None without any, and what to remember of them.

    Raises PhotoError, AddressError, ParameterError and EncoderError.
    """
    network = network_of(encoder)
    vectors = []
    if start.photo is not None:
        vectors.append(_seen(start.photo, network, start.box))
    if start.address:
        vectors.append(_seen(fetch_photo(start.address), network, start.box))
    origin = Origin(photo=bool(vectors), box=start.box)
    if start.product:
        look = _look_at_product(start, encoder)
        vectors.append(look.vector)
        origin = origin._replace(product_id=look.product_id, image_id=look.image_id)
    return mean(vectors), origin


def fetch_photo(address: str) -> bytes:
    """Where the shop's owner lets it. Raises AddressError."""
    if not settings.SEARCH_ADDRESSES:
        raise AddressError(
            "addresses_off", "This shop does not fetch photos. Send the photo itself."
        )
    return remote.fetch_photo(address)


def mean(vectors: Collection[np.ndarray]) -> np.ndarray | None:
    """Of unit length; None for none."""
    if len(vectors) < 2:
        return next(iter(vectors), None)
    return unit(np.mean(list(vectors), axis=0))


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def _seen(photo: bytes, network: Network, box: Box | None) -> np.ndarray:
    """What the network sees in the photo, or in the part of it."""
    if box is None:
        picture = read_photo(photo, max_side=network.decode_side)
    else:
        side = math.ceil(network.decode_side / min(box.width, box.height))
        picture = box.cut(read_photo(photo, max_side=side))
    return network.encode([picture])[0]


def _look_at_product(start: Start, encoder: Encoder) -> Look:
    if start.image is None and start.box is None:
        return looks_of("product", [start.product], encoder)[0]
    return _look_at_image("product", image_of(start), encoder, start.box)


def image_of(start: Start) -> ProductImage:
    """The product's photo. Raises ParameterError."""
    images = _images_of("product", start.product)
    for image in images:
        if start.image in (None, image.pk):
            return image
    message = f"{start.product} has no photo {start.image}."
    raise ParameterError("image", "unknown_image", message)


def looks_of(name: str, skus: Iterable[str], encoder: Encoder) -> list[Look]:
    """The first photo of each product, in this order, by the vectors that are kept.

    A product that has none yet is looked at now. Raises ParameterError, under the
    parameter's `name`, for a product that cannot be seen.
    """
    wanted = list(skus)
    if not wanted:
        return []
    rows = Embedding.objects.of_first_photos(encoder).filter(
        image__product__sku__in=wanted,
        image__product__status=Product.Status.PUBLISHED,
    )
    fields = ("image__product__sku", "image__product_id", "image_id", "vector")
    kept = {
        sku: Look(product_id, image_id, np.asarray(vector, np.float32))
        for sku, product_id, image_id, vector in rows.values_list(*fields)
    }
    return [
        kept.get(sku) or _look_at_image(name, _images_of(name, sku)[0], encoder)
        for sku in wanted
    ]


def _images_of(name: str, sku: str) -> list[ProductImage]:
    """The photos of a published product, the first one first, at least one."""
    product = Product.objects.published().with_photos().with_skus([sku]).first()
    if product is None:
        message = f"There is no product {sku[:64]} in the shop."
        raise ParameterError(name, "unknown_product", message)
    if not (images := list(product.images.all())):
        message = f"{sku} has no photo that could be looked at."
        raise ParameterError(name, "no_photo", message)
    return images


def _look_at_image(
    name: str, image: ProductImage, encoder: Encoder, box: Box | None = None
) -> Look:
    """By its kept vector, or by its file where it has none or a part is asked for."""
    rows = Embedding.objects.filter(encoder=encoder, image=image)
    vector = None if box else rows.values_list("vector", flat=True).first()
    if vector is None:
        try:
            with image.file.open("rb") as file:
                vector = _seen(file.read(), network_of(encoder), box)
        except (OSError, PhotoError) as error:
            message = f"Photo {image.pk} cannot be read just now."
            raise ParameterError(name, "unreadable_photo", message) from error
    return Look(image.product_id, image.pk, np.asarray(vector, np.float32))
