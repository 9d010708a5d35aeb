"""Every page of the admin is shown, so that no update of the theme breaks one."""

from django.contrib import admin
from django.contrib.admin import ModelAdmin as PlainAdmin
from unfold.admin import ModelAdmin

from fashionlens.backoffice.tests.addresses import EXAMPLES, every_address

# Of rows that nobody may add, change or delete; or a button of another page.
NOT_PAGES = {403, 405}


def test_every_table_of_the_admin_has_the_theme():
    assert {*admin.site._registry} == {*EXAMPLES}
    for page in admin.site._registry.values():
        assert isinstance(page, PlainAdmin)
        assert isinstance(page, ModelAdmin), page


def test_every_page_is_shown(admin_client, fake_encoder, settings):
    settings.DEBUG = True  # a template that is missing is then an error
    for name, path in every_address(fake_encoder):
        answer = admin_client.get(path, follow=True)
        assert answer.status_code in {200, *NOT_PAGES}, name
        if answer.status_code == 200 and b"<html" in answer.getvalue():
            templates = [template.name for template in answer.templates]
            assert "unfold/layouts/skeleton.html" in templates, name


def test_pages_stand_below_their_task(admin_client, fake_encoder):
    page = admin_client.get("/admin/")
    groups = page.context["sidebar_navigation"]
    titles = [group.get("title") for group in groups if group.get("title")]
    assert titles == ["Catalogue", "Feeds", "Search", "Encoder", "People"]
    linked = {str(item["link"]) for group in groups for item in group["items"]}
    for app in page.context["app_list"]:
        for model in app["models"]:
            assert model["admin_url"] in linked
