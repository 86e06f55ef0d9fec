"""Binary units."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from deepbelief.core.arrays import Array, namespace, product, zeros
from deepbelief.core.functions import sigmoid, softplus
from deepbelief.core.logistic import drawn, log_partition_change
from deepbelief.core.randomness import Stream
from deepbelief.core.units.base import ONE, Activity, UnitParameters, Units, average

REST = 0.1  # probability with which a binary hidden unit starts to be on


@dataclass(frozen=True)
class Bernoulli(Units):
    """Binary units: U(x) = −b·x for x in {0, 1}; E[x | I] = σ(b + I). Parameter: ``bias``."""

    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    values: ClassVar[str] = "numbers from 0 to 1"

    def slope(self, variances: np.ndarray = ONE) -> float:
        return 0.25

    def at_rest(self, n_units: int, other: Array) -> UnitParameters:
        # Mostly off, so that each learns to answer to few rows, and different units to different ones: Hinton (2010),
        # §11. Units that start at one half stay in the linear middle of their range.
        return {"bias": zeros((n_units,), other) + math.log(REST / (1 - REST))}

    def neutral(self, n_units: int, other: Array) -> UnitParameters:
        return {"bias": zeros((n_units,), other)}

    def matched(self, mean: Array, variance: Array) -> UnitParameters:
        # Hinton, A Practical Guide to Training RBMs (2010), §8.1: log(p / (1 − p)). A unit that is always on or off
        # would start at ±∞; it starts at p = 0.001 from there instead.
        xp = namespace(mean)
        p = xp.clip(mean, 1e-3, 1 - 1e-3)
        return {"bias": xp.log(p / (1 - p))}

    def potential(self, parameters: UnitParameters, x: Array) -> Array:
        return -product(x, parameters["bias"])

    def log_partition(self, parameters: UnitParameters, inputs: Array) -> Array:
        return softplus(inputs + parameters["bias"])

    def mean(self, parameters: UnitParameters, inputs: Array) -> Array:
        return sigmoid(inputs + parameters["bias"])

    def variance(self, parameters: UnitParameters, inputs: Array) -> Array:
        mean = self.mean(parameters, inputs)
        return mean * (1 - mean)

    def sample(self, parameters: UnitParameters, inputs: Array, stream: Stream) -> Array:
        return drawn(1.0, inputs, None, parameters["bias"], stream)

    def sample_between(
        self, parameters: UnitParameters, beta: Array | float, inputs: Array, field: Array, stream: Stream
    ) -> Array:
        return drawn(beta, inputs, field, parameters["bias"], stream)

    def log_partition_change(
        self, parameters: UnitParameters, old: Array | float, new: Array | float, inputs: Array, field: Array
    ) -> Array:
        return log_partition_change(old, new, inputs, field, parameters["bias"])

    def statistics(
        self, parameters: UnitParameters, activity: Activity, row_weights: Array | None = None
    ) -> UnitParameters:
        return {"bias": average(activity.values, row_weights)}

    def backward(self, parameters: UnitParameters, activity: Activity, delta: Array) -> Array:
        return delta * (activity.values * (1 - activity.values))

    def sites(self, n_units: int) -> list[np.ndarray]:
        return [np.array([[0.0], [1.0]])] * n_units
