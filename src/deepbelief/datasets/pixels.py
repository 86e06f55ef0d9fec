"""Which columns of a table are the pixels of pictures, and how they become brightnesses."""

import re

import numpy as np

from deepbelief.datasets.cells import Cells
from deepbelief.datasets.dataset import Images, images_from_bytes, square_shape
from deepbelief.datasets.places import place
from deepbelief.errors import DataError
from deepbelief.table_schema import Column

NAMED = re.compile(r"(pixel|pix|px)[ _.-]?\d+([x_]\d+)?|\d+x\d+", re.IGNORECASE)
UNNAMED = re.compile(r"(column)?\d+")
FEWEST_UNNAMED = 16  # a square of 4 × 4
_BRIGHT = 128  # columns without names are pixels only if they reach half of 255


def are_pixels(cells: Cells, columns: list[Column]) -> bool:
    """Tell whether the columns that are learned from are pixels.

    All of them are called so (``pixel0``, ``1x1``); or they have no names, their number is a square, and their values
    are whole numbers from 0 to 255 that reach at least half of it.

    Parameters
    ----------
    cells : Cells
        The cells of the table.
    columns : list of Column
        What each column is.

    Returns
    -------
    bool
    """
    if any(column.categories for column in columns):
        return False
    if all(NAMED.fullmatch(column.name) for column in columns):
        return True
    if not could_be_pixels([column.name for column in columns]):
        return False
    largest = 0.0
    for column in columns:
        values = cells.numbers(cells.names.index(column.name))
        if not ((values >= 0) & (values <= 255) & (values == np.round(values))).all():
            return False
        largest = max(largest, float(values.max()))
    return largest >= _BRIGHT


def could_be_pixels(names: list[str]) -> bool:
    """Tell whether columns have no names, and are as many as the pixels of a square picture.

    Parameters
    ----------
    names : list of str

    Returns
    -------
    bool
    """
    is_square = len(names) >= FEWEST_UNNAMED and square_shape(len(names)) is not None
    return is_square and all(map(UNNAMED.fullmatch, names))


def are_bright(pixels: np.ndarray) -> bool:
    """Tell whether whole numbers without names are pixels.

    Parameters
    ----------
    pixels : ndarray, shape (n_rows, n_features)
        Whole numbers.

    Returns
    -------
    bool
    """
    return bool(pixels.max() >= _BRIGHT)


def brightnesses(pixels: np.ndarray) -> tuple[Images, str]:
    """Return pixels 0..255 divided by 255, and pixels that are in [0, 1] as they are; also say which.

    Parameters
    ----------
    pixels : ndarray, shape (n_rows, n_features)

    Returns
    -------
    images : ndarray of float32, shape (n_rows, n_features)
    described : str
    """
    if not (pixels > 1).any():
        return np.ascontiguousarray(pixels, np.float32), "pixels as they are"
    return images_from_bytes(pixels), "pixels divided by 255"


def checked_pixels(cells: Cells, columns: list[Column]) -> tuple[Images, str]:
    """Return the pixels of all rows, and say what was done to them.

    Parameters
    ----------
    cells : Cells
        The cells of the table.
    columns : list of Column
        What each column is.

    Returns
    -------
    images : ndarray of float32, shape (n_rows, n_features)
    described : str

    Raises
    ------
    DataError
        If one is not in 0..255; the message names its row and column.
    """
    pixels = np.empty((len(cells), len(columns)), np.float32)
    for place_in_row, column in enumerate(columns):
        index = cells.names.index(column.name)
        values = cells.numbers(index)
        bad = (values < 0) | (values > 255)
        if bad.any():
            row = int(bad.argmax())
            where = place(cells.path, cells.row(row), index + 1, column.name)
            raise DataError(
                f"{where}: {values[row]:g} is no pixel, which is a number from 0 to 255; correct or remove the row"
            )
        pixels[:, place_in_row] = values
    return brightnesses(pixels)
