"""Products of the demo, as they are stored."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction

from catalog.categories import category_of
from catalog.locks import IMPORT, lock_until_commit
from catalog.models import Category, Product, ProductImage
from catalog.photos.prepared import PreparedPhoto
from catalog.photos.store import new_photo
from catalog.photos.unused import remove_files_on_error
from catalog.variants.models import Variant
from catalog.variants.stock import add_missing_variants
from fashionlens.demo.texts import ProductTexts


@dataclass
class ImportReport:
    products: int = 0
    photos: int = 0
    existing: int = 0
    skipped: list[tuple[Path, str]] = field(default_factory=list)


@dataclass(frozen=True)
class ProductDraft:
    category: str
    group: str  # of a style in several colours
    texts: ProductTexts
    photos: list[PreparedPhoto]


def store_drafts(batch: list[ProductDraft], report: ImportReport) -> None:
    # A photo's file is written before its row is committed: a killed import may leave a
    # spare file, which `check_media` deletes, but no row without a file.
    skus = [draft.texts.sku for draft in batch]
    with remove_files_on_error(), transaction.atomic():
        # Serialise concurrent imports, or both would store the same photos.
        lock_until_commit(IMPORT)
        existing = set(
            Product.objects.filter(sku__in=skus).values_list("sku", flat=True)
        )
        new = {d.texts.sku: d for d in batch if d.texts.sku not in existing}.values()
        categories = {name: category_of(name) for name in {d.category for d in new}}
        products = Product.objects.bulk_create(
            _product(draft, categories[draft.category]) for draft in new
        )
        Variant.objects.bulk_create(
            variant
            for product, draft in zip(products, new, strict=True)
            for variant in _variants(product, draft.texts)
        )
        add_missing_variants(product.pk for product in products)
        images = ProductImage.objects.bulk_create(
            new_photo(product=product, photo=photo, position=position)
            for product, draft in zip(products, new, strict=True)
            for position, photo in enumerate(draft.photos)
        )
    report.existing += len(batch) - len(new)
    report.products += len(products)
    report.photos += len(images)


def _product(draft: ProductDraft, category: Category) -> Product:
    words = draft.texts
    return Product(
        sku=words.sku,
        slug=words.slug,
        title=words.title,
        description=words.description,
        brand=words.brand,
        price_cents=words.price_cents,
        stock=words.stock,
        category=category,
        group=draft.group,
        colour=words.colour,
        material=words.material,
        sale_price_cents=words.sale_price_cents,
    )


def _variants(product: Product, texts: ProductTexts) -> Iterator[Variant]:
    for position, (size, quantity) in enumerate(texts.sizes.items()):
        yield Variant(
            product=product,
            sku=f"{product.sku}-{size}",
            size=size,
            quantity=quantity,
            position=position,
        )
