from django.contrib import admin

from catalog.synonyms.models import Synonym


@admin.register(Synonym)
class SynonymAdmin(admin.ModelAdmin):
    """Synonyms of this shop; those of the language come with FashionLens."""

    list_display = ["words", "also"]
    search_fields = ["words", "also"]
