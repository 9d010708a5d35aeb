from io import BytesIO
from itertools import count
from typing import Any

from PIL import Image, ImageDraw

from catalog.models import Category, Product, ProductImage
from catalog.photos.store import add_photo
from catalog.variants.stock import add_missing_variants

_numbers = count(1)


def make_category(name: str = "Dresses", slug: str = "dress") -> Category:
    return Category.objects.get_or_create(slug=slug, defaults={"name": name})[0]


def make_photo_bytes(
    colour: Any = "navy",
    size: tuple[int, int] = (90, 120),
    format: str = "JPEG",
    **options: Any,
) -> bytes:
    """Return a photo of a garment-like shape of the colour on white."""
    image = Image.new("RGB", size, "white")
    box = (size[0] // 4, size[1] // 6, size[0] * 3 // 4, size[1] * 5 // 6)
    ImageDraw.Draw(image).rectangle(box, fill=colour)
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def drawing(colour: str = "navy", size: tuple[int, int] = (300, 400)) -> Image.Image:
    """Return a picture with enough shapes for a distinct fingerprint."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 40, 240, 330), fill=colour)
    draw.polygon([(20, 380), (150, 90), (280, 380)], fill="darkorange")
    return image


def make_product(*, photo: bytes | bool = False, **overrides: Any) -> Product:
    """Create a published product; `photo=True` adds a photo of a distinct colour."""
    number = next(_numbers)
    fields: dict[str, Any] = {
        "sku": f"SKU-{number}",
        "slug": f"product-{number}",
        "title": f"Product {number}",
        "brand": "Nordlys",
        "price_cents": 1990,
        "stock": 5,
    }
    if "category" not in overrides:
        fields["category"] = make_category()
    product = Product.objects.create(**fields | overrides)
    add_missing_variants([product.pk])
    if photo:
        hue = (number * 37 % 256, number * 91 % 256, number * 151 % 256)
        data = make_photo_bytes(hue) if photo is True else photo
        add_photo(product=product, data=data)
    return product


def paint(product: Product, *colours: str, file: str = "a") -> None:
    """Add a photo of these colours, without a file."""
    ProductImage.objects.create(
        **{"product": product, "file": file, "sha256": file * 64},
        **{"width": 3, "height": 4, "colours": list(colours)},
    )


def lose_files(product: Product) -> None:
    """Delete the photos' files but not their rows."""
    for image in product.images.all():
        image.file.storage.delete(image.file.name)
