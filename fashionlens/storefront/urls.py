from django.urls import path

from fashionlens.storefront import product_views, search_views, views
from fashionlens.storefront.http.cross_site import from_this_shop
from fashionlens.storefront.http.shared_cache import same_for_everybody

app_name = "storefront"
search = from_this_shop(same_for_everybody(search_views.search))
urlpatterns = [
    path("", same_for_everybody(views.home), name="home"),
    path("filters/", views.filters, name="filters"),
    path("suggestions/", views.suggestions, name="suggestions"),
    path(
        "products/<slug:slug>/",
        same_for_everybody(product_views.product),
        name="product",
    ),
    path("products/<slug:slug>/more/", product_views.more, name="more"),
    path(
        "favourites/",
        same_for_everybody(product_views.favourites),
        name="favourites",
    ),
    path(
        "looked-at/forget/",
        from_this_shop(product_views.forget_recently_viewed),
        name="forget",
    ),
    path("search/", search, name="search"),
    # secrets.token_urlsafe() makes ids that are slugs.
    path("search/<slug:query_id>/", search_views.results, name="results"),
    path(
        "search/<slug:query_id>/filters/",
        search_views.result_filters,
        name="result-filters",
    ),
]
