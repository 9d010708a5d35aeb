from django.urls import path

from fashionlens.storefront import product_views, search_views, views

app_name = "storefront"
urlpatterns = [
    path("", views.home, name="home"),
    path("filters/", views.filters, name="filters"),
    path("suggestions/", views.suggestions, name="suggestions"),
    path("products/<slug:slug>/", product_views.product, name="product"),
    path("products/<slug:slug>/more/", product_views.more, name="more"),
    path("looked-at/forget/", product_views.forget_recently_viewed, name="forget"),
    path("search/", search_views.search, name="search"),
    # secrets.token_urlsafe() makes ids that are slugs.
    path("search/<slug:query_id>/", search_views.results, name="results"),
    path(
        "search/<slug:query_id>/filters/",
        search_views.result_filters,
        name="result-filters",
    ),
]
