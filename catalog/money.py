"""Prices as text; they are stored in the minor unit of their currency, as ISO 4217 has
it: cents of euros, whole yen, fils of dinars."""

import re
from functools import cache
from typing import NamedTuple

from django.conf import settings
from iso4217 import Currency

MAX_MINOR = 2**31 - 1  # of the database's integers
_CODE = re.compile("[A-Z]{3}")


def shop_currency() -> str:
    return settings.CURRENCY


@cache
def minor_digits(currency: str) -> int:
    """Return how many decimals a price has; 2 for unknown currencies."""
    try:
        return Currency(currency).exponent or 0
    except ValueError:
        return 2


def amount(minor: int, currency: str) -> str:
    """Return `1,299.00`, with as many decimals as the currency has."""
    return decimal(minor, currency, ",")


def decimal(minor: int, currency: str, separator: str = "") -> str:
    """Return `1299.00`, for forms and machines."""
    digits = minor_digits(currency)
    whole, rest = divmod(minor, 10**digits)
    return f"{whole:{separator}}" + (f".{rest:0{digits}}" if digits else "")


# Only signs of a single currency.
_SIGNS = {
    **{"€": "EUR", "£": "GBP", "₺": "TRY", "TL": "TRY", "₽": "RUB", "₴": "UAH"},
    **{"₹": "INR", "₩": "KRW", "ZŁ": "PLN", "KČ": "CZK", "FT": "HUF"},
}
# These stand for the shop's currency, if it is one of these.
_SHARED_SIGNS = {
    "$": {"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP"},
    "KR": {"SEK", "NOK", "DKK", "ISK"},
    "¥": {"JPY", "CNY"},
}
_MAX_CHARS = 40
_NO_CENTS = re.compile(r"(?<=[0-9])([.,])(?:-{1,2}|\u2013|\u2014)(?![0-9])")  # 49,-
_PRICE = re.compile(r"([^\d\s.,'-]*)\s*(\d[\d.,'\s]*?)\s*([^\d\s.,'-]*)")
_PLAIN = re.compile(r"([0-9]+)(?:[.,]([0-9]{1,2}|[0-9]{2}00+))?")
_MILLS = re.compile(r"([0-9]+|[0-9]{1,3}(?:([.,'\s])[0-9]{3})+)(?!\2)[.,]([0-9]{3})")
_INDIAN = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?:\.([0-9]{1,2}))?")
_GROUPED = re.compile(
    r"([0-9]{1,3}([.,'\s])[0-9]{3}(?:\2[0-9]{3})*)(?:(?!\2)[.,]([0-9]{1,2}))?"
)


class Price(NamedTuple):
    cents: int  # of the minor unit
    currency: str


def parse_price(text: str, currency: str) -> Price:
    """Parse `19.90 EUR`, `EUR 19,90`, `1.299,00 €`, or `19.90` in `currency`.

    Raises ValueError with a description of what is expected.
    """
    text = _NO_CENTS.sub(r"\g<1>00", text.strip().replace("\u2019", "'"))
    match = _PRICE.fullmatch(text) if len(text) <= _MAX_CHARS else None
    if not match or (match[1] and match[3]):
        raise ValueError("a price as 19.90 EUR")
    named = _code_of((match[1] or match[3] or currency).upper(), currency)
    return Price(_minor(match[2], named), named)


def parse_shop_price(text: str, currency: str) -> Price:
    """Parse a price as `parse_price` does; raises ValueError for other currencies."""
    price = parse_price(text, currency)
    if price.currency != currency:
        raise ValueError(
            f"a price in {currency}, the shop's currency, not in {price.currency}"
        )
    return price


def _code_of(sign: str, currency: str) -> str:
    if currency in _SHARED_SIGNS.get(sign, ()):
        return currency
    code = _SIGNS.get(sign, sign)
    if not _CODE.fullmatch(code):
        raise ValueError(f"a currency by its three letters: 19.90 {currency}")
    return code


def _minor(number: str, currency: str) -> int:
    digits = minor_digits(currency)
    whole, decimals = _split(number, digits)
    if len(decimals.rstrip("0")) > digits:
        raise ValueError(f"a price in {currency} with at most {digits} decimals")
    return int(whole + decimals[:digits].ljust(digits, "0"))


def _split(number: str, digits: int) -> tuple[str, str]:
    """Return the digits before and after the decimal mark."""
    if digits > 2 and (mills := _MILLS.fullmatch(number)):
        return re.sub(r"\D", "", mills[1]), mills[3]
    if _INDIAN.fullmatch(number):
        number = number.replace(",", "")
    if plain := _PLAIN.fullmatch(number):
        return plain[1], plain[2] or ""
    grouped = _GROUPED.fullmatch(number)
    if not grouped:
        raise ValueError("a price as 19.90 EUR")
    whole = re.sub(r"\D", "", grouped[1])
    one_mark = len(re.findall(r"[.,]", number)) == 1 and grouped[2] in ".,"
    if one_mark and digits:
        raise ValueError(f"{whole}.00 if that is meant, or at most {digits} decimals")
    return whole, grouped[3] or ""
