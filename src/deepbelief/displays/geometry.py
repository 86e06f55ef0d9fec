"""Where tiles, their labels and their groups lie, and between which values they are drawn."""

from dataclasses import dataclass

import numpy as np

from deepbelief.displays.base import Size

Limits = tuple[float, float]


@dataclass(frozen=True)
class Geometry:
    """Where everything lies, in inches from the upper left corner; tiles lie on whole pixels of one mosaic.

    Parameters
    ----------
    step : float
        A pixel.
    corners : ndarray of shape (n_tiles, 2)
        The upper left corner of each tile.
    tile, size : tuple of (width, height)
        Of a tile, and of everything.
    labels_end : float
        Where the labels of the rows end, on the left.
    """

    step: float
    corners: np.ndarray
    tile: Size
    size: Size
    labels_end: float


@dataclass(frozen=True)
class Group:
    """Bars that are the categories of one column, from the first to the last line of a tile.

    Parameters
    ----------
    name : str
        Of the column.
    first, last : int
        Lines, counted from 0.
    """

    name: str
    first: int
    last: int


def data_limits(*arrays: np.ndarray) -> tuple[float, float]:
    """Return the least and the largest finite value of all `arrays`, to be drawn as white and black.

    Parameters
    ----------
    *arrays : ndarray

    Returns
    -------
    lowest : float
    highest : float
    """
    values = np.concatenate([np.ravel(array) for array in arrays])
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    return (low, high) if high > low else (low, low + 1)
