"""One product: read by everybody, written with a secret key."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.base import PublicView, check_version, etag_of
from catalog.api.examples import PRODUCT, PRODUCT_DETAIL, STOCK
from catalog.api.inputs import (
    DEFAULTS,
    ProductInput,
    WholeProductInput,
    check_sku,
    read_product,
)
from catalog.api.problems import (
    INVALID,
    NOT_FOUND,
    PRODUCT_NOT_FOUND,
    UNAVAILABLE,
    problems,
)
from catalog.api.serializers import (
    ProductDetailOutput,
    audience_of,
    product_detail_json,
)
from catalog.api.writes import WRITE_HEADERS, WRITE_PROBLEMS, WriteView, author_of
from catalog.idempotency.answers import Answer
from catalog.locks import IMPORT, lock_until_commit
from catalog.models import Product, ProductQuerySet
from catalog.parameters import NoParameters
from catalog.trash.services import put_in_trash
from catalog.writes.store import ProductWrite, store_products

SKU_PARAMETER = OpenApiParameter(
    "sku",
    {"type": "string", "pattern": r"^[^\x00-\x1f\x7f]{1,64}$"},
    OpenApiParameter.PATH,
    description="The SKU of the product.",
)


def published_product(sku: str) -> Product:
    """Return the product with its category and photos. Raises NotFound."""
    product = Product.objects.published().with_photos().with_skus([sku]).first()
    if product is None:
        raise _not_found(sku)
    return product


def _not_found(sku: str) -> NotFound:
    return NotFound(f"There is no product {sku} in the shop.", PRODUCT_NOT_FOUND.code)


def _product_json(product: Product, request: Request) -> dict[str, Any]:
    photos, variants = list(product.images.all()), list(product.variants.all())
    return product_detail_json(product, photos, variants, audience_of(request))


def _readable(request: Request) -> ProductQuerySet:
    products = Product.objects.with_photos().prefetch_related("variants")
    writes = "catalogue" in getattr(request.auth, "scopes", ())
    return products if writes else products.published()


class ProductDetailView(WriteView, PublicView):
    @extend_schema(
        operation_id="product",
        summary="Get a product",
        tags=["catalogue"],
        parameters=[SKU_PARAMETER],
        responses={
            200: ProductDetailOutput,
            **problems(INVALID, PRODUCT_NOT_FOUND, UNAVAILABLE),
        },
        examples=[PRODUCT_DETAIL],
    )
    def get(self, request: Request, sku: str) -> Response:
        """Returns a product with all its photos and sizes.

        Unpublished ones are shown to keys with the scope `catalogue` only.
        """
        NoParameters.read(request.query_params)
        product = _readable(request).with_skus([sku]).first()
        if product is None:
            raise _not_found(sku)
        return Response(_product_json(product, request))

    @extend_schema(
        operation_id="product_put",
        summary="Create or replace a product",
        tags=["catalogue"],
        parameters=[SKU_PARAMETER, *WRITE_HEADERS],
        request=WholeProductInput,
        responses={
            200: ProductDetailOutput,
            201: ProductDetailOutput,
            **problems(NOT_FOUND, *WRITE_PROBLEMS),
        },
        examples=[PRODUCT, PRODUCT_DETAIL],
    )
    def put(self, request: Request, sku: str) -> Response:
        """Creates the product, or replaces what is there.

        Texts, attributes and the sale are emptied where the body leaves them out.
        `status`, sizes, stock and photos then stay as they are.
        """
        values = DEFAULTS | read_product(request.data, WholeProductInput)
        return self.answer(request, lambda: self._write(request, sku, values))

    @extend_schema(
        operation_id="product_patch",
        summary="Change a product",
        tags=["catalogue"],
        parameters=[SKU_PARAMETER, *WRITE_HEADERS],
        request=ProductInput,
        responses={
            200: ProductDetailOutput,
            **problems(PRODUCT_NOT_FOUND, *WRITE_PROBLEMS),
        },
        examples=[STOCK, PRODUCT_DETAIL],
    )
    def patch(self, request: Request, sku: str) -> Response:
        """Changes the given fields only. `variants` replaces all sizes."""
        values = read_product(request.data)
        return self.answer(
            request, lambda: self._write(request, sku, values, is_new=False)
        )

    @extend_schema(
        operation_id="product_delete",
        summary="Move a product to the trash",
        tags=["catalogue"],
        parameters=[SKU_PARAMETER, *WRITE_HEADERS],
        responses={204: None, **problems(PRODUCT_NOT_FOUND, *WRITE_PROBLEMS)},
    )
    def delete(self, request: Request, sku: str) -> Response:
        """Takes the product out of the shop.

        It is archived, and deleted after 30 days. Writing any `status`, such as
        `"published"`, brings it back.
        """

        def remove() -> Answer:
            self._write(request, sku, {}, is_new=False)
            products = Product.objects.with_skus([sku])
            put_in_trash(products.values_list("pk", flat=True), author_of(request))
            return Answer(204, None)

        return self.answer(request, remove)

    def _write(
        self, request: Request, sku: str, values: dict[str, Any], is_new: bool = True
    ) -> Answer:
        NoParameters.read(request.query_params)
        check_sku(sku)
        before = self._lock(sku)
        if before is None and not is_new:
            raise _not_found(sku)
        check_version(
            request, etag_of(_product_json(before, request)) if before else None
        )
        # The body is kept for the case that it is sent again.
        fields = {name: value for name, value in values.items() if name != "variants"}
        write = ProductWrite(sku, fields, values.get("variants"))
        store_products([write], author=author_of(request))
        if write.errors:
            raise ValidationError(
                {name: [ErrorDetail(why, code)] for name, code, why in write.errors}
            )
        product = self._lock(sku)
        assert product is not None
        data = _product_json(product, request)
        return Answer(200 if before else 201, data, etag_of(data))

    def _lock(self, sku: str) -> Product | None:
        lock_until_commit(IMPORT)
        products = Product.objects.with_photos().prefetch_related("variants")
        locked = products.select_for_update(no_key=True, of=["self"])
        return locked.with_skus([sku]).first()
