"""The index and its encoders through the API."""

import pytest

from catalog.api.tests.answers import assert_described
from catalog.tests.factories import make_product
from fashionlens.keys.models import make_key
from search.api.encoders import IndexOutput
from search.index.partitions import create_partition
from search.models import Encoder

pytestmark = pytest.mark.django_db
INDEX, ACTIVE = "/api/v1/index/", "/api/v1/index/encoder/"


@pytest.fixture
def headers() -> dict[str, str]:
    token = make_key(name="ops", kind="secret", scopes=["index"])[1]
    return {"Authorization": f"Bearer {token}"}


def test_the_index_says_what_is_found_and_what_waits(client, headers, embed):
    make_product(photo=True)
    embed()
    make_product(photo=True)
    answer = client.get(INDEX, headers=headers).json()
    assert_described(IndexOutput, answer)
    assert (answer["photos"], answer["embedded"], answer["pending"]) == (2, 1, 1)
    assert {"version": "fake-1", "state": "active"} in answer["encoders"]


def test_an_encoder_that_lacks_photos_is_not_activated(client, headers, embed):
    make_product(photo=True)
    embed()
    other = Encoder.objects.create(version="new", folder="-", sha256="a", state="ready")
    create_partition(other.pk)
    for version in ("new", "unknown"):
        body, kind = {"version": version}, "application/json"
        refused = client.put(ACTIVE, body, kind, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (409, "rollout_refused")
    back = client.delete(ACTIVE, headers=headers)
    assert back.json()["code"] == "rollout_refused"


def test_only_a_key_with_the_scope_sees_the_index(client, fake_encoder):
    assert client.get(INDEX).json()["code"] == "key_required"
    for kind, scopes in (("publishable", []), ("secret", ["catalogue"])):
        token = make_key(name="x", kind=kind, scopes=scopes)[1]
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get(INDEX, headers=headers).json()["code"] == "missing_scope"
