"""Pictures that scikit-learn ships, as people hand them in."""

import numpy as np
from sklearn.datasets import load_digits, load_sample_images

from zoo_data.registry import Room, Table

ROOM = Room()


def digits() -> Table:
    """Return the 1797 digits of 8 × 8 pixels, from 0 to 16."""
    return load_digits(return_X_y=True)


@ROOM.holds("digits", "Handwritten digits of 8 × 8 pixels with ink from 0 to 16.", tuned=True)
def digits_raw(seed: int) -> Table:
    return digits()


@ROOM.holds("digits-unit", "The digits with ink from 0 to 1.", tuned=True)
def digits_unit(seed: int) -> Table:
    x, y = digits()
    return x / 16, y


@ROOM.holds("digits-inverted", "The digits as black on white: paper is 1, ink is 0.", tuned=True)
def digits_inverted(seed: int) -> Table:
    x, y = digits()
    return 1 - x / 16, y


@ROOM.holds("digits-offset", "The digits in low contrast: paper is 0.55, ink 0.8.")
def digits_offset(seed: int) -> Table:
    x, y = digits()
    return 0.55 + 0.25 * x / 16, y


@ROOM.holds("digits-colour", "The digits in a colour on a colour, both drawn at random: three channels.")
def digits_colour(seed: int) -> Table:
    x, y = digits()
    rng = np.random.default_rng(seed)
    paper, ink = rng.uniform(0.5, 1, (len(x), 1, 3)), rng.uniform(0, 0.5, (len(x), 1, 3))
    return (paper + (ink - paper) * x[:, :, None] / 16).reshape(len(x), -1), y


@ROOM.holds("digits-cropped", "Six of the eight columns of the digits, 8 × 6, with noise.")
def digits_cropped(seed: int) -> Table:
    x, y = digits()
    x = x.reshape(-1, 8, 8)[:, :, 1:7].reshape(len(x), -1)
    return np.clip(x + np.random.default_rng(seed).normal(0, 3, x.shape), 0, 16), y


@ROOM.holds("photographs", "Pieces of two photographs, 8 × 8 in three colours, as bytes: from which one?", tuned=True)
def photographs(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 2000)
    pictures = load_sample_images().images
    tops, lefts = rng.integers(0, 420, 2000), rng.integers(0, 632, 2000)
    pieces = [pictures[k][i : i + 8, j : j + 8] for k, i, j in zip(y, tops, lefts, strict=True)]
    return np.stack(pieces).reshape(2000, -1), y
