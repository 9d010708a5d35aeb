"""From a record to what a product is to be, checked by the model's own rules."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.core.exceptions import ValidationError

from catalog.feeds.columns import MANY, Record
from catalog.models import Category, Product
from catalog.money import parse_price

MOST_PHOTOS = 50  # of a product
_FIELDS = {field.name for field in Product._meta.fields}
_AVAILABLE = {"in_stock", "instock", "available", "limited_availability", "yes", "true"}
_AVAILABLE |= {"1"}
_UNAVAILABLE = {"out_of_stock", "outofstock", "sold_out", "unavailable", "no", "false"}
_UNAVAILABLE |= {"0", "preorder", "pre_order", "backorder", "back_order"}
_UNAVAILABLE |= {"discontinued"}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class RowProblem:
    row: int
    sku: str
    column: str
    value: str
    expected: str

    def __str__(self) -> str:
        at = f"Row {self.row}" + (f" ({short(self.sku)})" if self.sku else "")
        value = f"{self.column} {short(self.value)!r}: " if self.column else ""
        return f"{at}: {value}expected {self.expected}"

    @property
    def cells(self) -> list[str]:
        """For a spreadsheet, which would take some texts for formulas."""
        texts = [self.sku, self.column, short(self.value, 2000), self.expected]
        texts = [_CONTROL.sub("\ufffd", text) for text in texts]
        return [str(self.row), *(f"'{t}" if t[:1] in {*"=+-@"} else t for t in texts)]


@dataclass(frozen=True)
class Row:
    """What the feed says of a product, and nothing of what it leaves open."""

    number: int
    sku: str
    fields: dict[str, Any] = field(default_factory=dict)  # of Product
    category: str = ""
    stock: int | None = None
    available: bool | None = None
    links: list[str] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)  # with any, it is skipped

    @property
    def names_a_product(self) -> bool:
        """Whether its id can be relied on, whatever else is wrong."""
        wrong = {problem.column for problem in self.problems}
        return bool(self.sku) and "id" not in wrong

    def stock_after(self, present: int) -> int:
        if self.available is False:
            return 0
        if self.stock is not None:
            return self.stock
        return max(present, 1) if self.available else present


class Wrong(ValueError):
    def __init__(self, column: str, expected: str) -> None:
        super().__init__(expected)
        self.column = column


def read_row(record: Record, *, currency: str) -> Row:
    """`currency` is of prices that name none."""
    values = {name: value.strip() for name, value in record.values.items()}
    sku = values.get("id", "")
    problems = []
    parts: dict[str, Any] = {"fields": {}}
    if record.fault:
        problems.append(RowProblem(record.row, "", "", "", record.fault))
    for read in _READERS if not record.fault else ():
        try:
            read(values, parts, currency)
        except Wrong as wrong:
            value = values.get(wrong.column, "")
            problems.append(
                RowProblem(record.row, sku, wrong.column, value, str(wrong))
            )
    return Row(record.row, sku, problems=problems, **parts)


def _check(column: str, **values: Any) -> None:
    """By the rules of Product. Raises Wrong."""
    try:
        Product(**values).clean_fields(exclude=_FIELDS - values.keys())
    except ValidationError as error:
        said = "; ".join(error.messages)
        raise Wrong(column, f"another value: {said}") from None


def _no_nul(values: Mapping[str, str], parts: dict, currency: str) -> None:
    for column, value in values.items():
        if "\0" in value:
            raise Wrong(column, "text without NUL bytes")


def _sku(values: Mapping[str, str], parts: dict, currency: str) -> None:
    sku = values.get("id", "")
    if not sku:
        raise Wrong("id", "an id: each product has its own")
    _check("id", sku=sku)


def _title(values: Mapping[str, str], parts: dict, currency: str) -> None:
    if "title" in values:
        title = one_line(values["title"])
        if not title:
            raise Wrong("title", "a title")
        _check("title", title=title)
        parts["fields"]["title"] = title


def _brand(values: Mapping[str, str], parts: dict, currency: str) -> None:
    if "brand" in values:
        brand = one_line(values["brand"])
        _check("brand", brand=brand)
        parts["fields"]["brand"] = brand


def _description(values: Mapping[str, str], parts: dict, currency: str) -> None:
    if "description" in values:
        parts["fields"]["description"] = plain_text(values["description"])


def _price(values: Mapping[str, str], parts: dict, currency: str) -> None:
    if "price" not in values:
        return
    try:
        price = parse_price(values["price"], currency)
    except ValueError as error:
        raise Wrong("price", str(error)) from None
    _check("price", price_cents=price.cents, currency=price.currency)
    parts["fields"] |= {"price_cents": price.cents, "currency": price.currency}


def _category(values: Mapping[str, str], parts: dict, currency: str) -> None:
    """The last part of the first that names one; Google's may be a mere number."""
    for column in ("product_type", "google_product_category"):
        steps = [one_line(step) for step in unescape(values.get(column, "")).split(">")]
        named = [step for step in steps if step]
        if not named or (column != "product_type" and named[-1].isdecimal()):
            continue
        if len(named[-1]) > (most := most_chars(Category, "name")):
            raise Wrong(column, f"a last part of at most {most} characters")
        parts["category"] = named[-1]
        return


def most_chars(model: Any, name: str) -> int:
    return model._meta.get_field(name).max_length


def _quantity(values: Mapping[str, str], parts: dict, currency: str) -> None:
    """More promised than there is counts as none."""
    if quantity := values.get("quantity"):
        match = re.fullmatch(r"([+-]?[0-9]{1,10})(?:[.,]0+)?", quantity)
        if not match:
            raise Wrong("quantity", "a whole number")
        parts["stock"] = max(int(match[1]), 0)
        _check("quantity", stock=parts["stock"])


def _availability(values: Mapping[str, str], parts: dict, currency: str) -> None:
    if said := values.get("availability"):
        word = re.sub(r"[\s-]+", "_", said.lower()).rpartition("/")[2]  # schema.org
        if word not in _AVAILABLE | _UNAVAILABLE:
            raise Wrong("availability", "in_stock, out_of_stock, preorder or backorder")
        parts["available"] = word in _AVAILABLE


def _links(values: Mapping[str, str], parts: dict, currency: str) -> None:
    links = [values.get("image_link", ""), *split_links(values.get(MANY, ""))]
    parts["links"] = list(dict.fromkeys(link for link in links if link))
    if len(parts["links"]) > MOST_PHOTOS:
        raise Wrong(MANY, f"at most {MOST_PHOTOS} photos")


_READERS: tuple[Callable[[Mapping[str, str], dict, str], None], ...] = (
    *(_no_nul, _sku, _title, _brand, _description, _price, _category),
    *(_quantity, _availability, _links),
)


def split_links(text: str) -> list[str]:
    """By commas, but between web addresses only by those that end one."""
    comma = r",\s*(?=https?:|//)" if re.match(r"\s*(https?:|//)", text) else ","
    return [link.strip(" \t\r\n,") for link in re.split(comma, text)]


def one_line(text: str) -> str:
    return " ".join(plain_text(text).split())


def plain_text(text: str) -> str:
    """In composed letters (NFC), HTML as text: twice, as feeds escape it twice."""
    text = _CONTROL.sub("", unicodedata.normalize("NFC", text))
    for _ in range(2):
        if re.search(r"</?[a-zA-Z][^<>]*>|<!--|&(#?\w+);", text):
            text = _TextOfHtml.of(text)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _TextOfHtml(HTMLParser):
    BREAKS = {
        **dict.fromkeys(("div", "li", "tr", "ul", "ol", "h1", "h2", "h3", "h4"), "\n"),
        "p": "\n\n",
    }
    SILENT = {"script", "style"}

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.silent = False

    @classmethod
    def of(cls, html: str) -> str:
        parser = cls()
        parser.feed(html)
        parser.close()
        return "".join(parser.parts)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.silent = tag in self.SILENT
        self.parts += ["\n"] if tag == "br" else self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        self.silent = False
        self.parts += self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(data)

    def _break(self, tag: str) -> list[str]:
        """Between two blocks one is enough."""
        broken = bool(self.parts) and self.parts[-1].endswith("\n")
        return [] if broken or tag not in self.BREAKS else [self.BREAKS[tag]]


def short(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
