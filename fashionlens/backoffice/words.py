from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from catalog.api.listed.serializers import explanation_json
from catalog.filters import Filters
from catalog.listing import PAGE_SIZE, Listing
from catalog.synonyms.models import Synonym
from catalog.words import WordsError
from fashionlens.backoffice.model_admin import ModelAdmin


@admin.register(Synonym)
class SynonymAdmin(ModelAdmin):
    """Synonyms of this shop; those of the language come with FashionLens."""

    list_display = ["words", "also"]
    search_fields = ["words", "also"]
    change_list_template = "admin/catalog/synonym/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        explain = self.admin_site.admin_view(self.explain)
        return [
            path("explain/", explain, name="catalog_synonym_explain"),
            *super().get_urls(),
        ]

    def explain(self, request: HttpRequest) -> TemplateResponse:
        """Show what words find, and why in this order."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "What words find",
            "opts": self.opts,
            "words": request.GET.get("q", ""),
        }
        try:
            listing = Listing(Filters(), context["words"])
            if listing.words_query.words:
                looking = set(listing.look_ids)
                context |= {
                    "listing": listing,
                    "rows": [
                        (each, explanation_json(each, by_looks=each.pk in looking))
                        for each in listing.in_order()[0:PAGE_SIZE]
                    ],
                }
        except WordsError as error:
            context["error"] = error
        return TemplateResponse(request, "admin/catalog/synonym/explain.html", context)
