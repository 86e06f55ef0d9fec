"""A page in a browser: screens to look at it on, what is drawn on it, and what it has computed."""

import base64
from contextlib import contextmanager

import numpy as np
import pytest

SCREENS = {
    "small": {"viewport": {"width": 900, "height": 700}},
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark", "reduced_motion": "reduce"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "is_mobile": True, "has_touch": True},
}
ROUNDING = 1e-5
PATH = [(0.3, 0.2), (0.7, 0.2), (0.5, 0.45), (0.7, 0.7), (0.3, 0.8)]
DRAWN = "pen=" + base64.urlsafe_b64encode(bytes(round(255 * x) for point in PATH for x in point)).decode().rstrip("=")


def wait(page, condition):
    """Wait until something is so. Playwright's own way would have to break the page's Content-Security-Policy."""
    page.evaluate(
        f"""() => new Promise((done, fail) => {{
            const end = performance.now() + 10000;
            const look = () => {{
                if ({condition}) done();
                else if (performance.now() > end) fail(new Error({condition!r}));
                else requestAnimationFrame(look);
            }};
            look();
        }})"""
    )


def seen(page, name):
    """Return what the page has computed, when nothing that was asked of it is left to be computed."""
    settle(page)
    return np.array(page.evaluate(f"Array.from(explored.seen.{name})"))


@contextmanager
def drawn_anew(page):
    """Wait until the page has computed everything once more, after what was asked of it before."""
    settle(page)
    page.evaluate("window.last = explored.seen")
    yield
    wait(page, "explored.seen !== last")
    settle(page)


def settle(page):
    """Let two pictures go by: what was asked for before has been computed then."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")


def draw(page, path=PATH):
    box = page.locator("#pad").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in path]
    with drawn_anew(page):
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()


def reach(page, selector):
    """Press Tab until an element has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches('{selector}')"):
            return
    pytest.fail(f"Tab does not lead to {selector}")
