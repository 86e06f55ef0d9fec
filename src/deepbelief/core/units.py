"""Unit types: what one layer of a machine is made of.

A layer of units x has the energy ``U(x) − x·I``, where I is the input that the other layer sends through the weights.
Each type below gives, for its own U:

* the *potential* U(x),
* the *log-partition* (cumulant) Γ(I) = log ∫ exp(x·I − U(x)) dx, a sum over {0, 1} for Bernoulli units,
* its derivatives in I: the conditional *mean* and *variance*,
* the *sufficient statistics* −∂U/∂parameter, averaged over rows.

Types hold settings only. Their parameters are dictionaries of arrays of shape (n_units,), so that a gradient can have
the same shape. This natural form, the same on both sides of a machine, follows Tubiana & Monasson, *Emergence of
compositional representations in restricted Boltzmann machines*, PRL 118 (2017), eq. 1–3.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from deepbelief.core.arrays import Array, cast, namespace, product, zeros
from deepbelief.core.functions import sigmoid, softplus
from deepbelief.core.randomness import Stream

UnitParameters = dict[str, Array]

REST = 0.1  # probability with which a binary hidden unit starts to be on


def average(x: Array, row_weights: Array | None = None) -> Array:
    """Average over rows: (n_rows, n) → (n,), or their sum weighted by `row_weights` (n_rows,)."""
    return namespace(x).mean(x, axis=0) if row_weights is None else row_weights @ x


class Units(ABC):
    """What every unit type answers. Inputs and values have shape (n_rows, n_units)."""

    @abstractmethod
    def neutral(self, n_units: int, other: Array) -> UnitParameters:
        """Return parameters that favour nothing, as arrays like `other`."""

    def at_rest(self, n_units: int, other: Array) -> UnitParameters:
        """Return the parameters with which hidden units start: what they do without input, as arrays like `other`."""
        return self.neutral(n_units, other)

    @abstractmethod
    def matched(self, mean: Array, variance: Array) -> UnitParameters:
        """Return the parameters with which independent units have this `mean` and `variance`, both (n_units,)."""

    @abstractmethod
    def potential(self, parameters: UnitParameters, x: Array) -> Array:
        """Return U(x), summed over the units: (n_rows,)."""

    @abstractmethod
    def log_partition(self, parameters: UnitParameters, inputs: Array) -> Array:
        """Return Γ(I) for every unit: (n_rows, n_units)."""

    @abstractmethod
    def mean(self, parameters: UnitParameters, inputs: Array) -> Array:
        """Return E[x | I] = ∂Γ/∂I: (n_rows, n_units)."""

    @abstractmethod
    def variance(self, parameters: UnitParameters, mean: Array) -> Array:
        """Return Var[x | I] = ∂²Γ/∂I² where the conditional mean is `mean`; broadcasts to (n_rows, n_units)."""

    @abstractmethod
    def sample(self, parameters: UnitParameters, mean: Array, stream: Stream) -> Array:
        """Draw from p(x | I) where the conditional mean is `mean`: (n_rows, n_units)."""

    @abstractmethod
    def statistics(
        self, parameters: UnitParameters, x: Array, *, are_means: bool, row_weights: Array | None = None
    ) -> UnitParameters:
        """Return the average over rows of −∂U/∂parameter.

        Parameters
        ----------
        parameters : dict of array, shape (n_units,)
        x : array, shape (n_rows, n_units)
            Values of the units, or their conditional means.
        are_means : bool
            `x` are conditional means: the average is over the units' conditional distribution too.
        row_weights : array, shape (n_rows,), optional
            A weighted sum with these weights instead of the average.

        Returns
        -------
        dict of array, shape (n_units,)
            Shaped like `parameters`.
        """


@dataclass(frozen=True)
class Bernoulli(Units):
    """Binary units: U(x) = −b·x for x in {0, 1}; E[x | I] = σ(b + I). Parameter: ``bias``."""

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

    def variance(self, parameters: UnitParameters, mean: Array) -> Array:
        return mean * (1 - mean)

    def sample(self, parameters: UnitParameters, mean: Array, stream: Stream) -> Array:
        return cast(stream.uniform(tuple(mean.shape), mean) < mean, mean)

    def statistics(
        self, parameters: UnitParameters, x: Array, *, are_means: bool, row_weights: Array | None = None
    ) -> UnitParameters:
        return {"bias": average(x, row_weights)}


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

    def _precision(self, parameters: UnitParameters) -> Array:
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
        variance = xp.clip(variance, 1e-6, None)  # a constant feature would ask for infinite precision
        return {"bias": mean / variance, "log_precision": -xp.log(variance)}

    def potential(self, parameters: UnitParameters, x: Array) -> Array:
        return product(x * x, self._precision(parameters) / 2) - product(x, parameters["bias"])

    def log_partition(self, parameters: UnitParameters, inputs: Array) -> Array:
        precision = self._precision(parameters)
        field = inputs + parameters["bias"]
        return field * field / (2 * precision) + 0.5 * namespace(field).log(2 * math.pi / precision)

    def mean(self, parameters: UnitParameters, inputs: Array) -> Array:
        return (inputs + parameters["bias"]) / self._precision(parameters)

    def variance(self, parameters: UnitParameters, mean: Array) -> Array:
        return 1 / self._precision(parameters)

    def sample(self, parameters: UnitParameters, mean: Array, stream: Stream) -> Array:
        noise = stream.normal(tuple(mean.shape), mean)
        return mean + noise * namespace(mean).sqrt(self.variance(parameters, mean))

    def statistics(
        self, parameters: UnitParameters, x: Array, *, are_means: bool, row_weights: Array | None = None
    ) -> UnitParameters:
        first = {"bias": average(x, row_weights)}
        if not self.learn_variance:
            return first
        squares = x * x + self.variance(parameters, x) if are_means else x * x
        return first | {"log_precision": -self._precision(parameters) * average(squares, row_weights) / 2}
