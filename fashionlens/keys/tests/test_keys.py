"""Keys of the API: who may do what, and how keys are made."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from catalog.tests.factories import make_product
from fashionlens.keys.models import ApiKey, make_key

pytestmark = pytest.mark.django_db
SHOP = "https://shop.example"
READ = "/api/v1/products/"


def publishable(**values) -> str:
    return make_key(name="page", kind="publishable", **values)[1]


def secret(*scopes: str, **values) -> str:
    scopes = scopes or ("catalogue",)
    return make_key(name="server", kind="secret", scopes=scopes, **values)[1]


def ask(client, token: str, url: str = READ, **headers: str):
    return client.get(url, headers={"Authorization": f"Bearer {token}", **headers})


def code_of(response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


@pytest.mark.parametrize("make", [publishable, secret])
def test_a_key_reads(client, make):
    answer = ask(client, make())
    assert answer.status_code == 200
    assert "private" in answer["Cache-Control"]
    assert "Authorization" in answer["Vary"]


def test_a_key_is_stored_as_its_hash_only(client):
    token = secret()
    row = ApiKey.objects.values().get()
    assert token not in str(row)
    assert token.endswith(row["hint"])


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer x", "bearer fl_sec_foreign", "Bearer ÿ\udcff"]
)
def test_a_foreign_key_is_refused(client, header):
    headers = {"Authorization": header.encode("utf-8", "replace").decode("latin-1")}
    answer = client.get(READ, headers=headers)
    assert code_of(answer) == (401, "unknown_key")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_the_header_of_a_proxy_is_not_a_key(client):
    headers = {"Authorization": "Basic c2hvcDpzZWNyZXQ="}
    assert client.get(READ, headers=headers).status_code == 200


def test_expired_and_revoked_keys_are_refused(client):
    expired = secret(expires=timezone.now() - timedelta(seconds=1))
    assert code_of(ask(client, expired)) == (401, "key_expired")
    key, token = make_key(name="old", kind="publishable")
    key.revoke()
    assert code_of(ask(client, token)) == (401, "key_revoked")


def test_a_publishable_key_is_bound_to_its_origins(client):
    token = publishable(origins=[SHOP])
    assert ask(client, token, Origin=SHOP).status_code == 200
    assert ask(client, token, Referer=f"{SHOP}/page").status_code == 200
    for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        refused = ask(client, token, **headers)
        assert code_of(refused) == (403, "origin_not_allowed")


def test_pages_of_an_origin_may_use_its_key_without_a_setting(client):
    publishable(origins=[SHOP])
    asked = {
        "Origin": SHOP,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    allowed = client.options(READ, headers=asked)
    assert allowed["Access-Control-Allow-Origin"] == SHOP
    assert "authorization" in allowed["Access-Control-Allow-Headers"]
    elsewhere = client.options(READ, headers=asked | {"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in elsewhere


def test_a_secret_key_in_a_page_is_refused(client):
    refused = ask(client, secret(), Origin=SHOP)
    assert code_of(refused) == (403, "secret_key_in_browser")
    assert ask(client, secret(), Origin="http://testserver").status_code == 200


def test_a_secret_key_needs_the_scope(client):
    url, body = "/api/v1/events/", '{"events": []}'

    def post(token: str):
        headers = {"Authorization": f"Bearer {token}"}
        return client.post(url, body, "application/json", headers=headers)

    assert code_of(post(secret("catalogue"))) == (403, "missing_scope")
    assert code_of(post(secret("events"))) == (400, "invalid")
    assert code_of(post(publishable())) == (400, "invalid")


def test_without_anonymous_reading_a_key_or_a_session_is_needed(
    client, admin_client, settings
):
    settings.API_ANONYMOUS = False
    assert code_of(client.get(READ)) == (401, "key_required")
    assert ask(client, publishable()).status_code == 200
    answer = admin_client.get(READ)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, max-age=60")


def test_the_last_use_is_written_once_a_minute(client):
    key, token = make_key(name="page", kind="publishable")
    ask(client, token)
    key.refresh_from_db()
    assert timezone.now() - key.last_used < timedelta(minutes=1)
    ask(client, token)
    first = key.last_used
    key.refresh_from_db()
    assert key.last_used == first


def test_a_secret_key_has_one_limit_and_other_keys_their_own(client, settings):
    cache.clear()
    settings.API_KEY_RATE = "3/min"
    first, other = secret(), secret()
    own = secret(rate="5/min")
    answers = [ask(client, first).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    assert ask(client, other)["RateLimit-Policy"] == '"key";q=3;w=60'
    assert ask(client, own)["RateLimit-Policy"] == '"key";q=5;w=60'


def test_each_visitor_of_a_page_has_the_limit_of_an_address(client, settings):
    cache.clear()
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"words": "1/min"}
    headers = {"Authorization": f"Bearer {publishable()}"}
    make_product(title="red")
    for address in ("192.0.2.1", "192.0.2.2"):
        answers = [
            client.get(f"{READ}?q=red", headers=headers, REMOTE_ADDR=address)
            for _ in range(2)
        ]
        assert [each.status_code for each in answers] == [200, 429]


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "publishable", "scopes": ["photos"]},
        {"kind": "secret", "scopes": ["photos"], "origins": [SHOP]},
        {"kind": "secret", "scopes": ["everything"]},
        {"kind": "publishable", "origins": ["shop.example"]},
        {"kind": "publishable", "origins": [f"{SHOP}/page"]},
        {"kind": "secret", "rate": "many"},
    ],
)
def test_keys_that_contradict_themselves_are_refused(values):
    with pytest.raises(ValidationError):
        make_key(name="x", **values)


def test_the_command_makes_lists_and_revokes_keys(capsys, client):
    call_command("api_key", "make", "stock", "--scope", "catalogue", "--days", "3")
    token = capsys.readouterr().out.strip()
    assert ask(client, token).status_code == 200
    call_command("api_key", "list")
    assert f"stock  secret  ...{token[-4:]}  catalogue" in capsys.readouterr().out
    call_command("api_key", "revoke", str(ApiKey.objects.get().pk))
    assert code_of(ask(client, token)) == (401, "key_revoked")
    with pytest.raises(CommandError):
        call_command("api_key", "revoke", "999999")


def test_the_admin_shows_a_new_key_once(admin_client, client):
    url = "/admin/keys/apikey/"
    form = {"name": "stock", "kind": "secret", "scopes": ["photos", "feeds"]}
    page = admin_client.post(f"{url}add/", form)
    token = page.context["token"]
    assert token in page.text
    assert ask(client, token).status_code == 200
    key = ApiKey.objects.get()
    assert key.scopes == ["photos", "feeds"]
    assert token not in admin_client.get(f"{url}{key.pk}/change/").text
    chosen = {"action": "revoke", "_selected_action": [key.pk]}
    admin_client.post(url, chosen)
    assert code_of(ask(client, token)) == (401, "key_revoked")
