"""The garment on another ground: a studio's white, a plain colour, somebody's floor.

People photograph garments at home and shops in a studio; a network that was shown one
of the two takes the ground for part of the garment. On photos of single garments
GrabCut (Rother et al. 2004) parts what fills the middle from what lies at the edge.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

SIDE = 96  # pixels, of the mask
ROUNDS = 4
LIKELY = 0.12  # from each edge: within, it is taken for garment to begin with
CERTAIN = (0.42, 0.58)  # of each side: certainly garment
EDGE = 3  # pixels: certainly none
FOUND = (0.12, 0.95)  # share of the photo; beyond, nothing was found
SOFT = 0.005  # of the photo's longer side, how far garment and ground run together

CELLS = 48  # a side, in which a bare ground is looked for
AWAY = 5  # cells across: how far it is from the garment, twice
BARE = 0.15  # least share of each side

MARGIN = 0.08  # of the garment's sides, around it in a studio


def garment_mask(photo: Image.Image) -> Image.Image | None:
    """RGB photo -> the same size in "L", 255 on the garment; or nothing was found."""
    import cv2  # for training and evaluation alone, as scikit-learn is

    small = photo.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    mask = np.full((SIDE, SIDE), cv2.GC_PR_BGD, dtype=np.uint8)
    likely = slice(int(LIKELY * SIDE), SIDE - int(LIKELY * SIDE))
    mask[likely, likely] = cv2.GC_PR_FGD
    certain = slice(*(int(share * SIDE) for share in CERTAIN))
    mask[certain, certain] = cv2.GC_FGD
    mask[:EDGE] = mask[-EDGE:] = mask[:, :EDGE] = mask[:, -EDGE:] = cv2.GC_BGD
    cv2.setRNGSeed(0)  # its clusters start at random
    models = np.zeros((1, 65)), np.zeros((1, 65))
    by_mask = cv2.GC_INIT_WITH_MASK  # and not by the rectangle
    cv2.grabCut(np.asarray(small), mask, (0, 0, 1, 1), *models, ROUNDS, by_mask)
    garment = (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
    if not FOUND[0] <= garment.mean() <= FOUND[1]:
        return None
    found = Image.fromarray(garment.astype(np.uint8) * 255)
    found = found.resize(photo.size, Image.Resampling.BILINEAR)
    return found.filter(ImageFilter.GaussianBlur(SOFT * max(photo.size)))


def studio_view(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The garment alone on white, close to its edges; as it is where none is found.

    A view like those of `ml.measure.photo_edits`; `rng` has nothing to decide.
    """
    mask = garment_mask(photo)
    found = mask and mask.point(lambda value: 255 * (value > 127)).getbbox()
    if not mask or not found:
        return photo
    left, top, right, bottom = found
    width, height = right - left, bottom - top
    x, y = round(left - MARGIN * width), round(top - MARGIN * height)
    size = round((1 + 2 * MARGIN) * width), round((1 + 2 * MARGIN) * height)
    box = (x, y, x + size[0], y + size[1])  # beyond the photo the mask is 0
    white = Image.new("RGB", size, "white")
    return Image.composite(photo.crop(box), white, mask.crop(box))


def bare_ground(photo: Image.Image) -> Image.Image | None:
    """Return the largest part, of the photo's shape, without the garment, if any."""
    mask = garment_mask(photo)
    if not mask:
        return None
    # Keep away from the garment: GrabCut cuts off sleeves and hems.
    wide = mask.resize((CELLS, CELLS), Image.Resampling.BOX)
    bare = np.asarray(wide.filter(ImageFilter.MaxFilter(AWAY))) < 40
    sides = np.zeros((CELLS + 1, CELLS + 1), int)  # of the square that ends at a cell
    for y, x in np.argwhere(bare):
        sides[y + 1, x + 1] = 1 + min(sides[y, x], sides[y, x + 1], sides[y + 1, x])
    side = int(sides.max())
    if side < BARE * CELLS:
        return None
    bottom, right = np.unravel_index(sides.argmax(), sides.shape)
    ends = np.array([right - side, bottom - side, right, bottom])
    scale = np.tile(photo.size, 2) / CELLS
    left, top, right, bottom = (ends * scale).astype(int).tolist()
    return photo.crop((left, top, right, bottom))
