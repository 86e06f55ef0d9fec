"""Tiny machines of every pair of unit types, with fixed parameters and data, small enough to enumerate."""

import numpy as np

from deepbelief.core.arrays import to_device, to_numpy, tree_map
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.units import Bernoulli, Gaussian

UNIT_TYPES = {"bernoulli": Bernoulli(), "gaussian": Gaussian(), "gaussian_variance": Gaussian(learn_variance=True)}
MACHINES = {
    f"{visible_name}-{hidden_name}": Machine(visible, hidden)
    for visible_name, visible in UNIT_TYPES.items()
    for hidden_name, hidden in UNIT_TYPES.items()
}


def sizes(machine):
    """Return (n_visible, n_hidden), never equal, with at most three real-valued dimensions to integrate over."""
    is_binary = isinstance(machine.visible, Bernoulli), isinstance(machine.hidden, Bernoulli)
    return {(True, True): (4, 3), (True, False): (4, 2), (False, True): (2, 3), (False, False): (2, 1)}[is_binary]


def unit_parameters(units, n_units, rng):
    """Return biases, and log-precisions where they are learned, none of them zero."""
    parameters = {"bias": rng.uniform(-0.6, 0.6, n_units)}
    if getattr(units, "learn_variance", False):
        parameters["log_precision"] = rng.uniform(-0.2, 0.4, n_units)
    return parameters


def example(machine, seed=0, shape=None):
    """Return NumPy parameters at float64, with weights for which the machine has a distribution."""
    rng = np.random.default_rng([seed, 1])
    n_visible, n_hidden = sizes(machine) if shape is None else shape
    n_gaussian_layers = sum(isinstance(units, Gaussian) for units in (machine.visible, machine.hidden))
    weight_range = {0: 1.5, 1: 0.5, 2: 0.8 / np.sqrt(n_visible * n_hidden)}[n_gaussian_layers]
    return Parameters(
        weights=rng.uniform(-weight_range, weight_range, (n_visible, n_hidden)),
        visible=unit_parameters(machine.visible, n_visible, rng),
        hidden=unit_parameters(machine.hidden, n_hidden, rng),
    )


def layer_values(units, n_rows, n_units, seed=0):
    """Return values the units can take, shape (n_rows, n_units)."""
    rng = np.random.default_rng([seed, 2])
    if isinstance(units, Bernoulli):
        return (rng.random((n_rows, n_units)) < np.linspace(0.2, 0.8, n_units)).astype(float)
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
