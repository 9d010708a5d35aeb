"""Entries of the history, and how long they are kept."""

from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.utils import timezone

from catalog.history.entries import Author, entries_of, record
from catalog.tasks import forget_history
from catalog.tests.factories import make_product

pytestmark = pytest.mark.django_db


def test_entries_are_kept_for_some_days(settings):
    settings.HISTORY_DAYS = 30
    product = make_product()
    for _ in range(2):
        record({product.pk: {"title": ("A", "B")}}, Author())
    old = entries_of([product.pk]).first()
    month = timezone.now() - timedelta(days=30, minutes=1)
    LogEntry.objects.filter(pk=old.pk).update(timestamp=month)
    forget_history()
    assert entries_of([product.pk]).count() == 1
    assert not LogEntry.objects.filter(pk=old.pk).exists()


def test_a_product_that_did_not_change_has_no_entry():
    product = make_product()
    record({product.pk: {}}, Author())
    assert not entries_of([product.pk])


def test_many_products_are_one_statement(django_assert_num_queries):
    ids = [make_product().pk for _ in range(20)]
    record({ids[0]: {"title": ("A", "B")}}, Author())  # which reads the content type
    with django_assert_num_queries(1):
        record({pk: {"title": ("A", "B")} for pk in ids}, Author(name="Feed spring"))
