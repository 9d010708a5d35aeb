"""Prices as text; they are stored in hundredths of a unit, whatever the currency."""

import re
from typing import NamedTuple

# Currencies whose minor unit has 0 digits in ISO 4217.
WITHOUT_CENTS = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)

# Those of three digits. Prices are stored in hundredths, so the third must be 0.
WITH_MILLS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def amount(cents: int, currency: str) -> str:
    """Return `1,299.00`, with as many decimals as the currency has.

    A currency without cents has them only if there are some: `1,299`.
    """
    whole, rest = divmod(cents, 100)
    if currency in WITHOUT_CENTS and not rest:
        return f"{whole:,}"
    return f"{whole:,}.{rest:02}" + ("0" if currency in WITH_MILLS else "")


# Only signs of a single currency; $, kr and ¥ stand for several.
_SIGNS = {
    **{"€": "EUR", "£": "GBP", "₺": "TRY", "TL": "TRY", "₽": "RUB", "₴": "UAH"},
    **{"₹": "INR", "₩": "KRW", "ZŁ": "PLN", "KČ": "CZK", "FT": "HUF"},
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
    cents: int
    currency: str


def parse_price(text: str, currency: str) -> Price:
    """Parse `19.90 EUR`, `EUR 19,90`, `1.299,00 €`, or `19.90` in `currency`.

    Raises ValueError with a description of what is expected.
    """
    text = _NO_CENTS.sub(r"\g<1>00", text.strip().replace("\u2019", "'"))
    match = _PRICE.fullmatch(text) if len(text) <= _MAX_CHARS else None
    if not match or (match[1] and match[3]):
        raise ValueError("a price as 19.90 EUR")
    named = (match[1] or match[3] or currency).upper()
    named = _SIGNS.get(named, named)
    if not re.fullmatch("[A-Z]{3}", named):
        raise ValueError("a currency by its three letters: 19.90 USD")
    return Price(_cents(match[2], named), named)


def _cents(number: str, currency: str) -> int:
    if currency in WITH_MILLS and (mills := _MILLS.fullmatch(number)):
        if mills[3][2] != "0":
            raise ValueError(f"a price in {currency} whose third decimal is 0")
        return int(re.sub(r"\D", "", number)) // 10
    if _INDIAN.fullmatch(number):
        number = number.replace(",", "")
    if plain := _PLAIN.fullmatch(number):
        return int(plain[1]) * 100 + int((plain[2] or "")[:2].ljust(2, "0"))
    grouped = _GROUPED.fullmatch(number)
    if not grouped:
        raise ValueError("a price as 19.90 EUR")
    digits = re.sub(r"\D", "", grouped[1])
    one_mark = len(re.findall(r"[.,]", number)) == 1 and grouped[2] in ".,"
    if one_mark and currency not in WITHOUT_CENTS:
        raise ValueError(f"{digits}.00 if that is meant, or at most two decimals")
    return int(digits) * 100 + int((grouped[3] or "").ljust(2, "0"))
