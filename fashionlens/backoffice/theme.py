"""The look of the admin: settings of django-unfold."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _may_view(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _entry(
    title: str, icon: str, model: str, page: str = "changelist", seen_with: str = ""
) -> dict:
    """Return a link for people who may view the model, or the one it is seen with."""
    app, name = model.split(".")
    seen_app, seen_name = (seen_with or model).split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_{page}"),
        "permission": _may_view(f"{seen_app}.view_{seen_name}"),
    }


# Pages of a task stand together, whatever app their tables belong to.
NAVIGATION: list[dict[str, Any]] = [
    {
        "items": [
            {
                "title": "Overview",
                "icon": "monitoring",
                "link": reverse_lazy("admin:index"),
            }
        ]
    },
    {
        "title": "Catalogue",
        "items": [
            _entry("Products", "apparel", "catalog.product"),
            _entry("Categories", "category", "catalog.category"),
            _entry(
                "Bulk changes",
                "stacks",
                "catalog.bulkchange",
                seen_with="catalog.product",
            ),
            _entry(
                "Trash", "delete", "catalog.trashedproduct", seen_with="catalog.product"
            ),
            _entry("Duplicates", "difference", "search.duplicategroup"),
            _entry("Shop", "storefront", "identity.shop"),
            _entry("Pages", "article", "identity.page"),
        ],
    },
    {
        "title": "Feeds",
        "items": [
            _entry("Imports of feeds", "upload_file", "catalog.feedrun"),
            _entry("Feeds", "rss_feed", "catalog.feedsource"),
        ],
    },
    {
        "title": "Search",
        "items": [
            _entry("Search report", "bar_chart", "search.event"),
            _entry("Nothing found", "search_off", "search.emptysearch"),
            _entry("Synonyms", "translate", "catalog.synonym"),
        ],
    },
    {
        "title": "Encoder",
        "items": [
            _entry("Encoders", "neurology", "search.encoder"),
            _entry("Failed photos", "broken_image", "search.embeddingfailure"),
            _entry("Health of the index", "target", "search.recallmeasurement"),
        ],
    },
    {
        "title": "People",
        "items": [
            _entry("Accounts", "person", "auth.user"),
            _entry("Roles", "group", "auth.group"),
            _entry("Failed logins", "lock", "axes.accessattempt"),
            _entry("API keys", "key", "keys.apikey"),
            _entry("Webhooks", "webhook", "webhooks.webhookendpoint"),
            _entry("Sent messages", "outbox", "webhooks.webhookmessage"),
        ],
    },
]

UNFOLD = {
    "SITE_TITLE": "FashionLens",
    "SITE_HEADER": "FashionLens",
    "DASHBOARD_CALLBACK": "fashionlens.backoffice.overview.page.overview",
    "SITE_ICON": lambda request: static("storefront/favicon.svg"),
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("storefront/favicon.svg"),
        }
    ],
    "SHOW_VIEW_ON_SITE": True,
    "BORDER_RADIUS": None,
    # Colours would be an inline style, which the policy forbids; theme.css has them.
    "COLORS": lambda request: {},
    "STYLES": [lambda request: static("backoffice/theme.css")],
    "SCRIPTS": [lambda request: static("backoffice/theme.js")],
    "SIDEBAR": {"show_search": False, "navigation": NAVIGATION},
}
