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
        batch = np.asarray(batch, dtype=self.dtype)
        if self._is_scaled:
            batch = (batch - self._plain(self.shift)) / self._plain(self.scale)
        return to_device(batch, self.device)

    def reader(self, n_most: int) -> "Reader":
        """Return what reads batches of at most `n_most` rows into arrays that exist already, on the host."""
        return Reader(self, n_most)

    def rescale(self, batch: np.ndarray) -> None:
        """Shift and scale rows of the matrix in place."""
        if self._is_scaled:
            np.subtract(batch, self._plain(self.shift), out=batch)
            np.divide(batch, self._plain(self.scale), out=batch)

    @property
    def has_one_scale(self) -> bool:
        """Whether all features have the same shift and scale."""
        return not (np.ndim(self.shift) or np.ndim(self.scale))

    @property
    def _is_scaled(self) -> bool:
        return not self.has_one_scale or self.shift != 0 or self.scale != 1

    def _plain(self, value: float | np.ndarray) -> float | np.ndarray:
        """Return a shift or a scale as the batches' dtype has it; a float leaves that dtype as it is anyway."""
        return value.astype(self.dtype, copy=False) if isinstance(value, np.ndarray) else value

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
            out[:] = self._rows.matrix[indices].toarray()
        else:
            raw = self._raw[: len(indices)]
            np.take(self._rows.matrix, indices, axis=0, out=raw, mode="clip")  # any other mode takes a copy first
            out[:] = raw
        self._rows.rescale(out)


def _is_in_a_file(matrix: np.ndarray) -> bool:
    base: Any = matrix
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base, mmap.mmap)
