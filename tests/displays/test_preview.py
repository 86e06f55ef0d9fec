"""Sample images with their labels."""

import numpy as np
import pytest
import scipy.sparse

from deepbelief import RBM
from deepbelief.displays import PreviewDisplay
from deepbelief.displays.bars import Bars
from deepbelief.displays.forms import Picture


def test_rows_and_labels_belong_together(digits, ax, words, mosaic):
    X, y = digits
    display = PreviewDisplay.from_data(X, y).plot(ax)
    np.testing.assert_array_equal(display.images, X[display.rows])
    assert display.labels.tolist() == y[display.rows].astype(str).tolist() == words(ax)
    assert len(set(display.rows)) == 40
    assert np.isfinite(mosaic(ax)).sum() == 40 * 64


def test_classes_are_balanced_and_in_order(digits):
    display = PreviewDisplay.from_data(*digits)
    assert display.labels.tolist() == [str(digit) for digit in range(10)] * 4
    assert display.n_columns == 10


def test_rare_classes_do_not_leave_places_empty():
    display = PreviewDisplay.from_data(np.zeros((20, 4)), np.array([0] * 19 + [1]), n_images=10)
    assert sorted(display.labels) == ["0"] * 9 + ["1"]


def test_rows_without_a_label_come_last_as_a_question_mark(digits):
    X, y = digits
    some = np.where(np.arange(len(y)) % 3 == 0, y, -1)
    display = PreviewDisplay.from_data(X, some, n_images=11)
    assert display.labels.tolist() == [*map(str, range(10)), "?"]
    assert some[display.rows[-1]] == -1
    assert PreviewDisplay.from_data(X[:20], np.tile([-1, 1], 10), n_images=2).labels.tolist() == ["-1", "1"]


def test_without_labels(digits, ax, words):
    display = PreviewDisplay.from_data(digits[0], n_images=7).plot(ax)
    assert display.labels is None
    assert words(ax) == []
    assert "label" not in display.frame()


def test_seed_decides(digits):
    one, same, other = (PreviewDisplay.from_data(*digits, random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.rows, same.rows)
    assert not np.array_equal(one.rows, other.rows)


def test_few_rows_sparse_rows_and_tables(digits, table):
    assert len(PreviewDisplay.from_data(digits[0][:5]).images) == 5
    sparse = PreviewDisplay.from_data(scipy.sparse.csr_array(digits[0]), digits[1])
    np.testing.assert_array_equal(sparse.images, PreviewDisplay.from_data(*digits).images)
    form = PreviewDisplay.from_data(table).form
    assert isinstance(form, Bars)
    assert form.names == tuple(table.columns)
    assert PreviewDisplay.from_data(table, image_shape=(5, 6)).form == Picture((5, 6))


def test_bars_of_columns_with_scales_of_their_own(ax, words):
    """Where no bar would be seen beside another one, bars say how far values lie from the mean of their column."""
    rng = np.random.default_rng(0)
    X = rng.normal([5, 2000, 0.3], [1, 400, 0], (200, 3))
    X[3, 0] = np.nan
    display = PreviewDisplay.from_data(X, feature_names=["a", "b", "c"], n_images=200)
    placed, limits = display.form.placed(display.images)
    assert limits == (-3, 3)
    np.testing.assert_allclose(np.nanmean(placed, axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(np.nanstd(placed, axis=0), [1, 1, 0], atol=1e-9)
    display.plot(ax)
    assert "Bars: standard deviations from the mean of the column, cut at ±3" in words(ax)
    wide = PreviewDisplay.from_data(np.tile(X, 14), feature_names=[f"x{i}" for i in range(42)]).form
    assert wide.words.endswith("cut at ±3; the 30 of 42 features with the longest bars")
    np.testing.assert_array_equal(display.frame()[["a", "b", "c"]], display.images)  # the numbers stay the data's
    within = PreviewDisplay.from_data(rng.random((20, 3)), feature_names=["a", "b", "c"])
    assert within.form == Bars(("a", "b", "c"))  # [0, 1] is a scale for all
    scale = RBM(4, n_iter=2, random_state=0).fit(X)
    known = PreviewDisplay.from_data(X[:4], feature_names=["a", "b", "c"], estimator=scale).form
    np.testing.assert_allclose(known.centres, scale.data_mean_)


def test_frame(digits):
    display = PreviewDisplay.from_data(*digits, n_images=3)
    frame = display.frame()
    assert frame.label.tolist() == ["0", "1", "2"]
    np.testing.assert_array_equal(frame.filter(like="feature_"), display.images)


def test_bad_inputs(digits):
    X, y = digits
    with pytest.raises(ValueError, match="300 rows, but y has 299 labels"):
        PreviewDisplay.from_data(X, y[:-1])
    with pytest.raises(ValueError, match="n_images=0 is not a positive integer"):
        PreviewDisplay.from_data(X, n_images=0)
