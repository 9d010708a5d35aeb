from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from catalog.models import Product
from catalog.photos.copies import MAX_COPIES
from search.models import EmbeddingFailure, Encoder
from search.query.duplicates import find_product_duplicates
from search.query.similar import has_pending_photos


def duplicates_html(product: Product) -> SafeString:
    context = {
        "copies": find_product_duplicates(product),
        "limit": MAX_COPIES,
        "waiting": has_pending_photos(product),
        "failures": EmbeddingFailure.objects.filter(
            encoder__state=Encoder.State.ACTIVE, image__product=product
        ).select_related("image"),
    }
    return render_to_string("admin/catalog/product/_copies.html", context)
