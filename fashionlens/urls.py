from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.static import serve

from fashionlens import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("admin/", admin.site.urls),
    path("api/", include("fashionlens.api")),
    # Photos are checked and named by us, so any process may serve them; a proxy in
    # front may take /media/ over.
    re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT}),
    path("", include("catalog.urls")),
    path("", include("search.urls")),
]
