"""Units on their own: the distribution of each, given its input, as SciPy has it."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from deepbelief.core.units import Bernoulli, Binomial, Gaussian, Poisson, ReLU, Spin
from oracles.enumeration import precision, site_states, unit_energy


def conditional(units, parameters, inputs=0.0):
    """Return p(x | I) of every unit, frozen in the shape of the inputs (n_rows, n_units); an input is one more bias.

    It has SciPy's methods ``mean``, ``var``, ``median``, ``rvs`` and ``logpmf`` or ``logpdf``.
    """
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
    return Table.of(units, parameters, np.atleast_2d(inputs + 0 * field))


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
