"""Real-valued units."""

import math
from dataclasses import dataclass

from deepbelief.core.arrays import Array, namespace, product, zeros
from deepbelief.core.randomness import Stream
from deepbelief.core.units.base import Activity, UnitParameters, Units, average

STILL = 1e-4  # of the mean variance of all features: the least that a feature starts with


@dataclass(frozen=True)
class Gaussian(Units):
    """Real-valued units: U(x) = γ x²/2 − b·x; E[x | I] = (b + I)/γ, Var[x | I] = 1/γ.

    Parameters are ``bias`` and, with `learn_variance`, ``log_precision`` = log γ, one for each unit; otherwise γ = 1.

    Parameters
    ----------
    learn_variance : bool
        Learn the precision γ of every unit instead of keeping it at one.
    """

    learn_variance: bool = False

    @property
    def learns_scale(self) -> bool:
        return self.learn_variance

    def precision(self, parameters: UnitParameters) -> Array:
        if self.learn_variance:
            log_precision = parameters["log_precision"]
            return namespace(log_precision).exp(log_precision)
        return namespace(parameters["bias"]).ones_like(parameters["bias"])

    def neutral(self, n_units: int, other: Array) -> UnitParameters:
        names = ("bias", "log_precision") if self.learn_variance else ("bias",)
        return {name: zeros((n_units,), other) for name in names}

    def matched(self, mean: Array, variance: Array) -> UnitParameters:
        if not self.learn_variance:
            return {"bias": mean}
        xp = namespace(mean)
        # A constant feature would ask for infinite precision: it counts as one that hardly changes.
        variance = xp.clip(variance, STILL * float(variance.mean()) + 1e-6, None)
        return {"bias": mean / variance, "log_precision": -xp.log(variance)}

    def potential(self, parameters: UnitParameters, x: Array) -> Array:
        return product(x * x, self.precision(parameters) / 2) - product(x, parameters["bias"])

    def log_partition(self, parameters: UnitParameters, inputs: Array) -> Array:
        precision = self.precision(parameters)
        field = inputs + parameters["bias"]
        return field * field / (2 * precision) + 0.5 * namespace(field).log(2 * math.pi / precision)

    def mean(self, parameters: UnitParameters, inputs: Array) -> Array:
        return (inputs + parameters["bias"]) / self.precision(parameters)

    def variance(self, parameters: UnitParameters, inputs: Array) -> Array:
        return 1 / self.precision(parameters) + 0 * inputs

    def sample(self, parameters: UnitParameters, inputs: Array, stream: Stream) -> Array:
        noise = stream.normal(tuple(inputs.shape), inputs)
        return self.mean(parameters, inputs) + noise * namespace(inputs).sqrt(1 / self.precision(parameters))

    def statistics(
        self, parameters: UnitParameters, activity: Activity, row_weights: Array | None = None
    ) -> UnitParameters:
        x = activity.values
        first = {"bias": average(x, row_weights)}
        if not self.learn_variance:
            return first
        precision = self.precision(parameters)
        squares = x * x if activity.inputs is None else x * x + 1 / precision
        return first | {"log_precision": -precision * average(squares, row_weights) / 2}

    def backward(self, parameters: UnitParameters, activity: Activity, delta: Array) -> Array:
        return delta / self.precision(parameters)

    def absorbed(self, parameters: UnitParameters) -> tuple[Units, Array | float, Array | float]:
        return Gaussian(), 1 / self.precision(parameters), 1.0
