from django.db.models import QuerySet
from django.http import HttpRequest

from catalog.models import Category


def categories(request: HttpRequest) -> dict[str, QuerySet[Category]]:
    """Give templates `all_categories`, loaded once, when one of them loops over it."""
    return {"all_categories": Category.objects.all()}
