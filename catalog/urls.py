from django.urls import path

from catalog import views

app_name = "catalog"
urlpatterns = [
    path("", views.home, name="home"),
    path("suggestions/", views.suggestions, name="suggestions"),
    path("products/<slug:slug>/", views.product, name="product"),
]
