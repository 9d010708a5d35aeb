import json
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from fashionlens.storefront.tests.outline import outline
from search.events.record import record_zero_results
from search.events.report import MAX_POSITIONS, build_report
from search.models import EmptySearch, Event

pytestmark = pytest.mark.django_db


def add_event(kind: str, *products: int, position: int = 1, **fields) -> Event:
    defaults = {"listing": "similar", "query": "q", "encoder": "one"}
    return Event.objects.create(
        kind=kind, position=position, products=products, **defaults | fields
    )


@pytest.fixture
def events() -> None:
    for _ in range(4):
        add_event("impression", 11, 12, 13)
    add_event("impression", 14, 15, position=4)
    add_event("click", 12, position=2)
    add_event("click", 14, position=4)
    add_event("cart", 12, position=2)
    add_event("impression", 7, listing="words", encoder="")
    add_event("click", 9, listing="words", encoder="", position=3)
    add_event("impression", 11, encoder="two")


def test_rates_are_by_list_position_and_encoder(events):
    words, similar = build_report().lists
    assert (words.listing, similar.listing) == ("words", "similar")
    rates = {n: counts.click_rate for n, counts in similar.positions.items()}
    assert rates == {1: 0, 2: 0.25, 3: 0, 4: 1, 5: 0}
    assert similar.positions[1].impressions == 5
    assert similar.positions[2].carts == similar.all.carts == 1
    assert similar.all.click_rate == 2 / 15
    # Clicked without being reported as shown: no rate, and no division by nothing.
    assert [counts.click_rate for counts in words.positions.values()] == [0, None, None]
    assert {v: c.impressions for v, c in build_report().encoders.items()} == {
        "one": 14,
        "two": 1,
    }


def test_far_positions_count_for_the_list_only(db):
    add_event("impression", *range(100))
    (similar,) = build_report().lists
    assert similar.all.impressions == 100
    assert list(similar.positions) == list(range(1, MAX_POSITIONS + 1))


def test_the_report_covers_the_given_days(events):
    record_zero_results(Event.Listing.WORDS, words="zeppelin")
    for model in (Event, EmptySearch):
        model.objects.update(created=timezone.now() - timedelta(days=10))
    assert (build_report(9).lists, build_report(9).empty_searches) == ([], 0)
    assert len(build_report(11).lists) == 2 and build_report(11).empty_searches == 1


def test_empty_searches_are_counted_whatever_their_case(db):
    for words in ("Zeppelin", "zeppelin", "airship"):
        record_zero_results(Event.Listing.WORDS, words=words)
    record_zero_results(Event.Listing.PHOTO, filters=[("colour", "red")], encoder="one")
    found = build_report()
    assert [(row.text, row.times) for row in found.empty_word_searches] == [
        ("zeppelin", 2),
        ("airship", 1),
    ]
    assert [row.filters for row in found.empty_photo_searches] == [[["colour", "red"]]]
    assert found.empty_searches == 4


def test_the_report_costs_the_same_queries_however_many_events(
    events, django_assert_num_queries
):
    with django_assert_num_queries(4):
        build_report()


def test_the_command_prints_a_table(events, capsys):
    record_zero_results(Event.Listing.WORDS, words="zeppelin")
    record_zero_results(Event.Listing.PHOTO, filters=[("colour", "red")])
    call_command("search_report")
    out = capsys.readouterr().out
    assert re.search(r"Similar items +15 +2 +13\.3% +1\n", out)
    assert re.search(r" 2 +4 +1 +25\.0% +1\n", out)
    assert "2 searches without results" in out
    assert "1  zeppelin" in out and "by photo, colour red" in out


def test_the_command_prints_one_json_object(events, capsys):
    record_zero_results(Event.Listing.PHOTO, filters=[("colour", "red")])
    call_command("search_report", "--json", "--days", "7")
    found = json.loads(capsys.readouterr().out)
    assert found["days"] == 7
    assert [each["list"] for each in found["lists"]] == ["words", "similar"]
    place = found["lists"][1]["places"][1]
    assert place == {
        "place": 2, "impressions": 4, "clicks": 1, "click_rate": 0.25, "carts": 1,
    }  # fmt: skip
    assert found["found_nothing"]["pictures"][0]["filters"] == [["colour", "red"]]


def test_the_command_says_that_there_are_no_events(db, capsys):
    call_command("search_report")
    assert "no events" in capsys.readouterr().out
    with pytest.raises(CommandError, match="--days"):
        call_command("search_report", "--days", "0")


def test_the_admin_draws_the_report_without_script_or_style(admin_client, events):
    record_zero_results(Event.Listing.WORDS, words="<b>zeppelin</b>")
    record_zero_results(
        Event.Listing.PHOTO, filters=[("colour", "red"), ("brand", "A&B")]
    )
    record_zero_results(Event.Listing.PHOTO)
    text = admin_client.get("/admin/search/event/?days=7").text
    chart = [tag for tag in outline(text) if tag.name == "rect"]
    assert len(chart) == 3 + 5  # places of the words, of the similar items
    heights = [float(tag.get("height") or 0) for tag in chart]
    assert max(heights) == 85 and min(heights) == 0
    assert "Position 4: 100.0%, 1 of 1" in text
    assert "&lt;b&gt;zeppelin" in text and "<td>1 time</td>" in text
    assert "colour red, brand A&amp;B" in text and "no filters" in text
    assert not [tag for tag in outline(text) if "style" in tag.attributes]


@pytest.mark.parametrize("query", ["", "?days=x", "?days=-1", "?e=1"])
def test_the_admin_shows_an_empty_report_too(admin_client, query):
    response = admin_client.get(f"/admin/search/event/{query}")
    assert response.status_code == 200
    assert "No events" in response.text


def test_the_report_is_for_staff_alone(client, django_user_model):
    assert client.get("/admin/search/event/").status_code == 302
    user = django_user_model.objects.create_user("clerk", is_staff=True)
    client.force_login(user)
    assert client.get("/admin/search/event/").status_code == 403


def test_empty_searches_are_listed_and_cannot_be_changed(admin_client):
    record_zero_results(Event.Listing.WORDS, words="zeppelin")
    assert "zeppelin" in admin_client.get("/admin/search/emptysearch/").text
    assert admin_client.get("/admin/search/emptysearch/add/").status_code == 403
    assert admin_client.get("/admin/search/event/add/").status_code == 403
