"""Settings read in a process of their own, as an operator meets their errors."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parents[2]
REAL = {
    "DATABASE_URL": "postgres://shop@db.example/shop",
    "REDIS_URL": "redis://redis.example:6379/0",
    "MEDIA_ROOT": "/srv/media",
    "SECRET_KEY": "long and random",
}
SETTINGS_VARIABLES = {*REAL, "DEBUG", "CACHE_URL", "FASHIONLENS_VAR", "ENCODER_RUNTIME"}
SHOW = """
from django.conf import settings as s
print(s.EMBEDDED, s.DATABASES["default"]["HOST"], s.CELERY_BROKER_URL,
      s.CACHES["default"]["LOCATION"], s.MEDIA_ROOT)
"""


def settings(show: str = SHOW, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in SETTINGS_VARIABLES
    }
    env["DJANGO_SETTINGS_MODULE"] = "fashionlens.settings"
    return subprocess.run(
        [sys.executable, "-c", show],
        cwd=BASE,
        env=env | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("missing", ["DATABASE_URL", "REDIS_URL", "MEDIA_ROOT"])
def test_without_debug_every_external_server_is_required(missing):
    given = {name: value for name, value in REAL.items() if name != missing}
    result = settings(**given)
    assert result.returncode != 0
    assert f"Set {missing}:" in result.stderr
    assert "DEBUG=1" in result.stderr


def test_without_debug_a_secret_key_is_required():
    given = {name: value for name, value in REAL.items() if name != "SECRET_KEY"}
    assert "Set SECRET_KEY" in settings(**given).stderr


def test_real_servers_are_used_as_named():
    result = settings(**REAL)
    assert result.stdout.split() == [
        "False",
        "db.example",
        "redis://redis.example:6379/0",
        "redis://redis.example:6379/1",
        "/srv/media",
    ]


def test_an_object_storage_needs_no_media_root():
    given = {name: value for name, value in REAL.items() if name != "MEDIA_ROOT"}
    show = "from django.conf import settings as s; print(s.STORAGES['default'])"
    result = settings(show, **given, STORAGE_URL="s3://shop/photos?region=eu-west-1")
    assert "'bucket_name': 'shop'" in result.stdout, result.stderr


def test_one_real_server_alone_is_refused(tmp_path):
    given = {"DATABASE_URL": REAL["DATABASE_URL"], "FASHIONLENS_VAR": str(tmp_path)}
    assert "Set REDIS_URL too" in settings(DEBUG="1", **given).stderr


def test_with_debug_all_files_are_under_var(tmp_path):
    result = settings(DEBUG="1", FASHIONLENS_VAR=str(tmp_path / "v"))
    embedded, *_, media = result.stdout.split()
    assert embedded == "True"
    assert media == str(tmp_path / "v" / "media")
    key = tmp_path / "v" / "secret_key"
    assert len(key.read_text()) >= 50
    assert key.stat().st_mode & 0o077 == 0


def test_an_unknown_encoder_runtime_is_refused(tmp_path):
    result = settings(**REAL, ENCODER_RUNTIME="torch")
    assert "ENCODER_RUNTIME is 'torch'" in result.stderr


@pytest.mark.parametrize(
    ("name", "value", "form"),
    [
        ("FASHIONLENS_PORT", "80a", "a whole number"),
        ("EVENTS_DAYS", "90d", "a whole number"),
        ("HISTORY_DAYS", "year", "a whole number"),
        ("OUTFIT_KINDS", "hemden", "NAME=VALUE,NAME=VALUE"),
        ("CURRENCY", "EURO", "a currency of ISO 4217"),
        ("CURRENCY", "XAU", "a currency of ISO 4217"),
        ("BEHIND_HTTPS_PROXY", "ture", "1 or 0"),
        ("LOG_LEVEL", "loud", "DEBUG, INFO, WARNING or ERROR"),
        ("LOG_FORMAT", "xml", "line or json"),
        ("SCRIPT_NAME", "shop", "a path such as /shop"),
        ("MEDIA_URL", "https://images.example/media", "ends with a slash"),
    ],
)
def test_an_invalid_value_is_refused_with_the_name_of_the_variable(name, value, form):
    result = settings(**REAL, **{name: value})
    assert result.returncode != 0
    assert f"{name} is '{value}'" in result.stderr
    assert form in result.stderr


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"DATABASE_REPLICA_URL": "replica:5432"}, "DATABASE_REPLICA_URL is not valid"),
        ({"REPLICA_MAX_LAG_S": "0"}, "Set it to 1 second or more"),
    ],
)
def test_an_invalid_replica_is_refused(variables, said):
    assert said in settings(**REAL, **variables).stderr


def test_a_log_level_may_be_in_lower_case():
    assert settings(**REAL, LOG_LEVEL="debug").returncode == 0


def test_spaces_between_host_names_are_ignored():
    show = "from django.conf import settings; print(settings.ALLOWED_HOSTS[:2])"
    result = settings(show, **REAL, ALLOWED_HOSTS="shop.example, www.shop.example")
    assert result.stdout.strip() == "['shop.example', 'www.shop.example']"


@pytest.mark.parametrize(
    "address",
    [
        "psotgres://shop:hidden@db.example/shop",
        "mysql://shop:hidden@db.example/shop",
        "postgres://shop:hid/den@db.example/shop",
        "postgres://shop:hidden@db.example:port/shop",
        "shop",
    ],
)
def test_an_invalid_database_url_is_refused_without_its_password(address):
    result = settings(**REAL | {"DATABASE_URL": address})
    assert "DATABASE_URL is not valid" in result.stderr
    assert "hid" not in result.stderr


@pytest.mark.parametrize("name", ["REDIS_URL", "CACHE_URL"])
@pytest.mark.parametrize(
    "address", ["redis.example:6379", "redis://:hid/den@r.example"]
)
def test_an_invalid_redis_url_is_refused_without_its_password(name, address):
    result = settings(**REAL | {name: address})
    assert f"{name} is not valid" in result.stderr
    assert "hid" not in result.stderr


def test_a_secret_key_may_begin_with_a_dollar():
    show = "from django.conf import settings; print(settings.SECRET_KEY)"
    assert settings(show, **REAL | {"SECRET_KEY": "$long"}).stdout.strip() == "$long"


@pytest.mark.parametrize("traceback", [False, True])
def test_a_database_that_is_down_is_reported_without_traceback(traceback):
    address = "postgres://shop:hidden@127.0.0.1:1/shop"
    options = ["--traceback"] if traceback else []
    result = subprocess.run(
        [sys.executable, "manage.py", "index_status", *options],
        cwd=BASE,
        env=os.environ | REAL | {"DATABASE_URL": address},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 1
    assert ("Traceback" in result.stderr) == traceback
    assert "DATABASE_URL" in result.stderr or traceback
    assert "refused" in result.stderr
    assert "hidden" not in result.stderr


def test_a_broker_that_is_down_is_reported_without_traceback():
    error = "raise __import__('kombu').exceptions.OperationalError('refused')"
    result = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", error],
        cwd=BASE,
        env=os.environ | REAL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 1
    assert "REDIS_URL" in result.stderr
    assert "Traceback" not in result.stderr
