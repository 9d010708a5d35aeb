import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "path",
    ["/healthz", "/nothing/", "/api/", "/api/docs/", "/administrators/", "/media/none"],
)
def test_every_answer_has_both_policies(client, db, path):
    answer = client.get(path)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "camera=()" in answer["Permissions-Policy"]


def test_only_the_theme_of_the_admin_may_compute_expressions(client, db):
    policy = client.get("/admin/login/")["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval';" in policy
    assert "inline" not in policy


@pytest.mark.parametrize("debug", [False, True])
def test_the_error_pages_of_developers_keep_their_style(client, db, settings, debug):
    settings.DEBUG = debug
    assert ("Content-Security-Policy" in client.get("/nothing/")) is not debug


def test_templates_of_pages_have_no_inline_script_or_style():
    forbidden = re.compile(
        r"<style|<script(?![^>]*(\bsrc=|application/ld\+json))|\s(style|on[a-z]+)="
    )
    found = {
        str(path.relative_to(ROOT)): match[0]
        for path in (ROOT / "templates").rglob("*.html")
        # Saved as a file, not served.
        if path.name != "encoder_diff.html"
        and (match := forbidden.search(path.read_text()))
    }
    assert found == {}


def test_scripts_and_styles_come_without_the_policies_of_pages(settings):
    order = [name.rpartition(".")[2] for name in settings.MIDDLEWARE]
    assert order.index("WhiteNoiseMiddleware") < order.index("SecurityHeaders")
