"""The words for the labels of garments."""

from collections.abc import Mapping

# Label -> the name of the kind. Labels that people mix up share one; the others of a
# category (other-top ...) have none.
KINDS = {
    "ankle-boot": "boots",
    "beanie": "beanie",
    "beret": "beret",
    "blazer": "blazer",
    "blouse": "blouse",
    "bodysuit": "bodysuit",
    "bomber": "bomber jacket",
    "boot": "boots",
    "bucket-hat": "bucket hat",
    "cap": "cap",
    "cardigan": "cardigan",
    "cargo": "cargo trousers",
    "clog": "slippers",
    "cloth-shorts": "shorts",
    "coat": "coat",
    "denim-jacket": "denim jacket",
    "denim-shorts": "denim shorts",
    "denim-skirt": "denim skirt",
    "dress": "dress",
    "flat": "flats",
    "fleece": "fleece jacket",
    "heel": "heels",
    "hoodie": "hoodie",
    "jacket": "jacket",
    "jeans": "jeans",
    "joggers": "joggers",
    "jumpsuit": "jumpsuit",
    "knit-dress": "knitted dress",
    "knit-shorts": "shorts",
    "lace-up": "lace-ups",
    "leather-jacket": "leather jacket",
    "leggings": "leggings",
    "longsleeve-tee": "long-sleeve top",
    "overall": "overall",
    "parka": "parka",
    "pencil-skirt": "pencil skirt",
    "pinafore": "pinafore",
    "pleated-skirt": "pleated skirt",
    "polo": "polo shirt",
    "puffer": "puffer jacket",
    "pyjama": "pyjamas",
    "raincoat": "raincoat",
    "sandal": "sandals",
    "shirt": "shirt",
    "shirt-dress": "shirt dress",
    "skirt": "skirt",
    "slide": "sandals",
    "slipper": "slippers",
    "sneaker": "sneakers",
    "snowsuit": "snowsuit",
    "sport-shorts": "sports shorts",
    "sunhat": "sun hat",
    "sweater": "sweater",
    "sweatshirt": "sweatshirt",
    "swim-shorts": "swim shorts",
    "tank": "tank top",
    "tee": "T-shirt",
    "top": "top",
    "trousers": "trousers",
    "tulle-skirt": "tulle skirt",
    "turtleneck": "turtleneck",
    "v-neck-tee": "T-shirt",
    "vest": "vest",
    "winter-hat": "winter hat",
}
PATTERNS = {
    "animal": "animal print",
    "camouflage": "camouflage",
    "checked": "checked",
    "colour-block": "colour block",
    "dotted": "dotted",
    "floral": "floral",
    "graphic": "printed",
    "lace": "lace",
    "melange": "plain",
    "plain": "plain",
    "striped": "striped",
}
# Words beside the name that only some of the photos of a kind deserve.
_OF_LABEL = {
    "ankle-boot": "ankle",
    "clog": "clogs",
    "heel": "pumps",
    "jeans": "denim",
    "hoodie": "sweatshirt",
    "slide": "slides slippers",
    "turtleneck": "sweater",
    "v-neck-tee": "vneck",
    "cap": "baseball",
}
# Words of all garments in a folder.
_OF_CATEGORY = {
    "dress": "dress",
    "hat": "hat",
    "longsleeve": "long sleeve top",
    "outwear": "jacket",
    "pants": "trousers",
    "shirt": "shirt",
    "shoes": "shoes",
    "shorts": "shorts",
    "skirt": "skirt",
    "t-shirt": "tshirt",
}
_LENGTHS = {"midi": "midi", "long": "maxi"}  # of dresses and skirts


def words_of(label: Mapping[str, str], category: str) -> set[str]:
    """Return the words for a labelled photo, of ASCII letters only."""
    kind = label.get("kind", "")
    texts = [
        _OF_CATEGORY.get(category, category),
        KINDS.get(kind, ""),
        _OF_LABEL.get(kind, ""),
        PATTERNS.get(label.get("pattern", ""), "").replace("plain", ""),
        label.get("colour1", "").replace("-", " "),
        label.get("material", "").replace("plain", ""),
    ]
    if category in ("dress", "skirt"):
        texts.append(_LENGTHS.get(label.get("length", ""), ""))
    text = " ".join(texts).lower().replace("t-shirt", "tshirt").replace("-", " ")
    return {word for word in text.split() if word.isalpha() and len(word) > 1}
