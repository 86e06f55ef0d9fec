"""What a page is put together from: plain dicts, one for each kind that the template can place."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from deepbelief.displays import Display
from deepbelief.displays.saving import svg
from deepbelief.report.picture import Picture
from deepbelief.report.wording import sentence

_CSS_PIXELS = 96  # in an inch
_HALF = 560  # CSS pixels: leaves room for a table beside it
_PHONE = 324  # CSS pixels: of a screen of 390 within its margins
_SCREENS = 1600  # CSS pixels: two screens of a phone, one below the other

Block = dict[str, Any]
Summary = dict[str, Any]  # what the template fills in


@contextmanager
def any_script() -> Iterator[None]:
    """Let words be in any script: a browser has letters for it, and whether matplotlib's font has is of no concern."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        yield


def section(name: str, title: str, blocks: Iterable[Block], text: str = "") -> Block:
    """Return blocks under a heading, and a text that says what all of them have in common."""
    return {"name": name, "title": title, "text": text, "blocks": list(blocks)}


def number(value: str, label: str, note: str) -> dict[str, str]:
    """Return one of the large numbers at the head of a page."""
    return {"value": value, "label": label, "note": note}


def table(
    title: str,
    columns: list[str],
    rows: Sequence[list[str]],
    summary_rows: Sequence[list[str]] = (),
    text: str = "",
    beside: bool = True,
) -> Block:
    """Return a table; the first column names the rows. `beside` another block, or as wide as the page."""
    return {
        "kind": "table",
        "title": title,
        "columns": columns,
        "rows": list(rows),
        "summary_rows": list(summary_rows),
        "text": text,
        "beside": beside,
    }


def facts(title: str, items: list[list[str]]) -> Block:
    """Return names with their values."""
    return {"kind": "facts", "title": title, "items": items}


def figure(picture: Picture) -> Block:
    """Draw a picture for a wide page, and again for a phone if it is wider than that, and return it with its words."""
    drawings = [_drawing(picture.display, picture.name)]
    if drawings[0]["width"] > _PHONE:
        drawings.append(_drawing(picture.display.within(_PHONE / _CSS_PIXELS), f"{picture.name}-phone"))
    return {
        "kind": "figure",
        "name": picture.name,
        "title": picture.title,
        "text": picture.text,
        "good": sentence(picture.good),
        "bad": sentence(picture.bad),
        "label": f"{picture.title}. {picture.text}",
        "beside": picture.section in ("classification", "comparison") and drawings[0]["width"] <= _HALF,
        "drawings": drawings,
        "goes_right": drawings[-1]["width"] > 1.1 * _PHONE,
        "goes_down": drawings[-1]["height"] > _SCREENS,
    }


def _drawing(display: Display, name: str) -> Block:
    width, height = (round(inches * _CSS_PIXELS) for inches in display.size())
    return {"width": width, "height": height, "svg": svg(display, name)}
