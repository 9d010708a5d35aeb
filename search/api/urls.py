from django.urls import path, re_path

from catalog.api.urls import SKU
from search.api.encoders import ActiveEncoderView, IndexView
from search.api.events import EventsView
from search.api.goes_with import GoesWithView
from search.api.recommendations import RecommendationsView
from search.api.searches import SearchPageView, SearchView
from search.api.similar import SimilarView

urlpatterns = [
    path("search/", SearchView.as_view(), name="search"),
    path("search/<slug:query>/", SearchPageView.as_view(), name="search-query"),
    re_path(rf"^products/{SKU}/similar/$", SimilarView.as_view(), name="similar"),
    re_path(rf"^products/{SKU}/goes-with/$", GoesWithView.as_view(), name="goes-with"),
    path("recommendations/", RecommendationsView.as_view(), name="recommendations"),
    path("index/", IndexView.as_view(), name="index"),
    path("index/encoder/", ActiveEncoderView.as_view(), name="index-encoder"),
    path("events/", EventsView.as_view(), name="events"),
]
