"""The plan of the sample shop: style, colour, pattern, second colour of each photo.

Most styles come in several colours and most colours in several styles and
categories, so that similar items exist.
"""

from dataclasses import dataclass

PLAN = {
    "dress": """
        slip black plain | skater red plain | wrap forest floral | shirt denim denim
        sun white dots navy | maxi terracotta plain | tea navy floral
        shift mustard plain | jumper grey heather | pleated sage plain
        skater navy dots | maxi blue leaves | shift black windowpane
        sweat burgundy plain | wrap blush plain | sun yellow gingham
        """,
    "hat": """
        cap navy plain | beanie mustard knit | sun camel plain | bucket olive plain
        fedora black plain | bobble red knit white | boater ivory plain navy
        cap black plain | trucker forest plain ivory | beret burgundy plain
        beanie charcoal knit | bucket denim denim | fedora camel plain
        cap olive camo | bobble navy knit pink | bucket blush floral
        """,
    "longsleeve": """
        crew navy breton | hoodie grey heather | jumper ivory cable
        sweatshirt forest plain | turtleneck black plain | henley olive plain
        tee white plain | hoodie navy plain | boat red breton | v-neck burgundy knit
        sweatshirt mustard plain | jumper sky knit | hoodie blush plain
        crew charcoal stripes silver | turtleneck camel knit | tee purple tie-dye
        """,
    "outwear": """
        trench camel plain | denim denim denim | puffer black plain
        parka olive plain | bomber navy plain | coat grey heather | pea navy plain
        raincoat yellow plain | blazer black plain | puffer red plain
        gilet forest plain | cardigan beige knit | coat camel plain
        blazer beige windowpane brown | fleece teal plain ivory | bomber olive plain
        """,
    "pants": """
        slim-jeans denim denim | chinos beige plain | suit charcoal plain
        joggers grey heather | cargo olive plain | palazzo black plain
        straight-jeans navy denim | chinos navy plain | leggings black plain
        wide-jeans sky denim | turn-up camel cord | suit navy pinstripe
        joggers navy plain | palazzo terracotta plain | cargo olive camo
        slim-jeans black denim
        """,
    "shirt": """
        oxford sky plain | work red tartan black | dress white plain
        camp teal leaves | work denim denim | oxford blue gingham | band ivory plain
        blouse blush plain | short navy dots | dress sky vertical white
        oxford white plain | camp navy floral | work forest tartan | blouse black dots
        short olive plain | band camel pinstripe
        """,
    "shoes": """
        sneaker white plain forest | runner navy plain orange | chelsea brown plain
        high-top red plain | oxford black plain | loafer burgundy plain
        pump black plain | flat blush plain | lace-boot camel plain
        high-top black plain | chelsea black plain | sneaker navy plain white
        pump red plain | runner silver plain fuchsia | oxford brown plain
        loafer navy plain
        """,
    "shorts": """
        chino beige plain | jeans denim denim | swim blue leaves | cargo olive plain
        sweat grey heather | bermuda navy plain | running black plain
        cut-off sky denim | chino navy plain | swim red plain | city white plain
        turn-up terracotta plain | cargo olive camo | sweat black plain
        swim teal floral | bermuda beige windowpane
        """,
    "skirt": """
        pleated camel plain | denim denim denim | midi forest plain
        pencil black plain | circle red dots | a-line navy plain | tiered white plain
        tennis navy plain white | wrap sage leaves | mini red tartan
        button camel cord | midi navy floral | pencil grey heather
        pleated blush plain | circle mustard plain | tennis white plain
        """,
    "t-shirt": """
        crew white plain | print black plain | pocket navy plain | crew navy breton
        v-neck grey heather | polo forest plain | oversized black plain
        ringer red plain white | crew red plain | fitted pink plain
        oversized teal tie-dye | print ivory plain | crew mustard stripes
        polo navy plain | crew olive camo | tank white plain
        """,
}


@dataclass(frozen=True)
class PlannedGarment:
    style: str
    colour: str
    pattern: str
    second: str | None = None

    @property
    def name(self) -> str:
        words = [self.style, self.colour]
        return "-".join(words if self.pattern == "plain" else [*words, self.pattern])


def in_other_colours(category: str, file_name: str) -> PlannedGarment | None:
    """Return the plan of a drawn garment of which there are other colours."""
    if category not in PLAN:
        return None
    plain = [each for each in planned_garments(category) if each.pattern == "plain"]
    name = file_name.partition("-")[2]  # after its number
    known = next((each for each in plain if each.name == name), None)
    others = [each for each in plain if known and each.style == known.style]
    return known if len(others) > 1 else None


def planned_garments(category: str) -> list[PlannedGarment]:
    rows = PLAN[category].replace("\n", "|").split("|")
    return [PlannedGarment(*row.split()) for row in rows if row.strip()]
