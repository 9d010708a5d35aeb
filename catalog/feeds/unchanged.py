"""Rows that say what they said when they were last imported."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable

from catalog.feeds.columns import Record
from catalog.feeds.fields import COLUMNS, ID_COLUMN
from catalog.feeds.options import ImportOptions
from catalog.feeds.parsers import parse_link, parse_sku, split_links
from catalog.feeds.photos.files import Version
from catalog.feeds.photos.reader import PhotoReader
from catalog.models import FeedPhoto
from catalog.variants.models import Variant

# Another one whenever the same cells are read in another way.
_READING = 1


def digest_of(records: list[Record], options: ImportOptions) -> str:
    """Return a digest of all that an import makes of the rows, but for photos."""
    cells = [
        sorted((n, c) for n, c in record.cells.items() if n in COLUMNS)
        for record in records
    ]
    text = json.dumps([_READING, options.currency, options.category, cells])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def find_unchanged(
    batch: list[list[Record]],
    digests: list[str],
    *,
    feed_name: str,
    reader: PhotoReader,
) -> set[int]:
    """Return the numbers of those records that need no more than a look."""
    skus = [[_sku(record) for record in records] for records in batch]
    rows = Variant.objects.with_skus(sku for group in skus for sku in group)
    stored = {
        sku: (product, digest)
        for sku, product, digest in rows.filter(
            product__fed__feed=feed_name
        ).values_list("sku", "product", "product__fed__digest")
    }
    same: dict[int, int] = {}
    for number, digest in enumerate(digests):
        known = {stored.get(sku, (None, "")) for sku in skus[number]}
        if len(known) == 1 and (found := known.pop())[1] == digest and found[0]:
            same[number] = found[0]
    versions = _versions(same.values())
    return {
        number
        for number, product in same.items()
        if not any(
            reader.may_differ(link, versions[product].get(link))
            for record in batch[number]
            for link in _links(record)
        )
    }


def _sku(record: Record) -> str:
    return parse_sku(record.cells.get(ID_COLUMN, ""))


def _links(record: Record) -> list[str]:
    main = parse_link(record.cells.get("image_link", "").strip()) or []
    return main + split_links(record.cells.get("additional_image_link", ""))


def _versions(products: Iterable[int]) -> dict[int, dict[str, Version]]:
    versions: dict[int, dict[str, Version]] = defaultdict(dict)
    links = FeedPhoto.objects.filter(image__product__in=set(products))
    for product, link, version in links.values_list(
        "image__product", "link", "version"
    ):
        versions[product][link] = version
    return versions
