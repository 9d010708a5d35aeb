"""Prices as the active language writes them."""

import re
from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency, get_currency_symbol
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.money import minor_digits
from catalog.prices.ranges import PriceRange

_CODE_BEFORE_NUMBER = re.compile(r"(?<=[A-Z])(?=\d)")


def format_price(minor: int, currency: str, *, whole: bool = False) -> str:
    """Return `€1,299.00` or `1.299,00 €`; `whole` leaves out decimals that are zero."""
    amount = Decimal(minor).scaleb(-minor_digits(currency))
    locale = Locale.parse((get_language() or "en").partition("-")[0])
    pattern = locale.currency_formats["standard"].pattern
    if whole and amount == amount.to_integral_value():
        pattern = pattern.replace(".00", "")
    text = format_currency(
        amount, currency, pattern, locale, currency_digits=".00" in pattern
    )
    return _CODE_BEFORE_NUMBER.sub("\N{NO-BREAK SPACE}", text)


def currency_sign(currency: str) -> str:
    return get_currency_symbol(currency, (get_language() or "en").partition("-")[0])


def format_range(prices: PriceRange, currency: str) -> str:
    def price(minor: int) -> str:
        return format_price(minor, currency, whole=True)

    low, high = prices.min_cents, prices.max_cents
    if high is None:
        return _("Any price") if low is None else _("%s and more") % price(low)
    # Whole units are easier to read than 24.99; the cent misleads nobody.
    is_below = (high + 1) % max(10 ** minor_digits(currency), 10) == 0
    end = price(high + is_below)
    if low is None:
        return (_("Under %s") if is_below else _("Up to %s")) % end
    return _("%(low)s to %(high)s") % {"low": price(low), "high": end}
