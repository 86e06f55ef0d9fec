"""Picture or bars: how one row of data is drawn as a tile. Which of them it is, `choosing.py` says."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbelief.displays.bars import Bars
from deepbelief.displays.base import Size
from deepbelief.displays.colours import CHANGES, INK, changes, ink
from deepbelief.displays.geometry import Geometry, Group, Limits, data_limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTS_PER_INCH = 150  # of a PNG file; a pixel of a picture becomes a whole number of dots
LEGIBLE = 0.5  # inches: smaller tiles are for a phone, whose dots are finer


@dataclass(frozen=True)
class Picture:
    """Rows of data as images: ink = high; or in colour.

    Parameters
    ----------
    shape : tuple of (height, width) or (height, width, 3)
    of_changes : bool, default=False
        Values are changes of rows: more is blue, less is orange.
    """

    shape: tuple[int, ...]
    of_changes: bool = False

    def step(self, inches: float) -> float:
        """Return the size of a pixel, in inches, of a tile about as large as `inches`.

        Parameters
        ----------
        inches : float

        Returns
        -------
        float
            In inches.
        """
        longest = max(self.shape[:2])
        dots = round(inches * DOTS_PER_INCH / longest) if inches >= LEGIBLE else 0
        return dots / DOTS_PER_INCH if dots else inches / longest

    def tile_size(self, inches: float) -> Size:
        """Return the width and height of a tile about as large as `inches`.

        Parameters
        ----------
        inches : float

        Returns
        -------
        width : float
            In inches.
        height : float
            In inches.
        """
        return self.shape[1] * self.step(inches), self.shape[0] * self.step(inches)

    def row_names(self, values: np.ndarray) -> list[str]:
        """Return what is written beside the tiles of each row: nothing.

        Parameters
        ----------
        values : ndarray, shape (n_rows, n_features)
            Rows of data.

        Returns
        -------
        list of str
        """
        return []

    def row_groups(self, values: np.ndarray) -> list["Group"]:
        """Return which of these belong together: none.

        Parameters
        ----------
        values : ndarray, shape (n_rows, n_features)
            Rows of data.

        Returns
        -------
        list of Group
        """
        return []

    def placed(self, values: np.ndarray) -> tuple[np.ndarray, Limits]:
        """Return what is drawn of rows of data, and what is drawn as white and black.

        Parameters
        ----------
        values : ndarray, shape (n_rows, n_features)
            Rows of data.

        Returns
        -------
        values : ndarray
        limits : tuple of (lowest, highest)
        """
        return values, data_limits(values)

    def placed_changes(self, changes: np.ndarray) -> np.ndarray:
        """Return what is drawn of changes of rows.

        Parameters
        ----------
        changes : ndarray, shape (n_rows, n_features)

        Returns
        -------
        ndarray
        """
        return changes

    @property
    def has_scales(self) -> bool:
        """Whether each feature has a scale of its own."""
        return False

    @property
    def words(self) -> str:
        """The sentence that explains the scale of the picture."""
        return ""

    def draw(self, ax: "Axes", values: np.ndarray, where: Geometry, limits: tuple[float, float]) -> Any:
        """Draw all tiles as one image with nothing between them, and return it.

        Parameters
        ----------
        ax : matplotlib Axes
            In inches from the upper left corner.
        values : ndarray of shape (n_tiles, n_features)
        where : Geometry
        limits : tuple of (low, high)
            Drawn as white and black.

        Returns
        -------
        matplotlib AxesImage
        """
        step = where.step
        height, width, *channels = self.shape
        mosaic = np.full((round(where.size[1] / step), round(where.size[0] / step), *channels), np.nan)
        for tile, (x, y) in zip(values, np.rint(where.corners / step).astype(int), strict=True):
            mosaic[y : y + height, x : x + width] = tile.reshape(self.shape)
        name, colours = (CHANGES, changes()) if self.of_changes and not channels else (INK, ink())
        if channels:  # which matplotlib takes as they are: 0 is dark, and what is no picture is transparent
            name, shares = "", ((mosaic - limits[0]) / ((limits[1] - limits[0]) or 1)).clip(0, 1)
            mosaic = np.concatenate([np.nan_to_num(shares), np.isfinite(shares[..., :1])], axis=2)
        extent = (0, mosaic.shape[1] * step, mosaic.shape[0] * step, 0)
        drawn = ax.imshow(mosaic, cmap=colours, vmin=limits[0], vmax=limits[1], extent=extent, interpolation="none")
        drawn.set_gid(name or None)
        return drawn


Form = Picture | Bars


def feature_columns(form: Form, values: np.ndarray) -> dict[str, np.ndarray]:
    """Return the columns of `values`, each under the name of its feature, for a table.

    Parameters
    ----------
    form : Form
        Whether a row is a picture or bars.
    values : ndarray, shape (n_rows, n_features)
        Rows of data.

    Returns
    -------
    dict of ndarray
    """
    names = form.names if isinstance(form, Bars) else [f"feature_{index}" for index in range(values.shape[1])]
    return {name: values[:, index] for index, name in enumerate(names)}
