"""Tiny machines of pairs of unit types, with fixed parameters and data, small enough to enumerate."""

import math

import numpy as np
import pytest

from deepbelief.core.arrays import to_device, to_numpy, tree_map
from deepbelief.core.partition import log_partition
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.units import UNITS
from oracles.enumeration import site_states

LARGEST = 3.0  # of the data that types with a largest value are fitted to
# Every registered type, also one from outside, by a name without hyphens.
UNIT_TYPES = {name.replace("-", "_"): units.fitted(LARGEST) for name, units in UNITS.items()}
OLDEST = ("bernoulli", "gaussian", "gaussian_learned_variance")


def _pairs():
    """Return the pairs of names: those of the oldest types, all others with binary units, and some to join them."""
    pairs = [(visible, hidden) for visible in OLDEST for hidden in OLDEST]
    for name in UNIT_TYPES.keys() - set(OLDEST):
        pairs += [(name, "bernoulli"), ("bernoulli", name)]
    return [*pairs, ("spin", "spin"), ("gaussian", "relu"), ("binomial", "gaussian")]


MACHINES = {
    f"{visible}-{hidden}": Machine(UNIT_TYPES[visible], UNIT_TYPES[hidden]) for visible, hidden in sorted(_pairs())
}


def sizes(machine):
    """Return (n_visible, n_hidden), never equal, with at most three dimensions of many values to sum over."""
    is_small = machine.visible.sites(1) is not None, machine.hidden.sites(1) is not None
    return {(True, True): (4, 3), (True, False): (4, 2), (False, True): (2, 3), (False, False): (2, 1)}[is_small]


def unit_parameters(units, n_units, rng):
    """Return parameters of the names that the type has, none of them zero."""
    ranges = {"log_precision": (-0.2, 0.4)}
    return {name: rng.uniform(*ranges.get(name, (-0.6, 0.6)), n_units) for name in units.neutral(1, np.zeros(1))}


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
    if units.sites(1) is not None:
        values = site_states(units)[0][:, 0]
        shares = rng.random((n_rows, n_units)) ** np.linspace(0.5, 1.5, n_units)
        return values[np.floor(len(values) * shares).astype(int)]
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
