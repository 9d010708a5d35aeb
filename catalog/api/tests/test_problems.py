import pytest

from catalog.api import product

pytestmark = pytest.mark.django_db


def test_a_database_that_does_not_answer_is_a_503(client, database_down):
    response = client.get("/api/v1/products/")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "10"
    assert response.json()["code"] == "unavailable"
    assert "refused" not in response.content.decode()


def test_a_bug_is_a_500_problem_that_says_nothing_of_it(client, monkeypatch, caplog):
    def broken(request):
        raise RuntimeError("the secret")

    monkeypatch.setattr(product, "_readable", broken)
    client.raise_request_exception = False
    response = client.get("/api/v1/products/any/")
    assert response.status_code == 500
    assert response.json()["code"] == "internal_error"
    assert "secret" not in response.content.decode()
    assert "the secret" in caplog.text
