"""Tiny machines of pairs of unit types, with fixed parameters and data, small enough to enumerate."""

import math

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy
from deepbelief.core.devices import to_device
from deepbelief.core.partition import log_partition
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.trees import tree_map
from deepbelief.core.units import (
    UNITS,
    Bernoulli,
    Binomial,
    Categorical,
    Gaussian,
    Mixed,
    Poisson,
    ReplicatedSoftmax,
    Spin,
)
from oracles.enumeration import layer_sites, site_states

LARGEST = 3.0  # of the data that types with a largest value are fitted to
# Every registered type, also one from outside, by a name without hyphens.
UNIT_TYPES = {name.replace("-", "_"): units.fitted(LARGEST) for name, units in UNITS.items()}
# A layer of everything: a group of three categories, two kinds of numbers, of which one learns its scale, and a bit.
MIXED = Mixed(((Categorical(3), 3), (Gaussian(learn_variance=True), 1), (Poisson(), 1), (Bernoulli(), 1)))
COUNTABLE = Mixed(((Spin(), 1), (Categorical(3), 3), (Bernoulli(), 1), (Binomial(2), 1)))
OLDEST = ("bernoulli", "gaussian", "gaussian_learned_variance")


def _pairs():
    """Return the pairs of names: those of the oldest types, all others with binary units, and some to join them."""
    pairs = [(visible, hidden) for visible in OLDEST for hidden in OLDEST]
    for name in UNIT_TYPES.keys() - set(OLDEST):
        pairs += [(name, "bernoulli"), ("bernoulli", name)]
    joined = [("spin", "spin"), ("gaussian", "relu"), ("binomial", "gaussian")]
    return [*pairs, *joined, ("categorical", "categorical"), ("categorical", "gaussian"), ("poisson", "categorical")]


MACHINES = {
    f"{visible}-{hidden}": Machine(UNIT_TYPES[visible], UNIT_TYPES[hidden]) for visible, hidden in sorted(_pairs())
} | {"mixed-bernoulli": Machine(MIXED, Bernoulli()), "countable-categorical": Machine(COUNTABLE, Categorical(3))}


def sizes(machine):
    """Return (n_visible, n_hidden), never equal, with at most three dimensions of many values to sum over."""
    is_small = is_countable(machine.visible), is_countable(machine.hidden)
    n_visible, n_hidden = {(True, True): (4, 3), (True, False): (4, 2), (False, True): (2, 3), (False, False): (2, 1)}[
        is_small
    ]
    return n_units(machine.visible, n_visible), n_units(machine.hidden, n_hidden)


def n_units(units, at_least):
    """Return a size that a layer of this type can have."""
    if isinstance(units, Mixed):
        return sum(size for _, size in units.blocks)
    width = site_states(units)[0].shape[1] if not isinstance(units, ReplicatedSoftmax) else 1
    return -(-at_least // width) * width


def is_countable(units):
    """Tell whether a small layer of this type has a finite number of states."""
    return units.sites(n_units(units, 2)) is not None


def order(units, size, chance):
    """Return an order of the units of a layer by which it stays what it is: sites change places within their block."""
    if isinstance(units, Mixed):
        orders, first = [], 0
        for block, width in units.blocks:
            orders += [first + unit for unit in order(block, width, chance)]
            first += width
        return orders
    sites = [range(size)[site.columns] for site in layer_sites(units, size)]
    chance.shuffle(sites)
    return [unit for site in sites for unit in site]


def possible_mean(units, mean):
    """Return means (n_units,) that units can have, near these: those with a constant sum have it."""
    mean = np.array(mean)
    for group in units.constant_sums(len(mean)):
        mean[group.columns] *= group.total / mean[group.columns].sum()
    return mean


def unit_parameters(units, n_units, rng):
    """Return parameters of the names that the type has, none of them zero."""
    ranges = {"log_precision": (-0.2, 0.4)}
    return {name: rng.uniform(*ranges.get(name, (-0.6, 0.6)), n_units) for name in units.parameter_names}


def example(machine, seed=0, shape=None):
    """Return NumPy parameters at float64, with weights for which the machine has a distribution."""
    rng = np.random.default_rng([seed, 1])
    n_visible, n_hidden = sizes(machine) if shape is None else shape
    layers = machine.visible, machine.hidden
    n_unbounded = sum(not units.is_bounded for units in layers)
    weight_range = {0: 1.5, 1: 0.5, 2: 0.8 / np.sqrt(n_visible * n_hidden)}[n_unbounded]
    for units in layers:
        if units.is_bounded:
            weight_range /= max(map(abs, units.bounds))
    return Parameters(
        weights=rng.uniform(-weight_range, weight_range, (n_visible, n_hidden)),
        visible=unit_parameters(machine.visible, n_visible, rng),
        hidden=unit_parameters(machine.hidden, n_hidden, rng),
    )


def is_exact(machine):
    """Ask the core whether it knows the partition function."""
    try:
        log_partition(machine, example(machine))
    except ValueError:
        return False
    return True


EXACT_MACHINES = {name: machine for name, machine in MACHINES.items() if is_exact(machine)}
exactly = pytest.mark.parametrize("machine", EXACT_MACHINES.values(), ids=EXACT_MACHINES.keys())


def layer_values(units, n_rows, n_units, seed=0):
    """Return values the units can take, shape (n_rows, n_units)."""
    rng = np.random.default_rng([seed, 2])
    if isinstance(units, Mixed):
        blocks = [layer_values(block, n_rows, size, seed) for block, size in units.blocks]
        return np.concatenate(blocks, axis=1)
    if units.sites(n_units) is not None:
        sites = layer_sites(units, n_units)
        shares = rng.random((n_rows, len(sites))) ** np.linspace(0.5, 1.5, len(sites))
        numbers = [np.floor(len(site.values) * share).astype(int) for site, share in zip(sites, shares.T, strict=True)]
        return np.concatenate([site.values[number] for site, number in zip(sites, numbers, strict=True)], axis=1)
    if not math.isinf(units.bounds[0]):
        values = rng.gamma(2.0, 0.6, (n_rows, n_units))
        return values if units.takes(values).all() else np.round(values)
    return rng.normal(0.3, 0.9, (n_rows, n_units))


def data(machine, n_rows=7, seed=0):
    """Return visible rows, shape (n_rows, n_visible)."""
    return layer_values(machine.visible, n_rows, sizes(machine)[0], seed)


def place(tree, device):
    """Move a tree of NumPy arrays to a device."""
    return tree_map(lambda leaf: to_device(leaf, device), tree)


def leaves(tree):
    """Return the arrays of a tree by name, in NumPy; names read like ``visible.bias``."""
    found = {"weights": to_numpy(tree.weights)}
    for layer in ("visible", "hidden"):
        found |= {f"{layer}.{name}": to_numpy(leaf) for name, leaf in getattr(tree, layer).items()}
    return found


def assert_trees_close(actual, expected, rtol=0.0, atol=0.0):
    """Assert that two parameter trees agree leaf by leaf, in names, shapes and numbers."""
    actual, expected = leaves(actual), leaves(expected)
    assert actual.keys() == expected.keys()
    for name, leaf in expected.items():
        assert actual[name].shape == leaf.shape, name
        np.testing.assert_allclose(actual[name], leaf, rtol=rtol, atol=atol, err_msg=name)


def assert_states_close(actual, expected, what="", atol=0.0):
    """Assert that two states of training agree: parameters, and all that the optimizer keeps."""

    def close(one, other):
        np.testing.assert_allclose(one, other, rtol=0, atol=atol, err_msg=what)

    tree_map(close, actual.parameters, expected.parameters)
    for link, kept in expected.optimizer.items():
        if kept is not None:
            tree_map(close, actual.optimizer[link], kept)
