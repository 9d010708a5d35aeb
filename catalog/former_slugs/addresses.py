from django.http import QueryDict

from catalog.former_slugs.models import FormerSlug


def new_product_address(slug: str) -> str | None:
    """Return the address of the product that had this slug, if it is published."""
    known = FormerSlug.objects.filter(slug=slug, product__status="published")
    former = known.select_related("product").first()
    return former.product.get_absolute_url() if former and former.product else None


def with_new_categories(parameters: QueryDict) -> QueryDict | None:
    """Return them with the new slugs of categories; None if none has a new one."""
    slugs = parameters.getlist("category")
    known = FormerSlug.objects.filter(slug__in=slugs, category__isnull=False)
    new = dict(known.values_list("slug", "category__slug"))
    if not new:
        return None
    changed = parameters.copy()
    changed.setlist("category", [new.get(slug, slug) for slug in slugs])
    return changed
