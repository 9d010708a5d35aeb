"""Fields of a product that a person changes in its form, and locks against feeds."""

from typing import Any

from django.forms import ModelForm

from catalog.feeds.hand_edits import keep_locked, lock_product, lock_variant
from catalog.feeds.store.products import PHOTOS
from catalog.models import Product, ProductImage
from catalog.variants.models import Variant


def note_hand_edits(form: ModelForm, formsets: list[Any]) -> None:
    """Lock what was changed in a saved form, and unlock what was unchecked there."""
    product: Product = form.instance
    if "keep_locked" in form.changed_data:
        keep_locked(product, form.cleaned_data["keep_locked"])
    lock_product(product, form.changed_data)
    for formset in formsets:
        changed = [row for row, _ in formset.changed_objects]
        if formset.model is Variant:
            for variant, fields in formset.changed_objects:
                variant.refresh_from_db(fields=["locked"])  # some may be unlocked
                lock_variant(variant, fields)
        elif formset.model is ProductImage and (
            changed or formset.new_objects or formset.deleted_objects
        ):
            lock_product(product, [PHOTOS])
