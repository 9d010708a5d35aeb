import pytest

from search.models import Encoder


def test_alive_needs_nothing(client):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_ready_is_a_real_look_at_every_part(client):
    response = client.get("/readyz")
    assert response.status_code == 200, response.content
    assert response.json() == dict.fromkeys(
        ["database", "cache", "broker", "encoder"], "ok"
    )


@pytest.mark.django_db
def test_not_ready_names_what_is_missing(client):
    Encoder.objects.all().delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    states = response.json()
    assert states.pop("encoder") == "NoActiveEncoder"
    assert set(states.values()) == {"ok"}
