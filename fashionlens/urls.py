from django.contrib import admin
from django.urls import include, path

from catalog.photos.media import media
from fashionlens.health import views as health
from fashionlens.languages.addresses import in_every_language
from fashionlens.metrics.views import metrics
from fashionlens.phone.views import service_worker
from fashionlens.style_page.views import style

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics),
    path("admin/", admin.site.urls),
    path("api/", include("fashionlens.api")),
    path("media/<path:path>", media),
    path("", include("fashionlens.crawlers.urls")),
    *in_every_language(
        path("", include("fashionlens.identity.urls")),
        path("", include("fashionlens.phone.urls")),
        path("", include("fashionlens.storefront.urls")),
        path("_style/", style),
    ),
    path("service-worker.js", service_worker, name="service-worker"),
]
handler400 = "fashionlens.api.bad_request"
