"""Many tiles on one grid: where each lies, in inches, and the words around them."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from deepbelief.displays.bars import BAR_HEIGHT
from deepbelief.displays.base import PAD, Display, Size
from deepbelief.displays.colours import GREY, as_image
from deepbelief.displays.forms import Form
from deepbelief.displays.geometry import Geometry, Group

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

SMALL, LARGE = 7, 9  # points
HINTING = 1.05  # letters on a coarse screen are a little wider than drawn to scale
LINE = 0.14  # inches for a line of small print
TITLE_LINE, LARGE_LINE = 0.3, 0.16  # for a title, and for each further line of it
GAP = 0.08
GROUP_GAP = 0.3
COLOUR_BAR = 0.8
SHRUNK = (1, 0.8, 0.6, 0.5, 0.4)  # how small tiles may become where there is little room


@dataclass(frozen=True)
class Tiles:
    """Tiles on a grid, row by row, with what is written around them.

    Parameters
    ----------
    values : ndarray of shape (n_tiles, n_features)
        As the form has placed them.
    form : Picture or Bars
    n_columns : int
    limits : tuple of (low, high)
        What is drawn as white and black.
    title : str
        Above the grid.
    titles, notes : sequence of str
        Above and below each tile.
    headings : sequence of str
        Above each column; may have several lines.
    row_labels : sequence of str
        Left of each row.
    group : int
        Columns that belong together; wider gaps lie between groups. 0 for none.
    scale_label : str
        Words beside the colour bar; no colour bar if empty.
    inches : float
        How large a tile is, about.
    """

    values: np.ndarray
    form: Form
    n_columns: int
    limits: tuple[float, float]
    title: str = ""
    titles: Sequence[str] = ()
    notes: Sequence[str] = ()
    headings: Sequence[str] = ()
    row_labels: Sequence[str] = ()
    group: int = 0
    scale_label: str = ""
    inches: float = 0.75

    @cached_property
    def row_names(self) -> list[str]:
        """The names of the features, beside the bars of each row."""
        return self.form.row_names(self.values)

    @cached_property
    def row_groups(self) -> list[Group]:
        """Which of these are categories of one column, whose name stands beside them."""
        return self.form.row_groups(self.values)

    @cached_property
    def geometry(self) -> Geometry:
        """Where everything lies."""
        step, (width, height) = self.form.step(self.inches), self.form.tile_size(self.inches)

        def snapped(length: float) -> float:
            return ceil(length / step - 1e-6) * step

        names_width = widest(self.row_names) + GAP * bool(self.row_names)
        if self.row_groups:
            names_width += widest([group.name for group in self.row_groups]) + 2 * GAP
        labels_width = widest(self.row_labels) + GAP * bool(self.row_labels)
        cell = snapped(max(width, widest([*self.titles, *self.notes, *self.headings]) + GAP) + GAP)
        columns = np.arange(self.n_columns)
        group_gaps = columns // self.group * snapped(GROUP_GAP) if self.group else 0
        indent = (cell - width) / 2 // step * step  # a tile stands in the middle of its cell
        x = snapped(labels_width + names_width) + indent + columns * cell + group_gaps

        lines = max((word.count("\n") + 1 for word in self.headings), default=0)
        above, below = LINE * bool(self.titles), LINE * bool(self.notes)
        title = bool(self.title) * (TITLE_LINE + LARGE_LINE * self.title.count("\n"))
        first = snapped(title + LINE * lines + above)
        y = first + np.arange(-(-len(self.values) // self.n_columns)) * snapped(above + height + below + GAP)

        place = np.arange(len(self.values))
        corners = np.stack([x[place % self.n_columns], y[place // self.n_columns]], axis=1)
        right = x[-1] + width + indent + COLOUR_BAR * bool(self.scale_label)
        size = snapped(max(right, text_width(self.title, LARGE))), snapped(y[-1] + height + below)
        return Geometry(step, corners, (width, height), size, labels_width - GAP)

    def within(self, width: float) -> "Tiles":
        """Return the same tiles with fewer columns, or smaller, so that all are at most `width` inches wide.

        A number of columns that divides the present one is preferred, since what stands below each other may belong
        together. Of what cannot be arranged so, as few columns as may stand beside each other are taken.

        Parameters
        ----------
        width : float

        Returns
        -------
        Tiles
        """
        if self.geometry.size[0] <= width:
            return self
        title = wrapped(self.title, width, LARGE)
        found = [tiles for n in range(self.n_columns, 0, -1) if (tiles := self._in_columns(n, title, width))]
        if not found:
            return self if self.row_labels else self._rearranged(self._together, title, SHRUNK[-1])
        even = (tiles for tiles in found if self.n_columns % tiles.n_columns == 0)
        return next((tiles for tiles in even if 2 * tiles.n_columns > found[0].n_columns), found[0])

    @property
    def _together(self) -> int:
        """How many columns have to stand beside each other."""
        return self.group or (self.n_columns if self.headings else 1)

    def _in_columns(self, n_columns: int, title: str, width: float) -> "Tiles | None":
        """Return the same tiles in so many columns, as large as they fit; None if they do not, or belong together."""
        if n_columns % self._together or (self.row_labels and self.n_columns % n_columns):
            return None
        sizes = (self._rearranged(n_columns, title, share) for share in SHRUNK)
        return next((tiles for tiles in sizes if tiles.geometry.size[0] <= width), None)

    def _rearranged(self, n_columns: int, title: str, share: float) -> "Tiles":
        lines = [""] * (self.n_columns // n_columns - 1)  # below the one that has a label
        return replace(
            self,
            n_columns=n_columns,
            title=title,
            headings=self.headings[:n_columns],
            row_labels=[label for row in self.row_labels for label in (row, *lines)],
            inches=share * self.inches,
        )

    def draw(self, ax: "Axes") -> None:
        """Draw everything into `ax`, whose data coordinates become inches.

        Parameters
        ----------
        ax : matplotlib Axes
        """
        where = self.geometry
        ax.set_axis_off()
        drawn = self.form.draw(ax, self.values, where, self.limits)
        ax.set(xlim=(0, where.size[0]), ylim=(where.size[1], 0), aspect="equal")
        self._write(ax)
        if self.scale_label:
            self._draw_colour_bar(ax, drawn)

    def _write(self, ax: "Axes") -> None:
        where = self.geometry
        width, height = where.tile
        columns = where.corners[: self.n_columns]
        rows = where.corners[:: self.n_columns]
        above = LINE * bool(self.titles)

        def say(x: float, y: float, words: str, across: str, up: str, size: float = SMALL) -> None:
            text = ax.text(x, y, words, ha=across, va=up, fontsize=size, parse_math=False, linespacing=1.1)
            text.set_in_layout(False)  # it has its room already; more room would shrink the tiles and not the words

        if self.title:
            say(0, 0.02, self.title, "left", "top", LARGE)
        for (x, y), words in zip(columns, self.headings, strict=False):
            say(x + width / 2, y - above - 0.03, words, "center", "bottom")
        for (x, y), words in zip(where.corners, self.titles, strict=False):
            say(x + width / 2, y - 0.02, words, "center", "bottom")
        for (x, y), words in zip(where.corners, self.notes, strict=False):
            say(x + width / 2, y + height + 0.02, words, "center", "top")
        for (_, y), words in zip(rows, self.row_labels, strict=False):
            say(where.labels_end, y + height / 2, words, "right", "center")
        for x, y in rows:
            for line, name in enumerate(self.row_names):
                say(x - GAP, y + BAR_HEIGHT * (line + 0.5), name, "right", "center")
            for group in self.row_groups:
                bracket = x - 2 * GAP - widest(self.row_names)
                ends = y + BAR_HEIGHT * (group.first + 0.1), y + BAR_HEIGHT * (group.last + 0.9)
                ax.vlines(bracket, *ends, colors=GREY, linewidth=0.8)
                say(bracket - GAP, sum(ends) / 2, group.name, "right", "center")

    def _draw_colour_bar(self, ax: "Axes", drawn: "AxesImage") -> None:
        width, height = self.geometry.size
        top = float(self.geometry.corners[0, 1])
        long = min(height - top, 3.0)
        left = 1 - (COLOUR_BAR - 0.15) / width
        bar = ax.inset_axes((left, 1 - (top + long) / height, 0.1 / width, long / height))
        as_image(ax.figure.colorbar(drawn, cax=bar))
        bar.set_ylabel(self.scale_label, fontsize=SMALL)
        bar.tick_params(labelsize=SMALL)


class TileDisplay(Display):
    """A Display that is one grid of tiles."""

    @abstractmethod
    def _tiles(self) -> Tiles:
        """Return what is drawn."""

    def size(self) -> Size:
        width, height = self._arranged().geometry.size
        return width + PAD, height + PAD

    def _draw(self, ax: "Axes") -> list["Axes"]:
        self._arranged().draw(ax)
        return [ax]

    def _arranged(self) -> Tiles:
        return self._tiles().within(self.width - PAD)


@cache
def text_width(words: str, size: float = SMALL) -> float:
    """Return the width of the widest line of `words` in inches, in matplotlib's font of that many points.

    Parameters
    ----------
    words : str
    size : float, default=SMALL
        In points.

    Returns
    -------
    float
        In inches.
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size)
    lines = words.split("\n")
    points = max(text_to_path.get_text_width_height_descent(line, font, False)[0] for line in lines)
    return HINTING * points / 72


def widest(words: Sequence[str]) -> float:
    """Return the width of the widest of some `words`, in inches; 0 if there are none.

    Parameters
    ----------
    words : sequence of str

    Returns
    -------
    float
        In inches.
    """
    return max((text_width(word) for word in words), default=0.0)


def wrapped(words: str, width: float, size: float) -> str:
    """Return `words` in lines of at most `width` inches where their spaces allow it.

    Parameters
    ----------
    words : str
    width : float
        Inches.
    size : float
        Of the letters, in points.

    Returns
    -------
    str
    """
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        lines = [*lines[:-1], longer] if text_width(longer, size) <= width else [*lines, word]
    return "\n".join(filter(None, lines))
