"""Rectified units: normal distributions truncated at zero."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.special

from deepbelief.core import normal
from deepbelief.core.arrays import Array, is_on_host, like, namespace, product, to_numpy, zeros
from deepbelief.core.randomness import Stream
from deepbelief.core.units.base import Activity, UnitParameters, Units, average
from deepbelief.core.units.quantiles import uniforms

# The smallest mean that a unit starts with, and the smallest standard deviation, also as a share of the mean: a feature
# that is always 0 has neither.
SMALLEST = 1e-3
LOWEST = -1e3  # the standardised input of a unit that starts as an exponential distribution, as good as
FAR_BELOW = -5.0  # the input below which Φ is too small for plain formulas
_SERIES = (1.0, -2.0, 10.0, -74.0, 706.0, -8162.0)  # of the mean in 1 / a, odd powers


@dataclass(frozen=True)
class ReLU(Units):
    """Rectified units: U(x) = γ x²/2 − b·x for x ≥ 0, a truncated normal distribution.

    With a = (b + I)/√γ and r(a) = φ(a)/Φ(a): E[x | I] = (a + r)/√γ and Var[x | I] = (1 − r (a + r))/γ. Parameters:
    ``bias``, of which −b is the threshold, and with `learn_precision` ``log_precision`` = log γ, by which 1/γ is the
    slope far above the threshold; otherwise γ = 1 (Tubiana & Monasson 2017, where these units are called ReLU).

    Parameters
    ----------
    learn_precision : bool
        Learn γ of every unit instead of keeping it at one.
    """

    learn_precision: bool = True

    bounds = (0.0, math.inf)
    values = "numbers from 0 on"

    @property
    def learns_scale(self) -> bool:
        return self.learn_precision

    def _precision(self, parameters: UnitParameters) -> Array:
        if self.learn_precision:
            log_precision = parameters["log_precision"]
            return namespace(log_precision).exp(log_precision)
        return namespace(parameters["bias"]).ones_like(parameters["bias"])

    def neutral(self, n_units: int, other: Array) -> UnitParameters:
        names = ("bias", "log_precision") if self.learn_precision else ("bias",)
        return {name: zeros((n_units,), other) for name in names}

    def matched(self, mean: Array, variance: Array) -> UnitParameters:
        xp = namespace(mean)
        mean = xp.clip(mean, SMALLEST, None)
        variance = xp.clip(xp.maximum(variance, (SMALLEST * mean) ** 2), SMALLEST**2, None)
        if not self.learn_precision:
            return {"bias": _risen_to(mean, _mean)}
        # E[x]²/Var[x] depends on a alone, and grows with it from 1 to a². Data that vary more cannot be matched: units
        # then have the mean, and a γ for which steps are no larger than elsewhere, E[γ x²] = 1 over the data.
        ratio = mean**2 / variance
        fits = ratio > 1
        target = xp.where(fits, ratio, (ratio / (1 + ratio)) ** 0.5)
        a = _risen_to(target, lambda a: xp.where(fits, _mean(a) ** 2 / _variance(a), _mean(a)))
        root = _mean(a) / mean
        return {"bias": a * root, "log_precision": 2 * xp.log(root)}

    def potential(self, parameters: UnitParameters, x: Array) -> Array:
        return product(x * x, self._precision(parameters) / 2) - product(x, parameters["bias"])

    def log_partition(self, parameters: UnitParameters, inputs: Array) -> Array:
        precision = self._precision(parameters)
        a = (inputs + parameters["bias"]) / precision**0.5
        return _log_mass(a) - 0.5 * namespace(a).log(precision)

    def mean(self, parameters: UnitParameters, inputs: Array) -> Array:
        root = self._precision(parameters) ** 0.5
        return _mean((inputs + parameters["bias"]) / root) / root

    def variance(self, parameters: UnitParameters, inputs: Array) -> Array:
        precision = self._precision(parameters)
        return _variance((inputs + parameters["bias"]) / precision**0.5) / precision

    def sample(self, parameters: UnitParameters, inputs: Array, stream: Stream) -> Array:
        root = self._precision(parameters) ** 0.5
        a = to_numpy((inputs + parameters["bias"]) / root)
        return _drawn(a, normal.cumulative(a), inputs, stream) / root

    def sample_and_activity(self, parameters: UnitParameters, inputs: Array, stream: Stream) -> tuple[Array, Activity]:
        if not is_on_host(inputs):  # means are taken on the device
            return super().sample_and_activity(parameters, inputs, stream)
        # Both need Φ(a), which takes a third of the time of each.
        root = self._precision(parameters) ** 0.5
        a = to_numpy((inputs + parameters["bias"]) / root)
        mass = normal.cumulative(a)
        return _drawn(a, mass, inputs, stream) / root, Activity(like(to_numpy(_mean(a, mass)), inputs) / root, inputs)

    def statistics(
        self, parameters: UnitParameters, activity: Activity, row_weights: Array | None = None
    ) -> UnitParameters:
        x = activity.values
        first = {"bias": average(x, row_weights)}
        if not self.learn_precision:
            return first
        # γ E[x²] = 1 + (b + I) E[x], by parts: the derivative of x exp(a x − x²/2) has the integral 0.
        if activity.inputs is None:
            squares = self._precision(parameters) * x * x
        else:
            squares = 1 + (activity.inputs + parameters["bias"]) * x
        return first | {"log_precision": -average(squares, row_weights) / 2}

    def absorbed(self, parameters: UnitParameters) -> tuple[Units, Array | float, Array | float]:
        scale = self._precision(parameters) ** -0.5
        return ReLU(learn_precision=False), scale, scale

    def takes(self, x: np.ndarray) -> np.ndarray:
        return x >= 0


def _risen_to(target: Array, function: Callable[[Array], Array]) -> Array:
    """Return where a function of a that rises, from about 0 at `LOWEST` to more than a above 1, reaches `target`."""
    low, high = 0 * target + LOWEST, target + 1
    for _ in range(70):
        middle = (low + high) / 2
        is_small = function(middle) < target
        low = namespace(target).where(is_small, middle, low)
        high = namespace(target).where(is_small, high, middle)
    return (low + high) / 2


def _drawn(a: np.ndarray, mass: np.ndarray, other: Array, stream: Stream) -> Array:
    """Draw from normal distributions with the means `a`, truncated at 0, from a and `mass` = Φ(a), like `other`."""
    # a − x is normal, and below a: by the inverse of its distribution, which far below 0 only its logarithm has.
    u, far = uniforms(stream, other, a.dtype.type), a < FAR_BELOW
    p, is_somewhere_far = u * mass, far.any()
    if is_somewhere_far:
        p[far] = 0.5
    drawn = normal.quantile(p)
    if is_somewhere_far:
        drawn[far] = scipy.special.ndtri_exp(np.log(u[far]) + scipy.special.log_ndtr(a[far]))
    np.subtract(a, drawn, out=drawn)
    return like(np.maximum(drawn, 0.0, out=drawn), other)


def _ratio(a: Array, mass: np.ndarray | None = None) -> Array:
    """Return φ(a)/Φ(a), with `mass` = Φ(a) if it is known; the scaled error function is infinite where that is 0."""
    if not is_on_host(a):
        return math.sqrt(2 / math.pi) / namespace(a).special.erfcx(a * -math.sqrt(0.5))
    # The distribution function takes less time than the scaled error function, which is exact far below, too.
    values = to_numpy(a)
    mass = normal.cumulative(values) if mass is None else mass
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.exp(values * values * -0.5) * math.sqrt(0.5 / math.pi) / mass
    below = values < FAR_BELOW
    if below.any():
        ratio[below] = math.sqrt(2 / math.pi) / scipy.special.erfcx(values[below] * -math.sqrt(0.5))
    return like(ratio, a)


def _far(a: Array) -> float:
    """Return the input below which differences of large numbers would cancel, and series are more exact."""
    return -30.0 if a.dtype.itemsize > 4 else -10.0


def _polynomial(factors: Sequence[float], x: Array) -> Array:
    """Return Σ factorₖ xᵏ."""
    total = 0 * x
    for factor in reversed(factors):
        total = total * x + factor
    return total


def _mean(a: Array, mass: np.ndarray | None = None) -> Array:
    """Return a + φ(a)/Φ(a), with `mass` = Φ(a) if it is known."""
    xp = namespace(a)
    near = a + _ratio(a, mass)
    is_far = a < _far(a)
    if is_on_host(a) and not is_far.any():  # on a device, to ask would be to wait
        return near
    inverse = -1 / xp.where(is_far, a, 0 * a - 1)
    series = inverse * _polynomial(_SERIES, inverse * inverse)
    return xp.where(is_far, series, near)


def _variance(a: Array) -> Array:
    """Return the slope of :func:`_mean`, 1 − r (a + r)."""
    xp = namespace(a)
    is_far = a < _far(a)
    inverse = -1 / xp.where(is_far, a, 0 * a - 1)
    square = inverse * inverse
    series = square * _polynomial([(2 * k + 1) * factor for k, factor in enumerate(_SERIES)], square)
    ratio = _ratio(a)
    return xp.where(is_far, series, 1 - ratio * (a + ratio))


def _log_mass(a: Array) -> Array:
    """Return log ∫ exp(a·x − x²/2) dx over x ≥ 0, which is −log r(a) where r is not too small."""
    xp = namespace(a)
    positive = xp.where(a > 0, a, 0 * a)
    body = scipy.special.erf(positive / math.sqrt(2)) if xp is np else xp.erf(positive / math.sqrt(2))
    above = positive**2 / 2 + 0.5 * math.log(math.pi / 2) + xp.log1p(body)
    return xp.where(a > 0, above, -xp.log(_ratio(xp.where(a > 0, 0 * a, a))))
