"""Every address of the admin, walked by each role."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.urls import resolve

from fashionlens.backoffice.people.roles import ROLES, write_roles
from fashionlens.backoffice.tests.addresses import every_address

CATALOGUE = {"catalog_category", "catalog_product", "catalog_synonym", "identity_page"}
FEEDS = {"catalog_feedrun", "catalog_feedsource"}
SEARCH = {"search_event", "search_emptysearch", "search_duplicategroup"}
ENCODER = {
    *("search_encoder", "search_embeddingfailure", "search_recallmeasurement"),
}
SENT = {"webhooks_webhookendpoint", "webhooks_webhookmessage"}
PEOPLE = {"auth_user", "auth_group"}
# What may be seen of products may be seen in the trash and in the changes.
OF_PRODUCTS = {"catalog_productimage", "catalog_trashedproduct", "catalog_bulkchange"}
SEEN = OF_PRODUCTS | CATALOGUE | FEEDS | SEARCH | ENCODER | {"identity_shop"}


@pytest.fixture
def pages(fake_encoder) -> list[tuple[str, str]]:
    return list(every_address(fake_encoder))


def status(path: str, person: User, method: str = "get") -> int:
    """Return the status of an answer, without the time that its page would take."""
    request = RequestFactory().generic(method.upper(), path)
    request._dont_enforce_csrf_checks = True
    request.user, request.session = person, SessionStore()
    request._messages = FallbackStorage(request)
    view = resolve(path)
    try:
        return view.func(request, *view.args, **view.kwargs).status_code
    except PermissionDenied:
        return 403


@pytest.fixture
def open_pages(pages):
    """Return a function that returns the names of the pages a role can open."""

    def walk(role: str) -> set[str]:
        person = User.objects.create_user(role, is_staff=True)
        person.groups.add(Group.objects.get(name=role))
        found = {name: status(path, person) for name, path in pages}
        assert set(found.values()) <= {200, 302, 403, 405}
        return {name for name, answer in found.items() if answer in (200, 302)}

    return walk


def named(pages: set[str], *actions: str) -> set[str]:
    """Return the tables whose page of an action is among the pages."""
    ends = tuple(f"_{action}" for action in actions)
    return {page.rsplit("_", 1)[0] for page in pages if page.endswith(ends)}


def test_a_viewer_sees_the_shop_and_changes_nothing(open_pages):
    pages = open_pages("Viewer")
    assert named(pages, "changelist") == SEEN
    assert named(pages, "add", "delete", "upload", "retry") == set()
    assert {"index", "search_encoder_live", "catalog_feedrun_export"} <= pages


def test_a_viewer_can_press_no_button(pages):
    viewer = User.objects.create_user("Viewer", is_staff=True)
    viewer.groups.add(Group.objects.get(name="Viewer"))
    buttons = [(n, path) for n, path in pages if status(path, viewer) == 405]
    assert {"search_encoder_pause", "catalog_bulkchange_apply"} <= {*dict(buttons)}
    for name, path in buttons:
        assert status(path, viewer, "post") == 403, name


def test_a_merchandiser_keeps_products_and_feeds(open_pages):
    pages = open_pages("Merchandiser")
    assert named(pages, "changelist") == SEEN
    assert CATALOGUE | {"catalog_feedsource"} <= named(pages, "add")
    assert {"catalog_feedrun_upload", "search_embeddingfailure_retry"} <= pages
    assert not named(pages, "add", "delete") & (ENCODER | PEOPLE | SENT)


def test_an_operator_keeps_the_index_running(open_pages):
    pages = open_pages("Operator")
    seen = SEEN | SENT | {"axes_accessattempt", "keys_apikey"}
    assert named(pages, "changelist") == seen
    assert "webhooks_webhookendpoint" in named(pages, "add")
    assert "search_embeddingfailure_retry" in pages
    assert not named(pages, "add", "delete") & (CATALOGUE | FEEDS | PEOPLE)


def test_an_owner_may_do_everything(open_pages):
    opened = open_pages("Owner")
    assert named(opened, "changelist") > SEEN | SENT | PEOPLE | {"keys_apikey"}
    assert PEOPLE | {"keys_apikey"} <= named(opened, "add")
    owner = Group.objects.get(name="Owner")
    assert owner.permissions.count() == Permission.objects.count()


def test_nobody_else_enters(pages):
    shopper = User.objects.create_user("shopper")
    for name, path in pages:
        assert status(path, shopper) in (302, 405), name


def test_ready_made_roles_are_set_anew_and_own_ones_are_left(db):
    own = Group.objects.create(name="Helpers")
    viewer = Group.objects.get(name="Viewer")
    rights = set(viewer.permissions.all())
    viewer.permissions.clear()
    write_roles()
    assert set(viewer.permissions.all()) == rights != set()
    assert not own.permissions.exists()


def test_ready_made_roles_can_be_looked_at_only(admin_client, admin_user):
    for name in ROLES:
        page = f"/admin/auth/group/{Group.objects.get(name=name).pk}/"
        assert status(f"{page}change/", admin_user) == 200
        assert admin_client.post(f"{page}change/", {"name": "A"}).status_code == 403
        assert admin_client.post(f"{page}delete/").status_code == 403
    chosen = list(Group.objects.values_list("pk", flat=True))
    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    assert admin_client.post("/admin/auth/group/", data).status_code == 403
    assert Group.objects.filter(name__in=ROLES).count() == len(ROLES)
