"""Units that count how many of a fixed number of trials succeed."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.special

from deepbelief.core.arrays import Array, like, namespace, product, to_numpy, zeros
from deepbelief.core.functions import log_factorial, sigmoid, softplus
from deepbelief.core.randomness import Stream
from deepbelief.core.units.base import ONE, Activity, UnitParameters, Units, average
from deepbelief.core.units.bernoulli import REST
from deepbelief.core.units.quantiles import FEW, counted, counted_together, quantile, uniforms

SMALL = 8  # number of trials up to which all outcomes are tried for all units
MOST_LISTED = 1000  # trials up to which the values of a unit are few enough to list


@dataclass(frozen=True)
class Binomial(Units):
    """Counts out of n: U(x) = −b·x − log C(n, x) for x in {0, …, n}; E[x | I] = n σ(b + I). Parameter: ``bias``.

    A unit stands for n binary ones that share weights and bias (Teh & Hinton, *Rate-coded restricted Boltzmann machines
    for face recognition*, 2001).

    Parameters
    ----------
    n_trials : int
        n, the same for all units of the layer.
    """

    n_trials: int = 1

    number: ClassVar[str] = "max"

    # What is a constant of other types follows from the number of trials here.
    @property
    def bounds(self) -> tuple[float, float]:  # type: ignore[override]
        return 0.0, float(self.n_trials)

    @property
    def values(self) -> str:  # type: ignore[override]
        return f"whole numbers from 0 to {self.n_trials}"

    def slope(self, variances: np.ndarray = ONE) -> float:
        return self.n_trials / 4

    def neutral(self, n_units: int, other: Array) -> UnitParameters:
        return {"bias": zeros((n_units,), other)}

    def at_rest(self, n_units: int, other: Array) -> UnitParameters:
        return {"bias": zeros((n_units,), other) + math.log(REST / (1 - REST))}

    def matched(self, mean: Array, variance: Array) -> UnitParameters:
        xp = namespace(mean)
        p = xp.clip(mean / self.n_trials, 1e-3, 1 - 1e-3)
        return {"bias": xp.log(p / (1 - p))}

    def potential(self, parameters: UnitParameters, x: Array) -> Array:
        n = self.n_trials
        log_ways = math.lgamma(n + 1) - log_factorial(x) - log_factorial(n - x)
        return -product(x, parameters["bias"]) - namespace(x).sum(log_ways, axis=-1)

    def log_partition(self, parameters: UnitParameters, inputs: Array) -> Array:
        return self.n_trials * softplus(inputs + parameters["bias"])

    def mean(self, parameters: UnitParameters, inputs: Array) -> Array:
        return self.n_trials * sigmoid(inputs + parameters["bias"])

    def variance(self, parameters: UnitParameters, inputs: Array) -> Array:
        mean = self.mean(parameters, inputs)
        return mean * (1 - mean / self.n_trials)

    def sample(self, parameters: UnitParameters, inputs: Array, stream: Stream) -> Array:
        u = uniforms(stream, inputs).ravel()
        n, p = self.n_trials, to_numpy(sigmoid(inputs + parameters["bias"])).astype(float).ravel()
        # Kept off 0 and 1, where the skewness is infinite, by less than the uniform numbers can tell.
        p = np.clip(np.nan_to_num(p), 1e-9 / n, 1 - 1e-9 / n)
        # The rarer outcome is counted: n less that many are the other.
        rare = np.minimum(p, 1 - p)
        if n <= SMALL:
            odds = rare / (1 - rare)
            drawn = counted_together(u, math.prod([1 - rare] * n), lambda k: odds * ((n + 1 - k) / k), n)
            return like(np.where(p > 0.5, n - drawn, drawn).reshape(inputs.shape), inputs)
        drawn, few = np.empty(len(u)), n * rare <= FEW
        q, r = rare[few], rare[~few]
        few_odds, many_odds, deviation = q / (1 - q), r / (1 - r), np.sqrt(n * r * (1 - r))
        log_orders = math.lgamma(n + 1)
        drawn[few] = counted(u[few], (1 - q) ** n, lambda k, at: few_odds[at] * ((n + 1 - k) / k))
        drawn[~few] = quantile(
            u[~few],
            lambda k: scipy.special.bdtr(k, n, r),
            lambda k: log_orders - log_factorial(k) - log_factorial(n - k) + k * np.log(r) + (n - k) * np.log1p(-r),
            lambda k, at: many_odds[at] * ((n + 1 - k) / k),
            (n * r, deviation, (1 - 2 * r) / deviation),
            n,
        )
        return like(np.where(p > 0.5, n - drawn, drawn).reshape(inputs.shape), inputs)

    def statistics(
        self, parameters: UnitParameters, activity: Activity, row_weights: Array | None = None
    ) -> UnitParameters:
        return {"bias": average(activity.values, row_weights)}

    def sites(self, n_units: int) -> list[np.ndarray] | None:
        return None if self.n_trials > MOST_LISTED else [np.arange(self.n_trials + 1.0)[:, None]] * n_units

    def takes(self, x: np.ndarray) -> np.ndarray:
        return (x >= 0) & (x <= self.n_trials) & (x == np.round(x))

    def fitted(self, number: float) -> Units:
        return Binomial(max(1, math.ceil(number)))

    def number_of(self, x: np.ndarray) -> float:
        return float(np.fmax.reduce(x, axis=None) if isinstance(x, np.ndarray) else x.nanmax())
