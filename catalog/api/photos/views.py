"""The photos of a product: added, put in order, described and deleted."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import (
    ErrorDetail,
    NotFound,
    ValidationError,
)
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.photos.problems import ADDRESS_PROBLEMS, PHOTO_PROBLEMS, PhotoErrors
from catalog.api.problems import PRODUCT_NOT_FOUND, ProblemCase, problems
from catalog.api.product import SKU_PARAMETER
from catalog.api.serializers import DetailPhotoOutput, audience_of, detail_photo_json
from catalog.api.strict import StrictJSONParser, StrictSerializer
from catalog.api.writes import (
    WRITE_HEADERS,
    WRITE_PROBLEMS,
    Answer,
    WriteView,
    author_of,
)
from catalog.error_codes import ErrorCode
from catalog.history.snapshots import recorded
from catalog.models import Product, ProductImage
from catalog.photos.prepared import prepare_photo
from catalog.photos.remote import fetch_photo
from catalog.photos.store import add_photos

MAX_PHOTOS = 20  # in one request
MAX_ADDRESSES = 5  # each may take ten seconds
MAX_OF_PRODUCT = 100
PHOTO_NOT_FOUND = ProblemCase(404, "photo_not_found", "The product has no such photo.")
PHOTO_PARAMETER = OpenApiParameter(
    "photo", int, OpenApiParameter.PATH, description="The `id` of the photo."
)


class PhotosOutput(serializers.Serializer):
    photos = DetailPhotoOutput(many=True, help_text="All photos of the product.")


class PhotoWriteView(PhotoErrors, WriteView):
    scope = "photos"

    def change(
        self, request: Request, sku: str, change: Callable[[Product], object]
    ) -> Response:
        def write() -> Answer:
            locked = Product.objects.select_for_update(no_key=True)
            product = locked.with_skus([sku]).first()
            if product is None:
                raise NotFound(
                    f"There is no product {sku} in the shop.", PRODUCT_NOT_FOUND.code
                )
            with recorded(author_of(request), product.pk):
                change(product)
            audience = audience_of(request)
            photos = product.images.order_by("position", "id")
            shown = [detail_photo_json(photo, audience) for photo in photos]
            return Answer(200, {"photos": shown})

        return self.answer(request, write)


class PhotoListView(PhotoWriteView):
    @extend_schema_serializer(component_name="NewPhotos")
    class Input(StrictSerializer):
        photo = serializers.ListField(
            child=serializers.FileField(),
            min_length=1,
            max_length=MAX_PHOTOS,
            help_text="One or several files, as parts of a form.",
        )

    @extend_schema_serializer(component_name="PhotoAddresses")
    class AddressInput(StrictSerializer):
        addresses = serializers.ListField(
            child=serializers.CharField(max_length=2000),
            min_length=1,
            max_length=MAX_ADDRESSES,
            help_text="Photos on the public web, which the shop fetches.",
        )

    @extend_schema_serializer(component_name="PhotoOrder")
    class OrderInput(StrictSerializer):
        order = serializers.ListField(
            child=serializers.IntegerField(),
            max_length=MAX_OF_PRODUCT,
            help_text="The ids of all photos, the first one first.",
        )

    def get_parsers(self) -> list[BaseParser]:
        is_form = self.request is None or self.request.method == "POST"
        return [*([MultiPartParser()] if is_form else []), StrictJSONParser()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # Only now: whoever has no key must not send many files.
        request._request.takes_many_files = True  # type: ignore[attr-defined]

    @extend_schema(
        operation_id="photos_add",
        summary="Add photos",
        tags=["photos"],
        parameters=[SKU_PARAMETER, WRITE_HEADERS[0]],
        request={"multipart/form-data": Input, "application/json": AddressInput},
        responses={
            200: PhotosOutput,
            **problems(
                PRODUCT_NOT_FOUND, *PHOTO_PROBLEMS, *ADDRESS_PROBLEMS, *WRITE_PROBLEMS
            ),
        },
    )
    def post(self, request: Request, sku: str) -> Response:
        """Adds photos behind those that are there, all or none.

        A photo that the product has already is not added again. Photos are found by
        search within seconds.
        """
        read = _sent_files if request.FILES else self._fetched
        files = read(request)

        def add(product: Product) -> None:
            if product.images.count() + len(files) > MAX_OF_PRODUCT:
                detail = f"A product has at most {MAX_OF_PRODUCT} photos."
                raise ValidationError(
                    {"photo": [ErrorDetail(detail, ErrorCode.TOO_MANY)]}
                )
            add_photos(product=product, photos=photos)

        photos = [prepare_photo(data) for data in files]
        return self.change(request, sku, add)

    def _fetched(self, request: Request) -> list[bytes]:
        body = self.AddressInput(data=request.data)
        body.is_valid(raise_exception=True)
        return [fetch_photo(address) for address in body.validated_data["addresses"]]

    @extend_schema(
        operation_id="photos_order",
        summary="Order the photos",
        tags=["photos"],
        parameters=[SKU_PARAMETER, WRITE_HEADERS[0]],
        request=OrderInput,
        responses={200: PhotosOutput, **problems(PRODUCT_NOT_FOUND, *WRITE_PROBLEMS)},
    )
    def put(self, request: Request, sku: str) -> Response:
        """Puts the photos of a product in order. The first one is shown in lists."""
        body = self.OrderInput(data=request.data)
        body.is_valid(raise_exception=True)
        order: list[int] = body.validated_data["order"]

        def sort(product: Product) -> None:
            photos = {photo.pk: photo for photo in product.images.all()}
            if sorted(order) != sorted(photos):
                detail = f"Name each of the photos once: {sorted(photos)}."
                code = ErrorCode.UNKNOWN_IMAGE
                raise ValidationError({"order": [ErrorDetail(detail, code)]})
            for position, pk in enumerate(order):
                photos[pk].position = position
            ProductImage.objects.bulk_update(photos.values(), ["position"])

        return self.change(request, sku, sort)


class PhotoDetailView(PhotoWriteView):
    @extend_schema_serializer(component_name="PhotoText")
    class Input(StrictSerializer):
        alt_text = serializers.CharField(
            max_length=160,
            required=False,
            allow_blank=True,
            help_text="What the photo shows.",
        )

    @extend_schema(
        operation_id="photo_patch",
        summary="Describe a photo",
        tags=["photos"],
        parameters=[SKU_PARAMETER, PHOTO_PARAMETER, WRITE_HEADERS[0]],
        request=Input,
        responses={
            200: PhotosOutput,
            **problems(PRODUCT_NOT_FOUND, PHOTO_NOT_FOUND, *WRITE_PROBLEMS),
        },
    )
    def patch(self, request: Request, sku: str, photo: int) -> Response:
        """Changes what screen readers say of the photo."""
        body = self.Input(data=request.data)
        body.is_valid(raise_exception=True)

        def describe(product: Product) -> None:
            image = _photo_of(product, photo)
            image.alt_text = body.validated_data.get("alt_text", image.alt_text)
            image.save(update_fields=["alt_text"])

        return self.change(request, sku, describe)

    @extend_schema(
        operation_id="photo_delete",
        summary="Delete a photo",
        tags=["photos"],
        parameters=[SKU_PARAMETER, PHOTO_PARAMETER, WRITE_HEADERS[0]],
        responses={
            200: PhotosOutput,
            **problems(PRODUCT_NOT_FOUND, PHOTO_NOT_FOUND, *WRITE_PROBLEMS),
        },
    )
    def delete(self, request: Request, sku: str, photo: int) -> Response:
        """Deletes the photo and its files."""
        return self.change(
            request, sku, lambda product: _photo_of(product, photo).delete()
        )


def _sent_files(request: Request) -> list[bytes]:
    if unknown := sorted({*request.FILES, *request.POST} - {"photo"}):
        code = ErrorCode.UNKNOWN_PARAMETER
        error = ErrorDetail("There is no such field. Allowed: photo.", code)
        raise ValidationError({name[:80]: [error] for name in unknown})
    files = request.FILES.getlist("photo")
    if len(files) > MAX_PHOTOS:
        detail = f"Send at most {MAX_PHOTOS} photos at once, not {len(files)}."
        error = ErrorDetail(detail, ErrorCode.TOO_MANY)
        raise ValidationError({"photo": [error]})
    return [file.read() for file in files]


def _photo_of(product: Product, pk: int) -> ProductImage:
    image = product.images.filter(pk=pk).first()
    if image is None:
        raise NotFound(f"{product.sku} has no photo {pk}.", PHOTO_NOT_FOUND.code)
    return image
