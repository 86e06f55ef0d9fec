"""From a stack to a network: the same function, and a fresh start for layers that respond to nothing."""

import math
from dataclasses import replace

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy
from deepbelief.core.devices import to_device
from deepbelief.core.network import Layers, Network
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine
from deepbelief.core.stack import Layer, up
from deepbelief.core.units import Bernoulli, Gaussian
from deepbelief.core.unrolling import blank_top, reinitialized, unroll
from oracles.machines import example, place

N_FEATURES, N_CLASSES = 4, 3
ROWS = np.random.default_rng(1).normal(size=(50, N_FEATURES))
STREAMS = RandomStreams(3)


@pytest.mark.parametrize("n_layers", [0, 1, 2, 3])
def test_unrolled_network_is_the_stack_followed_by_softmax(n_layers, device):
    """Learned variances go into weights and biases: the network computes softmax(up(x) W + b), reverse biases gone."""
    machines = [
        Machine(Gaussian(), Gaussian(learn_variance=True)),
        Machine(Gaussian(learn_variance=True), Bernoulli()),
        Machine(Bernoulli(), Gaussian(learn_variance=True)),
    ][:n_layers]
    sizes = [N_FEATURES, 5, 3, 2]
    stack = [
        Layer(machine, place(example(machine, seed, shape=(sizes[seed], sizes[seed + 1])), device))
        for seed, machine in enumerate(machines)
    ]
    rng = np.random.default_rng(7)
    softmax = place(Layers((rng.normal(size=(sizes[n_layers], N_CLASSES)),), (rng.normal(size=N_CLASSES),)), device)
    x = to_device(ROWS, device)
    network, layers = unroll(stack, softmax)
    logits = to_numpy(up(stack, x)) @ to_numpy(softmax.weights[0]) + to_numpy(softmax.biases[0])
    np.testing.assert_allclose(to_numpy(network.logits(layers, x)), logits, rtol=1e-12)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.exp(to_numpy(network.answers(layers, x))), expected, rtol=1e-12)
    assert len(network.hidden) == n_layers


def test_blank_top_finds_all_classes_equally_probable(device):
    x = to_device(ROWS, device)
    log_p = Network().answers(blank_top(N_FEATURES, N_CLASSES, x), x)
    np.testing.assert_allclose(to_numpy(log_p), -math.log(N_CLASSES), rtol=1e-15)


def bernoulli_stack(scales, device):
    """Return a layer for each scale, with weights of that standard deviation."""
    rng = np.random.default_rng(2)
    sizes = [N_FEATURES, *([20] * len(scales))]
    stack = []
    for index, scale in enumerate(scales):
        parameters = example(Machine(), index, shape=(sizes[index], sizes[index + 1]))
        parameters = replace(parameters, weights=scale * rng.normal(size=parameters.weights.shape))
        stack.append(Layer(Machine(), place(parameters, device)))
    return stack


def test_layers_that_respond_are_left_as_they_are(device):
    stack = bernoulli_stack([1.0, 2.0], device)
    for before, after in zip(stack, reinitialized(stack, to_device(ROWS, device), STREAMS), strict=True):
        assert after is before


def test_a_sleeping_layer_wakes_with_inputs_of_spread_one_around_zero(device):
    x = to_device(ROWS, device)
    first, second = reinitialized(bernoulli_stack([1e-3, 2.0], device), x, STREAMS)
    inputs = to_numpy(x @ first.parameters.weights + first.parameters.hidden["bias"])
    np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(np.sqrt(inputs.var(axis=0).mean()), 1, rtol=1e-12)
    assert np.linalg.matrix_rank(to_numpy(first.parameters.weights)) == N_FEATURES
    # The layer above is judged by what the woken layer sends it.
    assert np.asarray(to_numpy(second.parameters.weights)).std() > 1


def test_identical_units_are_told_apart_again(device):
    """All units copies of one, the state contrastive divergence falls into when there is nothing to learn."""
    x = to_device(ROWS, device)
    (layer,) = bernoulli_stack([1.0], device)
    copies = np.outer(np.ones(N_FEATURES), np.full(20, 1e-2))
    asleep = Layer(layer.machine, replace(layer.parameters, weights=to_device(copies, device)))
    (fresh,) = reinitialized([asleep], x, STREAMS)
    assert np.linalg.matrix_rank(to_numpy(fresh.parameters.weights)) == N_FEATURES


def test_rows_that_are_all_the_same_leave_finite_weights(device):
    (layer,) = reinitialized(bernoulli_stack([1.0], device), to_device(np.ones((5, N_FEATURES)), device), STREAMS)
    assert np.isfinite(to_numpy(layer.parameters.weights)).all()
