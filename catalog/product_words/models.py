from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class ProductWords(models.Model):
    """The words that find a product, kept by `catalog.product_words`.

    Weight A has title and brand, B category, colours and attributes, C the codes, and D
    the description. It is a table of its own so that a changed price does not rewrite
    it.
    """

    product = models.OneToOneField(
        "catalog.Product",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="words",
    )
    document = SearchVectorField()
    # Language and format that the document was written in.
    version = models.CharField(max_length=40, default="", db_default="")

    class Meta:
        indexes = [GinIndex(fields=["document"], name="words_document_gin")]

    def __str__(self) -> str:
        return f"Words of product {self.pk}"


class Word(models.Model):
    """A word that some product had, for correcting typing errors and for prefixes.

    Words are not unique, so that nobody waits for somebody else's new word.
    """

    word = models.CharField(max_length=40)
    # How many published products had it last night.
    products = models.PositiveIntegerField(default=1, db_default=1)
    # The word with one or two letters left out, see catalog.product_words.vocabulary.
    shortened = ArrayField(models.CharField(max_length=40), default=list, db_default=[])

    class Meta:
        indexes = [
            models.Index(
                fields=["word"], name="word_prefix", opclasses=["varchar_pattern_ops"]
            ),
            GinIndex(fields=["shortened"], name="word_shortened_gin"),
        ]

    def __str__(self) -> str:
        return self.word
