"""Units on their own: the distribution of each, given its input, as SciPy has it."""

from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import gammaln

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
from oracles.enumeration import block_parameters, precision, site_states, unit_energy


def conditional(units, parameters, inputs=0.0):
    """Return p(x | I) of every unit, frozen in the shape of the inputs (n_rows, n_units); an input is one more bias.

    It has SciPy's methods ``mean``, ``var``, ``median``, ``rvs`` and ``logpmf`` or ``logpdf``.
    """
    if type(units) is Mixed:
        return SideBySide(list(_blocks(units, parameters, np.atleast_2d(inputs + 0 * parameters["bias"]))))
    field = parameters["bias"] + inputs
    if type(units) is Gaussian:
        return stats.norm(field / precision(parameters), precision(parameters) ** -0.5)
    if type(units) is ReLU:
        mean, deviation = field / precision(parameters), precision(parameters) ** -0.5
        return stats.truncnorm(-mean / deviation, np.inf, mean, deviation)
    if type(units) is Poisson:
        return stats.poisson(np.exp(field))
    if type(units) in (Bernoulli, Binomial):
        return stats.binom(getattr(units, "n_trials", 1), 1 / (1 + np.exp(-field)))
    if type(units) is Spin:
        return SpinTable(stats.bernoulli(1 / (1 + np.exp(-2 * field))))
    if type(units) in (Categorical, ReplicatedSoftmax):
        field = np.atleast_2d(field)
        n_states, n_draws = (units.n_states, 1) if type(units) is Categorical else (field.shape[1], units.typical)
        weights = np.exp(field.reshape(len(field), -1, n_states))
        return Multinomial(n_draws, weights / weights.sum(axis=2, keepdims=True))
    return Table.of(units, parameters, np.atleast_2d(inputs + 0 * field))


def _blocks(units, parameters, inputs):
    """Yield how many units the blocks of a mixed layer have, and the distribution of each block."""
    first = 0
    for block, size in units.blocks:
        own = {name: leaf[:size] for name, leaf in block_parameters(parameters, block, first).items()}
        yield size, conditional(block, own, inputs[:, first : first + size])
        first += size


def log_density(distribution, x):
    """Return log p(x) of every unit, a density where x is real."""
    return distribution.logpmf(x) if hasattr(distribution, "logpmf") else distribution.logpdf(x)


@dataclass(frozen=True)
class SpinTable:
    """2 x − 1 for binary x."""

    binary: object

    def mean(self):
        return 2 * self.binary.mean() - 1

    def var(self):
        return 4 * self.binary.var()

    def median(self):
        return 2 * self.binary.median() - 1

    def logpmf(self, x):
        return self.binary.logpmf((x + 1) / 2)


@dataclass(frozen=True)
class Table:
    """A list of values (n_values,), and the probabilities of each, (n_values, n_rows, n_units)."""

    values: np.ndarray
    probabilities: np.ndarray

    @classmethod
    def of(cls, units, parameters, inputs):
        """Weigh the values that a type says it has by its own energy."""
        values = site_states(units)[0][:, 0]
        energies = [unit_energy(units, parameters, unit, values) for unit in range(inputs.shape[1])]
        weights = np.exp(values[:, None, None] * inputs - np.transpose(energies)[:, None, :])
        return cls(values, weights / weights.sum(axis=0))

    def mean(self):
        return np.tensordot(self.values, self.probabilities, 1)

    def var(self):
        return np.tensordot(self.values**2, self.probabilities, 1) - self.mean() ** 2

    def median(self):
        return self.values[(self.probabilities.cumsum(axis=0) <= 0.5).sum(axis=0)]

    def logpmf(self, x):
        number = np.searchsorted(self.values, x)
        return np.log(
            np.take_along_axis(np.broadcast_to(self.probabilities, (len(self.values), *x.shape)), number[None], 0)[0]
        )


@dataclass(frozen=True)
class SideBySide:
    """Distributions of blocks: (n_units, distribution) of each."""

    blocks: list

    def _joined(self, parts):
        return np.concatenate([np.atleast_2d(part) for part in parts], axis=1)

    def mean(self):
        return self._joined([block.mean() for _, block in self.blocks])

    def var(self):
        return self._joined([block.var() for _, block in self.blocks])

    def median(self):
        return self._joined([block.median() for _, block in self.blocks])

    def rvs(self, random_state):
        return self._joined([block.rvs(random_state=random_state) for _, block in self.blocks])

    def logpdf(self, x):
        ends = np.cumsum([size for size, _ in self.blocks])
        parts = np.split(x, ends[:-1], axis=1)
        return self._joined([log_density(block, part) for (_, block), part in zip(self.blocks, parts, strict=True)])


@dataclass(frozen=True)
class Multinomial:
    """Draws from groups of units, with the shares (n_rows, n_groups, n_states)."""

    n_draws: int
    shares: np.ndarray

    def _flat(self, values):
        return values.reshape(len(values), -1)

    def mean(self):
        return self._flat(self.n_draws * self.shares)

    def var(self):
        return self._flat(self.n_draws * self.shares * (1 - self.shares))

    def median(self):
        """Return what all draws are whose random number is one half."""
        is_above = self.shares.cumsum(axis=2) > 0.5
        return self._flat(self.n_draws * np.diff(is_above.astype(float), axis=2, prepend=0.0))

    def rvs(self, random_state):
        return self._flat(random_state.multinomial(self.n_draws, self.shares).astype(float))

    def logpmf(self, x):
        """Return terms of which those of a group add up to its logarithm."""
        return x * self._flat(np.log(self.shares)) + 0 * x - gammaln(x + 1) + self._orders(x)

    def _orders(self, x):
        return gammaln(self.n_draws + 1) / self.shares.shape[2] + 0 * x
