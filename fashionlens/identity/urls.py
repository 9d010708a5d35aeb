from django.urls import path

from fashionlens.identity import views

app_name = "identity"
urlpatterns = [
    path("identity/colours.css", views.colours, name="colours"),
    path("identity/logo.png", views.logo, name="logo"),
    path("pages/<slug:slug>/", views.page, name="page"),
]
