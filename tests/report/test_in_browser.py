"""The page in a browser: nothing to complain about, nothing fetched, and nothing wider than the screen."""

import pytest

from deepbelief.report import render, summarise_comparison
from report.comparisons import digits_comparison, many_classes

SCREENS = {
    "light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "is_mobile": True},
}


@pytest.fixture
def opened(browser, tmp_path, html):
    """Open a page on a screen; return it with everything it said and asked for."""
    path = tmp_path / "report.html"

    def open_on(screen, html=html):
        path.write_text(html, encoding="utf-8")
        page = browser.new_context(**SCREENS[screen]).new_page()
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        return page, said, [url for url in asked if url != path.as_uri() and not url.startswith("data:")]

    return open_on


@pytest.mark.parametrize("screen", SCREENS)
def test_it_says_nothing_asks_for_nothing_and_fits(opened, screen):
    page, said, asked = opened(screen)
    assert said == []
    assert asked == []
    assert page.evaluate("document.documentElement.scrollWidth") == SCREENS[screen]["viewport"]["width"]
    shown = "[...document.querySelectorAll('figure svg')].map(e => e.getBoundingClientRect()).filter(e => e.width)"
    assert page.evaluate(f"{shown}.every(e => e.width > 200)")
    assert page.evaluate(f"{shown}.length") == page.evaluate("document.querySelectorAll('figure').length")  # one of two


@pytest.mark.parametrize("screen", SCREENS)
def test_a_comparison_says_nothing_asks_for_nothing_and_fits(opened, screen):
    page, said, asked = opened(screen, render(summarise_comparison(digits_comparison())))
    assert (said, asked) == ([], [])
    assert page.evaluate("document.documentElement.scrollWidth") == SCREENS[screen]["viewport"]["width"]
    chart = page.evaluate(
        """[...document.querySelectorAll('.track:not(.scale)')].map(track => {
            const [line, bar, dot] = ['.line', '.bar', '.dot'].map(e => track.querySelector(e).getBoundingClientRect())
            return [line.left, bar.left, dot.left, dot.right, bar.right, track.getBoundingClientRect().right]
        })"""
    )
    assert len(chart) == 3
    for line, bar_start, dot_start, dot_end, bar_end, end in chart:
        assert line <= bar_start < (dot_start + dot_end) / 2 < bar_end <= end
        assert end - line > 200


def test_pictures_are_drawn_for_the_width_of_a_phone(opened):
    page, _, _ = opened("phone")
    wider = "[...document.querySelectorAll('figure .scroll')].filter(e => e.scrollWidth > e.clientWidth + 1)"
    assert page.evaluate(f"{wider}.map(e => e.ariaLabel)") == []
    # A picture that is longer than two screens scrolls in a box that is lower than one.
    heights = page.evaluate(
        "[...document.querySelectorAll('figure .scroll')].map(e => [e.scrollHeight, e.clientHeight])"
    )
    screen = page.viewport_size["height"]
    assert max(whole for whole, _ in heights) > 1600
    assert all(whole <= 1700 if shown == whole else shown < screen for whole, shown in heights)


@pytest.mark.parametrize("screen", SCREENS)
def test_no_word_of_a_picture_is_cut_at_its_edge(opened, screen):
    page, _, _ = opened(screen)
    outside = page.evaluate(
        """() => [...document.querySelectorAll("figure svg")].flatMap((svg) => {
            const { left, right } = svg.getBoundingClientRect();
            const isCut = ({ left: begin, right: end }) => end > begin && (begin < left - 1 || end > right + 1);
            return [...svg.querySelectorAll("text")]
                .filter((text) => isCut(text.getBoundingClientRect()))
                .map((text) => text.textContent);
        })"""
    )
    assert outside == []


def test_what_cannot_be_drawn_that_narrow_scrolls_and_says_so(opened):
    html = render(summarise_comparison(many_classes(30)))
    page, _, _ = opened("phone", html)
    box = "document.querySelector('#figure-comparison-1 .scroll')"
    assert page.evaluate(f"{box}.scrollWidth > {box}.clientWidth")
    assert page.locator("#figure-comparison-1 .goes-on").is_visible()
    page, _, _ = opened("light", html)
    assert not page.locator("#figure-comparison-1 .goes-on").is_visible()


def test_tiles_do_not_glare_in_the_dark(opened):
    filters = {}
    for screen in ("light", "dark"):
        page, _, _ = opened(screen)
        style = "name => getComputedStyle(document.querySelector(name)).filter"
        filters[screen] = [page.evaluate(style, f".drawing .{name}") for name in ("ink", "changes")]
    assert filters == {"light": ["none", "none"], "dark": ["invert(1)", "brightness(1.45)"]}


def test_dark_is_dark_and_ink_is_light(opened):
    colours = {}
    for screen in ("light", "dark"):
        page, _, _ = opened(screen)
        colour = "(name, what) => getComputedStyle(document.querySelector(name))[what].match(/\\d+/g).slice(0, 3)"
        for name, what in (("body", "backgroundColor"), ("#figure-training svg text", "fill")):
            values = page.evaluate(f"([name, what]) => ({colour})(name, what)", [name, what])
            colours[screen, what] = sum(map(int, values)) / 3
    assert colours["dark", "backgroundColor"] < 60 < 200 < colours["light", "backgroundColor"]
    assert colours["light", "fill"] < 60 < 200 < colours["dark", "fill"]


def test_it_prints(opened):
    page, _, _ = opened("dark")
    assert page.pdf(format="A4", print_background=True).startswith(b"%PDF")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
