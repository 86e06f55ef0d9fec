"""The colours of all pictures: those of the page in which a net is opened, and fit for a light and a dark page."""

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9"
GREY = "#808080"  # readable on white and on black

_PAPER = 0.05  # opacity where there is nothing: a tile is seen as one
_LESS, _MORE = (0.78, 0.33, 0.0), (0.0, 0.45, 0.70)

# Names of groups in an SVG: a dark page turns ink light, and makes changes and counts brighter.
INK, CHANGES = "ink", "changes"


@cache
def ink() -> "Colormap":
    """Return the colour map of values: 0 is white, and the largest is black. Between tiles it is transparent.

    Returns
    -------
    matplotlib Colormap
    """
    return _colour_map(INK, [(0, 0, 0, _PAPER), (0, 0, 0, 1)])


@cache
def changes() -> "Colormap":
    """Return the colour map of changes: less is orange, more is blue, and no change is white.

    Returns
    -------
    matplotlib Colormap
    """
    return _colour_map(CHANGES, [(*_LESS, 1), (0.5, 0.5, 0.5, 2 * _PAPER), (*_MORE, 1)])


@cache
def counts() -> "Colormap":
    """Return the colour map of counts: 0 is transparent, and the largest count is blue.

    Returns
    -------
    matplotlib Colormap
    """
    return _colour_map(CHANGES, [(*_MORE, 0), (*_MORE, 1)])


def as_image(bar: Any) -> None:
    """Draw the scale of a colour bar as an image of the same name as the picture that it belongs to.

    Parameters
    ----------
    bar : matplotlib Colorbar
    """
    ax, drawn = bar.ax, bar.mappable
    extent = (*ax.get_xlim(), *ax.get_ylim())
    low, high = drawn.get_clim()
    scale = np.linspace(low, high, 256)
    bar.solids.remove()
    image = ax.imshow(
        scale[:, None] if bar.orientation == "vertical" else scale[None],
        cmap=drawn.get_cmap(), extent=extent, aspect="auto", origin="lower", interpolation="none",
    )  # fmt: skip
    image.set_gid(drawn.get_gid())


def _colour_map(name: str, colours: list[tuple[float, ...]]) -> "Colormap":
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(name, colours)
