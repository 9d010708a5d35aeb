import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from catalog.models import Product
from catalog.tests.factories import make_photo_bytes, make_product
from search.change.encoder_diff import (
    ComparedPhoto,
    NothingToCompare,
    compare,
    write_page,
)
from search.events.list_ids import new_list_id
from search.events.record import ReportedEvent, record_events
from search.index.embed import embed_due
from search.index.encoders import open_network, register
from search.models import Encoder, Event
from search.query.nearest import Hit
from search.tests.networks import write_network

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(embed, tmp_path) -> Encoder:
    """A second encoder of the same shop, which disagrees with the first."""
    colours = ["red", "lime", "blue", "cyan", "pink", "gold", "teal", "navy"]
    for colour in colours:
        make_product(photo=make_photo_bytes(colour), title=f"A {colour} <dress>")
    embed()
    encoder = register(open_network(write_network(tmp_path / "b", "b", seed=2)))
    embed_due(encoder=encoder)
    return encoder


def hits(*products: int) -> list[Hit]:
    return [Hit(product, product, 0.1) for product in products]


def test_overlap_and_first_result_are_counted():
    photo = ComparedPhoto(1, 1, hits(2, 3, 4, 5), hits(3, 2, 4, 6))
    assert photo.overlap == 0.75
    assert photo.has_new_first
    same = ComparedPhoto(1, 1, hits(2, 3), hits(2, 3))
    assert (same.overlap, same.has_new_first) == (1, False)
    assert ComparedPhoto(1, 1, [], []).overlap == 1


def test_an_encoder_agrees_with_itself(other, fake_encoder):
    diff = compare(fake_encoder, fake_encoder, k=3)
    assert (diff.overlap, diff.new_firsts) == (1, 0)
    assert len(diff.photos) == 8
    for photo in diff.photos:
        assert photo.product_id not in [h.product_id for h in photo.before]


def test_encoders_that_disagree_differ(other, fake_encoder):
    diff = compare(fake_encoder, other, k=3)
    assert diff.overlap < 1
    assert diff.new_firsts > 0
    changes = [photo.overlap for photo in diff.most_changed()]
    assert changes == sorted(changes)


def test_the_sample_is_the_same_for_a_seed(other, fake_encoder):
    def sample(seed: int) -> list[int]:
        diff = compare(fake_encoder, other, queries=4, seed=seed)
        return [photo.product_id for photo in diff.photos]

    assert sample(1) == sample(1)
    assert sample(1) != sample(2)


def test_recent_products_come_first_then_random_ones(other, fake_encoder):
    often, once, gone, hidden = Product.objects.order_by("id")[:4]
    Product.objects.filter(pk=hidden.pk).update(status="draft")
    for product, times in ((once, 1), (often, 3), (hidden, 9)):
        for _ in range(times):
            query = new_list_id(Event.Listing.SIMILAR, product_id=product.pk)
            record_events(
                [ReportedEvent("impression", query, 1, [gone.sku]) for _ in range(2)]
            )
    Event.objects.create(
        kind="click", listing="photo", query="q", position=1, products=[1]
    )
    diff = compare(fake_encoder, other, queries=4, k=3)
    ids = [photo.product_id for photo in diff.photos]
    assert ids[:2] == [often.pk, once.pk] and len(set(ids)) == 4
    assert [photo.recent for photo in diff.photos] == [True] * 2 + [False] * 2
    assert hidden.pk not in ids and diff.recent == 2
    diff = compare(fake_encoder, other, queries=1, k=3)
    assert [photo.product_id for photo in diff.photos] == [often.pk]


def test_products_of_old_events_are_not_recent(other, fake_encoder):
    product = Product.objects.first()
    query = new_list_id(Event.Listing.GOES_WITH, product_id=product.pk)
    record_events([ReportedEvent("impression", query, 1, [product.sku])])
    assert compare(fake_encoder, other, k=3).recent == 1
    Event.objects.update(created=timezone.now() - timedelta(days=31))
    assert compare(fake_encoder, other, k=3).recent == 0


def test_products_that_are_not_published_are_left_out(other, fake_encoder):
    Product.objects.update(status="draft")
    with pytest.raises(NothingToCompare, match="encoder add"):
        compare(fake_encoder, other)


def test_the_page_is_one_file_with_its_pictures(
    other, fake_encoder, settings, tmp_path
):
    settings.VAR = tmp_path / "var"
    path = write_page(compare(fake_encoder, other, k=3), shown=2)
    page = path.read_text()
    assert path == tmp_path / "var" / "compare-fake-1-b.html"
    assert page.count("<section>") == 2
    assert page.count("<figure>") == 2 * (1 + 3 + 3)
    assert page.count("data:image/webp;base64,") == page.count("<figure>")
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "&lt;dress&gt;" in page


def test_a_missing_photo_is_shown_by_its_name(other, fake_encoder, settings, tmp_path):
    settings.VAR = tmp_path / "var"
    for product in Product.objects.all():
        image = product.images.get()
        image.file.storage.delete(image.file.name)
    page = write_page(compare(fake_encoder, other, k=3)).read_text()
    assert "<img" not in page
    assert "A red &lt;dress&gt;" in page


def test_the_command_prints_figures_and_the_path_of_the_page(
    other, fake_encoder, settings, tmp_path, capsys
):
    settings.VAR = tmp_path / "var"
    call_command("encoder", "compare", "fake-1", "b")
    out = capsys.readouterr().out
    assert re.search(r"overlap@10 +\d\.\d{3}", out)
    assert re.search(r"new first result +\d of 8", out)
    assert str(tmp_path / "var" / "compare-fake-1-b.html") in out
    with pytest.raises(CommandError, match="--queries"):
        call_command("encoder", "compare", "fake-1", "b", "--queries", "0")
