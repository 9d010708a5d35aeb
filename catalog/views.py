from django.core.paginator import InvalidPage, Paginator
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from catalog import words
from catalog.forms import SORTS, BrowseForm
from catalog.models import Category, Product

PAGE_SIZE = 24


@require_safe
def home(request: HttpRequest) -> TemplateResponse:
    """The front page: all products, or those of a category, those with some words."""
    form = BrowseForm(request.GET)
    if not form.is_valid():
        return bad_request(request, form.messages)
    wish = form.cleaned_data
    products = Product.objects.published().with_photos()
    category = None
    if wish["category"]:
        try:
            category = Category.objects.get(slug=wish["category"])
        except Category.DoesNotExist:
            return not_found(request, "There is no such category.")
        products = products.in_category(category.slug)
    reading = words.read(wish["q"])
    if reading.words:
        products = products.matching(reading.query)
    if order := SORTS[wish["sort"]]:
        products = products.order_by(*order)
    try:
        page = Paginator(products, PAGE_SIZE).page(request.GET.get("page", 1))
    except InvalidPage:
        return not_found(request, "The list does not have this page.")
    at_home = not (wish["q"] or category)
    context = {"form": form, "wish": wish, "category": category, "page": page}
    context["reading"] = reading
    context |= {"at_home": at_home, "front": at_home and page.number == 1}
    return TemplateResponse(request, "catalog/home.html", context)


@require_safe
def product(request: HttpRequest, slug: str) -> TemplateResponse:
    try:
        found = Product.objects.published().with_photos().get(slug=slug)
    except Product.DoesNotExist:
        return not_found(request, "This product is not in the shop.")
    return TemplateResponse(request, "catalog/product.html", {"product": found})


def not_found(request: HttpRequest, reason: str) -> TemplateResponse:
    """The shop's own page with a way back, with DEBUG on as well."""
    return TemplateResponse(request, "404.html", {"reason": reason}, status=404)


def bad_request(request: HttpRequest, reasons: list[str]) -> TemplateResponse:
    return TemplateResponse(request, "400.html", {"reasons": reasons}, status=400)
