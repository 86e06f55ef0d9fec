"""A Display as a file, without pyplot and so without a screen: PNG, SVG that fits into a page, PDF."""

import re
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

from deepbelief.displays.base import Display
from deepbelief.displays.colours import CHANGES, INK
from deepbelief.displays.forms import DOTS_PER_INCH

_POINTS_PER_INCH = 200  # of a cloud of points, which would be as many elements of an SVG
_INK = "#010203"  # stands for the colour of the page's text until the drawing is done; no colour of any picture
_INKS = (
    "text.color",
    "axes.edgecolor",
    "axes.labelcolor",
    "axes.titlecolor",
    "xtick.color",
    "ytick.color",
    "xtick.labelcolor",
    "ytick.labelcolor",
)
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"


def png(display: Display, dpi: float = DOTS_PER_INCH) -> bytes:
    """Return a display as a PNG image on white.

    Parameters
    ----------
    display : Display
    dpi : float, default=150
        Dots per inch. At 150 and its multiples every pixel of a picture is a whole number of dots.

    Returns
    -------
    bytes
    """
    return _saved(display, "png", dpi=dpi, facecolor="white", metadata={"Software": None})


def pdf(display: Display) -> bytes:
    """Return a display as a PDF page on white.

    Parameters
    ----------
    display : Display

    Returns
    -------
    bytes
    """
    return _saved(display, "pdf", dpi=_POINTS_PER_INCH, facecolor="white", metadata={"CreationDate": None})


def svg(display: Display, prefix: str = "figure") -> str:
    """Return a display as an SVG element to put into a page, or into a file.

    The background is transparent and the ink is the page's text colour (``currentColor``), so that it fits a light and
    a dark page. Text stays text, pixels stay pixels, and the same display gives the same characters each time.

    Parameters
    ----------
    display : Display
    prefix : str, default="figure"
        What every id in it begins with; give each display of one page another.

    Returns
    -------
    str
    """
    style = {"svg.fonttype": "none", "svg.hashsalt": "deepbelief", "image.composite_image": False}
    source = _saved(
        display,
        "svg",
        {**style, **dict.fromkeys(_INKS, _INK)},
        transparent=True,
        dpi=_POINTS_PER_INCH,
        metadata={"Date": None},
    )
    root = ElementTree.fromstring(source)
    _make_embeddable(root, re.sub(r"[^\w-]", "-", prefix))
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    return ElementTree.tostring(root, encoding="unicode")


def _saved(display: Display, kind: str, style: Any = None, **options: Any) -> bytes:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(style):
        figure = Figure(figsize=display.size(), layout="constrained")
        display.plot(figure.add_subplot())
        file = BytesIO()
        figure.savefig(file, format=kind, **options)
    return file.getvalue()


def _make_embeddable(root: ElementTree.Element, prefix: str) -> None:
    """Make an SVG document of matplotlib's an element of a page: nothing in it may touch, or clash with, the rest."""
    for parent in list(root.iter()):
        for child in list(parent):
            # The style sheet would apply to the whole page; what it says is said on the root instead.
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    for element in root.iter():
        if element.get("id") in (INK, CHANGES):  # which a dark page draws in other colours; several may have it
            element.set("class", element.attrib.pop("id"))
        for name, value in element.attrib.items():
            if name == "id":
                value = f"{prefix}-{value}"
            elif name == f"{{{_XLINK}}}href" and value.startswith("#"):
                value = f"#{prefix}-{value[1:]}"
            elif name in ("style", "clip-path", "fill", "stroke"):
                value = value.replace("url(#", f"url(#{prefix}-").replace(_INK, "currentColor")
            element.set(name, value)
    root.set("fill", "currentColor")
    root.set("stroke-linejoin", "round")
    root.set("stroke-linecap", "butt")
