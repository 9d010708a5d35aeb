"""Sixty words that shoppers type, with the garments that they mean."""

# Codes of kinds or of categories in the labels of the photos: words for them.
_LINES = """
dress: dress, dresses, gown, frock, sundress
hat: hat, headwear
cap: cap, baseball cap, snapback
beanie winter-hat: beanie, woolly hat
longsleeve: long-sleeve top
sweater turtleneck: sweater, jumper, pullover, knitwear
sweatshirt hoodie: sweatshirt
hoodie: hoodie, hooded top
turtleneck: turtleneck, roll neck
cardigan: cardigan
t-shirt: t-shirt, tshirt, tee
v-neck-tee: v-neck
top: tank top
shirt: shirt, button-down
blouse: blouse
outwear: jacket, outerwear
coat parka raincoat: coat, overcoat
parka: parka, anorak
puffer: puffer, down jacket
leather-jacket: leather jacket
vest: gilet, waistcoat
pants: trousers, pants
jeans: jeans
joggers: joggers, sweatpants
leggings: leggings
shorts: shorts
denim-shorts: denim shorts
swim-shorts: swimming trunks
skirt: skirt
denim-skirt: denim skirt
shoes: shoes
sneaker: sneakers, trainers
boot ankle-boot: boots
heel: heels
sandal slide: sandals
slipper slide clog: slippers
"""
COMMON_WORDS = {
    word: tuple(codes.split())
    for codes, _, words in (line.partition(": ") for line in _LINES.split("\n") if line)
    for word in words.split(", ")
}
