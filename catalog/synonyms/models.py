from contextlib import suppress

from django.core.exceptions import ValidationError
from django.db import models

from catalog.synonyms.rules import Rule, RuleError

MAX_RULES = 5000  # of the shop; the newest count


class SynonymQuerySet(models.QuerySet["Synonym"]):
    def rules(self) -> list[Rule]:
        """Return the rules of the rows, without those that `clean` would refuse."""
        rules = []
        for words, also in self.order_by("-pk").values_list("words", "also")[
            :MAX_RULES
        ]:
            with suppress(RuleError):
                rules.append(Rule.parse(_line(words, also)))
        return rules


class Synonym(models.Model):
    """A rule of this shop, beside those that come with FashionLens."""

    words = models.CharField(
        max_length=200, help_text="Words or phrases, with commas between"
    )
    also = models.CharField(
        "also find",
        max_length=200,
        blank=True,
        help_text="What these words find too, but not the other way round. Empty: they"
        " find each other",
    )

    objects = SynonymQuerySet.as_manager()

    class Meta:
        ordering = ["words"]

    def __str__(self) -> str:
        return _line(self.words, self.also)

    def clean(self) -> None:
        try:
            Rule.parse(_line(self.words, self.also))
        except RuleError as error:
            raise ValidationError(str(error)) from error


def _line(words: str, also: str) -> str:
    return f"{words} => {also}" if also else words
