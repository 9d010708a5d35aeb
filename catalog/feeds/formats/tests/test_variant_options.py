import pytest

from catalog.feeds.formats.variant_options import split_options


@pytest.mark.parametrize(
    ("options", "cells"),
    [
        ([("Size", "M"), ("Color", "Red")], {"size": "M", "color": "Red"}),
        ([("Größe", "42"), ("Färg", "rot")], {"size": "42", "color": "rot"}),
        ([("Taille", "L"), ("Couleur", "")], {"size": "L"}),
        ([("Frame color", "Gold"), ("Lens", "A")], {"color": "Gold", "size": "A"}),
        ([("Size", "32"), ("Length", "34")], {"size": "32 / 34"}),
        ([("Title", "Default Title")], {}),
        ([("Размер", "S"), ("カラー", "赤")], {"size": "S", "color": "赤"}),
    ],
)
def test_options_become_colour_and_size(options, cells):
    assert split_options(options, is_variant=True) == cells


def test_attributes_of_a_whole_product_are_no_size():
    options = [("Material", "Wool"), ("Fit", "slim"), ("pa_color", "Red")]
    cells = {"material": "Wool", "color": "Red"}
    assert split_options(options, is_variant=False) == cells
