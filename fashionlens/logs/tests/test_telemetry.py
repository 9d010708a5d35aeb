import sys
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured

from fashionlens.logs import telemetry


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in (telemetry.SENTRY, telemetry.OPENTELEMETRY):
        monkeypatch.delenv(name, raising=False)


def test_nothing_is_loaded_without_the_variables(monkeypatch):
    monkeypatch.setattr(telemetry, "import_module", None)
    telemetry.start()


@pytest.mark.parametrize(
    ("variable", "package"),
    [
        (telemetry.SENTRY, "sentry-sdk"),
        (telemetry.OPENTELEMETRY, "opentelemetry-distro"),
    ],
)
def test_a_missing_package_is_named(monkeypatch, variable, package):
    monkeypatch.setenv(variable, "https://key@sentry.example/1")
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ImproperlyConfigured, match=rf"{variable}.*{package}"):
        telemetry.start()


def test_sentry_gets_no_photos_of_shoppers(monkeypatch):
    given = {}
    monkeypatch.setenv(telemetry.SENTRY, "https://key@sentry.example/1")
    fake = SimpleNamespace(init=lambda **options: given.update(options))
    monkeypatch.setitem(sys.modules, "sentry_sdk", fake)
    telemetry.start()
    assert given["max_request_body_size"] == "never"
    assert given["send_default_pii"] is False
