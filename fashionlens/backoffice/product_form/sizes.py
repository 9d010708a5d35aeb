"""The sizes of a product, as a table."""

from typing import Any

from django import forms
from unfold.admin import TabularInline

from catalog.models import Product
from catalog.prices.forms import PriceField
from catalog.variants.models import Variant


class VariantForm(forms.ModelForm):
    price_cents = PriceField(label="Own price", required=False)
    sale_price_cents = PriceField(label="Own sale price", required=False)
    sku = forms.CharField(
        label="SKU",
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"size": 16}),
        help_text="Empty: the product's, with the size",
    )

    class Meta:
        model = Variant
        fields = [
            *("size", "sku", "gtin", "availability", "quantity"),
            *("price_cents", "sale_price_cents", "position"),
        ]
        widgets = {
            "size": forms.TextInput(attrs={"size": 6}),
            "gtin": forms.TextInput(attrs={"size": 14}),
        }

    def __init__(self, *args: Any, product: Product, **options: Any) -> None:
        super().__init__(*args, **options)
        self.product = product

    def has_changed(self) -> bool:
        # A product has at least one variant, even if all is left as it is.
        is_first = not self.instance.pk and not self.empty_permitted
        return super().has_changed() or is_first

    def clean_sku(self) -> str:
        # Known by now: the form of the product is checked first.
        parts = [self.product.sku, self.cleaned_data.get("size")]
        return self.cleaned_data["sku"] or "-".join(filter(None, parts))


class VariantFormSet(forms.BaseInlineFormSet):
    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return super().get_form_kwargs(index) | {"product": self.instance}

    def clean(self) -> None:
        # Lists filter and sort by the product's price, which is the lowest.
        super().clean()
        lowest = self.instance.price_cents
        for form in self.forms:
            own = getattr(form, "cleaned_data", {}).get("price_cents")
            changed = "price_cents" in form.changed_data
            if changed and None not in (own, lowest) and own < lowest:
                message = "This is below the product's price. Lower that one instead."
                form.add_error("price_cents", message)


class VariantInline(TabularInline):
    model = Variant
    form = VariantForm
    formset = VariantFormSet
    verbose_name = "size"
    min_num = 1
    extra = 0
