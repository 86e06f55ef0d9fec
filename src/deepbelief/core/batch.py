"""A batch: some rows, with their missing values, labels and weights."""

from dataclasses import dataclass, replace

import numpy as np

from deepbelief.core.arrays import Array, cast, namespace
from deepbelief.core.randomness import Stream


@dataclass(frozen=True)
class Batch:
    """Rows with their holes, labels and weights.

    Parameters
    ----------
    v : array, shape (n_rows, n_features)
        Finite numbers. Where a value is not known, another one stands in for it: the mean of its feature.
    mask : array of bool, shape (n_rows, n_features), optional
        Which values are known. None if all are.
    labels : ndarray, shape (n_rows,) or (n_rows, n_targets), optional
        What is to be predicted of each row: the index of its class, or several bits or numbers.
    weights : array, shape (n_rows,), optional
        How much each row counts: 1 on average over all rows that are trained on. None if all count the same.
    """

    v: Array
    mask: Array | None = None
    labels: np.ndarray | None = None
    weights: Array | None = None

    def __len__(self) -> int:
        return self.v.shape[0]

    @property
    def shares(self) -> Array | None:
        """What each row adds to an average over the batch, (n_rows,); None if all add the same."""
        return None if self.weights is None else self.weights / len(self)

    @property
    def relative_shares(self) -> Array | None:
        """Shares that add up to one."""
        return None if self.weights is None else self.weights / self.weights.sum()

    @property
    def weight(self) -> float:
        """How much a row of this batch counts on average."""
        return 1.0 if self.weights is None else float(self.weights.mean())


def binarized(batch: Batch, stream: Stream) -> Batch:
    """Return a batch of bits drawn from one of probabilities: 1 with the probability that the value gives, 0 otherwise.

    Parameters
    ----------
    batch : Batch
        Its values lie in [0, 1].
    stream : Stream
        Where the random numbers come from.

    Returns
    -------
    Batch
    """
    v = cast(stream.uniform(tuple(batch.v.shape), batch.v) < batch.v, batch.v)
    if batch.mask is not None:
        v = namespace(v).where(batch.mask, v, batch.v)  # a mean stands in where nothing is known
    return replace(batch, v=v)
