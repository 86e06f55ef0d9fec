"""Input and output of estimators: checked matrices, their scale, and their rows.

How data become visible units is learned once in ``fit``, see :mod:`~deepbelief.estimators.scaling`; what leaves towards
the user is scaled back. Answers are float32 unless the data need float64 to be held exactly, which is NumPy's own
promotion rule. Training has their precision too where the type of the visible units is named. Under ``"auto"`` it is
at float32: the units then see probabilities, or features of variance 1, for which that is more than fine enough.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from deepbelief.core.arrays import Array, to_numpy
from deepbelief.core.devices import check_device, check_precision
from deepbelief.core.measures import N_SINGULAR_VALUES
from deepbelief.core.progress import Epoch
from deepbelief.core.rows import Rows
from deepbelief.core.units import UNITS, Units
from deepbelief.errors import DataError
from deepbelief.estimators.annotations import Data, Matrix, RowWeights
from deepbelief.estimators.another_scale import (
    warn_if_changing,
    warn_if_far,
    warn_if_one_is_far,
    warn_if_out_of_range,
    warn_of_limits,
)
from deepbelief.estimators.features import Coding, Feature
from deepbelief.estimators.matrices import checked_matrix, first_hole, has_nan, require_taken
from deepbelief.estimators.row_weights import with_weights
from deepbelief.estimators.scaling import RESCALED, SHIFTED, Scaling, suited
from deepbelief.estimators.tables import (
    CATEGORICAL,
    MIXED,
    Table,
    checked_table,
    is_table_setting,
    suited_coding,
    types_named,
)

Dtypes = tuple[type[np.floating], type[np.floating]]

_NOT_ANNOUNCED = {
    *("free_energy", "free_energy_spread", "validation_free_energy", "update_ratio"),  # for the diagnosis
    *("log_partition", *(f"singular_value_{number}" for number in range(1, N_SINGULAR_VALUES + 1))),
}
# What types must know of their data, as attributes: ``data_max_`` and the like.
UNIT_NUMBERS = tuple(f"data_{units.number}_" for units in UNITS.values() if units.number)


class VisibleInputMixin:
    """For estimators that are handed visible units, with the settings ``visible``, ``device`` and ``precision``."""

    visible: str
    device: str
    precision: str
    verbose: int
    visible_: str
    n_features_in_: int
    data_mean_: np.ndarray
    data_scale_: np.ndarray
    data_limit_: np.ndarray
    data_min_: float
    data_range_: float
    features_: tuple[Feature, ...]
    called: Sequence[str] | None = None  # what warnings call the features of data without names
    _dtype_: type[np.floating]  # of the parameters, and of training
    _data_dtype_: type[np.floating]  # of answers

    def _learn_rows(self, X: Data, *, first: bool, sample_weight: RowWeights = None) -> Rows:
        """Check training data, learn its dtype and scale if this is the `first`, and return its rows.

        They come as often, or with the weights, that `sample_weight` says.
        """
        X = self._learn_input(X, first=first, sample_weight=sample_weight)
        return with_weights(self._learned_from(X), X, sample_weight)

    def _learn_input(self, X: Data, *, first: bool, sample_weight: RowWeights = None) -> Any:
        """Check training data, learn its dtype and scale if this is the `first`, and return it as it was checked."""
        self._check_device()
        given, X = X, self._checked(X, reset=first, table=is_table_setting(self.visible) if first else None)
        if first and isinstance(X, Table):
            coding = suited_coding(X, self.visible, sample_weight)
            is_categorical = all(feature.type == CATEGORICAL for feature in coding.features)
            self.visible_ = CATEGORICAL if is_categorical else MIXED
            self._dtype_ = self._data_dtype_ = np.float32
            _set_scaling(self, coding)
        elif first:
            self._data_dtype_ = np.float64 if np.result_type(X.dtype, np.float32).itemsize > 4 else np.float32
            self._dtype_ = np.float32 if self.visible == "auto" else self._data_dtype_
            are_moved = getattr(self, "augment", None) is not None
            self.visible_, scaling = suited(X, self.visible, self._data_dtype_, sample_weight, are_moved=are_moved)
            _set_scaling(self, scaling)
            if UNITS[self.visible_].number:
                setattr(self, f"data_{UNITS[self.visible_].number}_", UNITS[self.visible_].number_of(X))
        else:
            self._require_unchanged()
            self._warn_of_another_scale(X)
            if hasattr(self, "data_scale_") and not isinstance(X, Table):
                warn_if_changing(self, X)
        self._require_taken(X, given)
        if first:
            warn_of_limits(self, X, scaling_of(self))
        return X

    def _learned_from(self, X: Matrix | Table) -> Rows:
        """Return the rows of checked training data. In a hole, the mean of the feature stands in."""
        rows = self._as_rows(X)
        if _has_holes(X):
            rows = replace(rows, stand_in=0.0)
            rows = replace(rows, stand_in=to_numpy(rows.moments()[0]))
        return rows.moved()

    def _require_taken(self, X: Matrix | Table, given: Data) -> None:
        """Refuse data with a value that the visible units cannot have, by its place in what was `given`."""
        if self.visible_ not in RESCALED and not isinstance(X, Table):  # whose values are looked at when it is coded
            units = visible_units_of(self)
            require_taken(X, given, units, self.visible_)
            if units.bias_share is not None and has_nan(X):
                row, column = first_hole(given)
                raise DataError(
                    f"Input X contains NaN at row {row}, column {column}, but {self.visible_} units take whole "
                    "documents, of which the length is known; fill in a count, or leave that row out."
                )

    def _require_unchanged(self) -> None:
        """Refuse settings with which training cannot go on from what was learned before.

        Raises
        ------
        ValueError
        """
        for name, fitted in self._misfits().items():
            raise ValueError(
                f"{name}={getattr(self, name)!r} does not fit the model, which was fitted with {name}={fitted!r}; "
                "set it back to go on learning, or fit anew with warm_start=False."
            )

    def _misfits(self) -> dict[str, object]:
        """Return the settings that no longer fit what was learned, as they would have to be."""
        if self.visible in ("auto", self.visible_):
            return {}
        types = types_named(self.visible)
        if types is not None and types == [feature.type for feature in getattr(self, "features_", ())]:
            return {}
        return {"visible": self.visible_}

    def _check_device(self) -> None:
        check_device(self.device)
        check_precision(self.precision, self.device)

    def _checked(self, X: Data, *, reset: bool, table: bool | None = None) -> Any:
        """Return data as a checked matrix or, where columns have types of their own, as a table."""
        is_table = hasattr(self, "features_") if table is None else table
        return checked_table(self, X, reset=reset) if is_table else checked_matrix(self, X, reset=reset)

    @property
    def n_visible_(self) -> int:
        """How many visible units there are: more than features where a feature is a group of units."""
        return Coding(self.features_).n_units if hasattr(self, "features_") else self.n_features_in_

    @property
    def visible_names_(self) -> np.ndarray:
        """The names of the visible units, such as ``colour=red``."""
        names = getattr(self, "feature_names_in_", None)
        names = [f"x{index}" for index in range(self.n_features_in_)] if names is None else list(names)
        return np.array(Coding(self.features_).names(names) if hasattr(self, "features_") else names, dtype=object)

    def _as_rows(self, X: Any) -> Rows:
        return scaling_of(self).rows(X, self._dtype_, self.device)

    def _returned(self, values: np.ndarray) -> np.ndarray:
        """Return numbers with the precision of the data that the estimator was fitted on."""
        return values.astype(self._data_dtype_, copy=False)

    def _warn_of_another_scale(self, X: Matrix | Table) -> None:
        """Warn of data that cannot be of the kind that the estimator was fitted on."""
        if not X.shape[0] or isinstance(X, Table):
            return
        if self.visible_ in SHIFTED:  # of which no standard deviations are known
            return
        if hasattr(self, "data_mean_"):
            if not warn_if_far(self, Scaling(self.data_mean_, self.data_scale_).rows(X, self._dtype_, self.device)):
                warn_if_one_is_far(self, X)
        elif self.visible_ == "bernoulli":
            warn_if_out_of_range(self, X)


def rows_with_holes(estimator: VisibleInputMixin, X: Data) -> Rows:
    """Check data that an estimator does not learn from and return its rows, as the units of the bottom layer see them.

    A missing value is replaced by a first guess;
    :func:`~deepbelief.estimators.machines.rows_of` replaces it by its expectation.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    X : array-like or sparse matrix of shape (n_samples, n_features)

    Returns
    -------
    Rows
    """
    given, X = X, estimator._checked(X, reset=False)
    estimator._warn_of_another_scale(X)
    estimator._require_taken(X, given)
    rows = scaling_of(estimator).rows(X, dtype_of(estimator), estimator.device)
    return replace(rows, stand_in=0.0) if _has_holes(X) else rows


def _has_holes(X: Matrix | Table) -> bool:
    return X.has_holes if isinstance(X, Table) else has_nan(X)


def to_data(estimator: VisibleInputMixin, visible: Array) -> np.ndarray:
    """Return visible units as data, at the scale that ``fit`` saw.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    visible : array, shape (n_rows, n_visible)

    Returns
    -------
    ndarray of shape (n_rows, n_features)
    """
    scaling = scaling_of(estimator)
    found = scaling.undone(to_numpy(visible))
    return found if isinstance(scaling, Coding) else estimator._returned(found)  # categories keep their own type


def with_known(estimator: VisibleInputMixin, X: Data, filling: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return data whose missing values are taken from `filling`, and the places of these values.

    Everything else is as it was handed over. Where all features are numbers, the result is an array of floats.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    X : array-like or sparse matrix of shape (n_samples, n_features)
    filling : ndarray of shape (n_rows, n_features)
        What is expected of every value.

    Returns
    -------
    data : ndarray of shape (n_rows, n_features)
    was_missing : ndarray of bool, shape (n_rows, n_features)
    """
    if hasattr(estimator, "features_"):
        table = estimator._checked(X, reset=False)
        known = np.stack([column.astype(object) for column in table.columns], axis=1)
        whole = np.where(table.holes, filling.astype(object), known)
        return (whole.astype(filling.dtype) if filling.dtype.kind in "iuf" else whole), table.holes
    numbers = numbers_of(X)
    holes = np.isnan(numbers)
    return np.where(holes, filling, numbers), holes


def numbers_of(X: Data) -> np.ndarray:
    """Return a copy of a matrix as floats, with NaN where a value is missing, whatever its type was.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)

    Returns
    -------
    ndarray of shape (n_samples, n_features)
    """
    if hasattr(X, "to_numpy"):
        return np.array(X.to_numpy(dtype=float, na_value=np.nan))
    numbers = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    return np.array(numbers, numbers.dtype if numbers.dtype.kind == "f" else float)


def visible_units_of(estimator: VisibleInputMixin) -> Units:
    """Return the type of the visible units, with what ``fit`` learned of the data for it.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor

    Returns
    -------
    Units
    """
    if hasattr(estimator, "features_"):
        return Coding(estimator.features_).units
    units = UNITS[estimator.visible_]
    return units.fitted(getattr(estimator, f"data_{units.number}_")) if units.number else units


def dtype_of(estimator: VisibleInputMixin) -> type[np.floating]:
    """Return the dtype of computed results: that of the data on NumPy, that of the parameters on torch.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor

    Returns
    -------
    dtype
    """
    parameters, data = dtypes_of(estimator)
    return data if estimator.device == "numpy" else parameters


def dtypes_of(estimator: VisibleInputMixin) -> Dtypes:
    """Return the dtype of the parameters and that of the data.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor

    Returns
    -------
    parameters : dtype
    data : dtype
    """
    return estimator._dtype_, estimator._data_dtype_


def scaling_of(estimator: VisibleInputMixin) -> Scaling | Coding:
    """Return how data become visible units, as the public attributes say.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor

    Returns
    -------
    Scaling or Coding
    """
    if hasattr(estimator, "features_"):
        return Coding(estimator.features_)
    if hasattr(estimator, "data_mean_"):
        return Scaling(estimator.data_mean_, estimator.data_scale_, getattr(estimator, "data_limit_", None))
    return Scaling(estimator.data_min_, estimator.data_range_)


def give_input(
    estimator: VisibleInputMixin, *, dtypes: Dtypes, visible: str, n_features: int, scaling: Scaling | Coding
) -> None:
    """Set what an estimator knows of its data, without showing it any: their kind, number and scale.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    dtypes : tuple of two dtypes
        Of the parameters, and of the data.
    visible : str
        The type of the visible units.
    n_features : int
    scaling : Scaling or Coding
    """
    estimator._dtype_, estimator._data_dtype_ = dtypes
    estimator.visible_, estimator.n_features_in_ = visible, n_features
    _set_scaling(estimator, scaling)


def share_input(source: VisibleInputMixin, target: VisibleInputMixin) -> None:
    """Let an estimator take over what another one has learned about the same data.

    Parameters
    ----------
    source : estimator
        Fitted.
    target : estimator
        Gets the same attributes.
    """
    for name in ("_dtype_", "_data_dtype_", "visible_", *UNIT_NUMBERS, "n_features_in_", "feature_names_in_"):
        if hasattr(source, name):
            setattr(target, name, getattr(source, name))
    _set_scaling(target, scaling_of(source))


def _set_scaling(estimator: Any, scaling: Scaling | Coding) -> None:
    for name in ("data_mean_", "data_scale_", "data_limit_", "data_min_", "data_range_", "features_"):
        estimator.__dict__.pop(name, None)
    if isinstance(scaling, Coding):
        estimator.features_ = scaling.features
    elif isinstance(scaling.shift, np.ndarray) and isinstance(scaling.scale, np.ndarray):
        estimator.data_mean_, estimator.data_scale_ = scaling.shift, scaling.scale
        if scaling.limit is not None:
            estimator.data_limit_ = scaling.limit
    else:
        estimator.data_min_, estimator.data_range_ = scaling.shift, scaling.scale


def mapped(function: Callable[[Array], Array], rows: Rows) -> np.ndarray:
    """Apply `function` to all rows, some thousands at a time, and return the results as one NumPy array.

    Parameters
    ----------
    function : callable
        Takes an array of rows, returns one with as many rows.
    rows : Rows

    Returns
    -------
    ndarray of shape (n_rows, ...)
    """
    return np.concatenate([to_numpy(function(chunk)) for chunk in rows.chunks()])


def announced(estimator: VisibleInputMixin, epochs: Iterator[Epoch]) -> Iterator[Epoch]:
    """Pass epochs on; with ``verbose``, print a line about each, as scikit-learn's BernoulliRBM does.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    epochs : iterator of Epoch

    Yields
    ------
    Epoch
    """
    import time

    begin = time.monotonic()
    for epoch in epochs:
        if estimator.verbose:
            now = time.monotonic()
            shown = {key: value for key, value in epoch.metrics.items() if key not in _NOT_ANNOUNCED}
            measured = ", ".join(f"{key.replace('_', ' ')} = {value:.4g}" for key, value in shown.items())
            place = f"{epoch.place.label}, iteration {epoch.epoch}"
            print(f"[{type(estimator).__name__}] {place}, {measured}, time = {now - begin:.2f}s")
            begin = now
        yield epoch
