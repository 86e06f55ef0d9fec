"""A picture of a page: a display with its place and its words."""

from dataclasses import dataclass
from typing import TypedDict

from deepbelief import displays


class Tiles(TypedDict, total=False):
    """How a row is drawn: as an image of a shape, or as bars with these names."""

    image_shape: tuple[int, ...]
    feature_names: list[str]


@dataclass(frozen=True)
class Picture:
    """A display with its place and its words.

    Parameters
    ----------
    name : str
        Of the file it is written to.
    section : str
        Where it stands.
    title : str
    display : Display
    text : str
        What it shows.
    good, bad : str
        What it looks like when training went well, and when it did not; "" where there is no such thing.
    """

    name: str
    section: str
    title: str
    display: displays.Display
    text: str
    good: str = ""
    bad: str = ""
