"""Turn what a search starts from into a query vector."""

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _

from catalog.error_codes import ErrorCode
from catalog.filters import ParameterError
from catalog.models import Product, ProductImage
from catalog.photos import remote
from catalog.photos.remote import AddressError
from ml.encoder import Encoder as Network
from ml.encoder import Garment
from ml.preprocess import WEB_WAIT_S, PhotoError, read_photo
from search.index.encoders import network_of
from search.models import Embedding, Encoder
from search.query.box import Box

NO_GARMENT = (
    "No garment was found in this photo. Send one that shows a garment large and in"
    " good light, or choose another part of it."
)


class NoGarment(PhotoError):
    """The encoder finds no garment in the picture, or in the box."""

    def __init__(self, code: str = "no_garment", message: str = NO_GARMENT) -> None:
        super().__init__(code, message)


@dataclass(frozen=True)
class Start:
    """The pictures a search starts from; of several the mean vector is searched with.

    May be empty where the search has words or likes. Raises ParameterError.
    """

    photo: bytes | None = None
    address: str = ""  # of a photo on the web
    product: str = ""  # SKU
    image: int | None = None  # id of one of the product's photos; None: its first
    box: Box | None = None  # of the one picture

    def __post_init__(self) -> None:
        if self.image is not None and not self.product:
            message = _("Give the SKU of the product in the photo too, as product.")
            raise ParameterError("image", ErrorCode.MISSING_PARAMETER, message)
        pictures = [self.photo is not None, self.address, self.product]
        if self.box and sum(map(bool, pictures)) != 1:
            message = _("A box is cut from one picture. Give exactly one with it.")
            raise ParameterError("box", ErrorCode.INVALID_BOX, message)

    @classmethod
    def from_parameters(cls, values: Mapping[str, Any]) -> Self:
        photo, box = values.get("photo"), values.get("box")
        return cls(
            photo=None if photo is None else photo.read(),
            address=values.get("address", ""),
            product=values.get("product", ""),
            image=values.get("image"),
            box=Box.parse(box) if box else None,
        )

    def __bool__(self) -> bool:
        return self.photo is not None or bool(self.address or self.product)


NO_START = Start()


class Origin(NamedTuple):
    """What is remembered of a search's start: nothing of a shopper's own photo."""

    photo: bool = False  # sent, or fetched from an address
    product_id: int | None = None
    image_id: int | None = None  # the product's photo
    box: Box | None = None
    garments: tuple[Garment, ...] = ()  # found in the one picture, the largest first

    @property
    def has_picture(self) -> bool:
        return self.photo or self.product_id is not None


class EncodedPicture(NamedTuple):
    """The garments of a picture, the largest first, and their unit vectors."""

    vectors: np.ndarray  # (garments, dimension)
    garments: tuple[Garment, ...]


class ProductVector(NamedTuple):
    """The vector of one of a product's photos."""

    product_id: int
    image_id: int
    vector: np.ndarray


def encode_start(start: Start, encoder: Encoder) -> tuple[np.ndarray | None, Origin]:
    """Return unit vectors to choose one from, None without a picture, and the origin.

    They are those of the picture's garments, the largest first; of several pictures,
    it is the mean of their largest ones. Raises PhotoError, DecoderBusy,
    AddressError, ParameterError and EncoderError.
    """
    network = network_of(encoder)
    pictures = []
    if start.photo is not None:
        pictures.append(_encode_garments(start.photo, network, start.box))
    if start.address:
        photo = fetch_photo(start.address)
        pictures.append(_encode_garments(photo, network, start.box))
    origin = Origin(photo=bool(pictures), box=start.box)
    if start.product:
        picture, product_id, image_id = _load_start_product(start, encoder)
        pictures.append(picture)
        origin = origin._replace(product_id=product_id, image_id=image_id)
    if not pictures:
        return None, origin
    if len(pictures) > 1:
        mean = np.mean([picture.vectors[0] for picture in pictures], axis=0)
        return normalize(mean)[None], origin
    return pictures[0].vectors, origin._replace(garments=pictures[0].garments)


def fetch_photo(address: str) -> bytes:
    """Fetch a photo from the web if the shop's settings allow it.

    Raises AddressError.
    """
    if not settings.SEARCH_ADDRESSES:
        raise AddressError(
            "addresses_off",
            _("This shop does not fetch photos. Send the photo itself."),
        )
    return remote.fetch_photo(address)


def normalize(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def _encode_garments(photo: bytes, network: Network, box: Box | None) -> EncodedPicture:
    """Encode each garment in the photo, or in the box. Raises NoGarment."""
    if box is None:
        picture = read_photo(photo, max_side=network.decode_side, wait_s=WEB_WAIT_S)
    else:
        side = math.ceil(network.decode_side / min(box.width, box.height))
        picture = box.crop(read_photo(photo, max_side=side, wait_s=WEB_WAIT_S))
    finding, vectors = network.encode_garments(picture)
    garments = finding.garments
    if not garments:
        raise NoGarment
    if box is not None:
        garments = tuple(map(box.place, garments))
    return EncodedPicture(vectors, garments)


def _load_start_product(
    start: Start, encoder: Encoder
) -> tuple[EncodedPicture, int, int]:
    """Return the stored vector, or those of the garments in the box, with the ids of
    product and photo."""
    if start.box:
        image = find_image(start)
        with _open_photo("product", image) as photo:
            picture = _encode_garments(photo, network_of(encoder), start.box)
        return picture, image.product_id, image.pk
    if start.image is None:
        product = load_product_vectors("product", [start.product], encoder)[0]
    else:
        product = _load_image_vector("product", find_image(start), encoder)
    picture = EncodedPicture(product.vector[None], ())
    return picture, product.product_id, product.image_id


def find_image(start: Start) -> ProductImage:
    images = _published_images("product", start.product)
    for image in images:
        if start.image in (None, image.pk):
            return image
    message = _("%(product)s has no photo %(image)d.") % {
        "product": start.product,
        "image": start.image,
    }
    raise ParameterError("image", ErrorCode.UNKNOWN_IMAGE, message)


def load_product_vectors(
    parameter: str, skus: Iterable[str], encoder: Encoder
) -> list[ProductVector]:
    """Return the stored vector of each product's first photo, in the same order.

    A photo without a stored vector is encoded now. Raises ParameterError, naming the
    parameter that the SKUs came in, for a product without a photo that can be read.
    """
    skus = list(skus)
    if not skus:
        return []
    rows = Embedding.objects.of_first_photos(encoder).filter(
        image__product__sku__in=skus,
        image__product__status=Product.Status.PUBLISHED,
    )
    fields = ("image__product__sku", "image__product_id", "image_id", "vector")
    stored = {
        sku: ProductVector(product_id, image_id, np.asarray(vector, np.float32))
        for sku, product_id, image_id, vector in rows.values_list(*fields)
    }
    return [
        stored.get(sku)
        or _load_image_vector(parameter, _published_images(parameter, sku)[0], encoder)
        for sku in skus
    ]


def _published_images(parameter: str, sku: str) -> list[ProductImage]:
    product = Product.objects.published().with_photos().with_skus([sku]).first()
    if product is None:
        message = _("There is no product %s in the shop.") % sku[:64]
        raise ParameterError(parameter, ErrorCode.UNKNOWN_PRODUCT, message)
    if not (images := list(product.images.all())):
        message = _("%s has no photo to search with.") % sku
        raise ParameterError(parameter, ErrorCode.NO_PHOTO, message)
    return images


def _load_image_vector(
    parameter: str, image: ProductImage, encoder: Encoder
) -> ProductVector:
    rows = Embedding.objects.filter(encoder=encoder, image=image)
    vector = rows.values_list("vector", flat=True).first()
    if vector is None:
        network = network_of(encoder)
        with _open_photo(parameter, image) as photo:
            picture = read_photo(photo, max_side=network.decode_side, wait_s=WEB_WAIT_S)
        vector = network.encode([picture])[0]
    return ProductVector(image.product_id, image.pk, np.asarray(vector, np.float32))


@contextmanager
def _open_photo(parameter: str, image: ProductImage) -> Iterator[bytes]:
    """Yield the photo; name the parameter if it turns out to be unreadable."""
    try:
        with image.file.open("rb") as file:
            yield file.read()
    except NoGarment:
        raise
    except (OSError, PhotoError) as error:
        message = _("Photo %d cannot be read just now.") % image.pk
        raise ParameterError(parameter, ErrorCode.UNREADABLE_PHOTO, message) from error
