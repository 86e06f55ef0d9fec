"""Training data as dense batches of floats on one device, whatever the matrix they come from."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse

from deepbelief.core.arrays import Array, to_device

ROWS_AT_ONCE = 2048  # for passes over all rows: large enough for fast products, small enough for any memory


@dataclass(frozen=True)
class Rows:
    """The rows of a data matrix, scaled and moved as they are taken.

    Parameters
    ----------
    matrix : numpy array or SciPy CSR matrix, shape (n_rows, n_features)
    dtype : numpy scalar type
        Of the batches: ``numpy.float32`` or ``numpy.float64``.
    device : str
        Where the batches live: ``"numpy"``, or any device torch knows.
    minimum, span : float
        Batches hold (matrix − minimum) / span.
    """

    matrix: Any
    dtype: type[np.floating] = np.float32
    device: str = "numpy"
    minimum: float = 0.0
    span: float = 1.0

    def __len__(self) -> int:
        return self.matrix.shape[0]

    @property
    def n_features(self) -> int:
        """The number of columns."""
        return self.matrix.shape[1]

    def take(self, indices: np.ndarray | slice) -> Array:
        """Return the rows `indices` as a dense array, shape (n_indices, n_features)."""
        batch = self.matrix[indices]
        if scipy.sparse.issparse(batch):
            batch = batch.toarray()
        batch = np.asarray(batch, dtype=self.dtype)
        if self.minimum != 0 or self.span != 1:
            batch = (batch - self.dtype(self.minimum)) / self.dtype(self.span)
        return to_device(batch, self.device)

    def chunks(self) -> Iterator[Array]:
        """Yield all rows in order, some thousands at a time."""
        for start in range(0, len(self), ROWS_AT_ONCE):
            yield self.take(slice(start, start + ROWS_AT_ONCE))

    def batches(self, order: np.ndarray, batch_size: int) -> Iterator[tuple[np.ndarray, Array]]:
        """Yield (indices, rows) in this order; the last batch may be short."""
        for start in range(0, len(order), batch_size):
            indices = order[start : start + batch_size]
            yield indices, self.take(indices)

    def subset(self, indices: np.ndarray) -> "Rows":
        """Return the rows `indices`, which are sorted and unique; no copy if it is all of them."""
        return self if len(indices) == len(self) else replace(self, matrix=self.matrix[indices])

    def spread(self, n_rows: int) -> "Rows":
        """Return at most `n_rows` of the rows, evenly spaced: the same ones each time."""
        if len(self) <= n_rows:
            return self
        return self.subset(np.linspace(0, len(self) - 1, n_rows).round().astype(int))

    def moments(self) -> tuple[Array, Array]:
        """Return mean and variance of every feature, each of shape (n_features,), accumulated at float64."""
        host = replace(self, device="numpy")
        mean = sum(chunk.sum(axis=0, dtype=float) for chunk in host.chunks()) / len(self)
        variance = sum(np.square(chunk - mean).sum(axis=0) for chunk in host.chunks()) / len(self)
        return (
            to_device(np.asarray(mean, dtype=self.dtype), self.device),
            to_device(np.asarray(variance, dtype=self.dtype), self.device),
        )
