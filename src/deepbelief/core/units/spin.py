"""Spins."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from deepbelief.core.arrays import Array, cast, namespace, product, zeros
from deepbelief.core.functions import softplus
from deepbelief.core.randomness import Stream
from deepbelief.core.units.base import Activity, UnitParameters, Units, average
from deepbelief.core.units.bernoulli import REST


@dataclass(frozen=True)
class Spin(Units):
    """Ising spins: U(x) = −b·x for x in {−1, 1}; E[x | I] = tanh(b + I). Parameter: ``bias``, a magnetic field."""

    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    values = "−1 and 1"

    def neutral(self, n_units: int, other: Array) -> UnitParameters:
        return {"bias": zeros((n_units,), other)}

    def at_rest(self, n_units: int, other: Array) -> UnitParameters:
        # Mostly down, as binary units start mostly off, and for the same reason.
        return {"bias": zeros((n_units,), other) + math.atanh(2 * REST - 1)}

    def matched(self, mean: Array, variance: Array) -> UnitParameters:
        xp = namespace(mean)
        mean = xp.clip(mean, -0.998, 0.998)  # a spin that never flips would start at ±∞
        return {"bias": 0.5 * xp.log((1 + mean) / (1 - mean))}

    def potential(self, parameters: UnitParameters, x: Array) -> Array:
        return -product(x, parameters["bias"])

    def log_partition(self, parameters: UnitParameters, inputs: Array) -> Array:
        field = inputs + parameters["bias"]
        return softplus(2 * field) - field

    def mean(self, parameters: UnitParameters, inputs: Array) -> Array:
        return namespace(inputs).tanh(inputs + parameters["bias"])

    def variance(self, parameters: UnitParameters, inputs: Array) -> Array:
        return 1 - self.mean(parameters, inputs) ** 2

    def sample(self, parameters: UnitParameters, inputs: Array, stream: Stream) -> Array:
        is_up = 2 * stream.uniform(tuple(inputs.shape), inputs) - 1 < self.mean(parameters, inputs)
        return 2 * cast(is_up, inputs) - 1

    def statistics(
        self, parameters: UnitParameters, activity: Activity, row_weights: Array | None = None
    ) -> UnitParameters:
        return {"bias": average(activity.values, row_weights)}

    def backward(self, parameters: UnitParameters, activity: Activity, delta: Array) -> Array:
        return delta * (1 - activity.values**2)

    def sites(self, n_units: int) -> list[np.ndarray]:
        return [np.array([[-1.0], [1.0]])] * n_units

    def takes(self, x: np.ndarray) -> np.ndarray:
        return abs(x) == 1
