"""What comes in and goes out: checked matrices, their scale, and their rows.

Bernoulli visible units want values in [0, 1]. Other data are rescaled by their overall minimum and maximum, learned
once in ``fit`` and kept in ``data_min_`` and ``data_range_``; what leaves towards the user is scaled back. Numbers are
float32 unless the data need float64 to be held exactly, which is NumPy's own promotion rule.
"""

import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.utils.validation import validate_data

from deepbelief.core.arrays import Array, check_device, check_precision, to_numpy
from deepbelief.core.rows import Rows
from deepbelief.core.training import Epoch
from deepbelief.errors import DataError

_NOT_ANNOUNCED = {"free_energy", "free_energy_spread", "validation_free_energy", "update_ratio"}  # for the diagnosis


class VisibleInputMixin:
    """For estimators with settings ``visible``, ``device`` and ``precision`` that are handed visible units."""

    visible: str
    device: str
    precision: str
    n_features_in_: int

    def _learn_rows(self, X: Any, *, first: bool) -> Rows:
        """Check training data, learn its dtype and scale if this is the `first`, and return its rows."""
        self._check_device()
        X = self._checked(X, reset=first)
        if first:
            self.__dict__.pop("metadata_", None)  # what a model file said of the model that is being replaced
            self._dtype = np.float64 if np.result_type(X.dtype, np.float32).itemsize > 4 else np.float32
            self._learn_scale(X)
        return self._as_rows(X).moved()

    def _check_device(self) -> None:
        check_device(self.device)
        check_precision(self.precision, self.device)

    def _take_input_from(self, other: "VisibleInputMixin") -> None:
        """Take over what another estimator has learned about the same data."""
        self._dtype = other._dtype
        for name in ("data_min_", "data_range_", "n_features_in_", "feature_names_in_"):
            if hasattr(other, name):
                setattr(self, name, getattr(other, name))

    def _rows(self, X: Any) -> Rows:
        """Check data handed to a fitted estimator and return its rows."""
        return self._as_rows(self._checked(X, reset=False))

    def _checked(self, X: Any, *, reset: bool) -> Any:
        X = validate_data(self, X, reset=reset, accept_sparse="csr", dtype="numeric", ensure_all_finite=False)
        require_finite(X)
        if not reset and self.visible == "bernoulli" and X.shape[0]:
            self._warn_of_another_scale(X)
        return X

    def _as_rows(self, X: Any) -> Rows:
        return Rows(X, self._dtype, self.device, self.data_min_, self.data_range_)

    def _learn_scale(self, X: Any) -> None:
        self.data_min_, self.data_range_ = 0.0, 1.0
        low, high, limit = float(X.min()), float(X.max()), float(np.finfo(self._dtype).max)
        if self.visible != "bernoulli":
            # Energies are sums of squares, and so are the variances that training starts from.
            if max(-low, high) > math.sqrt(limit / X.shape[0] / X.shape[1]) / 2:
                raise DataError(
                    f"X spans {low:g} to {high:g}, whose squares are more than {np.dtype(self._dtype).name} can hold; "
                    "standardise the features first."
                )
            return
        if low >= 0 and high <= 1:
            return
        if not high - low <= limit:
            raise DataError(f"X spans {low:g} to {high:g}, more than a float can hold; rescale it first.")
        self.data_min_, self.data_range_ = low, (high - low) or 1.0
        warnings.warn(
            f"Bernoulli visible units take values in [0, 1], but X spans {low:g} to {high:g}; it is rescaled by its "
            "overall minimum and maximum (for real-valued data use visible='gaussian' on standardised features).",
            UserWarning,
            stacklevel=2,
        )

    def _warn_of_another_scale(self, X: Any) -> None:
        low = (float(X.min()) - self.data_min_) / self.data_range_
        high = (float(X.max()) - self.data_min_) / self.data_range_
        if low < -1 or high > 2:
            warnings.warn(
                f"X spans {X.min():g} to {X.max():g}, but the model was fitted on values from {self.data_min_:g} to "
                f"{self.data_min_ + self.data_range_:g}; scale both the same way.",
                UserWarning,
                stacklevel=2,
            )

    def _unscaled(self, v: Array) -> np.ndarray:
        """Return visible units as data, at the scale that ``fit`` saw."""
        v = to_numpy(v)
        if self.data_min_ == 0 and self.data_range_ == 1:
            return v
        return v * v.dtype.type(self.data_range_) + v.dtype.type(self.data_min_)


def require_finite(X: Any) -> None:
    """Raise a DataError that names the first NaN or infinity in a dense or CSR matrix."""
    values = X.data if scipy.sparse.issparse(X) else X
    if values.dtype.kind not in "fc" or np.isfinite(values).all():
        return
    if scipy.sparse.issparse(X):
        entry = int(np.flatnonzero(~np.isfinite(values))[0])
        row, column = int(np.searchsorted(X.indptr, entry, side="right")) - 1, int(X.indices[entry])
        value = values[entry]
    else:
        row, column = (int(index) for index in np.argwhere(~np.isfinite(values))[0])
        value = values[row, column]
    name = "NaN" if np.isnan(value) else "infinity"
    raise DataError(f"Input X contains {name} at row {row}, column {column}; remove that row or fill in a number.")


def mapped(function: Callable[[Array], Array], rows: Rows) -> np.ndarray:
    """Apply `function` to all rows, some thousands at a time, and return the results as one NumPy array."""
    return np.concatenate([to_numpy(function(chunk)) for chunk in rows.chunks()])


def announced(estimator: Any, epochs: Iterator[Epoch]) -> Iterator[Epoch]:
    """Pass epochs on; with ``verbose``, print a line about each, as scikit-learn's BernoulliRBM does."""
    import time

    begin = time.monotonic()
    for epoch in epochs:
        if estimator.verbose:
            now = time.monotonic()
            shown = {key: value for key, value in epoch.metrics.items() if key not in _NOT_ANNOUNCED}
            measured = ", ".join(f"{key.replace('_', ' ')} = {value:.4g}" for key, value in shown.items())
            place = f"layer {epoch.layer + 1}, " if epoch.phase == "pretrain" else f"{epoch.phase}, "
            print(
                f"[{type(estimator).__name__}] {place}iteration {epoch.number}, {measured}, time = {now - begin:.2f}s"
            )
            begin = now
        yield epoch


def record(epoch: Epoch) -> dict[str, Any]:
    """Return what is kept of an epoch in ``history_``: a flat dictionary without arrays."""
    return {
        "phase": epoch.phase,
        "layer": epoch.layer,
        "epoch": epoch.number,
        "n_epochs": epoch.n_epochs,
        **epoch.metrics,
    }
