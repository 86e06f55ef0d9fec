"""The joint distribution of a tiny machine, state by state.

A Bernoulli layer is the list of its 2ⁿ states. A Gaussian layer is a grid of points, each with the volume of its cell:
the trapezoid rule, whose error for a normal density of precision γ on a grid of spacing s is of the order of
exp(−2π²/(s²γ)), here below 1e-17, and that of leaving out the tails beyond ±GRID_END, below 1e-10.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from deepbelief.core.rbm import Parameters
from deepbelief.core.units import Bernoulli

GRID_END, GRID_POINTS = 12.0, 49


@dataclass(frozen=True)
class LayerStates:
    """All states of one layer, shape (n_states, n_units), and the log-volume that each stands for."""

    values: np.ndarray
    log_volume: float


def layer_states(units, n_units):
    """List the states of a layer, the last unit changing fastest."""
    if isinstance(units, Bernoulli):
        return LayerStates(np.array(list(itertools.product([0.0, 1.0], repeat=n_units))), 0.0)
    axis = np.linspace(-GRID_END, GRID_END, GRID_POINTS)
    return LayerStates(np.array(list(itertools.product(axis, repeat=n_units))), n_units * np.log(axis[1] - axis[0]))


def state_numbers(x):
    """Return the row of :func:`layer_states` at which each row of binary `x` stands."""
    return (x @ 2 ** np.arange(x.shape[1])[::-1]).astype(int)


def unit_energy(units, parameters, unit, value):
    """Return U of one unit at one value."""
    energy = -parameters["bias"][unit] * value
    if not isinstance(units, Bernoulli):
        precision = np.exp(parameters["log_precision"][unit]) if "log_precision" in parameters else 1.0
        energy = energy + precision * value**2 / 2
    return energy


def energy(machine, parameters, v, h):
    """Return E(v, h) of one visible and one hidden state, term by term."""
    total = 0.0
    for i, value in enumerate(v):
        total += unit_energy(machine.visible, parameters.visible, i, value)
    for j, value in enumerate(h):
        total += unit_energy(machine.hidden, parameters.hidden, j, value)
    for i, j in itertools.product(range(len(v)), range(len(h))):
        total -= v[i] * parameters.weights[i, j] * h[j]
    return total


def minus_energy_table(machine, parameters, v, h):
    """Return −E for every row of `v` with every row of `h`: (n_v, n_h)."""
    visible = sum(unit_energy(machine.visible, parameters.visible, i, v[:, i]) for i in range(v.shape[1]))
    hidden = sum(unit_energy(machine.hidden, parameters.hidden, j, h[:, j]) for j in range(h.shape[1]))
    return v @ parameters.weights @ h.T - visible[:, None] - hidden[None, :]


def log_sum(table, axis=None):
    """Return log Σ exp(table)."""
    return np.logaddexp.reduce(table, axis=axis) if axis is not None else np.logaddexp.reduce(table.ravel())


@dataclass(frozen=True)
class Joint:
    """Every joint state of a machine, its probability, and log Z."""

    v: np.ndarray
    h: np.ndarray
    probabilities: np.ndarray
    log_z: float

    @property
    def visible_probabilities(self):
        """Return p(v), shape (n_visible_states,)."""
        return self.probabilities.sum(axis=1)

    @property
    def hidden_probabilities(self):
        """Return p(h), shape (n_hidden_states,)."""
        return self.probabilities.sum(axis=0)


def joint(machine, parameters):
    """Enumerate a machine."""
    n_visible, n_hidden = parameters.weights.shape
    visible, hidden = layer_states(machine.visible, n_visible), layer_states(machine.hidden, n_hidden)
    table = minus_energy_table(machine, parameters, visible.values, hidden.values)
    table = table + visible.log_volume + hidden.log_volume
    highest = table.max()
    log_z = float(highest + np.log(np.exp(table - highest).sum()))
    return Joint(visible.values, hidden.values, np.exp(table - log_z), log_z)


def free_energy(machine, parameters, v):
    """Return −log Σₕ exp(−E(v, h)) for each row of `v`, over all hidden states."""
    hidden = layer_states(machine.hidden, parameters.weights.shape[1])
    return -log_sum(minus_energy_table(machine, parameters, v, hidden.values) + hidden.log_volume, axis=1)


def mean_log_likelihood(machine, parameters, v):
    """Return the mean over rows of log p(v)."""
    return float(np.mean(-free_energy(machine, parameters, v))) - joint(machine, parameters).log_z


def hidden_given_visible(machine, parameters, v):
    """Return all hidden states and p(h | v) of each: (n_states, n_hidden), (n_rows, n_states)."""
    hidden = layer_states(machine.hidden, parameters.weights.shape[1]).values
    table = minus_energy_table(machine, parameters, v, hidden)
    return hidden, np.exp(table - log_sum(table, axis=1)[:, None])


def visible_given_hidden(machine, parameters, h):
    """Return all visible states and p(v | h) of each: (n_states, n_visible), (n_rows, n_states)."""
    visible = layer_states(machine.visible, parameters.weights.shape[0]).values
    table = minus_energy_table(machine, parameters, visible, h).T
    return visible, np.exp(table - log_sum(table, axis=1)[:, None])


def expected_statistics(machine, parameters, v, h, probabilities):
    """Return Σ p(v, h) · (−∂E/∂parameters) over a table of joint probabilities (n_v, n_h)."""

    def of_layer(unit_parameters, x, p):
        averages = {"bias": p @ x}
        if "log_precision" in unit_parameters:
            averages["log_precision"] = -np.exp(unit_parameters["log_precision"]) * (p @ x**2) / 2
        return averages

    return Parameters(
        weights=v.T @ probabilities @ h,
        visible=of_layer(parameters.visible, v, probabilities.sum(axis=1)),
        hidden=of_layer(parameters.hidden, h, probabilities.sum(axis=0)),
    )
