"""Uploaded feeds that a worker imports."""

import csv
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from catalog.feeds.runs.models import FeedRun, FeedSource
from catalog.feeds.runs.problems import write_problems
from catalog.feeds.runs.queue import (
    create_run,
    import_due,
    remember_mapping,
    request,
    request_stop,
)
from catalog.locks import try_lock
from catalog.models import Product
from catalog.tests.factories import make_photo_bytes, make_product

pytestmark = pytest.mark.django_db

HEAD = "id,title,price,product_type\n"
ROWS = "A1,Coat,19.90,Coats\nA2,Hat,5,Hats\n"


def upload(text: str = HEAD + ROWS, **source) -> FeedRun:
    feed, _ = FeedSource.objects.update_or_create(name="spring", defaults=source)
    file = ContentFile(text.encode())
    return create_run(source=feed, file=file, file_name="spring feed.csv")


def imported(run: FeedRun, *, dry_run: bool = False, force: bool = False) -> FeedRun:
    request(run, dry_run=dry_run, force=force)
    import_due()
    run.refresh_from_db()
    return run


def test_a_worker_imports_an_uploaded_feed():
    run = imported(upload())
    assert (run.state, run.rows, run.rows_done) == ("done", 2, 2)
    assert run.counts["created"] == 2
    assert run.started < run.finished
    assert set(Product.objects.values_list("sku", flat=True)) == {"A1", "A2"}
    assert import_due() == 0


def test_no_visitor_reads_the_file_of_a_feed(client):
    run = upload()
    assert default_storage.exists(run.file)
    assert client.get(f"/media/{run.file}").status_code == 404


def test_a_dry_run_says_what_would_change():
    make_product(sku="A1", title="Old", price_cents=1990, locked=["title"])
    run = imported(upload(), dry_run=True)
    assert run.state == "checked"
    assert not Product.objects.filter(sku="A2").exists()
    changed, new = sorted(run.changes, key=lambda each: each["sku"])
    assert (changed["kind"], changed["locked"]) == ("changed", ["title"])
    assert changed["fields"] == [["category", "", "Coats"]]
    assert (new["kind"], new["title"]) == ("new", "Hat")
    assert imported(run).state == "done"


def test_a_mapping_is_remembered():
    run = upload("Nr,Name,Preis,Art\n1,Hut,5,Hats\n")
    mapping = {"Nr": "id", "Preis": "price", "Art": "product_type"}
    remember_mapping(run.source, mapping)
    assert imported(run).counts["created"] == 1
    again = upload("Nr,Name,Preis,Art\n1,Hut,6,Hats\n")
    assert imported(again).counts["updated"] == 1


def test_a_feed_that_cannot_be_read_says_why():
    run = imported(upload("<html>Log in</html>"))
    assert run.state == "failed"
    assert "web page" in run.message


def test_problems_are_kept_with_their_rows():
    run = imported(upload(HEAD + "A1,Coat,free,Coats\nA2,Hat,5,Hats\n"))
    [problem] = run.problems.all()
    assert (problem.row, problem.sku, problem.column) == (2, "A1", "price")
    assert problem.cells["title"] == "Coat"
    file = StringIO()
    write_problems(file, run.problems.all())
    [row] = csv.DictReader(file.getvalue().splitlines())
    assert (row["id"], row["price"], row["title"]) == ("A1", "free", "Coat")
    again = imported(upload(file.getvalue().replace("free", "7")))
    assert again.is_correction and again.counts["created"] == 1


def test_corrected_rows_change_their_sizes_alone():
    head = "id,title,price,product_type,item_group_id,size\n"
    small, medium = "S,Top S,25,Tops,T,S\n", "M,Top M,{},Tops,T,M\n"
    imported(upload(head + small + medium.format("free")))
    fixed = f"problem,{head}" + f"x,{medium.format('27')}"
    assert imported(upload(fixed)).is_correction
    top = Product.objects.get()
    assert (top.title, top.price_cents) == ("Top", 2500)
    sizes = [(v.sku, v.position, v.price_cents) for v in top.variants.all()]
    assert sizes == [("S", 0, None), ("M", 1, 2700)]
    assert imported(upload(head + small + medium.format("27"))).counts["updated"] == 0


def test_the_photos_of_corrected_rows_are_in_the_archive_of_the_first_run():
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr(
            "feed.csv", "id,title,price,category,image\nA,Hat,free,x,a.jpg\n"
        )
        archive.writestr("a.jpg", make_photo_bytes("red"))
    source, _ = FeedSource.objects.get_or_create(name="spring")
    file = ContentFile(buffer.getvalue())
    first = imported(create_run(source=source, file=file, file_name="a.zip"))
    fixed = ContentFile(b"problem,id,title,price,category,image\n,A,Hat,5,x,a.jpg\n")
    run = create_run(source=source, file=fixed, file_name="fixed.csv", parent=first)
    assert imported(run).counts["photos_added"] == 1


def test_many_missing_products_are_archived_only_after_an_answer():
    imported(upload(archive_missing=True))
    run = imported(upload(HEAD + "A1,Coat,19.90,Coats\n"))
    assert run.state == "asking"
    assert "1 of the 2 products" in run.message
    assert Product.objects.published().count() == 2
    assert imported(run, force=True).state == "done"
    assert [p.sku for p in Product.objects.published()] == ["A1"]


def test_a_second_import_of_a_feed_joins_the_first():
    first, second = upload(), upload()
    assert request(first, dry_run=False) == first
    assert request(second, dry_run=False) == first
    second.refresh_from_db()
    assert second.state == "new"


def test_a_run_that_another_worker_has_is_left_to_it():
    run = upload()
    request(run, dry_run=False)
    with try_lock("feed spring"):
        assert import_due() == 0
    run.refresh_from_db()
    assert run.state == "waiting"
    assert import_due() == 1


def test_a_run_stops_between_batches(monkeypatch):
    monkeypatch.setattr("catalog.feeds.run.BATCH_ROWS", 1)
    run = upload()
    request(run, dry_run=False)
    set_rows = FeedRun.set

    def stop_after_start(self, **values):
        set_rows(self, **values)
        if "rows" in values:
            FeedRun.objects.update(stop_requested=True)

    with monkeypatch.context() as patch:
        patch.setattr(FeedRun, "set", stop_after_start)
        import_due()
    run.refresh_from_db()
    assert (run.state, Product.objects.count()) == ("stopped", 1)
    assert imported(run).state == "done"
    assert Product.objects.count() == 2


def test_a_waiting_run_stops_at_once():
    run = upload()
    request(run, dry_run=False)
    request_stop(run)
    assert import_due() == 0
    run.refresh_from_db()
    assert run.state == "stopped"


def test_a_run_whose_worker_was_killed_is_resumed(monkeypatch):
    monkeypatch.setattr("catalog.feeds.run.BATCH_ROWS", 1)
    run = upload()
    request(run, dry_run=False)

    def kill(*args, **options):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("catalog.feeds.runs.execution.RunLog.add_rows", kill)
        with pytest.raises(SystemExit):
            import_due()
    run.refresh_from_db()
    assert (run.state, Product.objects.count()) == ("running", 1)
    assert import_due() == 1
    run.refresh_from_db()
    assert (run.state, run.counts["created"], run.counts["unchanged"]) == (
        *("done", 1, 1),
    )


def test_a_run_that_kills_its_workers_is_given_up():
    run = upload()
    run.set(state=FeedRun.State.RUNNING, tries=FeedRun.MAX_TRIES)
    assert import_due() == 0


def test_old_runs_and_their_files_are_deleted(
    monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(FeedSource, "KEPT_RUNS", 2)
    with django_capture_on_commit_callbacks(execute=True):
        runs = [upload() for _ in range(4)]
    assert list(FeedRun.objects.all()) == [runs[3], runs[2]]
    assert not default_storage.exists(runs[0].file)
