from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class ProductWords(models.Model):
    """The words that find a product, kept by `catalog.product_words`.

    Weight A has title and brand, B category and colours, C all of these unstemmed for
    prefixes, and D the description. It is a table of its own so that a changed price
    does not rewrite it.
    """

    product = models.OneToOneField(
        "catalog.Product",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="words",
    )
    document = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["document"], name="words_document_gin")]

    def __str__(self) -> str:
        return f"Words of product {self.pk}"


class Word(models.Model):
    """A word that some product had, for correcting typing errors."""

    word = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["word"], name="word")]

    def __str__(self) -> str:
        return self.word
