"""A unit type from outside the package, x in {−1, 0, 1}; ``pytest -p oracles.ternary`` registers it for a run.

Oracles know nothing of it but what it says itself: its potential, and the values that it can take.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from deepbelief.core.arrays import cast, namespace, zeros
from deepbelief.core.units import UNITS, Units, average


@dataclass(frozen=True)
class Ternary(Units):
    """U(x) = γ x² − b·x: a unit that is up, down or, the more so the larger γ, at rest."""

    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    values: ClassVar[str] = "−1, 0 and 1"

    def neutral(self, n_units, other):
        return {"bias": zeros((n_units,), other), "rest": zeros((n_units,), other)}

    def at_rest(self, n_units, other):
        mean = zeros((n_units,), other) - 0.8  # a tenth of the way up, as other types with two ends
        return self.matched(mean, 0 * mean)

    def matched(self, mean, variance):
        xp = namespace(mean)
        moved = xp.clip(variance + mean**2, abs(mean) + 1e-3 * (1 - abs(mean)), 1 - 1e-3 * (1 - abs(mean)))
        up, down = (moved + mean) / 2, (moved - mean) / 2
        return {"bias": xp.log(up / down) / 2, "rest": xp.log(1 - moved) - xp.log(up * down) / 2}

    def potential(self, parameters, x):
        return x**2 @ parameters["rest"] - x @ parameters["bias"]

    def _weights(self, parameters, inputs):
        xp, field = namespace(inputs), inputs + parameters["bias"]
        return xp.exp(-field - parameters["rest"]), xp.exp(field - parameters["rest"])

    def log_partition(self, parameters, inputs):
        down, up = self._weights(parameters, inputs)
        return namespace(inputs).log(1 + down + up)

    def mean(self, parameters, inputs):
        down, up = self._weights(parameters, inputs)
        return (up - down) / (1 + down + up)

    def variance(self, parameters, inputs):
        down, up = self._weights(parameters, inputs)
        return (up + down) / (1 + down + up) - self.mean(parameters, inputs) ** 2

    def sample(self, parameters, inputs, stream):
        down, up = self._weights(parameters, inputs)
        u = stream.uniform(tuple(inputs.shape), inputs) * (1 + down + up)
        return cast(u >= down, inputs) + cast(u >= 1 + down, inputs) - 1

    def statistics(self, parameters, activity, row_weights=None):
        x = activity.values
        squares = x**2 if activity.inputs is None else x**2 + self.variance(parameters, activity.inputs)
        return {"bias": average(x, row_weights), "rest": -average(squares, row_weights)}

    def sites(self, n_units):
        return [np.array([[-1.0], [0.0], [1.0]])] * n_units

    def takes(self, x):
        return np.isin(x, [-1, 0, 1])


UNITS["ternary"] = Ternary()
