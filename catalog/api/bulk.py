from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.inputs import BulkProductInput, read_product
from catalog.api.problems import field_errors, problems
from catalog.api.product import ProductDetailView
from catalog.api.strict import StrictSerializer
from catalog.api.writes import WRITE_HEADERS, WRITE_PROBLEMS, WriteView, author_of
from catalog.history.entries import Author
from catalog.idempotency.answers import Answer
from catalog.parameters import MAX_SKU_CHARS, NoParameters
from catalog.writes.store import ProductWrite, store_products

MAX_PRODUCTS = 500
PRODUCT_METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE")
STATUSES = ("created", "updated", "unchanged", "failed")


class BulkProductsView(WriteView):
    @extend_schema_serializer(component_name="BulkProducts")
    class Input(StrictSerializer):
        products = serializers.ListField(
            child=BulkProductInput(), min_length=1, max_length=MAX_PRODUCTS
        )

    @extend_schema_serializer(component_name="BulkResult")
    class Output(serializers.Serializer):
        @extend_schema_serializer(component_name="BulkItem")
        class ItemOutput(serializers.Serializer):
            @extend_schema_serializer(component_name="BulkError")
            class ErrorOutput(serializers.Serializer):
                field = serializers.CharField(help_text="The path to the field.")
                code = serializers.CharField(help_text="A stable code for programs.")
                detail = serializers.CharField(help_text="A sentence for people.")

            sku = serializers.CharField(help_text="Empty if the item has none.")
            status = serializers.ChoiceField(STATUSES)
            problems = ErrorOutput(many=True, help_text="Why it failed.")

        created = serializers.IntegerField()
        updated = serializers.IntegerField()
        unchanged = serializers.IntegerField()
        failed = serializers.IntegerField()
        results = ItemOutput(many=True, help_text="In the order of the request.")

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        if request.method in PRODUCT_METHODS:  # a product may have the SKU "bulk"
            return ProductDetailView.as_view()(request, sku="bulk")
        return super().dispatch(request, *args, **kwargs)

    @extend_schema(
        operation_id="products_bulk",
        summary="Create or change many products",
        tags=["catalogue"],
        parameters=WRITE_HEADERS[:1],
        request=Input,
        responses={200: Output, **problems(*WRITE_PROBLEMS)},
    )
    def post(self, request: Request) -> Response:
        """Creates products or changes the given fields of those that are there.

        Up to 500 in one request. An item with a mistake does not stop the others: see
        the `status` of each result.
        """
        NoParameters.read(request.query_params)
        items = _items(request.data)
        author = author_of(request)
        return self.answer(request, lambda: Answer(200, _store(items, author)))


def _items(body: Any) -> list[Any]:
    # Each product is checked alone.
    if not isinstance(body, dict) or body.keys() != {"products"}:
        raise ValidationError({"products": ["Send an object with products only."]})
    products = body["products"]
    if not isinstance(products, list) or not 0 < len(products) <= MAX_PRODUCTS:
        detail = f"Send a list of 1 to {MAX_PRODUCTS} products."
        raise ValidationError({"products": [detail]})
    return products


def _store(items: list[Any], author: Author) -> dict[str, Any]:
    writes = [_read(item) for item in items]
    with transaction.atomic():
        good = [write for write in writes if write.status != "failed"]
        store_products(good, author=author)
    statuses = [write.status for write in writes]
    counts = {name: statuses.count(name) for name in STATUSES}
    return {**counts, "results": [_result(write) for write in writes]}


def _read(item: Any) -> ProductWrite:
    try:
        values = read_product(item, BulkProductInput)
    except ValidationError as error:
        sku = item.get("sku") if isinstance(item, dict) else ""
        failed = ProductWrite(str(sku or "")[:MAX_SKU_CHARS], {})
        for each in field_errors(error.detail):
            failed.fail(each["field"], each["code"], each["detail"])
        return failed
    variants = values.pop("variants", None)
    return ProductWrite(values.pop("sku"), values, variants)


def _result(write: ProductWrite) -> dict[str, Any]:
    return {
        "sku": write.sku,
        "status": write.status,
        "problems": [
            {"field": name, "code": str(code), "detail": detail}
            for name, code, detail in write.errors
        ],
    }
