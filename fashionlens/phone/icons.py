ICON_SIDES = (192, 512)  # pixels, as phones want them
