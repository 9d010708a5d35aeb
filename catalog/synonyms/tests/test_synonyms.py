from itertools import product

import pytest
from django.core.exceptions import ValidationError

from catalog.synonyms.files import SynonymFileError, read_rules, shipped_rules
from catalog.synonyms.models import Synonym
from catalog.synonyms.rules import Rule, RuleError
from catalog.synonyms.shop import forget_synonyms
from catalog.tests.factories import make_category, make_product
from catalog.tests.results import found
from catalog.words import interpret

pytestmark = pytest.mark.django_db

# Garments that a shop sells, each by one of the many words for it.
GARMENTS = (
    *("Sneakers", "Ankle boots", "Wellies", "Heels", "Flats", "Slides", "Slippers"),
    *("Lace-ups", "T-shirt", "Tank top", "Sweater", "Turtleneck", "Hoodie", "Cardigan"),
    *("Blouse", "Polo shirt", "Overcoat", "Parka", "Puffer jacket", "Bomber jacket"),
    *(
        "Leather jacket",
        "Denim jacket",
        "Raincoat",
        "Vest",
        "Chinos",
        "Jeans",
        "Joggers",
    ),
    *("Leggings", "Cargo trousers", "Pyjamas", "Denim shorts", "Swim shorts"),
    *("Sports shorts", "Denim skirt", "Dress", "Jumpsuit", "Cap", "Beanie"),
)
# What people say -> the garment.
COMMON_WORDS = {
    **dict.fromkeys(
        ("sneaker", "trainers", "tennis shoes", "Running Shoes"), "Sneakers"
    ),
    **dict.fromkeys(("booties",), "Ankle boots"),
    **dict.fromkeys(("wellingtons", "rubber boots"), "Wellies"),
    **dict.fromkeys(("pumps", "high heels", "stilettos"), "Heels"),
    **dict.fromkeys(("ballerinas", "ballet flats", "loafers"), "Flats"),
    **dict.fromkeys(("flip-flops", "flip flops", "sliders"), "Slides"),
    **dict.fromkeys(("house shoes",), "Slippers"),
    **dict.fromkeys(("brogues", "oxfords"), "Lace-ups"),
    **dict.fromkeys(("tee", "tees", "tshirt", "t shirt"), "T-shirt"),
    **dict.fromkeys(("singlet", "camisole"), "Tank top"),
    **dict.fromkeys(("jumper", "pullover", "jumpers"), "Sweater"),
    **dict.fromkeys(("roll neck", "polo-neck", "turtle neck"), "Turtleneck"),
    **dict.fromkeys(("hoody", "hooded sweatshirt", "hoodies"), "Hoodie"),
    **dict.fromkeys(("polo",), "Polo shirt"),
    **dict.fromkeys(("topcoat",), "Overcoat"),
    **dict.fromkeys(("anorak",), "Parka"),
    **dict.fromkeys(("down jacket", "quilted jacket"), "Puffer jacket"),
    **dict.fromkeys(("flight jacket",), "Bomber jacket"),
    **dict.fromkeys(("biker jacket",), "Leather jacket"),
    **dict.fromkeys(("jean jacket", "trucker jacket"), "Denim jacket"),
    **dict.fromkeys(("waterproof",), "Raincoat"),
    **dict.fromkeys(("gilet", "waistcoat"), "Vest"),
    **dict.fromkeys(("khakis",), "Chinos"),
    **dict.fromkeys(("denim trousers", "denim pants"), "Jeans"),
    **dict.fromkeys(("sweatpants", "track pants", "jogging bottoms"), "Joggers"),
    **dict.fromkeys(("tights",), "Leggings"),
    **dict.fromkeys(("combats", "cargo pants"), "Cargo trousers"),
    **dict.fromkeys(("pajamas", "pjs"), "Pyjamas"),
    **dict.fromkeys(("jorts", "jean shorts"), "Denim shorts"),
    **dict.fromkeys(("swimming trunks", "trunks"), "Swim shorts"),
    **dict.fromkeys(("gym shorts",), "Sports shorts"),
    **dict.fromkeys(("jean skirt",), "Denim skirt"),
    **dict.fromkeys(("gown", "frock", "sundress"), "Dress"),
    **dict.fromkeys(("romper", "playsuit"), "Jumpsuit"),
    **dict.fromkeys(("baseball cap", "snapback"), "Cap"),
    **dict.fromkeys(("woolly hat",), "Beanie"),
}


@pytest.fixture(autouse=True)
def own_rules():
    yield
    forget_synonyms()


@pytest.fixture
def shop(db) -> None:
    for title in GARMENTS:
        make_product(title=title, brand="", category=make_category("Clothes", "all"))


def test_common_words_find_the_garment_first(shop):
    assert len(COMMON_WORDS) >= 60
    wrong = {
        words: titles
        for words, title in COMMON_WORDS.items()
        if (titles := found(words))[:1] != [title]
    }
    assert wrong == {}


def test_words_of_the_synonyms_are_not_corrected(shop):
    assert not any(interpret(words).corrected for words in COMMON_WORDS)


def test_a_one_way_rule_finds_no_other_way(shop):
    make_product(title="Ballet flats")
    Synonym.objects.create(words="hoodie", also="sweatshirt with hood, cape")
    make_product(title="Sweatshirt with a hood", brand="")
    make_product(title="Sweatshirt", brand="")
    make_product(title="Cape", brand="")
    assert {"Sweatshirt with a hood", "Hoodie", "Cape"} <= set(found("hoodie"))
    assert "Sweatshirt" not in found("hoodie")
    assert found("cape") == ["Cape"]


def test_rules_of_the_shop_count_at_once_and_end_with_their_row(shop):
    assert found("breeches") == []
    rule = Synonym.objects.create(words="breeches, jeans")
    assert found("breeches") == ["Jeans"]
    rule.delete()
    assert found("breeches") == []


def test_loops_and_chains_do_no_harm(shop):
    for words, also in product(["jeans", "cap", "vest", "jeans, cap"], repeat=2):
        Synonym.objects.create(words=words, also=also)
    assert set(found("jeans")) == {"Jeans", "Cap", "Vest"}
    Synonym.objects.create(words="aa => bb")  # as if put in by SQL
    assert set(found("jeans")) == {"Jeans", "Cap", "Vest"}


def test_exact_and_excluded_words_have_no_synonyms(shop):
    make_product(title="Jumper", brand="")
    assert found('"jumper"') == ["Jumper"]
    assert "Sweater" in found("-jumper")
    assert set(found("sweater -jumper")) == {"Sweater"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("sneakers", "at least two"),
        ("sneakers,", "at least two"),
        ("=> shoes", "both sides"),
        ("shoes =>", "both sides"),
        ("a1 => b1 => c1", "at most one"),
        ("!!, ??", "at least two"),
        ("", "at least two"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, reason):
    with pytest.raises(RuleError, match=reason):
        Rule.parse(line)
    with pytest.raises(ValidationError, match=reason):
        Synonym(words=line).clean()
    file = tmp_path / "klingon.txt"
    file.write_text(f"# fine\nboots, wellies\n{line or '-'}\n")
    with pytest.raises(SynonymFileError, match=rf"klingon.txt, line 3: .*{reason}"):
        read_rules(file)


@pytest.mark.parametrize("language", ["english", "german"])
def test_the_files_are_read(language):
    assert len(shipped_rules(language)) > 60


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("Turnschuhe", "Sneaker"),
        ("pulli", "Pullover"),
        ("Kapuzenpullover", "Hoodie"),
        ("strickmütze", "Mütze"),
        ("muetze", "Mütze"),
        ("gestreiftes", "Striped"),
        ("weinrot", "Burgundy"),
        ("hosen", "Trousers"),
    ],
)
def test_german_words_find_german_and_english_ones(settings, words, title):
    settings.SHOP_LANGUAGE = "german"
    make_product(title="Anderes", brand="")
    make_product(title=title, brand="")
    assert found(words) == [title]
