"""Categories: groups of units of which exactly one is on."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from typing import Any, ClassVar

import numpy as np

from deepbelief.core.arrays import Array, namespace, product, zeros
from deepbelief.core.functions import logsumexp
from deepbelief.core.randomness import Stream
from deepbelief.core.units.base import ONE, Activity, ConstantSum, UnitParameters, Units, average

RAREST = 1e-3  # the smallest probability that a category starts with: the logarithm of 0 is no bias


@dataclass(frozen=True)
class Categorical(Units):
    """Potts units: U(x) = −b·x for groups of `n_states` units of which one is 1, the others 0.

    Given the input, the unit that is on is drawn from a softmax over its group, E[x | I] = softmax(b + I). Parameter:
    ``bias``. Groups of different sizes are blocks of a :class:`~deepbelief.core.units.mixed.Mixed` layer. A number
    added to all biases of a group, or to its weights with one unit of the other layer, changes nothing but biases:
    :mod:`~deepbelief.core.gauge` makes such a machine comparable with another one.

    Parameters
    ----------
    n_states : int
        Units in a group: the first `n_states` of the layer are the first group, and so on.
    """

    n_states: int = 2

    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    values: ClassVar[str] = "0 and 1, with one 1 in each group"
    number: ClassVar[str] = "states"

    def slope(self, variances: np.ndarray = ONE) -> float:
        return 0.5

    def _grouped(self, x: Array) -> Array:
        """Return (…, n_units) as (…, n_groups, n_states)."""
        if x.shape[-1] % self.n_states:
            raise ValueError(
                f"Categorical units come in groups of {self.n_states}, and {x.shape[-1]} units are no whole number of "
                f"groups: take {max(1, x.shape[-1] // self.n_states) * self.n_states} units."
            )
        return x.reshape(*x.shape[:-1], -1, self.n_states)

    def neutral(self, n_units: int, other: Array) -> UnitParameters:
        return {"bias": zeros((n_units,), other)}

    def at_rest(self, n_units: int, other: Array) -> UnitParameters:
        neutral = self.neutral(n_units, other)
        self._grouped(neutral["bias"])
        return neutral

    def matched(self, mean: Array, variance: Array) -> UnitParameters:
        xp = namespace(mean)
        logs = self._grouped(xp.log(xp.clip(mean, RAREST, None)))
        return {"bias": (logs - xp.mean(logs, axis=-1, keepdims=True)).reshape(mean.shape)}

    def potential(self, parameters: UnitParameters, x: Array) -> Array:
        return -product(x, parameters["bias"])

    def log_partition(self, parameters: UnitParameters, inputs: Array) -> Array:
        return logsumexp(self._grouped(inputs + parameters["bias"]))

    def mean(self, parameters: UnitParameters, inputs: Array) -> Array:
        weights = self._weights(parameters, inputs)
        return (weights / _over_states(operator.add, weights)).reshape(inputs.shape)

    def _weights(self, parameters: UnitParameters, inputs: Array) -> Array:
        """Return exp(b + I), in groups, over that of the likeliest unit of the group: (n_rows, n_groups, n_states)."""
        field, xp = self._grouped(inputs + parameters["bias"]), namespace(inputs)
        return xp.exp(field - _over_states(xp.maximum, field))

    def variance(self, parameters: UnitParameters, inputs: Array) -> Array:
        mean = self.mean(parameters, inputs)
        return mean * (1 - mean)

    def sample(self, parameters: UnitParameters, inputs: Array, stream: Stream) -> Array:
        weights = self._weights(parameters, inputs)
        # State by state, as below: sums up to each of them, on places that lie together in memory.
        cumulative = list(accumulate(weights[..., state] for state in range(self.n_states)))
        least = stream.uniform(tuple(cumulative[0].shape), inputs) * cumulative[-1]
        # The sums from the drawn state on are above; the one before it is the last that is not.
        drawn = namespace(inputs).empty_like(weights)
        was_above: Any = False
        for state, total in enumerate(cumulative):
            is_above = total > least
            drawn[..., state] = is_above ^ was_above
            was_above = is_above
        return drawn.reshape(inputs.shape)

    def statistics(
        self, parameters: UnitParameters, activity: Activity, row_weights: Array | None = None
    ) -> UnitParameters:
        return {"bias": average(activity.values, row_weights)}

    def backward(self, parameters: UnitParameters, activity: Activity, delta: Array) -> Array:
        p, delta = self._grouped(activity.values), self._grouped(delta)
        along = namespace(p).sum(p * delta, axis=-1, keepdims=True)
        return (p * (delta - along)).reshape(activity.values.shape)

    def sites(self, n_units: int) -> list[np.ndarray]:
        return [np.eye(self.n_states)] * (n_units // self.n_states)

    def by_site(self, x: Array) -> Array:
        return x[:, :: self.n_states]

    def constant_sums(self, n_units: int) -> list[ConstantSum]:
        return [ConstantSum(slice(first, first + self.n_states), 1.0) for first in range(0, n_units, self.n_states)]

    def takes(self, x: np.ndarray) -> np.ndarray:
        return (x == 0) | (x == 1)

    def fitted(self, number: float) -> Units:
        return Categorical(int(number))


def _over_states(function: Callable[[Array, Array], Array], x: Array) -> Array:
    """Join the states of each group: (…, n_states) → (…, 1). State by state, which is faster than groups one by one."""
    return reduce(function, (x[..., state] for state in range(x.shape[-1])))[..., None]
