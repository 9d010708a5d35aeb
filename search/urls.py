from django.urls import path

from search import looked_at, views

app_name = "search"
urlpatterns = [
    path("looked-at/forget/", looked_at.forget, name="forget"),
    path("search/", views.search, name="search"),
    # The letters of secrets.token_urlsafe() are those of a slug.
    path("search/<slug:query_id>/", views.results, name="results"),
]
