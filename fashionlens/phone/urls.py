from django.urls import path

from fashionlens.phone import views

app_name = "phone"
urlpatterns = [
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("offline/", views.offline, name="offline"),
]
