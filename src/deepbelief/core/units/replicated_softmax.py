"""Documents as counts of the words of a vocabulary, given the length of the document."""

import math
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from deepbelief.core.arrays import Array, like, namespace, product, to_numpy, zeros
from deepbelief.core.functions import log_factorial, log_softmax, logsumexp
from deepbelief.core.randomness import Stream
from deepbelief.core.units.base import ONE, Activity, ConstantSum, UnitParameters, Units, average

RAREST = 1e-4  # of the share of a word with the mean one: the least that a word starts with
MOST_LISTED = 100_000  # documents up to which they are few enough to list


@dataclass(frozen=True)
class ReplicatedSoftmax(Units):
    """The words of a document: U(x) = Σ log x! − b·x for counts x with the sum D; E[x | I] = D softmax(b + I).

    Salakhutdinov & Hinton, *Replicated softmax: an undirected topic model* (2009): D softmax units share their weights,
    and a row is what they are together. D, the length of the document, is not modelled but given with each row. In that
    paper a hidden bias counts D times; here it counts D / `typical` times, which is the same machine with a bias that
    does not grow with the documents. Parameter: ``bias``.

    Parameters
    ----------
    typical : int
        The length of a document of which nothing is known.
    lengths : array, shape (n_rows, 1), optional
        D of each row that is to come, see :meth:`given`; `typical` if None.
    """

    typical: int = 1
    lengths: Any = field(default=None, compare=False)

    values: ClassVar[str] = "whole numbers from 0 on"
    number: ClassVar[str] = "length"

    @property
    def bounds(self) -> tuple[float, float]:  # type: ignore[override]
        return 0.0, float(self.typical)

    @property
    def bias_share(self) -> float:
        return 1 / self.typical

    @property
    def _length(self) -> Any:
        return float(self.typical) if self.lengths is None else self.lengths

    def slope(self, variances: np.ndarray = ONE) -> float:
        return min(float(variances.mean()), self.typical / 2)

    def neutral(self, n_units: int, other: Array) -> UnitParameters:
        return {"bias": zeros((n_units,), other)}

    def matched(self, mean: Array, variance: Array) -> UnitParameters:
        xp = namespace(mean)
        logs = xp.log(xp.clip(mean, float(mean.mean()) * RAREST + 1e-30, None))
        return {"bias": logs - xp.mean(logs, axis=-1)}

    def potential(self, parameters: UnitParameters, x: Array) -> Array:
        return namespace(x).sum(log_factorial(x), axis=-1) - product(x, parameters["bias"])

    def log_partition(self, parameters: UnitParameters, inputs: Array) -> Array:
        gamma = logsumexp(inputs + parameters["bias"])[..., None]
        length = self._length
        orders = math.lgamma(length + 1) if isinstance(length, float) else log_factorial(length)
        return length * gamma - orders

    def mean(self, parameters: UnitParameters, inputs: Array) -> Array:
        return self._length * self._shares(parameters, inputs)

    def _shares(self, parameters: UnitParameters, inputs: Array) -> Array:
        return namespace(inputs).exp(log_softmax(inputs + parameters["bias"]))

    def variance(self, parameters: UnitParameters, inputs: Array) -> Array:
        shares = self._shares(parameters, inputs)
        return self._length * shares * (1 - shares)

    def sample(self, parameters: UnitParameters, inputs: Array, stream: Stream) -> Array:
        cumulative = np.cumsum(to_numpy(self._shares(parameters, inputs)).astype(float), axis=1)
        length = np.broadcast_to(to_numpy(self._length), (len(cumulative), 1))
        n_words = int(length.max(initial=0))
        u = to_numpy(stream.uniform((len(cumulative), n_words), inputs)).astype(float)
        row, place = np.nonzero(np.arange(n_words) < length)
        # One search for all rows: each has its shares above the number of the row.
        ends = cumulative / np.maximum(cumulative[:, -1:], 1e-300) + np.arange(len(cumulative))[:, None]
        word = np.searchsorted(ends.ravel(), u[row, place] + row, side="right")
        # Where training diverges, shares are no numbers; it is about to be said.
        counts = np.bincount(np.minimum(word, ends.size - 1), minlength=ends.size)
        return like(counts.reshape(ends.shape).astype(float), inputs)

    def statistics(
        self, parameters: UnitParameters, activity: Activity, row_weights: Array | None = None
    ) -> UnitParameters:
        return {"bias": average(activity.values, row_weights)}

    def backward(self, parameters: UnitParameters, activity: Activity, delta: Array) -> Array:
        x = activity.values
        along = namespace(x).sum(x * delta, axis=-1, keepdims=True) / self._length
        return x * (delta - along)

    def sites(self, n_units: int) -> list[np.ndarray] | None:
        if self.lengths is not None or math.comb(self.typical + n_units - 1, n_units - 1) > MOST_LISTED:
            return None
        return [np.array(list(_documents(self.typical, n_units)), float)]

    def by_site(self, x: Array) -> Array:
        return x[:, :1]

    def constant_sums(self, n_units: int) -> list[ConstantSum]:
        return [ConstantSum(slice(0, n_units), float(self.typical))]

    def given(self, v: Array) -> Units:
        return replace(self, lengths=namespace(v).sum(v, axis=-1, keepdims=True))

    def takes(self, x: np.ndarray) -> np.ndarray:
        return (x >= 0) & (x == np.round(x))

    def fitted(self, number: float) -> Units:
        return ReplicatedSoftmax(max(1, round(number)))

    def number_of(self, x: np.ndarray) -> float:
        return float(np.nanmean(np.asarray(x.sum(axis=1))))


def _documents(length: int, n_words: int) -> list[tuple[int, ...]]:
    """Return the counts of all documents of a length."""
    if n_words == 1:
        return [(length,)]
    return [(first, *rest) for first in range(length + 1) for rest in _documents(length - first, n_words - 1)]
