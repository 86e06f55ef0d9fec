"""Hidden probabilities, weights and the next step."""

import pickle
from copy import deepcopy

import numpy as np
import pytest

import deepbelief
from deepbelief.displays import ActivationDisplay


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_activations_are_those_of_the_layer(dbn, digits, layer, ax, mosaic):
    display = ActivationDisplay.from_estimator(dbn, digits[0], layer=layer, n_rows=4).plot(ax)
    rows = digits[0][[0, 100, 199, 299]]
    expected = dbn.transform(rows, depth=layer)
    np.testing.assert_allclose(display.activations, expected, rtol=1e-12)
    np.testing.assert_allclose(display.unit_means, expected.mean(axis=0))
    np.testing.assert_array_equal(display.weights, dbn.rbms_[layer - 1].components_)
    np.testing.assert_array_equal(mosaic(display.axes_[0]), display.activations)
    titles = [panel.get_title() for panel in display.axes_]
    assert titles[:4] == [
        f"layer {layer}: hidden means of 4 rows",
        "hidden means",
        "mean activity of each unit",
        "weights",
    ]
    assert titles[4] == f"next step: update / weight = {display.update_ratio:.1e}"


def test_the_next_step_is_one_of_training_on_that_batch(dbn, digits):
    display = ActivationDisplay.from_estimator(dbn, digits[0], layer=2)
    batch = dbn.transform(digits[0][np.linspace(0, 299, 100).round().astype(int)], depth=1)
    rbm = deepcopy(dbn.rbms_[1])
    del rbm._state_  # no velocity
    rbm.set_params(batch_size=100, random_state=0).partial_fit(batch)
    np.testing.assert_allclose(display.updates, rbm.components_ - dbn.rbms_[1].components_, atol=1e-12)
    assert display.update_ratio == pytest.approx(np.abs(display.updates).mean() / np.abs(display.weights).mean())
    assert 0 < display.update_ratio < 0.1


@pytest.mark.parametrize("scale", [1, 255])
def test_a_step_has_the_precision_of_training(digits, scale):
    """float64 in [0, 1], or standardised: training was at float32, whatever answers are."""
    X = digits[0] * scale - (scale > 1)
    rbm = deepbelief.RBM(5, n_iter=5, random_state=0).fit(X)
    updates = ActivationDisplay.from_estimator(rbm, X).updates
    assert rbm.components_.dtype == updates.dtype == np.float32
    assert 0 < abs(updates).mean() < 0.1 * abs(rbm.components_).mean()


def test_the_estimator_is_left_as_it_is(gaussian, table):
    before = pickle.dumps(gaussian)
    ActivationDisplay.from_estimator(gaussian, table)
    assert pickle.dumps(gaussian) == before


def test_a_model_from_a_file_gives_the_same_step(dbn, digits, tmp_path):
    deepbelief.save(dbn, tmp_path / "model.safetensors")
    loaded = deepbelief.load(tmp_path / "model.safetensors")
    one, other = (ActivationDisplay.from_estimator(model, digits[0]) for model in (dbn, loaded))
    np.testing.assert_array_equal(one.updates, other.updates)


def test_a_step_that_diverges_is_not_a_number(digits, ax):
    rbm = deepbelief.RBM(5, visible="gaussian", n_iter=1, random_state=0).fit(digits[0])
    rbm.components_ *= 1e200
    with np.errstate(all="ignore"):
        display = ActivationDisplay.from_estimator(rbm, digits[0]).plot(ax)
    assert np.isnan(display.updates).all()
    assert np.isnan(display.update_ratio)


def test_frame(dbn, digits):
    display = ActivationDisplay.from_estimator(dbn, digits[0])
    np.testing.assert_allclose(display.frame().mean_activity, display.unit_means)
    np.testing.assert_allclose(display.frame().mean_abs_weight, np.abs(dbn.rbms_[0].components_).mean(axis=1))


def test_refusals(dbn, digits):
    with pytest.raises(ValueError, match="layer=4 is not between 1 and 3"):
        ActivationDisplay.from_estimator(dbn, digits[0], layer=4)
    with pytest.raises(ValueError, match="n_rows=0"):
        ActivationDisplay.from_estimator(dbn, digits[0], n_rows=0)
