from django.contrib.sitemaps.views import index, sitemap
from django.urls import path
from django.views.decorators.cache import cache_control

from fashionlens.crawlers.sitemaps import SITEMAPS
from fashionlens.crawlers.views import robots

_for_an_hour = cache_control(public=True, max_age=3600)
urlpatterns = [
    path("robots.txt", robots),
    path(
        "sitemap.xml",
        _for_an_hour(index),
        {"sitemaps": SITEMAPS, "sitemap_url_name": "sitemap"},
        name="sitemaps",
    ),
    path(
        "sitemap-<slug:section>.xml",
        _for_an_hour(sitemap),
        {"sitemaps": SITEMAPS},
        name="sitemap",
    ),
]
