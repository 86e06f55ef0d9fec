"""Training data as dense batches of floats on one device, whatever the matrix they come from."""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import scipy.sparse

from deepbelief.core.arrays import Array, as_dtype, like, to_device, to_device_if_room, to_numpy

MONITORED_ROWS = 1000  # that what is measured of all is measured on, evenly spaced
ROWS_AT_ONCE = 2048  # for passes over all rows: large enough for fast products, small enough for any memory


@dataclass(frozen=True)
class Rows:
    """The rows of a data matrix, scaled and moved as they are taken.

    Parameters
    ----------
    matrix : numpy array, torch tensor or SciPy CSR matrix, shape (n_rows, n_features)
        A NumPy array may lie in a file (``numpy.memmap``).
    dtype : numpy scalar type
        Of the batches: ``numpy.float32`` or ``numpy.float64``.
    device : str
        Where the batches live: ``"numpy"``, or any device torch knows.
    shift, scale : float or numpy array of shape (n_features,)
        Batches hold (matrix − shift) / scale. A feature whose scale is infinite is 0 in all of them.
    """

    matrix: Any
    dtype: type[np.floating] = np.float32
    device: str = "numpy"
    shift: float | np.ndarray = 0.0
    scale: float | np.ndarray = 1.0

    def __len__(self) -> int:
        return self.matrix.shape[0]

    @property
    def n_features(self) -> int:
        """The number of columns."""
        return self.matrix.shape[1]

    def take(self, indices: np.ndarray | slice | Array) -> Array:
        """Return the rows `indices` as a dense array, shape (n_indices, n_features)."""
        batch = self.matrix[indices]
        if self.on_device:
            batch = as_dtype(batch, self.dtype)
            if not self._is_scaled:
                return batch
            shift, scale = (like(np.asarray(value), batch) for value in (self.shift, self.scale))
            return (batch - shift) / scale
        if scipy.sparse.issparse(batch):
            batch = batch.toarray()
        return to_device(self._seen(np.asarray(batch)), self.device)

    def _seen(self, batch: np.ndarray) -> np.ndarray:
        """Return rows of the matrix scaled, with the batches' dtype.

        Where every feature has a scale of its own, it may be far from zero beside that: differences are taken first.
        """
        if self.has_one_scale:
            batch = batch.astype(self.dtype, copy=False)
            return (batch - self.shift) / self.scale if self._is_scaled else batch
        return ((batch - self.shift) / self.scale).astype(self.dtype, copy=False)

    def prepared(self) -> "Rows":
        """Return the same rows with the matrix scaled beforehand, which each pass then spares.

        A sparse matrix, one in a file, and one on a torch device are scaled batch by batch.
        """
        if not isinstance(self.matrix, np.ndarray) or _is_in_a_file(self.matrix):
            return self
        matrix = np.empty(self.matrix.shape, self.dtype)
        for first in range(0, len(matrix), ROWS_AT_ONCE):
            chunk = slice(first, first + ROWS_AT_ONCE)
            matrix[chunk] = self._seen(self.matrix[chunk])
        return Rows(matrix, self.dtype, self.device)

    def reader(self, n_most: int) -> "Reader":
        """Return what reads batches of at most `n_most` rows into arrays that exist already, on the host."""
        return Reader(self, n_most)

    def write(self, batch: np.ndarray, out: np.ndarray) -> None:
        """Write rows of the matrix into `out`, scaled."""
        if not self.has_one_scale:
            out[:] = self._seen(batch)
            return
        out[:] = batch
        if self._is_scaled:
            np.subtract(out, self.shift, out=out)
            np.divide(out, self.scale, out=out)

    @property
    def has_one_scale(self) -> bool:
        """Whether all features have the same shift and scale."""
        return not (np.ndim(self.shift) or np.ndim(self.scale))

    @property
    def _is_scaled(self) -> bool:
        return not self.has_one_scale or self.shift != 0 or self.scale != 1

    @property
    def on_device(self) -> bool:
        """Whether the matrix itself lives on a torch device."""
        return not isinstance(self.matrix, np.ndarray) and not scipy.sparse.issparse(self.matrix)

    def moved(self) -> "Rows":
        """Return the same rows with the matrix on their device, as it is: unsigned bytes stay bytes.

        A sparse matrix, one in a file, and one for which there is no room stay where they are; their batches are moved
        one by one.
        """
        if self.device == "numpy" or not isinstance(self.matrix, np.ndarray) or _is_in_a_file(self.matrix):
            return self
        matrix = self.matrix if self.matrix.dtype == np.uint8 else self.matrix.astype(self.dtype, copy=False)
        moved = to_device_if_room(matrix, self.device)
        return self if moved is None else replace(self, matrix=moved)

    def chunks(self) -> Iterator[Array]:
        """Yield all rows in order, some thousands at a time."""
        for start in range(0, len(self), ROWS_AT_ONCE):
            yield self.take(slice(start, start + ROWS_AT_ONCE))

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
        mean = sum(to_numpy(chunk).sum(axis=0, dtype=float) for chunk in self.chunks()) / len(self)
        variance = sum(np.square(to_numpy(chunk) - mean).sum(axis=0) for chunk in self.chunks()) / len(self)
        return (
            to_device(np.asarray(mean, dtype=self.dtype), self.device),
            to_device(np.asarray(variance, dtype=self.dtype), self.device),
        )


class Reads(Protocol):
    """Reads batches into arrays that exist already."""

    def read(self, indices: np.ndarray, out: np.ndarray) -> None:
        """Write the rows `indices` into `out`, shape (n_indices, n_features)."""


class Reader:
    """Reads batches as :meth:`Rows.take` returns them, but into arrays that exist already.

    Parameters
    ----------
    rows : Rows
    n_most : int
        Rows in the largest batch.
    """

    def __init__(self, rows: Rows, n_most: int) -> None:
        self._rows = rows
        self._is_sparse = scipy.sparse.issparse(rows.matrix)
        if not self._is_sparse:
            self._raw = np.empty((n_most, rows.n_features), rows.matrix.dtype)

    def read(self, indices: np.ndarray, out: np.ndarray) -> None:
        """Write the rows `indices` into `out`, shape (n_indices, n_features)."""
        if self._is_sparse:
            raw = self._rows.matrix[indices].toarray()
        else:
            raw = self._raw[: len(indices)]
            np.take(self._rows.matrix, indices, axis=0, out=raw, mode="clip")  # any other mode takes a copy first
        self._rows.write(raw, out)


def _is_in_a_file(matrix: np.ndarray) -> bool:
    base: Any = matrix
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base, mmap.mmap)
