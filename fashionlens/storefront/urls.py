from django.urls import path

from fashionlens.storefront import search_views, views

app_name = "storefront"
urlpatterns = [
    path("", views.home, name="home"),
    path("suggestions/", views.suggestions, name="suggestions"),
    path("products/<slug:slug>/", views.product, name="product"),
    path("looked-at/forget/", views.forget_recently_viewed, name="forget"),
    path("search/", search_views.search, name="search"),
    # secrets.token_urlsafe() makes ids that are slugs.
    path("search/<slug:query_id>/", search_views.results, name="results"),
]
