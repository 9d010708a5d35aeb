"""The colours of a photo: swatches in order, the main colour first."""

from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from catalog.photos.colours import COLOUR_NAMES


class ColourSwatches(forms.CheckboxSelectMultiple):
    """Checkboxes in the order of the chosen colours, which a form keeps."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        chosen = list(dict.fromkeys(value or []))
        others = [colour for colour in COLOUR_NAMES if colour not in chosen]
        return {
            "name": name,
            "swatches": [
                {
                    "colour": colour,
                    "dot": colour.replace(" ", "-"),
                    "chosen": colour in chosen,
                }
                for colour in [*chosen, *others]
            ],
        }

    def render(
        self, name: str, value: Any, attrs: Any = None, renderer: Any = None
    ) -> SafeString:
        context = self.get_context(name, value, attrs)
        return render_to_string("admin/catalog/product/_swatches.html", context)


class ColoursField(forms.MultipleChoiceField):
    widget = ColourSwatches

    def __init__(self, **options: Any) -> None:
        choices = [(name, name) for name in COLOUR_NAMES]
        super().__init__(choices=choices, **options)

    def has_changed(self, initial: Any, data: Any) -> bool:
        # Django's own ignores the order.
        return list(initial or []) != list(data or [])
