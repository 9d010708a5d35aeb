import hashlib
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_noop

DEFAULT_NAME = "FashionLens"


class Shop(models.Model):
    """How the shop presents itself. There is one row, or none while nothing is set."""

    name = models.CharField(max_length=60, default=DEFAULT_NAME)
    logo = models.BinaryField(blank=True, default=bytes)
    accent = models.CharField(
        "accent colour",
        max_length=7,
        blank=True,
        validators=[
            RegexValidator(r"^#[0-9a-fA-F]{6}\Z", "Write the colour as #9c3f27.")
        ],
        help_text="Of links and buttons, as #9c3f27. Empty: the colour of FashionLens",
    )
    header = models.CharField(
        max_length=160, blank=True, help_text="A line above every page: free delivery"
    )
    footer = models.CharField(max_length=300, blank=True)
    delivery = models.CharField(
        max_length=300, blank=True, help_text="A line on every product's page"
    )
    email = models.EmailField(
        blank=True,
        help_text="Where shoppers ask for products that have no page to buy them at",
    )
    empty_title = models.CharField(
        "title of the empty shop",
        max_length=80,
        default=gettext_noop("The shop is empty for now."),
    )
    empty_text = models.CharField("text of the empty shop", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "shop"
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_shop")
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **options: Any) -> None:
        self.pk = 1
        super().save(*args, **options)

    @property
    def own_name(self) -> str:
        """Return "" while nobody has given the shop a name."""
        return "" if self.name == DEFAULT_NAME else self.name

    @cached_property
    def version(self) -> str:
        """Return a text that changes with what browsers may keep."""
        look = bytes(self.logo) + self.accent.encode()
        return hashlib.sha256(look).hexdigest()[:12]


class Page(models.Model):
    """A page of text, such as terms or imprint, with a link below every page."""

    title = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, unique=True)
    text = models.TextField(help_text="An empty line begins a new paragraph")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("identity:page", args=[self.slug])
