from django.urls import path

from fashionlens.storefront import recently_viewed, search_views, views

app_name = "storefront"
urlpatterns = [
    path("", views.home, name="home"),
    path("suggestions/", views.suggestions, name="suggestions"),
    path("products/<slug:slug>/", views.product, name="product"),
    path("looked-at/forget/", recently_viewed.forget, name="forget"),
    path("search/", search_views.search, name="search"),
    # The letters of secrets.token_urlsafe() are those of a slug.
    path("search/<slug:query_id>/", search_views.results, name="results"),
]
