"""Products and categories for other frontends. Read only, published products only."""

from typing import Any

from django.urls import path, re_path
from django.utils.cache import patch_cache_control
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.examples import CATEGORY_PAGE, PRODUCT_DETAIL, PRODUCT_PAGE, example
from catalog.api.links import AbsoluteURL
from catalog.api.pagination import page_of
from catalog.api.problems import problems
from catalog.listing import Listing
from catalog.models import Category, Product, ProductQuerySet
from catalog.parameters import (
    ORDERINGS,
    ListingParameters,
    NoParameters,
    PageParameters,
    filters_of,
)

MAX_AGE_S = 60
INVALID = "A parameter is unknown or its value is not allowed."
NO_PRODUCT = "No published product has this SKU."
NO_PAGE = "The page is beyond the last."
UNAVAILABLE = "The shop cannot answer just now; Retry-After says when to ask again."
LIST_PROBLEMS = problems(
    invalid_400=INVALID, page_beyond_end_404=NO_PAGE, unavailable_503=UNAVAILABLE
)
# As `Product.sku` is checked.
SKU = r"(?P<sku>[A-Za-z0-9][A-Za-z0-9._-]{0,63})"
SKU_PARAMETER = OpenApiParameter(
    "sku", str, OpenApiParameter.PATH, description="The product's SKU, as it is"
)


class PublicView(APIView):
    """Its answers are the same for everybody: caches may keep them for a minute, if
    the view says nothing else."""

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(*args, **kwargs)
        if response.status_code == 200 and "Cache-Control" not in response:
            patch_cache_control(response, public=True, max_age=MAX_AGE_S)
        return response


def published_product(sku: str) -> Product:
    """With category and photos. Raises NotFound."""
    product = Product.objects.published().with_photos().with_skus([sku]).first()
    if product is None:
        raise NotFound(f"There is no product {sku} in the shop.", "product_not_found")
    return product


@extend_schema_serializer(component_name="CategoryName")
class CategoryNameOutput(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()


@extend_schema_serializer(component_name="Price")
class PriceOutput(serializers.Serializer):
    cents = serializers.IntegerField(source="price_cents")
    currency = serializers.CharField(help_text="ISO 4217")
    display = serializers.CharField(source="price_display", help_text="19.90 EUR")


@extend_schema_serializer(component_name="Thumbnails")
class ThumbnailsOutput(serializers.Serializer):
    """WebP copies, each drawn when it is first asked for."""

    small = AbsoluteURL(source="small.url", help_text="At most 160 x 214")
    card = AbsoluteURL(source="card.url", help_text="At most 480 x 640")


@extend_schema_serializer(component_name="AllThumbnails")
class AllThumbnailsOutput(ThumbnailsOutput):
    large = AbsoluteURL(source="large.url", help_text="At most 1200 x 1600")


@extend_schema_serializer(component_name="Photo")
class PhotoOutput(serializers.Serializer):
    id = serializers.IntegerField()
    url = AbsoluteURL(source="file.url")
    thumbnails = ThumbnailsOutput(source="*")
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    alt_text = serializers.CharField()
    position = serializers.IntegerField()


@extend_schema_serializer(component_name="DetailPhoto")
class DetailPhotoOutput(PhotoOutput):
    thumbnails = AllThumbnailsOutput(source="*")


@extend_schema_serializer(component_name="Product")
class ProductOutput(serializers.Serializer):
    """What every answer says of a product."""

    sku = serializers.CharField()
    title = serializers.CharField()
    brand = serializers.CharField()
    category = CategoryNameOutput()
    price = PriceOutput(source="*")
    stock = serializers.IntegerField()
    in_stock = serializers.BooleanField()
    url = AbsoluteURL(source="get_absolute_url", help_text="Its page in the shop")


class PageOutput(serializers.Serializer):
    count = serializers.IntegerField(help_text="Of all pages")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


@extend_schema_serializer(component_name="FacetValue")
class ValueOutput(serializers.Serializer):
    value = serializers.CharField(help_text="For the parameter")
    name = serializers.CharField(help_text="For people")
    count = serializers.IntegerField(help_text="Products")
    chosen = serializers.BooleanField()


@extend_schema_serializer(component_name="FacetPrices")
class PriceRangeOutput(serializers.Serializer):
    min_cents = serializers.IntegerField(allow_null=True, help_text="Included")
    max_cents = serializers.IntegerField(allow_null=True, help_text="Included")
    count = serializers.IntegerField(help_text="Products")
    chosen = serializers.BooleanField()


@extend_schema_serializer(component_name="Facets")
class FacetsOutput(serializers.Serializer):
    """What the answer could be narrowed to: products of each value among those that
    the other filters let through; of a search among its candidates, at most the 500
    nearest of them."""

    categories = ValueOutput(many=True)
    brands = ValueOutput(many=True)
    colours = ValueOutput(many=True)
    prices = PriceRangeOutput(many=True)
    in_stock = serializers.IntegerField(help_text="Products that can be bought")
    at_least = serializers.BooleanField(
        help_text="True: the candidates are the 500 nearest of more, so that choosing a"
        " value may find more than its count"
    )


class ProductsView(PublicView):
    class Input(PageParameters, ListingParameters):
        pass

    @extend_schema_serializer(component_name="ProductPage")
    class Output(PageOutput):
        @extend_schema_serializer(component_name="ListedProduct")
        class ListedProduct(ProductOutput):
            cover = PhotoOutput(allow_null=True, help_text="The first photo")

        words = serializers.CharField(
            allow_null=True,
            help_text="As searched for, typing errors put right; null without `q`",
        )
        facets = FacetsOutput(allow_null=True, help_text="With `facets=true` only")
        results = ListedProduct(many=True)

    @extend_schema(
        operation_id="products",
        summary="List products",
        tags=["catalogue"],
        parameters=[Input],
        responses={200: Output, **LIST_PROBLEMS},
        examples=example(PRODUCT_PAGE),
    )
    def get(self, request: Request) -> Response:
        """Published products by category, brand, colour, words, price and stock, in
        pages."""
        asked = self.Input.read(request.query_params)
        listing = Listing(filters_of(asked), asked.get("q", ""), asked.get("sku", ()))
        page = page_of(request, _ordered(listing, asked), asked)
        listing.report_count(page["count"])
        page["words"] = listing.reading.words if "q" in asked else None
        page["facets"] = listing.facets if asked["facets"] else None
        return Response(self.Output(page, context={"request": request}).data)


def _ordered(listing: Listing, asked: dict[str, Any]) -> ProductQuerySet:
    products = listing.products.with_photos()
    ordering = asked.get("ordering", "relevance" if "q" in asked else "-created")
    if ordering == "relevance":
        return products  # as the words left them
    return products.order_by(*ORDERINGS[ordering])


class ProductView(PublicView):
    @extend_schema_serializer(component_name="ProductDetail")
    class Output(ProductOutput):
        description = serializers.CharField()
        created = serializers.DateTimeField()
        updated = serializers.DateTimeField()
        photos = DetailPhotoOutput(source="images", many=True)

    @extend_schema(
        operation_id="product",
        summary="One product",
        tags=["catalogue"],
        parameters=[SKU_PARAMETER],
        responses={
            200: Output,
            **problems(
                invalid_400=INVALID,
                product_not_found_404=NO_PRODUCT,
                unavailable_503=UNAVAILABLE,
            ),
        },
        examples=example(PRODUCT_DETAIL),
    )
    def get(self, request: Request, sku: str) -> Response:
        """A published product with all its photos."""
        NoParameters.read(request.query_params)
        product = published_product(sku)
        return Response(self.Output(product, context={"request": request}).data)


class CategoriesView(PublicView):
    @extend_schema_serializer(component_name="CategoryPage")
    class Output(PageOutput):
        @extend_schema_serializer(component_name="Category")
        class CategoryOutput(CategoryNameOutput):
            product_count = serializers.IntegerField(help_text="Published products")

        results = CategoryOutput(many=True)

    @extend_schema(
        operation_id="categories",
        summary="List categories",
        tags=["catalogue"],
        parameters=[PageParameters],
        responses={200: Output, **LIST_PROBLEMS},
        examples=example(CATEGORY_PAGE),
    )
    def get(self, request: Request) -> Response:
        """Categories by name, with how many products each has in the shop."""
        asked = PageParameters.read(request.query_params)
        page = page_of(request, Category.objects.with_product_counts(), asked)
        return Response(self.Output(page).data)


urlpatterns = [
    path("products/", ProductsView.as_view(), name="products"),
    re_path(rf"^products/{SKU}/$", ProductView.as_view(), name="product"),
    path("categories/", CategoriesView.as_view(), name="categories"),
]
