"""Read the photos of rows, few enough at a time to be held in memory."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from catalog.feeds.groups import RowGroup
from catalog.feeds.options import ImportOptions
from catalog.feeds.photos.files import LinkError, Version, open_photo_files
from catalog.feeds.photos.reader import LinkedPhoto, PhotoReader
from catalog.feeds.rows import ProductRow
from catalog.models import FeedPhoto

MAX_LINKS = 100  # that may have to be read, in one part
THREADS = 8
Photos = dict[str, dict[str, LinkedPhoto]]  # by SKU and link


class PhotoBatch:
    def __init__(self, reader: PhotoReader, pool: ThreadPoolExecutor) -> None:
        self.reader = reader
        self.pool = pool

    @classmethod
    @contextmanager
    def open(cls, options: ImportOptions) -> Iterator["PhotoBatch"]:
        files = open_photo_files(options.photos)
        reader = PhotoReader(
            files,
            allow_private=options.allow_private,
            trust_links=options.trust_links,
        )
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="feed")
        try:
            yield cls(reader, pool)
        finally:
            reader.stop()
            pool.shutdown(cancel_futures=True)
            files.close()

    def parts(
        self, groups: list[RowGroup], products: dict[str, int]
    ) -> Iterator[list[RowGroup]]:
        """Yield the groups in parts whose photos can be held in memory.

        `products` are the stored ones by SKU, whose photos may be known.
        """
        self.products = products
        self.versions = _known_versions(products.values())
        part: list[RowGroup] = []
        links: set[str] = set()  # sizes and colours share their photos
        for group in groups:
            new = {
                link
                for row in group.rows
                for link in row.links
                if self._asks(row, link)
            }
            if part and len(links | new) > MAX_LINKS:
                yield part
                part, links = [], set()
            part.append(group)
            links |= new
        if part:
            yield part

    def _asks(self, row: ProductRow, link: str) -> bool:
        return self.reader.may_differ(link, self._known(row.sku, link))

    def read(
        self,
        groups: list[RowGroup],
        on_error: Callable[[ProductRow, str, str], object],
    ) -> Photos:
        rows = [row for group in groups for row in group.rows]
        futures: dict[tuple[str, str], Future[LinkedPhoto]] = {}
        photos: Photos = {row.sku: {} for row in rows}
        wanted = [(row, link) for row in rows for link in row.links]
        for row, link in wanted:
            version = self._known(row.sku, link)
            key = (link, repr(version))  # sizes share their photos
            if not self.reader.may_differ(link, version):
                photos[row.sku][link] = LinkedPhoto(None, version or {})
            elif key not in futures:
                futures[key] = self.pool.submit(self.reader.read, link, version)
        for row, link in wanted:
            if link not in photos[row.sku]:
                try:
                    future = futures[link, repr(self._known(row.sku, link))]
                    photos[row.sku][link] = future.result()
                except LinkError as error:
                    on_error(row, link, str(error))
        return photos

    def _known(self, sku: str, link: str) -> Version | None:
        return self.versions.get((self.products.get(sku, 0), link))


def _known_versions(products: Iterable[int]) -> dict[tuple[int, str], Version]:
    links = FeedPhoto.objects.filter(image__product__in=set(products))
    rows = links.values_list("image__product", "link", "version")
    return {(product, link): version for product, link, version in rows}
