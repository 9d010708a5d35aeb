"""A form of a product is stored once, in one transaction, and recorded."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from catalog.history.entries import CREATED, entries_of_group
from catalog.history.snapshots import recorded
from catalog.locks import lock_until_commit
from catalog.photos.unused import remove_files_on_error
from catalog.variants.stock import lock_products
from fashionlens.backoffice.changes.bulk import author_of


class SavedOnce:
    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any
    ) -> HttpResponse:
        show = super().changeform_view  # type: ignore[misc]
        if request.method != "POST":
            return show(request, object_id, *args)
        known = [int(object_id)] if object_id and object_id.isdecimal() else []
        once = "" if known else _id_of_form(request)
        with remove_files_on_error(), transaction.atomic():
            # Of two that save at the same time the second sees what the first stored.
            lock_products(known)
            if once and (made := _made_by(once)):
                return _already_there(request, made)
            author = author_of(request)
            with recorded(author, *known, group=once or None) as saved:
                request.saved_products = saved  # type: ignore[attr-defined]
                return show(request, object_id, *args)


def _id_of_form(request: HttpRequest) -> str:
    try:
        return str(UUID(request.POST.get("once", "")))
    except ValueError:
        return ""


def _made_by(form: str) -> int | None:
    """Return the product that this form has made, once it is stored."""
    lock_until_commit(f"form {form}")
    entry = entries_of_group(form).filter(action=CREATED).first()
    return entry.object_id if entry else None


def _already_there(request: HttpRequest, product: int) -> HttpResponse:
    messages.info(request, "This product was saved already. Here it is.")
    address = reverse("admin:catalog_product_change", args=[product])
    return HttpResponseRedirect(address)
