"""Inspection: what units stand for, against hand computations."""

import numpy as np
import pytest
from scipy.special import expit

from deepbelief.core import inspection
from deepbelief.core.arrays import to_numpy
from deepbelief.core.devices import to_device
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.stack import Layer
from deepbelief.core.trees import tree_map
from deepbelief.core.units import Gaussian

RNG = np.random.default_rng(0)


def a_layer(n_visible, n_hidden, device="numpy", machine=None, precision=False):
    """A Bernoulli layer with weights and biases of about one."""
    visible = {"bias": RNG.normal(size=n_visible)}
    if precision:
        visible["log_precision"] = RNG.normal(size=n_visible)
    parameters = Parameters(RNG.normal(size=(n_visible, n_hidden)), visible, {"bias": RNG.normal(size=n_hidden)})
    return Layer(machine or Machine(), tree_map(lambda array: to_device(array, device), parameters))


@pytest.fixture
def layers(device):
    """7 visible units, then 5, 4 and 3 hidden ones."""
    return [a_layer(7, 5, device), a_layer(5, 4, device), a_layer(4, 3, device)]


def down_by_hand(layers, h):
    for layer in reversed(layers):
        h = expit(h @ to_numpy(layer.parameters.weights).T + to_numpy(layer.parameters.visible["bias"]))
    return h


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_bias_image_is_what_zeros_come_down_as(layers, depth):
    part = layers[:depth]
    zeros = np.zeros((1, part[-1].parameters.weights.shape[1]))
    image = to_numpy(inspection.bias_image(part))
    np.testing.assert_allclose(image, down_by_hand(part, zeros)[0], rtol=1e-12)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_unit_images_are_what_one_unit_adds(layers, depth):
    part = layers[:depth]
    n_hidden = part[-1].parameters.weights.shape[1]
    units = np.array([2, 0])
    expected = down_by_hand(part, np.eye(n_hidden)[units]) - down_by_hand(part, np.zeros((1, n_hidden)))
    np.testing.assert_allclose(to_numpy(inspection.unit_images(part, units)), expected, rtol=1e-9, atol=1e-14)


def test_untrained_stack_has_the_sizes_and_widths_of_the_trained_one():
    layers = [a_layer(200, 100), a_layer(100, 50)]
    blank = inspection.untrained(layers, RandomStreams(0))
    for layer, other in zip(layers, blank, strict=True):
        trained, random = layer.parameters, other.parameters
        assert random.weights.shape == trained.weights.shape
        assert random.weights.std() == pytest.approx(trained.weights.std(), rel=0.05)  # ≥ 5000 draws: 5 σ = 0.05
        assert not random.visible["bias"].any()
        assert not random.hidden["bias"].any()
    assert abs(np.corrcoef(blank[0].parameters.weights.ravel(), layers[0].parameters.weights.ravel())[0, 1]) < 0.05


def test_untrained_stack_is_the_same_for_the_same_seed():
    layers = [a_layer(6, 4), a_layer(4, 6)]
    one, same, other = (inspection.untrained(layers, RandomStreams(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one[1].parameters.weights, same[1].parameters.weights)
    assert not np.array_equal(one[1].parameters.weights, other[1].parameters.weights)
    assert not np.array_equal(one[0].parameters.weights.ravel(), one[1].parameters.weights.ravel())


def test_untrained_gaussian_units_have_unit_precision():
    layer = a_layer(6, 4, machine=Machine(visible=Gaussian(learn_variance=True)), precision=True)
    (blank,) = inspection.untrained([layer], RandomStreams(0))
    assert not blank.parameters.visible["log_precision"].any()


def test_class_drive_by_hand():
    activations = np.array([[1.0, 0.0], [0.5, 0.2], [0.0, 0.4], [0.3, 1.0]])
    drive = inspection.class_drive(activations, np.array([3, 3, 7, 9]), np.array([3, 7, 9]))
    expected = [
        [0.75 - 0.15, 0.1 - 0.7],
        [0.0 - 1.8 / 3, 0.4 - 1.2 / 3],
        [0.3 - 0.5, 1.0 - 0.2],
    ]
    np.testing.assert_allclose(drive, expected, atol=1e-15)


def test_class_drive_of_two_classes_is_antisymmetric():
    drive = inspection.class_drive(RNG.random((20, 6)), np.repeat(["a", "b"], 10), np.array(["a", "b"]))
    np.testing.assert_allclose(drive[0], -drive[1], atol=1e-15)


def test_most_active_first():
    activations = np.array([[0.1, 0.9, 0.5, 0.5], [0.1, 0.7, 0.5, 0.5]])
    assert inspection.most_active(activations, 3).tolist() == [1, 2, 3]
    assert inspection.most_active(activations, 10).tolist() == [1, 2, 3, 0]


def test_most_distinct_takes_orthogonal_images_before_copies():
    images = np.array([[1.0, 0, 0], [3, 0, 0], [-2, 0, 0], [0, 1, 0], [0.9, 0.9, 0], [0, 0, 0.1]])
    assert inspection.most_distinct(images, 3).tolist() == [1, 3, 5]
    assert inspection.most_distinct(images, 4).tolist() == [1, 3, 5, 4]  # cosine 0.71 to 1 and to 3; the others are 1


def test_most_distinct_takes_every_unit_once_and_dead_ones_last():
    images = RNG.normal(size=(8, 5))
    images[[2, 5]] = 0
    order = inspection.most_distinct(images, 20)
    assert sorted(order) == list(range(8))
    assert set(order[-2:]) == {2, 5}
    assert sorted(inspection.most_distinct(np.zeros((3, 4)), 2)) == [0, 1]


def test_correlation_against_numpy():
    a, b = RNG.normal(size=50), RNG.normal(size=50)
    assert inspection.correlation(a, b) == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert inspection.correlation(a, -2 * a + 1) == pytest.approx(-1)


@pytest.mark.parametrize("b", [np.zeros(4), np.full(4, 0.1), np.array([0, 1, np.nan, 2]), 1e-9 * np.arange(4)])
def test_correlation_with_what_says_nothing_is_nan(b):
    """Constant, not finite, or constant but for rounding."""
    assert np.isnan(inspection.correlation(np.arange(4.0), b))
