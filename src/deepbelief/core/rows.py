"""Training data as dense batches of floats on one device, whatever the matrix they come from."""

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import scipy.sparse

from deepbelief.core.arrays import Array, as_dtype, like, namespace, to_numpy
from deepbelief.core.batch import Batch
from deepbelief.core.devices import to_device, to_device_if_room

MONITORED_ROWS = 1000  # that what is measured of all is measured on, evenly spaced
ROWS_AT_ONCE = 2048  # for passes over all rows: large enough for fast products, small enough for any memory


@dataclass(frozen=True)
class Rows:
    """Some rows of a data matrix, scaled and moved as they are taken.

    Parameters
    ----------
    matrix : numpy array, torch tensor or SciPy CSR matrix, shape (n_matrix_rows, n_features)
        A NumPy array may lie in a file (``numpy.memmap``). NaN stands for a value that is not known.
    dtype : numpy scalar type
        Of the batches: ``numpy.float32`` or ``numpy.float64``.
    device : str
        Where the batches live: ``"numpy"``, or any device torch knows.
    shift, scale : float or numpy array of shape (n_features,)
        Batches hold (matrix − shift) / scale. A feature whose scale is infinite is 0 in all of them.
    limit : numpy array of shape (n_features,), optional
        How far from 0 the values of batches can be, where every feature has a scale of its own: what is farther is
        replaced by the limit. None for no limits.
    stand_in : float or numpy array of shape (n_features,), optional
        What batches hold where a value is not known, at their scale. None if the matrix has no NaN.
    index : array of int, shape (n_rows,), optional
        Which row of the matrix each of these rows is; some may be there several times. None for all of them, in order.
    labels : ndarray, shape (n_rows,) or (n_rows, n_targets), optional
        What is to be predicted of each row: the index of its class, or several bits or numbers.
    weights : ndarray, shape (n_rows,), optional
        How much each row counts beside the others. None if all count the same.
    """

    matrix: Any
    dtype: type[np.floating] = np.float32
    device: str = "numpy"
    shift: float | np.ndarray = 0.0
    scale: float | np.ndarray = 1.0
    limit: np.ndarray | None = None
    stand_in: float | np.ndarray | None = None
    index: Any = None
    labels: np.ndarray | None = None
    weights: np.ndarray | None = None

    def __len__(self) -> int:
        return self.matrix.shape[0] if self.index is None else len(self.index)

    @property
    def n_features(self) -> int:
        """The number of columns."""
        return self.matrix.shape[1]

    @property
    def known_labels(self) -> np.ndarray:
        """The labels of rows that have some."""
        assert self.labels is not None
        return self.labels

    @property
    def has_holes(self) -> bool:
        """Whether some values may be unknown."""
        return self.stand_in is not None

    def take(self, indices: np.ndarray | slice | Array) -> Array:
        """Return the rows `indices` as a dense array, shape (n_indices, n_features), without holes.

        Parameters
        ----------
        indices : array of int, or slice
            Which rows.

        Returns
        -------
        array, shape (n_indices, n_features)
        """
        return self.known(indices)[0]

    def batch(self, indices: np.ndarray | slice | Array) -> Batch:
        """Return the rows `indices` with all that is known of them.

        Parameters
        ----------
        indices : array of int, or slice
            Which rows.

        Returns
        -------
        Batch
        """
        v, mask = self.known(indices)
        labels = None if self.labels is None else self.labels[indices]
        weights = None if self.weights is None else like(self.relative_weights(indices), v)
        return Batch(v, mask, labels, weights)

    def known(self, indices: np.ndarray | slice | Array) -> tuple[Array, Array | None]:
        """Return rows without holes, and which of their values are known, without labels, which are on the host.

        Parameters
        ----------
        indices : array of int, or slice
            Which rows.

        Returns
        -------
        v : array, shape (n_indices, n_features)
        mask : array of bool, shape (n_indices, n_features), or None
            None if all are known.
        """
        v = self._seen_rows(indices)
        if self.stand_in is None:
            return v, None
        xp = namespace(v)
        mask = ~xp.isnan(v)
        return xp.where(mask, v, like(np.asarray(self.stand_in), v)), mask

    def relative_weights(self, indices: np.ndarray | slice | Array) -> np.ndarray:
        """Return the weights of the rows `indices` of weighted rows, beside the mean of all weights.

        Parameters
        ----------
        indices : array of int, or slice
            Which rows.

        Returns
        -------
        ndarray, shape (n_indices,)
        """
        assert self.weights is not None
        return self.weights[indices] / self._mean_weight

    def raw(self, indices: np.ndarray | slice | Array) -> Any:
        """Return the rows `indices` of the matrix as they are there.

        Parameters
        ----------
        indices : array of int, or slice
            Which rows.

        Returns
        -------
        matrix, shape (n_indices, n_features)
        """
        return self.matrix[self.places(indices)]

    def places(self, indices: np.ndarray | slice | Array) -> Any:
        """Return which rows of the matrix the rows `indices` are.

        Parameters
        ----------
        indices : array of int, or slice
            Which rows.

        Returns
        -------
        array of int, or slice
        """
        return indices if self.index is None else self.index[indices]

    def _seen_rows(self, indices: np.ndarray | slice | Array) -> Array:
        """Return rows as the units see them, NaN where a value is not known."""
        found = self.raw(indices)
        if self.on_device:
            found = as_dtype(found, self.dtype)
            if not self._is_scaled:
                return found
            shift, scale = (like(np.asarray(value), found) for value in (self.shift, self.scale))
            seen = (found - shift) / scale
            if self.limit is None:
                return seen
            limit = like(self.limit, found)
            return namespace(seen).clip(seen, -limit, limit)
        return to_device(self._seen(self.dense(found)), self.device)

    def dense(self, found: Any) -> np.ndarray:
        """Return rows of the matrix as a dense array.

        Parameters
        ----------
        found : matrix, shape (n_rows, n_features)
            Dense or sparse.

        Returns
        -------
        ndarray, shape (n_rows, n_features)
        """
        return found.toarray() if scipy.sparse.issparse(found) else np.asarray(found)

    def _seen(self, batch: np.ndarray) -> np.ndarray:
        """Return rows of the matrix scaled, with the batches' dtype.

        Where every feature has a scale of its own, it may be far from zero beside that: differences are taken first.
        """
        if self.has_one_scale:
            batch = batch.astype(self.dtype, copy=False)
            return (batch - self.shift) / self.scale if self._is_scaled else batch
        seen = (batch - self.shift) / self.scale
        seen = seen if self.limit is None else np.clip(seen, -self.limit, self.limit)
        return seen.astype(self.dtype, copy=False)

    def prepared(self) -> "Rows":
        """Return the same rows with a matrix that is scaled once, so that no pass has to scale it.

        A sparse matrix, one in a file, and one on a torch device are scaled batch by batch.

        Returns
        -------
        Rows
        """
        if not isinstance(self.matrix, np.ndarray) or _is_in_a_file(self.matrix):
            return self
        matrix = np.empty(self.matrix.shape, self.dtype)
        for first in range(0, len(matrix), ROWS_AT_ONCE):
            chunk = slice(first, first + ROWS_AT_ONCE)
            matrix[chunk] = self._seen(self.matrix[chunk])
        return replace(self, matrix=matrix, shift=0.0, scale=1.0, limit=None)

    def reader(self, n_most: int) -> "Reader":
        """Return what reads batches of at most `n_most` rows into arrays that exist already, on the host.

        Parameters
        ----------
        n_most : int

        Returns
        -------
        Reader
        """
        return Reader(self, n_most)

    def write(self, batch: np.ndarray, out: np.ndarray) -> None:
        """Write rows of the matrix into `out`, scaled.

        Parameters
        ----------
        batch : ndarray, shape (n_rows, n_features)
        out : ndarray, shape (n_rows, n_features)
        """
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

    @cached_property
    def _mean_weight(self) -> float:
        return 1.0 if self.weights is None else float(self.weights.mean())

    @property
    def evenness(self) -> float:
        """How many equal rows say as much as one of these does, 1 at the most: (Σ w)² / (n Σ w²) (Kish 1965)."""
        return 1.0 if self.weights is None else 1 / float(np.mean(np.square(self.weights / self._mean_weight)))

    @property
    def on_device(self) -> bool:
        """Whether the matrix itself lives on a torch device."""
        return not isinstance(self.matrix, np.ndarray) and not scipy.sparse.issparse(self.matrix)

    def moved(self) -> "Rows":
        """Return the same rows with the matrix on their device, as it is: unsigned bytes stay bytes.

        A sparse matrix, one in a file, and one for which there is no room stay where they are; their batches are moved
        one by one.

        Returns
        -------
        Rows
        """
        if self.device == "numpy" or not isinstance(self.matrix, np.ndarray) or _is_in_a_file(self.matrix):
            return self
        matrix = self.matrix if self.matrix.dtype == np.uint8 else self.matrix.astype(self.dtype, copy=False)
        moved = to_device_if_room(matrix, self.device)
        if moved is None:
            return self
        return replace(self, matrix=moved, index=None if self.index is None else to_device(self.index, self.device))

    def chunks(self) -> Iterator[Array]:
        """Yield all rows in order, some thousands at a time.

        Yields
        ------
        array, shape (n, n_features)
        """
        for batch in self.batches():
            yield batch.v

    def batches(self) -> Iterator[Batch]:
        """Yield all rows in order with all that is known of them, some thousands at a time.

        Yields
        ------
        Batch
        """
        for start in range(0, len(self), ROWS_AT_ONCE):
            yield self.batch(slice(start, min(start + ROWS_AT_ONCE, len(self))))

    def subset(self, indices: np.ndarray) -> "Rows":
        """Return the rows `indices`, of which some may be there several times. Nothing is copied but these numbers.

        Parameters
        ----------
        indices : ndarray of int, shape (n_indices,)

        Returns
        -------
        Rows
        """
        if self.index is not None:
            index = self.index[indices]
        else:
            index = to_device(np.asarray(indices), self.device) if self.on_device else np.asarray(indices)
        labels = None if self.labels is None else self.labels[indices]
        weights = None if self.weights is None else self.weights[indices]
        return replace(self, index=index, labels=labels, weights=weights)

    def spread(self, n_rows: int) -> "Rows":
        """Return at most `n_rows` of the rows, evenly spaced: the same ones each time.

        Parameters
        ----------
        n_rows : int

        Returns
        -------
        Rows
        """
        if len(self) <= n_rows:
            return self
        return self.subset(np.linspace(0, len(self) - 1, n_rows).round().astype(int))

    def monitored(self) -> Batch:
        """Return the rows on which a pass is measured: at most a thousand, evenly spaced.

        Returns
        -------
        Batch
        """
        return self.spread(MONITORED_ROWS).batch(slice(None))

    def in_order_of_content(self) -> "Rows":
        """Return the rows in an order that does not depend on the one they were given in.

        What is learned from rows in this order is the same however they were shuffled before. They are sorted by their
        projection on a fixed random direction, and by label and weight where that is the same.

        Returns
        -------
        Rows
        """
        direction = np.random.default_rng(0).normal(size=self.n_features)
        keys = np.concatenate([to_numpy(chunk) @ direction for chunk in self.chunks()])
        others = [self.weights] if self.weights is not None else []
        others += [] if self.labels is None else list(self.labels.reshape(len(self), -1).T)
        return self.subset(np.lexsort((*others, keys)))

    def moments(self) -> tuple[Array, Array]:
        """Return mean and variance of every feature, each of shape (n_features,), accumulated at float64.

        They are those of the values that are known, each counted by the weight of its row.

        Returns
        -------
        mean : array, shape (n_features,)
        variance : array, shape (n_features,)
        """
        mean = self._average(lambda x: x)
        variance = self._average(lambda x: np.square(x - mean))
        return (
            to_device(np.asarray(mean, dtype=self.dtype), self.device),
            to_device(np.asarray(variance, dtype=self.dtype), self.device),
        )

    def _average(self, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return the mean over rows of a function of each value: (n_features,)."""
        total, count = np.zeros(self.n_features), np.zeros(())
        for batch in self.batches():
            values = function(to_numpy(batch.v))
            if batch.mask is None and batch.weights is None:
                total, count = total + values.sum(axis=0, dtype=float), count + len(batch)
                continue
            weights = np.ones(len(batch)) if batch.weights is None else to_numpy(batch.weights).astype(float)
            counted = np.ones(values.shape, bool) if batch.mask is None else to_numpy(batch.mask)
            total, count = total + weights @ (values * counted), count + weights @ counted
        return total / np.maximum(count, np.finfo(float).tiny)


class Reads(Protocol):
    """Reads batches into arrays that exist already."""

    def read(self, indices: np.ndarray, out: np.ndarray) -> None:
        """Write the rows `indices` into `out`, shape (n_indices, n_features).

        Parameters
        ----------
        indices : ndarray of int, shape (n_indices,)
        out : ndarray, shape (n_indices, n_features)
            Where they are written.
        """


class Reader:
    """Reads batches as :meth:`Rows.take` returns them, but into arrays that exist already, and with NaN in holes.

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
        """Write the rows `indices` into `out`, shape (n_indices, n_features).

        Parameters
        ----------
        indices : ndarray of int, shape (n_indices,)
        out : ndarray, shape (n_indices, n_features)
            Where they are written.
        """
        if self._is_sparse:
            raw = self._rows.dense(self._rows.raw(indices))
        else:
            raw, places = self._raw[: len(indices)], self._rows.places(indices)
            np.take(self._rows.matrix, places, axis=0, out=raw, mode="clip")  # any other mode takes a copy first
        self._rows.write(raw, out)


def _is_in_a_file(matrix: np.ndarray) -> bool:
    base: Any = matrix
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base, mmap.mmap)
