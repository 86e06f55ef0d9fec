"""Pictures of what a net draws."""

import numpy as np
import pytest

from deepbelief import RBM
from deepbelief.core.resemblance import nearest
from deepbelief.displays import (
    AdversarialDisplay,
    ChainDisplay,
    CompletionDisplay,
    ComponentsDisplay,
    MomentsDisplay,
    SamplesDisplay,
)

ALL = (AdversarialDisplay, ChainDisplay, CompletionDisplay, ComponentsDisplay, MomentsDisplay, SamplesDisplay)
QUICK = {"n_steps": 20}


@pytest.mark.parametrize("kind", ALL)
def test_every_estimator_is_drawn_and_the_same_seed_draws_the_same(kind, digits, dbn, classifier, gaussian, table):
    from matplotlib.figure import Figure

    for estimator, X in ((dbn, digits[0]), (classifier, digits[0]), (gaussian, table)):
        display = kind.from_estimator(estimator, X, **QUICK)
        width, height = display.size()
        axes = Figure(figsize=(width, height), layout="constrained").add_subplot()
        assert display.plot(axes) is display
        assert len(display.axes_) >= 1
        frame = display.frame()
        assert len(frame)
        assert frame.equals(kind.from_estimator(estimator, X, **QUICK).frame())
    with pytest.raises(TypeError, match="pass a fitted RBM, DBN"):
        kind.from_estimator("net", digits[0])


def test_neighbours_are_the_nearest_rows(digits, dbn):
    display = SamplesDisplay.from_estimator(dbn, digits[0], n_samples=7, **QUICK)
    rows, distances = nearest(display.samples, digits[0])
    np.testing.assert_array_equal(display.rows, rows)
    np.testing.assert_allclose(display.distances, distances / 8)
    np.testing.assert_allclose(display.neighbours, digits[0][rows])


def test_chains_start_at_rows(digits, dbn, ax, words):
    display = ChainDisplay.from_estimator(dbn, digits[0], n_chains=3, n_steps=20)
    assert display.steps[0] == 0
    assert display.steps[-1] == 20
    assert list(display.steps) == sorted(set(display.steps))
    np.testing.assert_allclose(display.along[0], digits[0][[0, 150, 299]], atol=1e-12)
    assert "row" in words(display.plot(ax).axes_[0])


def test_the_lower_half_of_pictures_is_covered(digits, dbn):
    display = CompletionDisplay.from_estimator(dbn, digits[0], n_images=4, **QUICK)
    assert display.known[:, :32].all()
    assert not display.known[:, 32:].any()
    np.testing.assert_array_equal(display.completed[:, :32], display.truth[:, :32])
    expected = np.mean((display.completed - display.truth)[:, 32:] ** 2, axis=1)
    np.testing.assert_allclose(display.errors, expected)
    given = display.frame().query("kind == 'given'").filter(like="feature_").to_numpy(float)
    assert np.isnan(given[:, 32:]).all()


def test_half_of_the_features_of_a_table_are_covered_as_the_units_see_them(table, gaussian):
    display = CompletionDisplay.from_estimator(gaussian, table * 1.0, n_images=4, **QUICK)
    assert ((~display.known).sum(axis=1) == 15).all()
    assert len({tuple(known) for known in display.known.tolist()}) == 4
    np.testing.assert_array_equal(display.completed[display.known], display.truth[display.known])


def test_moments_lie_on_the_line_for_the_data_themselves(digits, dbn):
    display = MomentsDisplay.from_estimator(dbn, digits[0], **QUICK)
    assert [found.order for found in display.moments] == [1, 2, 3]
    np.testing.assert_allclose(display.moments[0].data, digits[0].mean(axis=0)[display.moments[0].features[:, 0]])


def test_components_of_one_feature(ax):
    X = np.random.default_rng(0).normal(size=(50, 1))
    display = ComponentsDisplay.from_estimator(RBM(2, n_iter=2, random_state=0).fit(X), X, **QUICK)
    assert display.plot(ax).data.shape == (50, 1)


def test_held_out_rows_stand_beside_training_rows(digits, dbn, ax):
    display = AdversarialDisplay.from_estimator(dbn, digits[0][:200], digits[0][200:], **QUICK)
    assert display.names == ["training rows", "held-out rows"]
    assert [found.n_rows for found in display.accuracies] == [100, 100]
    (axes,) = display.plot(ax).axes_
    assert [label.get_text() for label in axes.get_yticklabels()] == display.names


@pytest.mark.parametrize("arguments", [{"n_steps": 0}, {"n_samples": 0}])
def test_counts_are_counts(digits, dbn, arguments):
    with pytest.raises(ValueError, match=r"n_(steps|samples)(=0 is not a positive| must be a whole number)"):
        SamplesDisplay.from_estimator(dbn, digits[0], **arguments)
