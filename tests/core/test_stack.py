"""Stacks: passes compose, and no layer's numbers depend on what is done to another one's side."""

import itertools

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy
from deepbelief.core.gradients import ContrastiveDivergence, Estimate, PersistentContrastiveDivergence
from deepbelief.core.optimizers import sgd
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine
from deepbelief.core.recipes import Recipe
from deepbelief.core.rows import ROWS_AT_ONCE, Rows
from deepbelief.core.schedules import Constant
from deepbelief.core.stack import Layer, LayerSpec, down, lift, train_stack, up
from deepbelief.core.training import start, train
from deepbelief.core.trees import tree_map
from deepbelief.core.units import Activity, Bernoulli, Gaussian
from oracles.machines import assert_trees_close, example, layer_values, place

MACHINES = (
    Machine(Gaussian(learn_variance=True), Bernoulli()),
    Machine(Bernoulli(), Gaussian()),
    Machine(Gaussian(), Gaussian(learn_variance=True)),
)
SIZES = (5, 4, 3, 2)
STREAMS = RandomStreams(5)


def stack(device):
    """Return three layers, 5 → 4 → 3 → 2, of different unit types."""
    return [
        Layer(machine, place(example(machine, seed, shape), device))
        for seed, (machine, shape) in enumerate(zip(MACHINES, itertools.pairwise(SIZES), strict=True))
    ]


def specs(n_first, n_second):
    def recipe(n_epochs):
        optimizer = sgd(Constant(0.05), Constant(0.5), 0.001)
        return Recipe(PersistentContrastiveDivergence(), optimizer, n_epochs, 4)

    return [spec(MACHINES[0], 4, recipe(n_first)), spec(MACHINES[1], 3, recipe(n_second))]


def spec(machine, n_hidden, recipe, state=None):
    """Return the specification of a layer whose recipe does not depend on what it learns from."""
    return LayerSpec(machine, n_hidden, lambda _: recipe, None if state is None else lambda _: state)


def finished(training):
    """Return the epochs of a training, and what it returned."""
    epochs = []
    while True:
        try:
            epochs.append(next(training))
        except StopIteration as end:
            return epochs, end.value


@pytest.fixture
def rows(device):
    return Rows(layer_values(MACHINES[0].visible, 10, 5), np.float64, device)


def test_up_is_the_composition_of_forward_passes(device):
    """up(L₁L₂L₃) = forward₃ ∘ forward₂ ∘ forward₁, in closed form for these units; up(nothing) is the identity."""
    layers, x = stack(device), layer_values(MACHINES[0].visible, 6, 5)
    w, c = zip(
        *((to_numpy(one.parameters.weights), to_numpy(one.parameters.hidden["bias"])) for one in layers), strict=True
    )
    gamma = np.exp(to_numpy(layers[2].parameters.hidden["log_precision"]))
    expected = ((1 / (1 + np.exp(-(x @ w[0] + c[0]))) @ w[1] + c[1]) @ w[2] + c[2]) / gamma
    np.testing.assert_allclose(to_numpy(up(layers, place(x, device))), expected, rtol=1e-12)
    np.testing.assert_array_equal(to_numpy(up([], place(x, device))), x)


def test_down_is_the_composition_of_reverse_passes(device):
    """down(L₁L₂L₃) = reverse₁ ∘ reverse₂ ∘ reverse₃."""
    layers, h = stack(device), layer_values(Gaussian(), 6, 2)
    w, b = zip(
        *((to_numpy(one.parameters.weights), to_numpy(one.parameters.visible["bias"])) for one in layers), strict=True
    )
    gamma = np.exp(to_numpy(layers[0].parameters.visible["log_precision"]))
    below = 1 / (1 + np.exp(-((h @ w[2].T + b[2]) @ w[1].T + b[1])))
    np.testing.assert_allclose(to_numpy(down(layers, place(h, device))), (below @ w[0].T + b[0]) / gamma, rtol=1e-12)
    np.testing.assert_array_equal(to_numpy(down([], place(h, device))), h)


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_passes_may_be_cut_anywhere(cut, device):
    """up(A + B) = up(B) ∘ up(A), and down(A + B) = down(A) ∘ down(B)."""
    layers = stack(device)
    x, h = place(layer_values(Gaussian(), 6, 5), device), place(layer_values(Gaussian(), 6, 2), device)
    lower, upper = layers[:cut], layers[cut:]
    np.testing.assert_array_equal(to_numpy(up(upper, up(lower, x))), to_numpy(up(layers, x)))
    np.testing.assert_array_equal(to_numpy(down(lower, down(upper, h))), to_numpy(down(layers, h)))
    assert tuple(up(lower, x).shape) == (6, SIZES[cut])
    assert tuple(down(upper, h).shape) == (6, SIZES[cut])


@pytest.mark.parametrize("n_rows", [1, 10, ROWS_AT_ONCE + 3])
@pytest.mark.parametrize("dtype, accuracy", [(np.float32, 1e-6), (np.float64, 1e-14)])
def test_lifted_rows_are_the_upward_pass(n_rows, dtype, accuracy, device):
    """Chunk by chunk and scaled on the way, the same as all rows at once; the lifted rows are not scaled again."""
    layer = stack("numpy")[0]
    layer = Layer(layer.machine, place(tree_map(dtype, layer.parameters), device))
    values = layer_values(MACHINES[0].visible, n_rows, 5)
    rows = Rows(values, dtype, device, shift=-1.0, scale=2.0)
    lifted = lift([layer], rows)
    expected = up([layer], place(((values + 1) / 2).astype(dtype), device))
    actual = lifted.take(slice(None))
    assert actual.dtype == expected.dtype
    np.testing.assert_allclose(to_numpy(actual), to_numpy(expected), rtol=0, atol=accuracy)
    assert (len(lifted), lifted.n_features) == (n_rows, 4)


def test_a_stack_is_its_layers_trained_one_after_the_other(rows):
    """train_stack = train on the rows, lift, train on what was lifted, each with the streams of its layer."""
    first_spec, second_spec = specs(2, 3)
    epochs, states = finished(train_stack([first_spec, second_spec], rows, STREAMS))
    data = rows
    for index, spec in enumerate((first_spec, second_spec)):
        scope = STREAMS.scope("layer", index)
        recipe = spec.recipe(data)
        state = start(spec.machine, data, spec.n_hidden, recipe, scope)
        _, state = finished(train(spec.machine, data, state, recipe, scope))
        assert_trees_close(states[index].parameters, state.parameters)
        data = lift([Layer(spec.machine, state.parameters)], data)
    assert [(epoch.layer, epoch.epoch, epoch.n_epochs) for epoch in epochs] == [
        (0, 1, 2),
        (0, 2, 2),
        (1, 1, 3),
        (1, 2, 3),
        (1, 3, 3),
    ]


def test_held_out_rows_and_monitors_change_no_layer(rows, device):
    """Both layers bit-identical with validation, and with a consumer that draws numbers between epochs."""
    _, plain = finished(train_stack(specs(2, 2), rows, STREAMS))
    held_out = Rows(layer_values(MACHINES[0].visible, 7, 5, seed=9), np.float64, device)
    epochs, watched = finished(train_stack(specs(2, 2), rows, STREAMS, held_out=held_out))
    monitored = {}
    for epoch in train_stack(specs(2, 2), rows, STREAMS):
        STREAMS.stream("monitor").normal((50,), np.zeros(1))
        STREAMS.scope("layer", 1).stream("sampling", 0).uniform((50,), np.zeros(1))
        monitored[epoch.layer] = epoch.state
    assert all("free_energy_gap" in epoch.metrics for epoch in epochs)
    for layer in (0, 1):
        assert_trees_close(watched[layer].parameters, plain[layer].parameters)
        assert_trees_close(monitored[layer].parameters, plain[layer].parameters)


class Listener:
    """A gradient estimator that learns nothing and remembers the first numbers of its stream."""

    def __init__(self):
        self.heard = []

    def init(self, machine, parameters, n_chains):
        return None

    def estimate(self, machine, parameters, batch, chains, stream):
        v = batch.v
        self.heard.append(stream.uniform((3,), np.zeros(1)))
        nothing = machine.statistics(parameters, Activity(0 * v), Activity(0 * machine.forward(parameters, v)))
        return Estimate(nothing, nothing)


def test_more_epochs_in_one_layer_leave_the_random_numbers_of_the_next(rows):
    """Initial weights and sampling noise of layer 2 after 1 and after 4 epochs of layer 1."""
    outcomes = []
    for n_first in (1, 4):
        listener = Listener()
        first, second = specs(n_first, 2)
        recipe = Recipe(listener, sgd(Constant(0.0), Constant(0.0), 0.0), 2, 4, weight_scale=0.1)
        second = spec(second.machine, 3, recipe)
        _, states = finished(train_stack([first, second], rows, STREAMS))
        outcomes.append(
            (to_numpy(states[1].parameters.weights), listener.heard, to_numpy(states[0].parameters.weights))
        )
    (weights, heard, below), (other_weights, other_heard, other_below) = outcomes
    assert not np.array_equal(below, other_below)
    np.testing.assert_array_equal(weights, other_weights)
    np.testing.assert_array_equal(heard, other_heard)
    assert len({tuple(numbers) for numbers in heard}) == len(heard) == 6


def test_a_recipe_is_made_from_what_its_layer_learns_from(rows):
    """The rows themselves for the first layer, what it makes of them for the second."""
    given = []

    def recipe(rows):
        given.append(rows)
        return Recipe(ContrastiveDivergence(), sgd(Constant(0.05), Constant(0.5), 0.0), 1, 4)

    layers = [LayerSpec(MACHINES[0], 4, recipe), LayerSpec(MACHINES[1], 3, recipe)]
    _, states = finished(train_stack(layers, rows, STREAMS))
    assert given[0] is rows
    lifted = lift([Layer(MACHINES[0], states[0].parameters)], rows)
    np.testing.assert_array_equal(to_numpy(given[1].take(slice(None))), to_numpy(lifted.take(slice(None))))


def test_a_layer_goes_on_from_the_state_in_its_spec(rows):
    """2 + 1 epochs of the first layer, resumed through the specification, are 3."""
    _, whole = finished(train_stack(specs(3, 1), rows, STREAMS))
    _, begun = finished(train_stack(specs(2, 0), rows, STREAMS))
    first, second = specs(1, 1)
    first = spec(first.machine, first.n_hidden, first.recipe(rows), begun[0])
    epochs, resumed = finished(train_stack([first, second], rows, STREAMS))
    assert [(epoch.layer, epoch.epoch) for epoch in epochs] == [(0, 3), (1, 1)]
    for layer in (0, 1):
        assert_trees_close(resumed[layer].parameters, whole[layer].parameters)


def test_layers_have_streams_of_their_own(rows):
    """Two layers of the same shape start from different weights."""
    machine = Machine(Gaussian(), Gaussian())
    recipe = Recipe(ContrastiveDivergence(), sgd(Constant(0.0), Constant(0.0), 0.0), 0, 4)
    _, states = finished(train_stack([spec(machine, 5, recipe), spec(machine, 5, recipe)], rows, STREAMS))
    weights = [to_numpy(state.parameters.weights) for state in states]
    assert weights[0].shape == weights[1].shape == (5, 5)
    assert not np.any(weights[0] == weights[1])
