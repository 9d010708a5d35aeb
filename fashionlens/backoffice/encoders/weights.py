"""How much each part of the vector counts in the searches of this shop."""

from typing import Self

from django import forms

from ml.encoder import EncoderError
from search.index.encoders import network_of
from search.models import Encoder
from search.query.weights import MAX_WEIGHT


class WeightsForm(forms.ModelForm):
    """How much each part of the vector counts; a field for each part is added."""

    PREFIX = "weight_"

    class Meta:
        model = Encoder
        fields: list[str] = []

    @classmethod
    def for_encoder(cls, encoder: Encoder) -> type[Self]:
        fields = {
            f"{cls.PREFIX}{part}": forms.FloatField(
                label=part.capitalize(),
                min_value=0,
                max_value=MAX_WEIGHT,
                step_size=0.1,
                initial=encoder.weights.get(part, 1),
            )
            for part in network_of(encoder).parts
        }
        return type(cls.__name__, (cls,), fields)

    def _factors(self) -> dict[str, float]:
        return {
            name.removeprefix(self.PREFIX): value
            for name, value in self.cleaned_data.items()
            if name.startswith(self.PREFIX)
        }

    def clean(self) -> None:
        factors = self._factors()
        if factors and not self.errors and not any(factors.values()):
            raise forms.ValidationError("Give at least one part a weight above 0.")

    def save(self, commit: bool = True) -> Encoder:
        factors = self._factors()
        self.instance.weights = {part: n for part, n in factors.items() if n != 1}
        return super().save(commit)


def parts_of(encoder: Encoder) -> list[str]:
    if encoder.state == Encoder.State.RETIRED:
        return []
    try:
        return list(network_of(encoder).parts)
    except EncoderError:  # its files are gone; the system check tells
        return []
