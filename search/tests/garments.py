"""A network whose vectors have named parts, and which finds garments."""

import numpy as np
from PIL import Image

from catalog.models import Product
from catalog.tests.factories import make_category, make_product
from ml.encoder import WHOLE_PICTURE, Finding, Garment, Part
from ml.tests.files import as_bytes
from search.tests.fake_network import FakeNetwork

KINDS = {"dress": (60, 120), "skirt": (90, 90), "scarf": (120, 60)}
# By SKU, of which the kind is a part.
COLOURS = {
    "red-dress": (200, 20, 20),
    "blue-dress": (20, 20, 200),
    "red-skirt": (190, 20, 20),
    "blue-skirt": (20, 20, 190),
    "pink-scarf": (230, 150, 160),
}


class GarmentNetwork(FakeNetwork):
    """The kind of a garment is the shape of its picture, the colour is the mean of it.

    `finding` is what it finds in every picture.
    """

    bands = [("same item", 0.001), ("very similar", 0.05), ("similar", 0.15)]
    parts = {"kind": Part(0, 64, 0.6), "colour": Part(64, 128, 0.4)}
    part_bands = {"kind": 0.1, "colour": 0.1}
    finding: Finding = WHOLE_PICTURE

    def __init__(self) -> None:
        self.colours = {
            "red": np.stack([_colour((210, 20, 20)), _colour((140, 10, 10))]),
            "blue": np.stack([_colour((20, 20, 210))]),
            "warm": np.stack([_colour((210, 20, 20)), _colour((220, 200, 20))]),
        }

    def find(self, image: Image.Image) -> Finding:
        return self.finding

    def encode(self, images: list[Image.Image]) -> np.ndarray:
        rows = [
            np.concatenate([_kind(picture) * 0.6**0.5, _colour(picture) * 0.4**0.5])
            for picture in images
        ]
        return np.array(rows, np.float32).reshape(-1, self.dimension)

    def encode_garments(self, image: Image.Image) -> tuple[Finding, np.ndarray]:
        found = self.find(image)
        return found, self.encode([_cut(image, each) for each in found.garments])


def make_garments(*skus: str) -> dict[str, Product]:
    products = {}
    for sku in skus:
        kind = sku.split("-")[1]
        products[sku] = make_product(
            sku=sku,
            title=sku,
            category=make_category(kind.title(), kind),
            photo=photo_of(kind, COLOURS[sku]),
        )
    return products


def photo_of(kind: str, colour: str | tuple[int, int, int]) -> bytes:
    return as_bytes(Image.new("RGB", KINDS[kind], colour))


def _cut(image: Image.Image, garment: Garment) -> Image.Image:
    left, top, right, bottom = garment.box
    width, height = image.size
    return image.crop(
        (int(left * width), int(top * height), int(right * width), int(bottom * height))
    )


def _kind(picture: Image.Image) -> np.ndarray:
    """Return an angle of the shape, a unit vector: 0 if flat, 90 degrees if tall."""
    kind = np.zeros(64)
    angle = np.arctan2(picture.height, picture.width) * 2 - np.pi / 2
    kind[:2] = np.cos(angle), np.sin(angle)
    return kind


def _colour(of: Image.Image | tuple[int, int, int]) -> np.ndarray:
    if isinstance(of, Image.Image):
        of = of.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    colour = np.zeros(64)
    colour[:3] = np.array(of) + 1.0
    return colour / np.linalg.norm(colour)
