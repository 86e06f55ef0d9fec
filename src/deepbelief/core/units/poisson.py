"""Counts without an upper end."""

import math
from dataclasses import dataclass

import numpy as np
import scipy.special

from deepbelief.core.arrays import Array, like, namespace, product, to_numpy, zeros
from deepbelief.core.functions import log_factorial
from deepbelief.core.randomness import Stream
from deepbelief.core.units.base import ONE, Activity, UnitParameters, Units, average
from deepbelief.core.units.bernoulli import REST
from deepbelief.core.units.quantiles import FEW, counted, quantile, uniforms

RAREST = 1e-3  # the smallest mean that a unit starts with: the logarithm of 0 is no bias
HIGHEST = 1e9  # the largest rate that samples are drawn with


@dataclass(frozen=True)
class Poisson(Units):
    """Counts: U(x) = log x! − b·x for x in {0, 1, …}; E[x | I] = exp(b + I). Parameter: ``bias``, a log-rate.

    The other layer must be bounded, such as Bernoulli units: then every rate is finite and the machine has a
    distribution. With real-valued units on the other side the rates would have no bound, and Z would be infinite.
    """

    bounds = (0.0, math.inf)
    needs_bounded = True
    slope_grows = True
    values = "whole numbers from 0 on"

    def slope(self, variances: np.ndarray = ONE) -> float:
        return float(variances.mean())

    def neutral(self, n_units: int, other: Array) -> UnitParameters:
        return {"bias": zeros((n_units,), other)}

    def at_rest(self, n_units: int, other: Array) -> UnitParameters:
        # Mostly 0, as binary units start mostly off, and for the same reason; a count of 1 is rare then.
        return {"bias": zeros((n_units,), other) + math.log(REST)}

    def matched(self, mean: Array, variance: Array) -> UnitParameters:
        xp = namespace(mean)
        return {"bias": xp.log(xp.clip(mean, RAREST, None))}

    def potential(self, parameters: UnitParameters, x: Array) -> Array:
        return namespace(x).sum(log_factorial(x), axis=-1) - product(x, parameters["bias"])

    def log_partition(self, parameters: UnitParameters, inputs: Array) -> Array:
        return self.mean(parameters, inputs)

    def mean(self, parameters: UnitParameters, inputs: Array) -> Array:
        return namespace(inputs).exp(inputs + parameters["bias"])

    def variance(self, parameters: UnitParameters, inputs: Array) -> Array:
        return self.mean(parameters, inputs)

    def sample(self, parameters: UnitParameters, inputs: Array, stream: Stream) -> Array:
        u = uniforms(stream, inputs).ravel()
        # Rates beyond the highest mean that training diverges, which is about to be said.
        rates = np.clip(np.nan_to_num(to_numpy(self.mean(parameters, inputs)).astype(float).ravel()), 1e-9, HIGHEST)
        drawn, few = np.empty(len(u)), rates <= FEW
        small, large = rates[few], rates[~few]
        drawn[few] = counted(u[few], np.exp(-small), lambda k, at: small[at] / k)
        drawn[~few] = quantile(
            u[~few],
            lambda k: scipy.special.pdtr(k, large),
            lambda k: k * np.log(large) - large - log_factorial(k),
            lambda k, at: large[at] / k,
            (large, large**0.5, large**-0.5),
        )
        return like(drawn.reshape(inputs.shape), inputs)

    def statistics(
        self, parameters: UnitParameters, activity: Activity, row_weights: Array | None = None
    ) -> UnitParameters:
        return {"bias": average(activity.values, row_weights)}

    def backward(self, parameters: UnitParameters, activity: Activity, delta: Array) -> Array:
        return delta * activity.values

    def takes(self, x: np.ndarray) -> np.ndarray:
        return (x >= 0) & (x == np.round(x))
