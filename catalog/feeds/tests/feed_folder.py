"""A folder with a feed, for tests of the command."""

from io import StringIO
from pathlib import Path

from django.core.management import call_command

from catalog.models import Product
from catalog.tests.factories import make_photo_bytes

HEAD = "id,title,product_type,price,image_link,additional_image_link"
COAT = "A1,Coat,Outwear > Coats,19.90 EUR,red.jpg,"
HAT = "A2,Hat,Hats,5.00 EUR,blue.jpg,lime.jpg"
FILES = ("red", "blue", "lime", "gold")


class FeedFolder:
    """A folder with a feed and its photos, and the output of the command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "spring.csv"
        for colour in FILES:
            self.photo(f"{colour}.jpg", colour)

    def photo(self, name: str, colour: str, format: str = "JPEG") -> None:
        data = make_photo_bytes(colour, format=format)
        (self.folder / name).write_bytes(data)

    def feed(self, *rows: str, head: str = HEAD, **options) -> str:
        self.path.write_text("\n".join([head, *rows, ""]))
        return self.run(**options)

    def run(self, **options) -> str:
        self.out, self.err = StringIO(), StringIO()
        call_command(
            "import_feed", self.path, stdout=self.out, stderr=self.err, **options
        )
        return self.out.getvalue()


def product(sku: str) -> Product:
    return Product.objects.get(sku=sku)


def colours(sku: str) -> list[str]:
    """Return the main colour of each photo, in order."""
    return [image.colours[0] for image in product(sku).images.order_by("position")]
