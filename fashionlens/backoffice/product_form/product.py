"""The form of a product: published with a button, saved once, never over another's."""

import hashlib
import uuid
from typing import Any

from django import forms
from django.utils.functional import lazy

from catalog.feeds.hand_edits import locked_fields
from catalog.history.entries import as_json, entries_of
from catalog.history.snapshots import snapshot
from catalog.models import Product
from catalog.money import shop_currency
from catalog.prices.forms import PriceField

PUBLISH = "_publish"  # the name of the button


def _price_label(name: str) -> Any:
    return lazy(lambda: f"{name} ({shop_currency()})", str)()


def version_of(product: int) -> str:
    """Return a digest of what the form shows, without what the encoder sees."""
    values = snapshot([product]).get(product, {})
    kept = {n: v for n, v in values.items() if not n.startswith("photo ")}
    return hashlib.blake2b(as_json(kept).encode(), digest_size=12).hexdigest()


class ProductForm(forms.ModelForm):
    price_cents = PriceField(label=_price_label("Price"))
    sale_price_cents = PriceField(label=_price_label("Sale price"), required=False)
    keep_locked = forms.MultipleChoiceField(
        label="Changed by hand",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Imports of feeds leave these fields as they are. Uncheck one to let"
        " the feed set it again.",
    )
    # What was stored when the page was opened.
    version = forms.CharField(required=False, widget=forms.HiddenInput)
    # A new product that is sent twice is stored once.
    once = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.instance.pk:
            self.initial.setdefault("status", Product.Status.DRAFT)
            self.initial["once"] = uuid.uuid4()
            return
        self.initial["version"] = version_of(self.instance.pk)
        if "keep_locked" in self.fields:
            choices = locked_fields(self.instance)
            self.fields["keep_locked"].choices = choices  # type: ignore[attr-defined]
            self.initial["keep_locked"] = [key for key, _ in choices]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if PUBLISH in self.data:
            cleaned["status"] = Product.Status.PUBLISHED
        opened = cleaned.get("version")
        if opened and self.instance.pk and opened != self.initial["version"]:
            # The page that shows this error has read what the other one stored.
            data: Any = self.data
            self.data = data.copy()
            self.data["version"] = self.initial["version"]  # type: ignore[index]
            self.add_error(None, self._conflict())
        return cleaned

    def _conflict(self) -> str:
        last = entries_of([self.instance.pk]).order_by("-pk").first()
        who = (last and (last.actor or (last.additional_data or {}).get("by"))) or ""
        return (
            f"{who or 'Somebody'} changed this product while you edited it. Nothing was"
            " saved. See the history for what has changed; save again to store what"
            " this page shows."
        )
