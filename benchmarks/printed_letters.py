"""Printed letters in the frame of MNIST's digits, drawn from the fonts that Matplotlib ships.

A letter is drawn large, slanted and stretched by chance, and thickened or thinned until its strokes are as wide as
those of a digit chosen by chance. Then it is fitted into 20 × 20 pixels and centred by mass, to a pixel, in 28 × 28, as
MNIST's digits were.
"""

from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

SIDE, BOX, SCALE = 28, 20, 8  # of a picture, of what is drawn in it, and pixels of a large drawing for one of these
FONTS = [
    *("DejaVuSans.ttf", "DejaVuSans-Oblique.ttf", "DejaVuSerif.ttf", "DejaVuSerif-Italic.ttf", "DejaVuSansMono.ttf"),
    *("STIXGeneral.ttf", "STIXGeneralItalic.ttf", "cmr10.ttf", "cmss10.ttf", "cmti10.ttf", "cmtt10.ttf"),
]
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"  # but O, o, I and l, which in print are 0 and 1
SLANT, STRETCH = 0.3, 0.2  # the largest
RAREST_WIDTH = 1.0  # of a pixel: strokes of digits that are thinner are left out


def letters(n_letters: int, digits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return letters with strokes like those of `digits`, (n_digits, 784) in [0, 1]: (n_letters, 784) in [0, 1]."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = [ImageFont.truetype(str(folder / name), BOX * SCALE) for name in FONTS]
    drawn = []
    for digit in digits[rng.choice(len(digits), n_letters)]:
        width = max(RAREST_WIDTH, stroke_width(ndimage.zoom(digit.reshape(SIDE, SIDE), SCALE, order=1) > 0.5) / SCALE)
        slant, stretch = rng.uniform(-SLANT, SLANT), 1 + rng.uniform(-STRETCH, STRETCH)
        drawn.append(_letter(fonts[rng.integers(len(fonts))], rng.choice(list(LETTERS)), slant, stretch, width))
    return np.array(drawn, np.float32)


def stroke_width(shape: np.ndarray) -> float:
    """Return how wide the strokes of a shape are, in pixels: across a stroke, the distance to its edge is a quarter."""
    return 4 * float(ndimage.distance_transform_edt(shape)[shape].mean())


def _letter(font: ImageFont.FreeTypeFont, letter: str, slant: float, stretch: float, width: float) -> np.ndarray:
    """Return a letter with strokes of a width in pixels: (784,)."""
    size = 3 * BOX * SCALE
    picture = Image.new("L", (size, size))
    ImageDraw.Draw(picture).text((size // 2, size // 2), letter, fill=255, font=font, anchor="mm")
    turned = np.array([[1, 0], [slant, 1 / stretch]])  # from places of the result to those of the drawing
    centre = np.full(2, size / 2)
    shape = _fitted(
        ndimage.affine_transform(np.asarray(picture) / 255, turned, centre - turned @ centre, order=1) > 0.5
    )
    for _ in range(2):  # what is thicker is larger as well, and its strokes are narrower once it fits again
        shape = np.pad(shape, BOX * SCALE // 4)
        outside, inside = ndimage.distance_transform_edt(~shape), ndimage.distance_transform_edt(shape)
        added = (width * SCALE - stroke_width(shape)) / 2
        shape = _fitted(outside - inside <= max(added, -inside.max() / 2))
    return _placed(shape).ravel()


def _fitted(shape: np.ndarray) -> np.ndarray:
    """Return a shape without margins, brought to the size of the box."""
    rows, columns = (np.flatnonzero(shape.any(axis=axis)) for axis in (1, 0))
    cut = shape[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(float)
    return ndimage.zoom(cut, BOX * SCALE / max(cut.shape), order=1) > 0.5


def _placed(shape: np.ndarray) -> np.ndarray:
    """Return a shape as a small picture, with its centre of mass in the middle."""
    padded = np.pad(shape, [(0, -n % SCALE) for n in shape.shape])
    small = padded.reshape(padded.shape[0] // SCALE, SCALE, -1, SCALE).mean(axis=(1, 3))
    down, right = (round((SIDE - 1) / 2 - place) for place in ndimage.center_of_mass(small))
    placed = np.zeros((SIDE + 2 * BOX, SIDE + 2 * BOX))
    placed[BOX + down :, BOX + right :][: small.shape[0], : small.shape[1]] = small
    return placed[BOX:-BOX, BOX:-BOX]
