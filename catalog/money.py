"""Prices as text. They are stored in hundredths of a unit, whatever the currency."""

# ISO 4217, minor unit 0: nothing smaller than a unit is ever paid.
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


def amount(cents: int, currency: str) -> str:
    """`1,299.00`; `1,299` of a currency without cents, unless some are stored."""
    whole, rest = divmod(cents, 100)
    if currency in WITHOUT_CENTS and not rest:
        return f"{whole:,}"
    return f"{whole:,}.{rest:02}"
