from importlib import import_module

import pytest
from django.core.checks import run_checks
from django.db import connection

from catalog.models import Product
from catalog.tests.factories import make_product

pytestmark = pytest.mark.django_db


def test_the_migration_converts_hundredths_and_back():
    before = {"EUR": 1990, "JPY": 129_000, "KWD": 1250, "TND": 2**31 - 1}
    for currency, price in before.items():
        make_product(currency=currency, price_cents=price, sale_price_cents=price)
    migration = import_module("catalog.migrations.0021_minor_units").Migration
    to = migration.operations[0]
    run(to.sql)
    after = {"EUR": 1990, "JPY": 1290, "KWD": 12_500, "TND": 2**31 - 1}
    assert prices() == after
    run(to.reverse_sql)
    assert prices() == before | {"TND": 214_748_365}


def run(statements: list) -> None:
    with connection.cursor() as cursor:
        for statement, parameters in statements:
            cursor.execute(statement, parameters)


def prices() -> dict[str, int]:
    rows = Product.objects.values_list("currency", "price_cents", "sale_price_cents")
    assert all(price == sale for _, price, sale in rows)
    return {currency: price for currency, price, _ in rows}


def test_a_check_names_prices_in_another_currency():
    make_product()
    assert not found()
    make_product(currency="JPY")
    assert "prices in JPY" in found()


def found() -> str:
    messages = run_checks(databases=["default"], include_deployment_checks=False)
    return " ".join(m.msg for m in messages if m.id == "fashionlens.W002")
