"""Centred gradients: what they are the gradients of, and what they do not depend on."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy, tree_map
from deepbelief.core.centring import centred_machine, centred_network, machine_offsets, network_offsets
from deepbelief.core.gradients import ContrastiveDivergence, ExactGradient
from deepbelief.core.kernels.engine import engine_for
from deepbelief.core.network import Layers, Network
from deepbelief.core.optimizers import Constant, sgd
from deepbelief.core.partition import log_partition
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine
from deepbelief.core.rows import Rows
from deepbelief.core.training import Recipe, State, train
from deepbelief.core.units import Bernoulli
from oracles.machines import MACHINES, assert_trees_close, data, example, place

RNG = np.random.default_rng(3)
STEP = 1e-6


def ordinary(parameters, offsets):
    """Return the ordinary parameters of a machine whose biases are those of centred units."""
    visible, hidden = offsets
    return replace(
        parameters,
        visible=parameters.visible | {"bias": parameters.visible["bias"] - parameters.weights @ hidden},
        hidden=parameters.hidden | {"bias": parameters.hidden["bias"] - parameters.weights.T @ visible},
    )


def slopes(function, tree):
    """Return the derivatives of a function in every number of a tree, by central differences."""

    def of_leaf(leaf):
        found = np.empty_like(leaf)
        for place_ in np.ndindex(leaf.shape):
            value = leaf[place_]
            sides = []
            for change in (STEP, -STEP):
                leaf[place_] = value + change
                sides.append(function(tree))
            leaf[place_] = value
            found[place_] = (sides[0] - sides[1]) / (2 * STEP)
        return found

    return tree_map(of_leaf, tree)


def test_the_machines_step_is_uphill_in_centred_parameters(machine):
    """(∂W, ∂ã, ∂b̃) of the exact log-likelihood by finite differences, carried over to the ordinary parameters."""
    v = data(machine)
    offsets = v.mean(axis=0), RNG.random(example(machine).weights.shape[1])
    centred = example(machine)

    def likelihood(parameters):
        parameters = ordinary(parameters, offsets)
        return -machine.free_energy(parameters, v).mean() - log_partition(machine, parameters)

    uphill = ordinary(slopes(likelihood, centred), offsets)
    gradient, _ = ExactGradient().estimate(machine, ordinary(centred, offsets), v, None, None)
    assert_trees_close(centred_machine(gradient, offsets), uphill, rtol=1e-6, atol=1e-8)


def test_the_networks_step_is_uphill_in_centred_parameters():
    """The same for the cross-entropy of a network of two hidden layers."""
    sizes, x, truth = (4, 3, 5, 2), RNG.random((7, 4)), np.eye(2)[RNG.integers(2, size=7)]
    network = Network((Bernoulli(), Bernoulli()))
    shapes = list(itertools.pairwise(sizes))
    centred = Layers(tuple(RNG.normal(size=s) for s in shapes), tuple(RNG.normal(size=s[1]) for s in shapes))
    offsets = tuple(RNG.random(s[0]) for s in shapes)

    def plain(layers):
        triples = zip(layers.biases, layers.weights, offsets, strict=True)
        return Layers(layers.weights, tuple(bias - w.T @ offset for bias, w, offset in triples))

    def score(layers):
        return (network.log_probabilities(plain(layers), x) * truth).sum() / len(x)

    uphill = plain(slopes(score, centred))
    gradient, _ = network.gradient(plain(centred), x, truth)
    actual = centred_network(gradient, offsets)
    for one, other in zip((*actual.weights, *actual.biases), (*uphill.weights, *uphill.biases), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-8)


def mirrored(parameters):
    """Return the machine that finds 1 − v as probable as this one finds v."""
    return replace(
        parameters,
        weights=-parameters.weights,
        visible={"bias": -parameters.visible["bias"]},
        hidden={"bias": parameters.hidden["bias"] + parameters.weights.sum(axis=0)},
    )


@pytest.mark.parametrize("centred", [True, False])
def test_learning_does_not_depend_on_what_is_called_one(centred, device):
    """Twenty exact steps on v and on 1 − v lead to mirrored machines; without centring they do not."""
    machine, v = MACHINES["bernoulli-bernoulli"], data(MACHINES["bernoulli-bernoulli"], n_rows=12)
    recipe = Recipe(ExactGradient(), sgd(Constant(0.3), Constant(0.5), 0.0), 5, 3, centred=centred)
    ends = []
    for rows, begin in ((v, example(machine)), (1 - v, mirrored(example(machine)))):
        begin = place(begin, device)
        state = State(begin, recipe.optimizer.init(begin))
        *_, last = train(machine, Rows(rows, np.float64, device), state, recipe, RandomStreams(0))
        ends.append(tree_map(to_numpy, last.state.parameters))
    away = abs(ends[1].weights - mirrored(ends[0]).weights).max()
    assert away < 1e-12 if centred else away > 1e-3


def test_offsets_are_means(machine, device):
    """Of the visible units, and of the hidden means given them."""
    v, parameters = place(data(machine), device), place(example(machine), device)
    visible, hidden = machine_offsets(machine, parameters, v)
    np.testing.assert_allclose(to_numpy(visible), data(machine).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(to_numpy(hidden), to_numpy(machine.forward(parameters, v)).mean(axis=0), rtol=1e-12)


def test_offsets_of_a_network_are_the_mean_inputs_of_its_layers():
    x, network = RNG.random((9, 4)), Network((Bernoulli(),))
    layers = Layers((RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2))), (RNG.normal(size=3), RNG.normal(size=2)))
    first, second = network_offsets(network, layers, Rows(x, np.float64))
    np.testing.assert_allclose(first, x.mean(axis=0), rtol=1e-12)
    hidden = 1 / (1 + np.exp(-(x @ layers.weights[0] + layers.biases[0])))
    np.testing.assert_allclose(second, hidden.mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_rows, n_columns", [(1, 1), (3, 7), (60, 785)])
def test_rows_with_a_border_are_centred_in_place(dtype, n_rows, n_columns):
    """y − b·offsets, then b − y·offsets; the product of two such matrices is the centred gradient, biases included."""
    engine = engine_for(np.dtype(dtype))
    x = engine.zeros(n_rows, n_columns + 1)
    x[:] = RNG.random(x.shape)
    offsets = RNG.random(n_columns).astype(dtype)
    moved = x[:, :-1] - x[:, -1:] * offsets
    expected = np.hstack([moved, x[:, -1:] - (moved @ offsets)[:, None]])
    engine.centre(x, offsets)
    np.testing.assert_allclose(
        x, expected, rtol=2e-5 if dtype == np.float32 else 1e-12, atol=1e-4 * (dtype is np.float32)
    )


def test_cd_learns_flipped_data_as_well(device):
    """Reconstruction errors of mostly-off data and of the same data exchanged, over five seeds: within 5 %.

    Four patterns of which a tenth of the bits are exchanged: three units cannot learn them by heart.
    """
    rng = np.random.default_rng(0)
    patterns = (rng.random((4, 20)) < 0.15)[rng.integers(4, size=300)]
    v = (patterns ^ (rng.random((300, 20)) < 0.1)).astype(float)
    errors = []
    for rows in (v, 1 - v):
        machine, found = Machine(), []
        for seed in range(5):
            recipe = Recipe(ContrastiveDivergence(), sgd(Constant(0.1), Constant(0.9), 0.0), 20, 20, centred=True)
            parameters = place(
                machine.initial(rows.mean(0), rows.var(0), 3, RandomStreams(seed).stream("w"), 0.1), device
            )
            state = State(parameters, recipe.optimizer.init(parameters))
            *_, last = train(machine, Rows(rows, np.float64, device), state, recipe, RandomStreams(seed))
            found.append(last.metrics["reconstruction_error"])
        errors.append(np.mean(found))
    assert errors[1] == pytest.approx(errors[0], rel=0.05)
