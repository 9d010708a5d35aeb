from django.urls import path, re_path

from catalog.api.categories import CategoryListView
from catalog.api.products import ProductDetailView, ProductListView

# As the field `Product.sku` is validated.
SKU = r"(?P<sku>[A-Za-z0-9][A-Za-z0-9._-]{0,63})"

urlpatterns = [
    path("products/", ProductListView.as_view(), name="products"),
    re_path(rf"^products/{SKU}/$", ProductDetailView.as_view(), name="product"),
    path("categories/", CategoryListView.as_view(), name="categories"),
]
