from django.db import models
from django.db.models import Q


class FormerSlug(models.Model):
    """The slug that a product or a category had. Others may still link to it."""

    slug = models.SlugField(max_length=160)
    product = models.ForeignKey(
        "catalog.Product", on_delete=models.CASCADE, null=True, related_name="+"
    )
    category = models.ForeignKey(
        "catalog.Category", on_delete=models.CASCADE, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slug"],
                condition=Q(product__isnull=False),
                name="former_slug_of_one_product",
            ),
            models.UniqueConstraint(
                fields=["slug"],
                condition=Q(category__isnull=False),
                name="former_slug_of_one_category",
            ),
        ]

    def __str__(self) -> str:
        return self.slug
