import pytest

from search.models import Encoder


def test_healthz_answers_ok(client):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_checks_every_dependency(client):
    response = client.get("/readyz")
    assert response.status_code == 200, response.content
    assert response.json() == dict.fromkeys(
        ["database", "cache", "broker", "encoder"], "ok"
    )


@pytest.mark.django_db
def test_readyz_names_a_failed_dependency(client):
    Encoder.objects.all().delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    states = response.json()
    assert states.pop("encoder") == "NoActiveEncoder"
    assert set(states.values()) == {"ok"}
