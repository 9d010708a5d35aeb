from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

LOGIN = "/admin/login/"


@pytest.fixture
def login(db, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    User.objects.create_superuser("ada", password="right")

    def login(password: str, name: str = "ada", address: str = "192.0.2.1") -> int:
        form = {"username": name, "password": password}
        return Client().post(LOGIN, form, REMOTE_ADDR=address).status_code

    return login


@pytest.fixture
def unlimited(settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"login": ""}


def test_the_right_password_logs_in_and_forgives_wrong_ones(login, unlimited):
    for _ in range(2):
        assert [login("wrong") for _ in range(9)] == [200] * 9
        assert login("right") == 302


def test_ten_wrong_passwords_lock_a_name_for_one_address(login, unlimited):
    assert [login("wrong") for _ in range(12)] == [200] * 9 + [429] * 3
    assert login("right") == 429
    assert login("right", address="198.51.100.1") == 302
    assert login("wrong", name="bob") == 200


def test_a_locked_person_reads_for_how_long(login, unlimited, settings):
    settings.AXES_COOLOFF_TIME = timedelta(minutes=20)
    for _ in range(10):
        login("wrong")
    form = {"username": "ada", "password": "right"}
    page = Client().post(LOGIN, form, REMOTE_ADDR="192.0.2.1")
    assert "Try again in 20 minutes" in page.text


def test_the_lock_ends_by_itself(login, unlimited):
    for _ in range(10):
        login("wrong")
    AccessAttempt.objects.update(attempt_time="2020-01-01T00:00Z")
    assert login("right") == 302


def test_an_address_that_tries_many_names_is_slowed_down(login, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"login": "5/day"}
    statuses = [login("wrong", name=f"name-{number}") for number in range(8)]
    assert statuses == [200] * 5 + [429] * 3
    assert login("right", address="198.51.100.1") == 302


def test_no_password_is_stored(login):
    login("a-secret")
    assert "a-secret" not in repr(AccessAttempt.objects.values())


def test_staff_see_failed_attempts(login, admin_client):
    login("wrong")
    assert "192.0.2.1" in admin_client.get("/admin/axes/accessattempt/").text
