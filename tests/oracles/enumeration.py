"""The joint distribution of a tiny machine, state by state.

A layer is the list of its states, each with the log of the volume that it stands for. The states of binary, spin and
binomial units are all there are; those of Poisson units go on until nothing is left at the rates of the tests. Real
lines are grids of points, each with the volume of its cell: the trapezoid rule, whose error for a normal density of
precision γ on a grid of spacing s is of the order of exp(−2π²/(s²γ)), here below 1e-17, and that of leaving out the
tails beyond ±GRID_END, below 1e-10. Half-lines are the points of Gauss and Legendre. Units of which one sum is given,
such as those of a group of categories, are a site: its states are what its columns can be together.

Of a type that is not listed here, the states are what its own `sites` says, and the energy is its own `potential`.
"""

import itertools
import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from deepbelief.core.rbm import Parameters
from deepbelief.core.units import (
    Bernoulli,
    Binomial,
    Categorical,
    Gaussian,
    Mixed,
    Poisson,
    ReLU,
    ReplicatedSoftmax,
    Spin,
)
from oracles import finite_differences

GRID_END, GRID_POINTS, HALF_GRID_POINTS, LARGEST_COUNT = 12.0, 49, 48, 60


@dataclass(frozen=True)
class LayerStates:
    """All states of one layer, shape (n_states, n_units), and the log-volume that each stands for, (n_states,)."""

    values: np.ndarray
    log_volume: np.ndarray


@dataclass(frozen=True)
class Site:
    """Units that are independent of all others given the input: which columns, what they can be, and its volume."""

    columns: slice
    values: np.ndarray
    log_volume: np.ndarray


def site_states(units):
    """List the values of one unit, or of one group of units, (n_values, n_columns), and the log-volume of each."""
    if isinstance(units, Gaussian):
        axis = np.linspace(-GRID_END, GRID_END, GRID_POINTS)
        return axis[:, None], np.full(GRID_POINTS, np.log(axis[1] - axis[0]))
    if isinstance(units, ReLU):
        nodes, shares = np.polynomial.legendre.leggauss(HALF_GRID_POINTS)
        return (nodes[:, None] + 1) * GRID_END / 2, np.log(shares * GRID_END / 2)
    values = {
        Bernoulli: lambda: [[0.0], [1.0]],
        Spin: lambda: [[-1.0], [1.0]],
        Binomial: lambda: [[float(k)] for k in range(units.n_trials + 1)],
        Poisson: lambda: [[float(k)] for k in range(LARGEST_COUNT + 1)],
        Categorical: lambda: np.eye(units.n_states),
    }.get(type(units), lambda: units.sites(1)[0])()
    return np.array(values), np.zeros(len(values))


def layer_sites(units, n_units):
    """List the sites of a layer."""
    if isinstance(units, Mixed):
        sites, first = [], 0
        for block, size in units.blocks:
            for site in layer_sites(block, size):
                columns = slice(first + site.columns.start, first + site.columns.stop)
                sites.append(Site(columns, site.values, site.log_volume))
            first += size
        return sites
    if isinstance(units, ReplicatedSoftmax):
        counts = itertools.product(range(units.typical + 1), repeat=n_units)
        values = np.array([count for count in counts if sum(count) == units.typical], float)
        return [Site(slice(0, n_units), values, np.zeros(len(values)))]
    values, log_volume = site_states(units)
    width = values.shape[1]
    return [Site(slice(first, first + width), values, log_volume) for first in range(0, n_units, width)]


@cache
def layer_states(units, n_units):
    """List the states of a layer, the last site changing fastest; once, as no parameter changes them."""
    sites = layer_sites(units, n_units)
    return LayerStates(
        np.array([np.concatenate(state) for state in itertools.product(*(site.values for site in sites))]),
        np.array([sum(state) for state in itertools.product(*(site.log_volume for site in sites))]),
    )


def is_discrete(units):
    """Tell whether :func:`layer_states` lists values with a probability, rather than a density."""
    blocks = units.blocks if isinstance(units, Mixed) else [(units, 1)]
    return not any(isinstance(block, Gaussian | ReLU) for block, _ in blocks)


def state_numbers(x, units=None):
    """Return the row of :func:`layer_states` at which each row of `x` stands, of binary units if none are given."""
    number = np.zeros(len(x), int)
    for site in layer_sites(units or Bernoulli(), x.shape[1]):
        place = (x[:, site.columns][:, None] == site.values).all(axis=2).argmax(axis=1)
        number = number * len(site.values) + place
    return number


def block_of(units, unit):
    """Return the block of a mixed layer that a unit is in, and where the block begins."""
    first = 0
    for block, size in units.blocks:
        if unit < first + size:
            return block, first
        first += size
    raise IndexError(unit)


def block_parameters(parameters, block, first):
    """Return those parameters of a mixed layer that a block which begins at `first` has."""
    return {name: parameters[name][first:] for name in block.parameter_names}


def unit_energy(units, parameters, unit, value):
    """Return U of one unit at one value, or at an array of them."""
    if type(units) is Mixed:
        block, first = block_of(units, unit)
        return unit_energy(block, block_parameters(parameters, block, first), unit - first, value)
    linear = -parameters["bias"][unit] * value
    if type(units) in (Bernoulli, Spin, Categorical):
        return linear
    if type(units) in (Gaussian, ReLU):
        return linear + precision(parameters)[unit] * value**2 / 2
    if type(units) is Binomial:
        return linear - np.log(np.vectorize(math.comb)(units.n_trials, np.asarray(value, int)))
    if type(units) in (Poisson, ReplicatedSoftmax):
        return linear + np.log(np.vectorize(math.factorial, otypes=[float])(np.asarray(value, int)))
    own = {name: leaf[unit : unit + 1] for name, leaf in parameters.items()}
    return units.potential(own, np.reshape(value, (-1, 1))).reshape(np.shape(value))


def unit_slopes(units, parameters, unit, values):
    """Return −∂U/∂parameter of one unit, by the parameter's name, at an array of values."""
    if type(units) is Mixed:
        block, first = block_of(units, unit)
        own = unit_slopes(block, block_parameters(parameters, block, first), unit - first, values)
        return {name: own.get(name, 0 * values) for name in parameters}
    if type(units) in (Bernoulli, Spin, Binomial, Poisson, Gaussian, ReLU, Categorical, ReplicatedSoftmax):
        slopes = {"bias": values, "log_precision": -precision(parameters)[unit] * values**2 / 2}
        return {name: slopes[name] for name in parameters}

    def at(name, value):
        return -unit_energy(units, parameters | {name: np.full(unit + 1, value)}, unit, values)

    return {
        name: finite_differences.derivative(lambda value, name=name: at(name, value), leaf[unit])
        for name, leaf in parameters.items()
    }


def precision(parameters):
    """Return γ of every unit: one where it is not learned."""
    return np.exp(parameters.get("log_precision", np.zeros_like(parameters["bias"])))


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
    table = table + visible.log_volume[:, None] + hidden.log_volume
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
    """Return all hidden states and p(h | v) of each, with its volume: (n_states, n_hidden), (n_rows, n_states)."""
    hidden = layer_states(machine.hidden, parameters.weights.shape[1])
    table = minus_energy_table(machine, parameters, v, hidden.values) + hidden.log_volume
    return hidden.values, np.exp(table - log_sum(table, axis=1)[:, None])


def visible_given_hidden(machine, parameters, h):
    """Return all visible states and p(v | h) of each, with its volume: (n_states, n_visible), (n_rows, n_states)."""
    visible = layer_states(machine.visible, parameters.weights.shape[0])
    table = minus_energy_table(machine, parameters, visible.values, h).T + visible.log_volume
    return visible.values, np.exp(table - log_sum(table, axis=1)[:, None])


def expected_statistics(machine, parameters, v, h, probabilities):
    """Return Σ p(v, h) · (−∂E/∂parameters) over a table of joint probabilities (n_v, n_h)."""

    def of_layer(units, unit_parameters, x, p):
        slopes = [unit_slopes(units, unit_parameters, unit, x[:, unit]) for unit in range(x.shape[1])]
        return {name: np.array([p @ slope[name] for slope in slopes]) for name in unit_parameters}

    return Parameters(
        weights=v.T @ probabilities @ h,
        visible=of_layer(machine.visible, parameters.visible, v, probabilities.sum(axis=1)),
        hidden=of_layer(machine.hidden, parameters.hidden, h, probabilities.sum(axis=0)),
    )
