"""The base of all displays: arrays that can be drawn, have a size in inches, and can be read as a table."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

Size = tuple[float, float]

ROW_GAP = 0.12  # between panels that stand one above the other, as a share of their height
PAD = 0.1  # inches that matplotlib's constrained layout keeps free around a figure, both sides together


class Display(ABC):
    """A picture that can be drawn, that has a size in inches, and whose numbers can be read as a table.

    Attributes
    ----------
    width : float
        How wide it may be, in inches, see :meth:`within`.
    figure_ : matplotlib Figure
        After `plot`.
    axes_ : ndarray of Axes
        All axes drawn into, after `plot`.
    """

    width: float = math.inf
    figure_: Any
    axes_: np.ndarray

    def within(self, width: float) -> Self:
        """Return the same picture arranged for a narrower place, such as a phone.

        Parameters
        ----------
        width : float
            Inches. A picture that could not be read at this width stays wider.

        Returns
        -------
        Display
        """
        narrow = copy(self)
        narrow.width = width
        return narrow

    @abstractmethod
    def size(self) -> Size:
        """Return the width and height, in inches, at which the picture is legible.

        Returns
        -------
        tuple of (width, height)
        """

    @abstractmethod
    def frame(self) -> "DataFrame":
        """Return the numbers behind the picture, a line for each tile or point.

        Returns
        -------
        pandas DataFrame

        Raises
        ------
        ImportError
            If pandas is not installed.
        """

    @abstractmethod
    def _draw(self, ax: "Axes") -> Sequence["Axes"]:
        """Draw into `ax`, or into panels in its place, and return all axes drawn into."""

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            To draw into; a display of several panels puts them in its place. A new pyplot figure if None.

        Returns
        -------
        self : Display
        """
        ax = _pyplot_axes(self.size()) if ax is None else ax
        axes = self._draw(ax)
        self.axes_ = np.empty(len(axes), dtype=object)
        self.axes_[:] = axes
        self.figure_ = ax.get_figure(root=True)
        return self


class Column(Display):
    """Displays one above the other, as one picture.

    Parameters
    ----------
    displays : sequence of Display
    """

    def __init__(self, displays: Sequence[Display]) -> None:
        self.displays = list(displays)

    def within(self, width: float) -> "Column":
        return Column([display.within(width) for display in self.displays])

    def size(self) -> Size:
        sizes = [display.size() for display in self.displays]
        return max(width for width, _ in sizes), sum(height for _, height in sizes)

    def frame(self) -> "DataFrame":
        frames = [display.frame() for display in self.displays]
        return pandas().concat(frames, ignore_index=True)

    def _draw(self, ax: "Axes") -> list["Axes"]:
        heights = [display.size()[1] for display in self.displays]
        spots = panels(ax, len(heights), 1, height_ratios=heights)
        return [axes for spot, display in zip(spots, self.displays, strict=True) for axes in display.plot(spot).axes_]


def panels(ax: "Axes", n_rows: int, n_columns: int, **ratios: Any) -> list["Axes"]:
    """Return axes on a grid in the place of `ax`, row by row; `ax` itself becomes invisible.

    Parameters
    ----------
    ax : matplotlib Axes
    n_rows : int
    n_columns : int
    **ratios : sequence of float
        ``width_ratios`` and ``height_ratios`` of the grid.

    Returns
    -------
    list of matplotlib Axes
    """
    from matplotlib.gridspec import GridSpec

    ax.set_axis_off()
    figure: Any  # a figure, or a part of one, which matplotlib's annotation of a grid forgets
    grid: Any
    figure, place = ax.figure, ax.get_subplotspec()
    if place is not None:
        grid = place.subgridspec(n_rows, n_columns, **ratios)
    else:
        left, bottom, right, top = ax.get_position().extents
        grid = GridSpec(n_rows, n_columns, figure, left=left, bottom=bottom, right=right, top=top, **ratios)
    return [figure.add_subplot(grid[row, column]) for row in range(n_rows) for column in range(n_columns)]


def pandas() -> ModuleType:
    """Import pandas, or say that it is missing.

    Returns
    -------
    module

    Raises
    ------
    ImportError
        If pandas is not installed.
    """
    try:
        return import_module("pandas")
    except ImportError:
        raise ImportError("frame() needs pandas, which is not installed; pip install pandas.") from None


def plain(text: object, n_characters: int = 28) -> str:
    """Return a user's word on one line: no control characters, and shortened in the middle if it is long.

    Parameters
    ----------
    text : object
    n_characters : int, default=28
        The most characters.

    Returns
    -------
    str
    """
    word = "".join(character if character.isprintable() else " " for character in str(text))
    if len(word) <= n_characters:
        return word
    head = (n_characters - 1) // 2
    return f"{word[: n_characters - 1 - head]}…{word[-head:]}"


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Refuse a setting that is not among its choices, in a sentence.

    Parameters
    ----------
    name : str
        What messages call it.
    value : object
    choices : sequence of str

    Raises
    ------
    ValueError
        If `value` is none of the choices.
    """
    if value not in choices:
        raise ValueError(f"{name}={value!r} is none of {', '.join(map(repr, choices))}.")


def check_count(name: str, value: object) -> int:
    """Return a positive integer, or refuse it in a sentence.

    Parameters
    ----------
    name : str
        What messages call it.
    value : object

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If `value` is not a positive whole number.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name}={value!r} is not a positive integer.")
    return int(value)


def _pyplot_axes(size: Size) -> "Axes":
    try:
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=size, layout="constrained")
    except ImportError as error:  # matplotlib's backend wants a screen, and there is none
        raise RuntimeError(
            f"matplotlib cannot open a window here ({error}); set MPLBACKEND=Agg, hand plot() an ax, or write a file "
            "with deepbelief.displays.saving."
        ) from None
    return figure.add_subplot()
