"""The grid: one image with gaps, and words that have room."""

import numpy as np
import pytest

from deepbelief.displays.bars import BAR_HEIGHT, Bars
from deepbelief.displays.base import plain
from deepbelief.displays.forms import Picture
from deepbelief.displays.tiles import SMALL, Tiles, text_width


def tiles(n=7, shape=(2, 3), n_columns=3, **words):
    values = np.arange(n * shape[0] * shape[1], dtype=float).reshape(n, -1)
    return Tiles(values, Picture(shape), n_columns, (0, values.max()), **words)


def test_tiles_lie_in_one_image_with_gaps_between(ax, mosaic):
    grid = tiles(titles=list("abcdefg"))
    grid.draw(ax)
    picture = mosaic(ax)
    assert np.isfinite(picture).sum() == grid.values.size
    for tile, (x, y) in zip(grid.values, np.rint(grid.geometry.corners / grid.geometry.step).astype(int), strict=True):
        np.testing.assert_array_equal(picture[y : y + 2, x : x + 3], tile.reshape(2, 3))
        assert np.isnan(picture[y : y + 2, x + 3 : x + 4]).all()
        assert np.isnan(picture[y + 2 : y + 3, x : x + 3]).all()


def test_rows_are_filled_from_the_left():
    corners = tiles().geometry.corners
    assert len(np.unique(corners[:, 0].round(6))) == 3
    assert len(np.unique(corners[:, 1].round(6))) == 3
    assert (np.diff(corners[:3, 0]) > 0).all()
    assert corners[0, 1] == corners[2, 1] < corners[3, 1]


def test_groups_stand_apart():
    corners = tiles(n=6, n_columns=6, group=2).geometry.corners
    steps = np.diff(corners[:, 0])
    assert steps[1] == pytest.approx(steps[3])
    assert steps[1] > steps[0] + 0.2


def overlaps(ax):
    """Pairs of words of an Axes whose boxes lie over each other, or leave the Axes."""
    figure = ax.figure
    figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in ax.texts if text.get_text()]
    clashes = [(a, b) for i, (a, box) in enumerate(boxes) for b, other in boxes[:i] if box.overlaps(other)]
    outside = [a for a, box in boxes if box.x0 < -2 or box.y0 < -2 or box.x1 > figure.bbox.x1 + 2]
    return clashes + outside


@pytest.mark.parametrize("shape", [(2, 2), (28, 28), (3, 40), (40, 3)])
@pytest.mark.parametrize("n,n_columns", [(72, 12), (12, 6), (1, 1)])
def test_words_do_not_overlap(shape, n, n_columns):
    from matplotlib.figure import Figure

    grid = Tiles(
        np.zeros((n, shape[0] * shape[1])),
        Picture(shape),
        n_columns,
        (0, 1),
        title="what this is",
        titles=["a long class → another (0.98)"] * n,
        notes=["+0.62"] * n,
        headings=["two\nlines"] * n_columns,
        row_labels=["a class"] * -(-n // n_columns),
    )
    ax = Figure(figsize=grid.geometry.size, layout="constrained").add_subplot()
    grid.draw(ax)
    assert overlaps(ax) == []
    assert min(text.get_fontsize() for text in ax.texts) >= 6


def test_bars_have_names_on_the_left_and_lengths_by_value(ax, words):
    values = np.array([[1.0, -2.0, 0.0], [2.0, 1.0, -1.0]])
    grid = Tiles(values, Bars(("age", "a <b>& $x$", "mass")), 2, (-2, 2), titles=["one", "two"])
    grid.draw(ax)
    assert words(ax) == ["one", "two", "age", "a <b>& $x$", "mass"]
    assert all(not text.get_parse_math() for text in ax.texts)
    bars = ax.collections[0].get_paths()
    lengths = np.array([path.vertices[1, 0] - path.vertices[0, 0] for path in bars]).reshape(2, 3)
    np.testing.assert_allclose(lengths, values * grid.geometry.tile[0] / 4)
    assert grid.geometry.tile[1] == pytest.approx(3 * BAR_HEIGHT)


def test_twelve_columns_are_legible():
    for shape in [(8, 8), (28, 28), (32, 32)]:
        grid = tiles(n=72, shape=shape, n_columns=12, titles=["499"] * 72)
        assert min(grid.geometry.tile) >= 0.55
        assert text_width("499", SMALL) < grid.geometry.tile[0]


@pytest.mark.parametrize(
    "words",
    [
        {"titles": ["12"] * 72},
        {"notes": ["+0.62"] * 72, "row_labels": ["a"] * 6},
        {"headings": ["one", "two"] * 6, "group": 2},
        {"title": "a title that has more words than there is room for in one line of a phone"},
    ],
)
def test_tiles_are_arranged_for_a_narrower_place(words):
    wide = tiles(n=72, shape=(28, 28), n_columns=12, **words)
    narrow = wide.within(3.3)
    assert narrow.geometry.size[0] <= 3.3 < wide.geometry.size[0]
    assert narrow.n_columns % (wide.group or 1) == 0
    assert wide.n_columns % narrow.n_columns == 0
    assert narrow.geometry.tile[0] >= 0.4 * 0.7
    assert narrow.values is wide.values
    assert narrow.title.split() == wide.title.split()
    assert len(narrow.row_labels) == (72 // narrow.n_columns if wide.row_labels else 0)
    assert wide.within(wide.geometry.size[0]) is wide


def test_what_has_to_stand_side_by_side_stays_wider():
    grid = tiles(n=40, shape=(4, 4), n_columns=20, headings=["a long heading"] * 20, group=10)
    assert grid.within(3.0).n_columns == 10


def test_users_words_are_plain():
    assert plain("a\nb\x00c") == "a b c"
    assert plain("abcdefghij", 7) == "abc…hij"
    assert plain(3) == "3"
