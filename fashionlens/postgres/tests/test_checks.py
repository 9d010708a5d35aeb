import psycopg
import pytest
from django.core.checks import run_checks
from django.db import connection

from fashionlens.postgres import checks
from fashionlens.postgres.jit import disable_jit
from fashionlens.postgres.tests.databases import ROLE, administrator, ordinary_database

pytestmark = pytest.mark.django_db


def found() -> list[str]:
    messages = run_checks(databases=["default"])
    return [m.id for m in messages if m.id.startswith("database.")]


def test_a_migrated_shop_passes():
    assert found() == []


# Without this check, `migrate` stops half-way. It starts a process: over two seconds.
def test_migrate_says_which_extension_the_administrator_must_create():
    with ordinary_database("extensions") as database:
        done = database.manage("migrate")
        with psycopg.connect(database.url) as own:
            tables = own.execute("SELECT FROM pg_tables WHERE schemaname = 'public'")
            assert tables.fetchall() == []
    assert done.returncode == 1
    assert "CREATE EXTENSION vector;" in done.stderr
    assert f"in the database {database.name}" in done.stderr
    assert "CREATE EXTENSION pg_trgm;" not in done.stderr, "its owner may create it"
    assert "Traceback" not in done.stderr


def test_an_extension_that_the_server_lacks_is_named(monkeypatch):
    monkeypatch.setitem(checks.EXTENSIONS, "sight", "sight 2 or newer")
    assert found() == ["database.E001"]


def test_an_extension_that_may_be_created_is_left_to_migrate(monkeypatch):
    monkeypatch.setitem(checks.EXTENSIONS, "unaccent", "the contrib modules")
    assert found() == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_extension WHERE extname = 'unaccent'")
        assert cursor.fetchone() is None


def test_jit_is_reported_where_it_is_on(monkeypatch):
    monkeypatch.setattr(checks, "is_jit_on", lambda: True)
    assert found() == ["database.W001"]


def test_migrate_has_switched_jit_off_for_the_database():
    assert setting(connection.settings_dict["NAME"]) == [("", ["jit=off"])]


@pytest.mark.parametrize("owner", [True, False])
def test_jit_is_switched_off_as_far_as_the_role_may(owner, monkeypatch):
    with ordinary_database("jit") as database, psycopg.connect(database.url) as own:
        if not owner:
            with administrator() as server:
                server.execute(f"ALTER DATABASE {database.name} OWNER TO CURRENT_USER")
        monkeypatch.setattr("fashionlens.postgres.jit.connection", own)
        for _ in range(2):
            disable_jit()
            own.commit()
        assert setting(database.name) == [("" if owner else ROLE, ["jit=off"])]


def setting(database: str) -> list[tuple[str, list[str]]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(rolname, ''), setconfig FROM pg_db_role_setting"
            " JOIN pg_database ON pg_database.oid = setdatabase"
            " LEFT JOIN pg_roles ON pg_roles.oid = setrole WHERE datname = %s",
            [database],
        )
        return cursor.fetchall()
