"""Centred gradients: what they are the gradients of, and what they do not depend on."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy
from deepbelief.core.batch import Batch
from deepbelief.core.centring import Centre, centred_machine, centred_network
from deepbelief.core.gradients import ContrastiveDivergence, ExactGradient
from deepbelief.core.kernels.engine import engine_for
from deepbelief.core.network import Layers, Network
from deepbelief.core.optimizers import WeightDecay, sgd
from deepbelief.core.partition import log_partition
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine
from deepbelief.core.recipes import Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Constant
from deepbelief.core.training import State, train
from deepbelief.core.trees import tree_map
from deepbelief.core.units import Bernoulli
from oracles.machines import MACHINES, assert_trees_close, data, exactly, example, place

RNG = np.random.default_rng(3)
STEP = 1e-6
DECAY = 0.3


def ordinary(parameters, offset):
    """Return the ordinary parameters of a machine whose hidden biases are those of centred inputs."""
    bias = parameters.hidden["bias"] - parameters.weights.T @ offset
    return replace(parameters, hidden=parameters.hidden | {"bias": bias})


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


@exactly
def test_the_machines_step_is_uphill_in_centred_parameters(machine):
    """(∂W, ∂a, ∂b̃) of the penalised log-likelihood by finite differences, carried over to the ordinary parameters.

    The penalty on the weights is the optimizer's, all but what it changes in the biases.
    """
    v, centred = data(machine), example(machine)
    offset = v.mean(axis=0)

    def score(parameters):
        penalty = DECAY / 2 * (parameters.weights**2).sum()
        parameters = ordinary(parameters, offset)
        return -machine.free_energy(parameters, v).mean() - log_partition(machine, parameters) - penalty

    uphill = ordinary(slopes(score, centred), offset)
    start = ordinary(centred, offset)
    gradient = ExactGradient().estimate(machine, start, Batch(v), None, None).gradient
    step = centred_machine(gradient, Centre.of_machine(machine, start, Batch(v)), WeightDecay(DECAY))
    step, _ = WeightDecay(DECAY).update(step, None, start, 0.0)
    assert_trees_close(step, uphill, rtol=1e-6, atol=1e-8)


def test_the_networks_step_is_uphill_in_centred_parameters():
    """The same for the penalised cross-entropy of a network of two hidden layers, the lowest of which decays less."""
    decay = WeightDecay(DECAY, lowest=0.3)
    sizes, x, truth = (4, 3, 5, 2), RNG.random((7, 4)), np.eye(2)[RNG.integers(2, size=7)]
    network = Network((Bernoulli(), Bernoulli()))
    shapes = list(itertools.pairwise(sizes))
    centred = Layers(tuple(RNG.normal(size=s) for s in shapes), tuple(RNG.normal(size=s[1]) for s in shapes))

    def plain(layers):
        triples = zip(layers.biases, layers.weights, offsets, strict=True)
        return Layers(layers.weights, tuple(bias - w.T @ offset for bias, w, offset in triples))

    def score(layers):
        lowest, *others = (DECAY / 2 * (w**2).sum() for w in layers.weights)
        penalty = 0.3 * lowest + sum(others)
        return (network.answers(plain(layers), x) * truth).sum() / len(x) - penalty

    offsets = tuple(RNG.random(s[0]) for s in shapes)
    start = plain(centred)
    gradient, _ = network.gradient(start, x, truth)
    fields = tuple(w.T @ offset for w, offset in zip(start.weights, offsets, strict=True))
    actual, _ = decay.update(centred_network(gradient, Centre(offsets, fields), decay), None, start, 0.0)
    uphill = plain(slopes(score, centred))
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


@pytest.mark.parametrize("centred, decay", [(True, 0.0), (True, 0.05), (False, 0.0)])
def test_learning_does_not_depend_on_what_is_called_one(centred, decay, device):
    """Five exact steps on v and on 1 − v lead to mirrored machines; without centring they do not."""
    machine, v = MACHINES["bernoulli-bernoulli"], data(MACHINES["bernoulli-bernoulli"], n_rows=12)
    recipe = Recipe(ExactGradient(), sgd(Constant(0.3), Constant(0.5), decay), 5, 60, centred=centred)
    ends = []
    for rows, begin in ((v, example(machine)), (1 - v, mirrored(example(machine)))):
        begin = place(begin, device)
        state = State(begin, recipe.optimizer.init(begin))
        *_, last = train(machine, Rows(rows, np.float64, device), state, recipe, RandomStreams(0))
        ends.append(tree_map(to_numpy, last.state.parameters))
    away = abs(ends[1].weights - mirrored(ends[0]).weights).max()
    assert away < 1e-12 if centred else away > 1e-3


def test_the_centre_of_a_machine_is_the_mean_of_its_visible_units(machine, device):
    """And what the hidden units are given by it."""
    parameters, mean = example(machine), data(machine).mean(axis=0)
    centre = Centre.of_machine(machine, place(parameters, device), Batch(place(data(machine), device)))
    np.testing.assert_allclose(to_numpy(centre.offsets[0]), mean, rtol=1e-12)
    np.testing.assert_allclose(to_numpy(centre.fields[0]), parameters.weights.T @ mean, rtol=1e-12)


def test_offsets_of_a_network_are_the_mean_inputs_of_its_layers():
    x, network = RNG.random((9, 4)), Network((Bernoulli(),))
    layers = Layers((RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2))), (RNG.normal(size=3), RNG.normal(size=2)))
    centre = Centre.of_network(network, layers, Rows(x, np.float64))
    first, second = centre.offsets
    np.testing.assert_allclose(first, x.mean(axis=0), rtol=1e-12)
    hidden = 1 / (1 + np.exp(-(x @ layers.weights[0] + layers.biases[0])))
    np.testing.assert_allclose(second, hidden.mean(axis=0), rtol=1e-12)
    for field, weights, offset in zip(centre.fields, layers.weights, centre.offsets, strict=True):
        np.testing.assert_allclose(field, weights.T @ offset, rtol=1e-12)


def test_a_centre_is_kept_by_name():
    """Beside other arrays, in the order of the layers."""
    centre = Centre(tuple(np.array([float(n)]) for n in range(12)), tuple(np.array([-float(n)]) for n in range(12)))
    kept = dict(sorted({"chains": np.zeros(1), **centre.named()}.items()))
    again, rest = Centre.split(kept)
    assert (again.offsets, again.fields) == (centre.offsets, centre.fields)
    assert list(rest) == ["chains"]
    assert Centre.split(rest) == (None, rest)


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
