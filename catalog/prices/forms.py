from typing import Any

from django import forms

from catalog.money import MAX_MINOR, amount, decimal, parse_shop_price, shop_currency


class PriceField(forms.CharField):
    """A price as 49.90, stored in the currency's minor unit."""

    def __init__(self, **options: Any) -> None:
        attributes = {"inputmode": "decimal", "size": 10}
        super().__init__(widget=forms.TextInput(attrs=attributes), **options)

    def prepare_value(self, value: Any) -> Any:
        return decimal(value, shop_currency()) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            price = parse_shop_price(text, shop_currency())
        except ValueError as error:
            raise forms.ValidationError(f"Enter {error}.") from None
        if price.cents > MAX_MINOR:
            highest = f"{amount(MAX_MINOR, shop_currency())} {shop_currency()}"
            raise forms.ValidationError(f"The highest price is {highest}.")
        return price.cents

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return initial != self.to_python(data)
        except forms.ValidationError:
            return True
