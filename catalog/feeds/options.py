from dataclasses import dataclass
from pathlib import Path

from catalog.feeds.columns import FeedRefused
from catalog.feeds.fields import max_chars
from catalog.feeds.zip_files import is_zip
from catalog.models import Category, FeedProduct
from catalog.money import shop_currency


@dataclass(frozen=True)
class ImportOptions:
    """How to import a feed; raises FeedRefused if an option cannot be used."""

    feed_name: str
    photos: Path  # the folder that paths start from, or a ZIP archive
    category: str = ""  # of new products whose rows name none
    allow_private: bool = False
    trust_links: bool = False
    dry_run: bool = False
    partial: bool = False  # some rows of a feed, which lack sizes of their products

    @property
    def currency(self) -> str:
        return shop_currency()

    def __post_init__(self) -> None:
        for option, text, limit in (
            ("feed-name", self.feed_name, max_chars(FeedProduct, "feed")),
            ("category", self.category, max_chars(Category, "name")),
        ):
            if len(text) > limit:
                raise FeedRefused(
                    f"--{option} {text} is too long. Use at most {limit} characters."
                )
        if not self.photos.is_dir() and not is_zip(self.photos):
            raise FeedRefused(
                f"There is no folder {self.photos} (--photos), nor a ZIP archive of"
                " this name. Check it."
            )
