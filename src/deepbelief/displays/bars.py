"""Bars: how one row of a table is drawn as a tile."""

import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbelief.displays.base import Size, plain
from deepbelief.displays.colours import BLUE, GREY, VERMILLION
from deepbelief.displays.geometry import Geometry, Group, Limits, data_limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_BARS = 30
MOST_DEVIATIONS = 3.0
ROUNDING = 1e-9  # a column that varies less than this share of its mean is constant
BAR_HEIGHT = 0.115  # inches: a line of small print


@dataclass(frozen=True)
class Bars:
    """Rows of tabular data as small bar charts, one bar for each feature.

    Features that follow each other and are called ``colour=red``, ``colour=blue`` are the categories of one column, and
    are drawn as a group.

    Parameters
    ----------
    names : tuple of str
    centres, spreads : tuple of float
        Mean and standard deviation of each feature, if each has a scale of its own: bars then say how many standard
        deviations a value lies from the mean. Empty if all have the same scale: bars then are the values.
    """

    names: tuple[str, ...]
    centres: tuple[float, ...] = ()
    spreads: tuple[float, ...] = ()

    def placed(self, values: np.ndarray) -> tuple[np.ndarray, Limits]:
        """Return what is drawn of rows of data, and the ends of the shortest and of the longest bar.

        Parameters
        ----------
        values : ndarray, shape (n_rows, n_features)
            Rows of data.

        Returns
        -------
        values : ndarray
        limits : tuple of (lowest, highest)
        """
        if not self.spreads:
            return values, data_limits(values)
        return self.placed_changes(values - np.array(self.centres)), (-MOST_DEVIATIONS, MOST_DEVIATIONS)

    def placed_changes(self, changes: np.ndarray) -> np.ndarray:
        """Return what is drawn of changes of rows.

        Parameters
        ----------
        changes : ndarray, shape (n_rows, n_features)

        Returns
        -------
        ndarray
        """
        if not self.spreads:
            return changes
        spreads = np.array(self.spreads)
        return np.where(spreads > 0, changes, 0) / np.where(spreads > 0, spreads, 1)

    @property
    def has_scales(self) -> bool:
        """Whether each feature has a scale of its own."""
        return bool(self.spreads)

    @property
    def words(self) -> str:
        """What explains the scale of the picture, and which features it shows."""
        scale = f"Bars: standard deviations from the mean of the column, cut at ±{MOST_DEVIATIONS:g}"
        room = f"the {MAX_BARS} of {len(self.names)} features with the longest bars"
        said = [scale] * bool(self.spreads) + [room] * (len(self.names) > MAX_BARS)
        text = "; ".join(said)
        return text[:1].upper() + text[1:]

    def scaled_by(self, values: np.ndarray) -> "Bars":
        """Return bars at the scale of these rows, unless they lie in [0, 1], which is a scale for all features.

        Parameters
        ----------
        values : ndarray, shape (n_rows, n_features)
            Rows of data.

        Returns
        -------
        Bars
        """
        low, high = data_limits(values)
        if self.spreads or (low >= 0 and high <= 1):
            return self
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # columns of which nothing is known
            centres, spreads = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
        spreads = np.where(spreads > ROUNDING * abs(centres), spreads, 0)  # which is False of NaN
        return replace(self, centres=tuple(np.nan_to_num(centres)), spreads=tuple(spreads))

    def step(self, inches: float) -> float:
        """Return the unit of positions, in inches: bars need no whole pixels.

        Parameters
        ----------
        inches : float

        Returns
        -------
        float
            In inches.
        """
        return 0.01

    def tile_size(self, inches: float) -> Size:
        """Return the width and height of a chart.

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
        return max(inches, 0.9), BAR_HEIGHT * min(len(self.names), MAX_BARS)

    @cached_property
    def columns(self) -> list[np.ndarray]:
        """The features of each column: one, or one for each of its categories."""
        stems = [name.partition("=")[0] if "=" in name else None for name in self.names]
        starts = [place for place, stem in enumerate(stems) if place == 0 or stem is None or stem != stems[place - 1]]
        return np.split(np.arange(len(self.names)), starts[1:])

    def shown(self, values: np.ndarray) -> np.ndarray:
        """Return the features that are drawn, in their own order: all, or `MAX_BARS` of them.

        Those are whole columns, the ones with the largest values over all tiles, and the largest of one more column.

        Parameters
        ----------
        values : ndarray, shape (n_rows, n_features)
            Rows of data.

        Returns
        -------
        ndarray of int, shape (n_shown,)
        """
        sizes = np.nan_to_num(np.abs(values)).max(axis=0, initial=0)
        largest = sorted(self.columns, key=lambda features: -sizes[features].max())
        ranked = np.concatenate([features[np.argsort(-sizes[features], kind="stable")] for features in largest])
        return np.sort(ranked[:MAX_BARS])

    def row_names(self, values: np.ndarray) -> list[str]:
        """Return what is written beside the tiles of each row: the names of what is drawn, categories by themselves.

        Parameters
        ----------
        values : ndarray, shape (n_rows, n_features)
            Rows of data.

        Returns
        -------
        list of str
        """
        grouped = {feature for features in self.columns if len(features) > 1 for feature in features}
        names = [self.names[feature] for feature in self.shown(values)]
        return [
            plain(name.partition("=")[2] if feature in grouped else name)
            for feature, name in zip(self.shown(values), names, strict=True)
        ]

    def row_groups(self, values: np.ndarray) -> list[Group]:
        """Return which of these are the categories of one column.

        Parameters
        ----------
        values : ndarray, shape (n_rows, n_features)
            Rows of data.

        Returns
        -------
        list of Group
        """
        lines = {feature: line for line, feature in enumerate(self.shown(values))}
        groups = []
        for features in self.columns:
            drawn = [lines[feature] for feature in features if feature in lines]
            if len(features) > 1 and drawn:
                groups.append(Group(plain(self.names[features[0]].partition("=")[0]), drawn[0], drawn[-1]))
        return groups

    def draw(self, ax: "Axes", values: np.ndarray, where: Geometry, limits: tuple[float, float]) -> Any:
        """Draw a bar chart at each corner, and return the bars; see :meth:`Picture.draw`.

        Parameters
        ----------
        ax : matplotlib Axes
        values : ndarray, shape (n_rows, n_features)
            Rows of data.
        where : Geometry
            Where the tiles are.
        limits : tuple of (lowest, highest)
            The ends of the shortest and of the longest bar.

        Returns
        -------
        matplotlib artist
        """
        from matplotlib.collections import PolyCollection

        values = np.nan_to_num(values[:, self.shown(values)])
        low, high = min(limits[0], 0), max(limits[1], 0)
        (width, height), left, top = where.tile, where.corners[:, :1], where.corners[:, 1:]
        scale = width / ((high - low) or 1)
        starts = np.broadcast_to(left - low * scale, values.shape)
        ends = starts + np.clip(values, low, high) * scale
        above = top + BAR_HEIGHT * (np.arange(values.shape[1]) + 0.15)
        below = above + BAR_HEIGHT * 0.7
        boxes = np.stack([starts, above, ends, above, ends, below, starts, below], axis=-1).reshape(-1, 4, 2)
        colours = np.where(values.ravel() < 0, VERMILLION, BLUE).tolist()
        bars = ax.add_collection(PolyCollection(list(boxes), facecolors=colours, linewidths=0, zorder=2))
        ax.vlines(starts[:, 0], top[:, 0], top[:, 0] + height, colors=GREY, linewidth=0.5, zorder=3)
        # Hairlines lead from a name to its bar in the last column.
        guides = np.unique((above + below) / 2)
        ax.hlines(guides, left.min(), left.max() + width, colors=GREY, linewidth=0.4, alpha=0.35, zorder=1)
        return bars
