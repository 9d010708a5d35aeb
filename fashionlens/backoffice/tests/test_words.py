import pytest

from catalog.synonyms.models import Synonym
from catalog.synonyms.shop import forget_synonyms
from catalog.tests.factories import make_product
from search.models import EmptySearch

pytestmark = pytest.mark.django_db

SEARCHES = "/admin/search/emptysearch/"
SYNONYMS = "/admin/catalog/synonym/"


@pytest.fixture(autouse=True)
def own_rules():
    yield
    forget_synonyms()


def test_a_word_that_found_nothing_becomes_a_synonym(client, admin_client):
    make_product(title="Trousers", brand="")
    for _ in range(2):
        assert "Trousers" not in client.get("/?q=breeches").text
    page = admin_client.get(SEARCHES)
    assert f"{SYNONYMS}add/?words=breeches" in page.text
    form = admin_client.get(f"{SYNONYMS}add/?words=breeches")
    assert 'value="breeches"' in form.text
    admin_client.post(f"{SYNONYMS}add/", {"words": "breeches, trousers", "also": ""})
    assert "Trousers" in client.get("/?q=breeches").text


def test_a_bad_synonym_is_refused_with_the_reason(admin_client):
    answer = admin_client.post(f"{SYNONYMS}add/", {"words": "breeches", "also": ""})
    assert "at least two words" in answer.text
    assert not Synonym.objects.exists()


def test_words_are_hidden_on_every_day_and_shown_again(client, admin_client):
    client.get("/?q=breeches")
    search = EmptySearch.objects.get()
    assert search.times == 1
    chosen = {"action": "hide", "_selected_action": [search.pk]}
    assert "breeches" not in admin_client.post(SEARCHES, chosen, follow=True).text
    EmptySearch.objects.update(day="2020-01-01")
    client.get("/?q=breeches")
    assert list(EmptySearch.objects.values_list("hidden", flat=True)) == [True, True]
    assert "breeches" in admin_client.get(f"{SEARCHES}?hidden=1").text
    chosen = {"action": "show", "_selected_action": [search.pk]}
    admin_client.post(f"{SEARCHES}?hidden=1", chosen)
    assert not EmptySearch.objects.filter(hidden=True).exists()


def test_the_order_of_what_words_find_is_explained(client, admin_client):
    make_product(title="Navy coat", brand="")
    make_product(title="Thing", description="A coat, navy", stock=0)
    assert "explain/" in admin_client.get(SYNONYMS).text
    text = admin_client.get(f"{SYNONYMS}explain/?q=navy+coat").text
    assert text.index("phrase") < text.index("description")
    assert "2 products" in text
    assert admin_client.get(f"{SYNONYMS}explain/").status_code == 200
    assert "Nothing." in admin_client.get(f"{SYNONYMS}explain/?q=zeppelin").text
    long = admin_client.get(f"{SYNONYMS}explain/", {"q": "x" * 10_000}).text
    assert "at most 200 characters" in long
    assert client.get(f"{SYNONYMS}explain/?q=coat").status_code == 302
