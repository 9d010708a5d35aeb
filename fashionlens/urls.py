from django.contrib import admin
from django.urls import include, path

from catalog.photos.media import media
from fashionlens.health import views as health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("admin/", admin.site.urls),
    path("api/", include("fashionlens.api")),
    path("media/<path:path>", media),
    path("", include("fashionlens.storefront.urls")),
]
handler400 = "fashionlens.api.bad_request"
