from django.contrib import admin
from django.http import HttpRequest

from fashionlens.backoffice.read_only import ReadOnlyAdmin
from search.models import EmbeddingFailure, Encoder, RecallMeasurement


@admin.register(Encoder)
class EncoderAdmin(ReadOnlyAdmin):
    list_display = ["version", "state", "dimension", "created"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(EmbeddingFailure)
class EmbeddingFailureAdmin(ReadOnlyAdmin):
    """Deleting a failure makes the photo pending again."""

    list_display = ["image", "reason", "tries", "last_try", "encoder"]
    list_select_related = ["image", "encoder"]
    list_filter = ["encoder"]


@admin.register(RecallMeasurement)
class RecallMeasurementAdmin(ReadOnlyAdmin):
    """The history that `manage.py measure_recall` and the scheduler write."""

    list_display = [
        "created",
        "encoder",
        "rows",
        "k",
        "recall_mean",
        "recall_p5",
        "index_p95_ms",
        "exact_p95_ms",
    ]
    list_select_related = ["encoder"]
    list_filter = ["encoder"]
