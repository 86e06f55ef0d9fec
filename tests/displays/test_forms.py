"""Picture or bars: who decides, and what is refused."""

import numpy as np
import pytest

from deepbelief.displays.bars import MAX_BARS, Bars
from deepbelief.displays.choosing import choose_form
from deepbelief.displays.forms import Picture
from deepbelief.displays.geometry import Group, data_limits


class Model:
    """An estimator that knows something about its features."""

    def __init__(self, shape=None, names=None):
        if shape is not None:
            self.metadata_ = {"image_shape": shape}
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)


NAMES = ["age", "height", "weight", "blood pressure"]


@pytest.mark.parametrize(
    "shape,names,model,expected",
    [
        (None, None, None, Picture((2, 2))),
        ((1, 4), None, None, Picture((1, 4))),
        ((1, 4), NAMES, Model((4, 1), NAMES), Picture((1, 4))),
        (None, NAMES, Model((4, 1)), Bars(tuple(NAMES))),
        (None, None, Model((4, 1), NAMES), Picture((4, 1))),
        (None, None, Model(None, NAMES), Bars(tuple(NAMES))),
        (None, None, Model(None, ["pixel0", "pixel1", "pixel2", "pixel3"]), Picture((2, 2))),
        (None, None, Model(None, ["pixel_0_0", "pixel_0_1", "pixel_1_0", "pixel_1_1"]), Picture((2, 2))),
        (None, None, Model(None, ["0", "1", "2", "3"]), Picture((2, 2))),
        (None, None, Model(None, ["x1", "x2", "y1", "y2"]), Bars(("x1", "x2", "y1", "y2"))),
    ],
)
def test_what_the_caller_says_comes_first_then_what_the_model_knows(shape, names, model, expected):
    assert choose_form(4, shape, names, model) == expected


@pytest.mark.parametrize(
    "shape,names,n_features,sentence",
    [
        ((3, 3), None, 10, r"image_shape=\(3, 3\) holds 9 values, but the data have 10 features"),
        ((10,), None, 10, r"is not \(height, width\), two positive integers"),
        ((-2, -5), None, 10, "two positive integers"),
        ((2.0, 5.0), None, 10, "two positive integers"),
        ("2x5", None, 10, "two positive integers"),
        (None, ["a", "b"], 10, "feature_names holds 2 names, but the data have 10 features"),
    ],
)
def test_refusals_are_sentences(shape, names, n_features, sentence):
    with pytest.raises(ValueError, match=sentence):
        choose_form(n_features, shape, names)


def test_a_pixel_is_a_whole_number_of_dots():
    for shape in [(8, 8), (28, 28), (5, 20), (100, 100)]:
        assert Picture(shape).step(0.75) * 150 == pytest.approx(round(Picture(shape).step(0.75) * 150))
    assert Picture((400, 400)).tile_size(0.75) == pytest.approx((0.75, 0.75))


def test_of_many_features_the_largest_are_drawn():
    values = np.zeros((2, 50))
    values[0, 10:25], values[1, 30:45] = 1, -2
    form = Bars(tuple(f"feature {index}" for index in range(50)))
    assert len(form.shown(values)) == MAX_BARS
    assert form.shown(values).tolist() == [*range(10, 25), *range(30, 45)]
    assert form.row_names(values)[0] == "feature 10"


def test_what_nobody_names_is_numbered():
    assert choose_form(3, None, None).names == ("feature 1", "feature 2", "feature 3")


def test_the_categories_of_a_column_are_a_group():
    """They are named by themselves, and the column once; a word that is 1 or 0 is no group."""
    form = Bars(("size", "hue=red", "hue=dark=blue", "smokes=yes", "city=Bern", "city=Basel"))
    values = np.ones((2, 6))
    assert form.row_names(values) == ["size", "red", "dark=blue", "smokes=yes", "Bern", "Basel"]
    assert form.row_groups(values) == [Group("hue", 1, 2), Group("city", 4, 5)]
    assert Picture((2, 3)).row_groups(values) == []


def test_of_many_columns_whole_ones_are_drawn():
    """A column with one large category stays whole; the last that there is room for shows its largest."""
    names = [f"column{column}={category}" for column in range(3) for category in range(20)]
    values = np.full((1, 60), 0.1)
    values[0, [45, 3]] = 3, -2
    values[0, 10:20] = 1
    form = Bars(tuple(names))
    assert form.shown(values).tolist() == [3, *range(10, 19), *range(40, 60)]
    assert form.row_groups(values) == [Group("column0", 0, 9), Group("column2", 10, 29)]


def test_data_limits_ignore_what_is_not_finite():
    assert data_limits(np.array([np.nan, 1, np.inf]), np.array([[3.0, -2]])) == (-2, 3)
    assert data_limits(np.array([np.nan])) == (0, 1)
    assert data_limits(np.array([5.0, 5.0])) == (5, 6)
