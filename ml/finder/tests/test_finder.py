"""Train the finder on drawn garments; the pictures it is trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ml.backend import keras, tf
from ml.errors import UserError
from ml.finder.drawn import PICTURES
from ml.finder.loop import finder_loss, train_finder
from ml.finder.network import join_finder
from ml.finder.pictures import bare_ground, example, read_masked

RED = (200, 30, 40)


def write_pair(folder: Path, number: int, side: int = 120) -> tuple[Path, Path]:
    """A red block on grey grain, and its mask."""
    rng = np.random.default_rng(number)
    grain = rng.integers(110, 140, (side, side, 3)).astype(np.uint8)
    photo, mask = Image.fromarray(grain), Image.new("L", (side, side))
    left, top = (int(v) for v in rng.integers(20, 50, size=2))
    box = (left, top, left + 45, top + 55)
    ImageDraw.Draw(photo).rectangle(box, fill=RED)
    ImageDraw.Draw(mask).rectangle(box, fill=255)
    paths = folder / f"{number}.jpg", folder / f"mask-{number}.png"
    photo.save(paths[0], quality=95)
    mask.save(paths[1])
    return paths


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Image.Image]:
    folder = tmp_path_factory.mktemp("pairs")
    found = [read_masked(*write_pair(folder, number)) for number in range(6)]
    assert all(found)
    return [photo for photo in found if photo]


def red(pixels: np.ndarray) -> np.ndarray:
    """Red by its hue: the light differs."""
    values = pixels.astype(float)
    return values[..., 0] > 1.7 * values[..., 1:].max(axis=-1)


def test_the_mask_of_a_picture_lies_on_the_garment(photos):
    right = []
    for number in range(60):
        made = example(photos, np.random.default_rng(number))
        assert made.pixels.shape == (128, 128, 3) and made.mask.shape == (32, 32)
        cells = red(made.pixels).reshape(32, 4, 32, 4).mean(axis=(1, 3)) > 0.5
        if made.present and cells.mean() > 0.05:
            sure = made.mask > 0.5
            right.append((cells & sure).sum() / max(1, (cells | sure).sum()))
    assert len(right) > 15 and np.median(right) > 0.7


def test_the_ground_around_a_garment_stays(photos):
    grounds = []
    for number in range(60):
        made = example(photos, np.random.default_rng(number))
        ground = np.kron(made.mask, np.ones((4, 4))) < 0.01
        if made.present and ground.any():
            grounds.append((made.pixels[ground].max(axis=1) < 10).mean())
    assert np.median(grounds) < 0.05  # black in corners that a turn leaves empty


def test_some_pictures_have_no_garment_and_turns_are_of_all_kinds(photos):
    made = [example(photos, np.random.default_rng(n)) for n in range(120)]
    empty = [each for each in made if not each.present]
    assert 15 < len(empty) < 50
    assert all(not each.mask.any() and each.turn == -1 for each in empty)
    assert {each.turn for each in made} == {-1, 0, 1, 2, 3}


def test_bare_ground_shows_no_garment(photos):
    for number in range(10):
        ground = bare_ground(photos, np.random.default_rng(number))
        assert ground is not None and not red(np.asarray(ground)).any()


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_without_a_garment_are_drawn_at_any_size(name):
    for side in (128, 50):
        image = PICTURES[name](np.random.default_rng(1), side)
        assert (image.size, image.mode) == ((side, side), "RGB")
    again = PICTURES[name](np.random.default_rng(1), 50)
    assert np.array_equal(np.asarray(image), np.asarray(again))


def test_a_mask_that_covers_nothing_or_everything_is_left_out(tmp_path):
    photo, mask = write_pair(tmp_path, 1)
    for fill in (0, 255):
        Image.new("L", (20, 20), fill).save(mask)
        assert read_masked(photo, mask) is None
    assert read_masked(photo, tmp_path / "no.png") is None


def tiny_finder(weights: object) -> keras.Model:
    """Frozen: the colours, at three sizes. Trained: one layer of them."""
    layers, ops = keras.layers, keras.ops
    image = keras.Input((128, 128, 3))
    levels = [layers.AveragePooling2D(size)(image) for size in (4, 8, 16)]
    inputs = [keras.Input(level.shape[1:]) for level in levels]
    hidden = layers.Conv2D(8, 1, activation="relu")(inputs[0])
    mask = ops.squeeze(layers.Conv2D(1, 1)(hidden), axis=-1)
    seen = layers.GlobalMaxPooling2D()(hidden)
    presence = ops.squeeze(layers.Dense(1)(seen), axis=-1)
    head = keras.Model(inputs, [mask, presence, layers.Dense(4)(seen)])
    return join_finder(keras.Model(image, levels), head)


def test_the_finder_learns_to_see_the_garment(tmp_path, monkeypatch):
    monkeypatch.setattr("ml.finder.loop.build_finder", tiny_finder)
    monkeypatch.setattr("ml.finder.loop.LEARNING_RATE", 0.05)
    pairs = dict(write_pair(tmp_path, number) for number in range(24))
    keras.utils.set_random_seed(1)
    finder = train_finder(pairs, None, seed=1, steps=150)
    photo, mask = next(iter(pairs.items()))
    pixels = np.asarray(Image.open(photo).resize((128, 128)))[None]
    found = finder(pixels)[0].numpy()[0] > 0.5
    wanted = np.asarray(Image.open(mask).resize((32, 32))) > 127
    assert (found & wanted).sum() / (found | wanted).sum() > 0.6


def test_too_few_masks_are_a_sentence(tmp_path):
    pairs = dict(write_pair(tmp_path, number) for number in range(3))
    with pytest.raises(UserError, match=r"3 photos have a garment mask.*needs 20"):
        train_finder(pairs, None, seed=1)


def test_a_picture_whose_turn_is_not_known_has_no_loss_of_turn():
    masks = tf.zeros((2, 32, 32))
    found = [masks - 20, tf.constant([20.0, -20.0]), tf.constant([[9.0, 0, 0, 0]] * 2)]
    present = tf.constant([1.0, 0.0])
    unknown = float(finder_loss(found, masks, present, tf.constant([-1, -1])))
    right = float(finder_loss(found, masks, present, tf.constant([0, -1])))
    wrong = float(finder_loss(found, masks, present, tf.constant([2, -1])))
    assert unknown < right < wrong
