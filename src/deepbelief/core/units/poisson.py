"""Counts without an upper end."""

import math
from dataclasses import dataclass

import numpy as np
import scipy.special

from deepbelief.core.arrays import Array, like, namespace, product, to_numpy, zeros
from deepbelief.core.randomness import Stream
from deepbelief.core.units.base import Activity, UnitParameters, Units, average

RAREST = 1e-3  # the smallest mean that a unit starts with: the logarithm of 0 is no bias


@dataclass(frozen=True)
class Poisson(Units):
    """Counts: U(x) = log x! − b·x for x in {0, 1, …}; E[x | I] = exp(b + I). Parameter: ``bias``, a log-rate.

    The other layer must be bounded, such as Bernoulli units: then every rate is finite and the machine has a
    distribution. With real-valued units on the other side the rates would have no bound, and Z would be infinite.
    """

    bounds = (0.0, math.inf)
    needs_bounded = True
    values = "whole numbers from 0 on"

    def slope(self, variance: float = 1.0) -> float:
        return variance

    def neutral(self, n_units: int, other: Array) -> UnitParameters:
        return {"bias": zeros((n_units,), other)}

    def matched(self, mean: Array, variance: Array) -> UnitParameters:
        xp = namespace(mean)
        return {"bias": xp.log(xp.clip(mean, RAREST, None))}

    def potential(self, parameters: UnitParameters, x: Array) -> Array:
        return like(scipy.special.gammaln(to_numpy(x) + 1).sum(axis=1), x) - product(x, parameters["bias"])

    def log_partition(self, parameters: UnitParameters, inputs: Array) -> Array:
        return self.mean(parameters, inputs)

    def mean(self, parameters: UnitParameters, inputs: Array) -> Array:
        return namespace(inputs).exp(inputs + parameters["bias"])

    def variance(self, parameters: UnitParameters, inputs: Array) -> Array:
        return self.mean(parameters, inputs)

    def sample(self, parameters: UnitParameters, inputs: Array, stream: Stream) -> Array:
        rates = to_numpy(self.mean(parameters, inputs))
        # Rates that no generator takes mean that training diverges, which is about to be said.
        return like(stream.generator.poisson(np.nan_to_num(np.minimum(rates, 1e9))), inputs)

    def statistics(
        self, parameters: UnitParameters, activity: Activity, row_weights: Array | None = None
    ) -> UnitParameters:
        return {"bias": average(activity.values, row_weights)}

    def backward(self, parameters: UnitParameters, activity: Activity, delta: Array) -> Array:
        return delta * activity.values

    def takes(self, x: np.ndarray) -> np.ndarray:
        return (x >= 0) & (x == np.round(x))
