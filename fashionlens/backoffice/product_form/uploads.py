"""Photos of the form of a product: each is sent by itself as soon as it is chosen."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    JsonResponse,
)
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_safe

from catalog.models import Product, ProductImage
from catalog.photos.copies import Copy
from catalog.photos.uploads.models import PhotoUpload
from catalog.photos.uploads.services import keep_upload, upload_bytes
from ml.preprocess import PhotoError
from search.models import EmbeddingFailure, Encoder, Photo
from search.query.similar import products_like_photo

_FINDS = 6
_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


class UploadPages:
    """Pages of the ModelAdmin of products that its script asks."""

    def get_urls(self) -> list[URLPattern]:
        pages = [
            ("upload", "upload/", self.upload),
            ("states", "<int:pk>/photos/", require_safe(self.states)),
            ("finds", "<int:pk>/finds/", require_safe(self.finds)),
        ]
        admin_view: Any = self.admin_site.admin_view  # type: ignore[attr-defined]
        own = [
            path(route, admin_view(view), name=f"catalog_product_{name}")
            for name, route, view in pages
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Keep a photo; or show one that is kept, to the person who chose it."""
        if request.method != "POST" and "id" in request.GET:
            return _picture(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not _may_write(request):
            raise PermissionDenied
        file = request.FILES.get("photo")
        if file is None:
            return _refusal("The file is empty. Choose the photo again.")
        try:
            upload, copies = keep_upload(
                user_id=request.user.pk or 0, title=file.name or "", data=file.read()
            )
        except PhotoError as error:
            return _refusal(str(error))
        answer = {
            "id": str(upload.pk),
            "picture": picture_address(upload.pk),
            "copies": [_known(copy) for copy in copies],
        }
        return JsonResponse(answer)

    def states(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm("catalog.view_product"):
            raise PermissionDenied
        return JsonResponse({"photos": photo_states(pk)})

    def finds(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what a search with the photo of this id finds."""
        if not request.user.has_perm("catalog.view_product"):
            raise PermissionDenied
        photo = request.GET.get("photo", "")
        images = ProductImage.objects.filter(product=pk)
        image = images.filter(pk=photo).first() if photo.isdecimal() else None
        found = products_like_photo(image=image, limit=_FINDS) if image else []
        page = "admin/catalog/product/_finds.html"
        return JsonResponse({"html": render_to_string(page, {"products": found})})


def picture_address(upload: Any) -> str:
    return f"{reverse('admin:catalog_product_upload')}?id={upload}"


def _picture(request: HttpRequest) -> HttpResponse:
    try:
        known = PhotoUpload.objects.filter(pk=UUID(request.GET["id"]))
    except ValueError:
        raise Http404("There is no such photo.") from None
    upload = known.filter(user=request.user.pk).first()
    if upload is None:
        raise Http404("There is no such photo.")
    kind = _TYPES[upload.file.rsplit(".", 1)[-1]]
    try:
        picture = upload_bytes(upload)
    except OSError:
        raise Http404("The file of this photo is gone.") from None
    headers = {"Cache-Control": "private, max-age=86400"}
    return HttpResponse(picture, kind, headers=headers)


def photo_states(product: int) -> dict[int, dict[str, str]]:
    """Return for each photo whether searches find it, and why not."""
    photos = ProductImage.objects.filter(product=product)
    states = {pk: {"state": "searchable"} for pk in photos.values_list("pk", flat=True)}
    encoder = Encoder.objects.filter(state=Encoder.State.ACTIVE).first()
    if encoder is None:
        return {pk: {"state": "waiting"} for pk in states}
    waiting = Photo.objects.filter(product=product).without_vector(encoder)
    for pk in waiting.values_list("pk", flat=True):
        states[pk] = {"state": "waiting"}
    failures = EmbeddingFailure.objects.filter(encoder=encoder, image__in=waiting)
    for failure in failures:
        states[failure.image_id] = {"state": "failed", "reason": failure.reason}
    return states


def _may_write(request: HttpRequest) -> bool:
    user = request.user
    return user.has_perm("catalog.add_product") or user.has_perm(
        "catalog.change_product"
    )


def _refusal(reason: str) -> HttpResponse:
    return JsonResponse({"error": reason}, status=422)


def _known(copy: Copy) -> dict[str, Any]:
    product: Product = copy.other.product
    return {
        "title": f"{product.title} ({product.sku})",
        "address": reverse("admin:catalog_product_change", args=[product.pk]),
        "same": copy.kind == "pixels",
    }
