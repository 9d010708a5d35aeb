from django.urls import path

from fashionlens.identity import views
from fashionlens.storefront.http.shared_cache import same_for_everybody

app_name = "identity"
urlpatterns = [
    path("identity/colours.css", views.colours, name="colours"),
    path("identity/logo.png", views.logo, name="logo"),
    path("pages/<slug:slug>/", same_for_everybody(views.page), name="page"),
]
