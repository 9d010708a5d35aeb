import pytest
from django.core.exceptions import ImproperlyConfigured

from fashionlens.postgres.address import read_database


def test_every_part_of_the_url_is_read():
    read = read_database("postgres://shop:a%2Fb@db.example:5433/catalogue")
    parts = [read[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")]
    assert parts == ["shop", "a/b", "db.example", "5433", "catalogue"]


@pytest.mark.parametrize(
    ("url", "options"),
    [
        (
            "postgres://h/shop?options=-csearch_path%3Dshop",
            {"options": "-csearch_path=shop"},
        ),
        (
            "postgresql://h/shop?sslmode=verify-full&sslrootcert=%2Fca.pem",
            {"sslmode": "verify-full", "sslrootcert": "/ca.pem"},
        ),
        ("pgsql://h/shop?application_name=web", {"application_name": "web"}),
        (
            "postgres://one:1,two:2/shop?target_session_attrs=read-write",
            {"target_session_attrs": "read-write"},
        ),
        ("postgres:///?service=shop", {"service": "shop"}),
    ],
)
def test_parameters_are_honoured(url, options):
    assert read_database(url)["OPTIONS"] == options


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("postgres://%2Frun%2Fpostgresql/shop", "/run/postgresql", ""),
        ("postgres:///shop?host=/run/postgresql&port=5433", "/run/postgresql", "5433"),
        ("postgres://one:1,two:2/shop", "one,two", "1,2"),
        ("postgres://[::1]:5433/shop", "::1", "5433"),
    ],
)
def test_hosts_are_read_as_psql_reads_them(url, host, port):
    read = read_database(url)
    assert (read["HOST"], read["PORT"]) == (host, port)


@pytest.mark.parametrize("name", ["sslmod", "conn_max_age", "pool"])
def test_an_unknown_parameter_is_refused_by_name(name):
    with pytest.raises(ImproperlyConfigured, match=f"the parameter {name}"):
        read_database(f"postgres://u:hidden@h/shop?{name}=1&sslmode=require")


@pytest.mark.parametrize(
    "password", ["hid/den", "hid?den=1", "hid#den", "hid%den", "hid%"]
)
def test_a_password_that_is_not_quoted_is_refused_and_not_shown(password):
    with pytest.raises(ImproperlyConfigured) as error:
        read_database(f"postgres://shop:{password}@db.example/shop")
    assert "hid" not in str(error.value)
    assert "not valid" in str(error.value)


def test_a_url_without_database_is_refused():
    with pytest.raises(ImproperlyConfigured, match="names no database"):
        read_database("postgres://db.example")


def test_a_pooler_gets_neither_options_nor_cursors():
    pooled = read_database("postgres://pooler:6432/shop", pooled=True)
    assert pooled["DISABLE_SERVER_SIDE_CURSORS"]
    assert "options" not in pooled["OPTIONS"]
    with pytest.raises(ImproperlyConfigured, match="PgBouncer"):
        read_database("postgres://pooler/shop?options=-cjit%3Doff", pooled=True)
