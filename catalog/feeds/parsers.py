"""The texts of a feed's cells as values.

Each function returns None to leave the product as it is, and raises ValueError with
what it expects.
"""

import hashlib
import re
from datetime import UTC, datetime, time, timedelta
from html import unescape

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from catalog.feeds.plain_text import one_line
from catalog.money import Price, parse_shop_price
from catalog.slugs import comparable, in_plain_letters, visible_text

MAX_GROUP_CHARS = 64
_IN_STOCK = ("in_stock", "instock", "available", "limited_availability")
_OUT_OF_STOCK = ("out_of_stock", "outofstock", "sold_out", "soldout", "unavailable")
_AVAILABILITY: dict[str, str] = {
    **dict.fromkeys((*_IN_STOCK, "yes", "true", "1"), "in_stock"),
    **dict.fromkeys(
        (*_OUT_OF_STOCK, "discontinued", "no", "false", "0"), "out_of_stock"
    ),
    **dict.fromkeys(("preorder", "pre_order", "presale"), "preorder"),
    **dict.fromkeys(
        ("backorder", "back_order", "onbackorder", "on_backorder"), "backorder"
    ),
}
_PUBLIC = {
    *("active", "publish", "published", "enabled", "online", "live", "public"),
    *("visible", "catalog", "search", "catalog,_search", "yes", "true", "1"),
}
_HIDDEN = {
    *("draft", "auto_draft", "archived", "private", "hidden", "unlisted", "trash"),
    *("pending", "future", "unpublished", "inactive", "disabled", "offline"),
    *("not_visible_individually", "no", "false", "0", "-1"),
}
_GENDERS = {
    "female": "female f w woman women women's womens ladies girl girls damen frauen"
    " femme femmes donna mujer kadin dames",
    "male": "male m man men men's mens gentlemen boy boys herren manner homme hommes"
    " uomo hombre erkek heren",
    "unisex": "unisex all both uni mixed",
}
_AGE_GROUPS = {
    "newborn": "newborn",
    "infant": "infant baby babies",
    "toddler": "toddler toddlers",
    "kids": "kids kid child children kinder enfant",
    "adult": "adult adults erwachsene adulte",
}
_GENDER_OF = {word: name for name, words in _GENDERS.items() for word in words.split()}
_AGE_GROUP_OF = {
    word: name for name, words in _AGE_GROUPS.items() for word in words.split()
}


def parse_sku(text: str) -> str:
    return " ".join(visible_text(text).split(" ")).strip()


def parse_group(text: str) -> str:
    text = one_line(text)
    if len(text) <= MAX_GROUP_CHARS:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{text[: MAX_GROUP_CHARS - 9]}-{digest}"


def parse_category(text: str) -> str | None:
    """Return the last step of a path such as `Apparel > Women > Dresses`."""
    steps = [one_line(step) for step in unescape(text).split(">")]
    return next((step for step in reversed(steps) if step), None)


def parse_google_category(text: str) -> str | None:
    category = parse_category(text)
    return None if category and category.isdecimal() else category


def parse_quantity(text: str) -> int | None:
    if not text:
        return None
    match = re.fullmatch(r"([+-]?[0-9]{1,10})(?:[.,]0+)?", text)
    if not match:
        raise ValueError("a whole number")
    return max(int(match[1]), 0)  # below zero, more was sold than there is


def parse_availability(text: str) -> str | None:
    if not text:
        return None
    word = re.sub(r"[\s-]+", "_", text.lower())
    word = word.rpartition("/")[2]  # of https://schema.org/InStock
    if word not in _AVAILABILITY:
        raise ValueError("in_stock, out_of_stock, preorder or backorder")
    return _AVAILABILITY[word]


def parse_public(text: str) -> bool | None:
    word = re.sub(r"[\s_-]+", "_", text.casefold()) if text != "-1" else text
    if not word:
        return None
    if word not in _PUBLIC | _HIDDEN:
        raise ValueError("active, published, draft, archived, private or hidden")
    return word in _PUBLIC


def parse_link(text: str) -> list[str] | None:
    return [text] if text else None


def split_links(text: str) -> list[str]:
    """Split at commas; web addresses only at commas before the next address."""
    comma = r",\s*(?=https?:|//)" if re.match(r"\s*(https?:|//)", text) else ","
    links = (link.strip(" \t\r\n,") for link in re.split(comma, text))
    return [link for link in links if link]


def parse_sale_price(text: str, currency: str) -> Price | None:
    """Return None for an empty cell, which ends a sale."""
    return parse_shop_price(text, currency) if text else None


def parse_gender(text: str) -> str:
    return _lookup(text, _GENDER_OF, "female, male or unisex")


def parse_age_group(text: str) -> str:
    return _lookup(text, _AGE_GROUP_OF, "newborn, infant, toddler, kids or adult")


def _lookup(text: str, names: dict[str, str], expected: str) -> str:
    word = re.sub("[\u0300-\u036f]", "", in_plain_letters(comparable(text)))
    if word and word not in names:
        raise ValueError(expected)
    return names.get(word, "")


def parse_gtin(text: str) -> str:
    """Return the digits; the checks of the model count them."""
    return re.sub(r"[\s'-]", "", text)


def parse_sale_dates(text: str) -> tuple[datetime | None, datetime | None]:
    """Parse `2026-11-27T00:00+0100/2026-12-01T00:00+0100`; either may be missing.

    A day without a time counts from its beginning and to its end.
    """
    if not text:
        return None, None
    starts, separator, ends = text.partition("/")
    if not separator:
        raise ValueError("two dates: 2026-11-27T00:00+0100/2026-12-01T00:00+0100")
    begin, end = _moment(starts, is_end=False), _moment(ends, is_end=True)
    if begin and end and end <= begin:
        raise ValueError("an end that is after the start")
    return begin, end


def _moment(text: str, *, is_end: bool) -> datetime | None:
    text = text.strip()
    if not text:
        return None
    try:
        day = parse_date(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
        moment = None if day else parse_datetime(text)
    except ValueError:  # a 13th month
        day = moment = None
    if day:
        day += timedelta(days=1) if is_end else timedelta()
        moment = datetime.combine(day, time())
    if moment is None:
        raise ValueError("a date as 2026-11-27 or 2026-11-27T00:00+0100")
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    return moment.astimezone(UTC)
