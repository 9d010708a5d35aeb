from django.urls import path, re_path

from catalog.api.bulk import BulkProductsView
from catalog.api.categories import SLUG, CategoryDetailView, CategoryListView
from catalog.api.imports.views import ImportDetailView, ImportListView
from catalog.api.photos.views import PhotoDetailView, PhotoListView
from catalog.api.product import ProductDetailView
from catalog.api.products import ProductListView
from catalog.api.suggestions import SuggestionsView

SKU = r"(?P<sku>[^\x00-\x1f\x7f]{1,64}?)"  # it may contain slashes

urlpatterns = [
    path("products/", ProductListView.as_view(), name="products"),
    path("products/bulk/", BulkProductsView.as_view(), name="products-bulk"),
    re_path(rf"^products/{SKU}/photos/$", PhotoListView.as_view(), name="photos"),
    re_path(
        rf"^products/{SKU}/photos/(?P<photo>[0-9]{{1,18}})/$",
        PhotoDetailView.as_view(),
        name="photo",
    ),
    re_path(rf"^products/{SKU}/$", ProductDetailView.as_view(), name="product"),
    path("suggestions/", SuggestionsView.as_view(), name="suggestions"),
    path("imports/", ImportListView.as_view(), name="imports"),
    path("imports/<int:run>/", ImportDetailView.as_view(), name="import"),
    re_path(
        rf"^categories/(?P<slug>{SLUG})/$",
        CategoryDetailView.as_view(),
        name="category",
    ),
    path("categories/", CategoryListView.as_view(), name="categories"),
]
