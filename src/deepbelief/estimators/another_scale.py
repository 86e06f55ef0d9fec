"""Warnings of values that do not fit the others: far from all others in training data, or at another scale later."""

import warnings
from typing import Any

import numpy as np

from deepbelief.core.arrays import to_numpy
from deepbelief.core.rows import Rows
from deepbelief.estimators.annotations import Matrix
from deepbelief.estimators.matrices import extremes, extremes_of_features, is_sparse
from deepbelief.estimators.scaling import Scaling

GLANCED_ROWS, ROWS_AT_ONCE = 100, 1000
ROUNDING = 1e-5  # of a value: what single precision may make of a constant
FAR = 10.0  # standard deviations from the mean of the training data: further than a typical value of such data lies
# The same for one feature, where there are so many rows: at most a row in 25 of the training data lies there.
FAR_ALONE, FEWEST_ROWS = 5.0, 10
# The same for a single value: among 10,000 values, none can lie farther from their mean.
FARTHEST = 100.0


def warn_of_limits(estimator: Any, X: Any, scaling: Any) -> None:
    """Warn of features in which some values are so far from all others that units see them at a limit.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
        Which learns from `X`.
    X : ndarray, sparse matrix or Table, shape (n_rows, n_features)
    scaling : Scaling or Coding
        Learned from `X`.
    """
    limited = scaling.limited_features
    if not limited:
        return
    shift, scale, limit = limited[first := min(limited)]
    values = X.numbers(first) if hasattr(X, "numbers") else _column(X, first)
    known = values[~np.isnan(values)]
    are_far = abs(known - shift) > 2 * limit * scale  # what lies a little beyond the limit is not said
    far, farthest = known[are_far], known[abs(known - shift).argmax()]
    seen = " or ".join(f"{shift + side * limit * scale:.3g}" for side in np.unique(np.sign(far - shift)))
    said = (
        f"1 of {len(known)} values, {farthest:g}, lies far from the others; it is learned from as if it were {seen}"
        if len(far) == 1
        else f"{len(far)} of {len(known)} values lie far from the others, such as {farthest:g}; they are learned from "
        f"as if they were {seen}"
    )
    n_others = len(limited) - 1
    others = f" {n_others} other feature{'s are' if n_others > 1 else ' is'} like that." if n_others else ""
    _say(
        f"{_name(estimator, first)}: {said}. If such a value stands for 'unknown', write NaN or an empty cell instead; "
        f"if it is a mistake, correct it; if it is right, learn from the logarithm or the rank of the feature.{others}"
    )


def warn_if_one_is_far(estimator: Any, X: Matrix) -> None:
    """Warn of single values that no feature of the training data can have had, such as −999 for 'unknown'.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
        Which standardises data.
    X : ndarray or sparse matrix, shape (n_rows, n_features)
    """
    mean, scale = (np.asarray(of, float) for of in (estimator.data_mean_, estimator.data_scale_))
    is_open = (scale > 0) & np.isinf(getattr(estimator, "data_limit_", np.inf))
    ends = np.stack(extremes_of_features(X))
    distances = np.nan_to_num(abs(ends - mean) / np.where(is_open, scale, np.inf))
    if distances.max(initial=0) > FARTHEST:
        end, feature = np.unravel_index(distances.argmax(), distances.shape)
        _say(
            f"{_name(estimator, int(feature))}: {ends[end, feature]:g} lies {distances.max():.3g} standard deviations "
            "from the mean of the data that the model was fitted on. If it stands for 'unknown', write NaN or an empty "
            "cell instead; if it is a mistake, correct it."
        )


def warn_if_far(estimator: Any, rows: Rows) -> bool:
    """Warn of rows that lie far from the mean of the training data, in their standard deviations.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
        Which standardises data.
    rows : Rows
        Standardised, as its units see them.

    Returns
    -------
    bool
        Whether it has warned.
    """
    values = np.nan_to_num(to_numpy(rows.spread(GLANCED_ROWS).take(slice(None))))
    if values.shape[1] > 1 and Scaling(estimator.data_mean_, estimator.data_scale_).is_common:
        # From the mean of all features, one that never changes may lie far.
        distance, distances = abs(float(values.mean())), np.zeros(1)
    else:
        values = abs(values[:, estimator.data_scale_ > 0])
        distance, distances = float(np.median(values)) if values.size else 0.0, np.median(values, axis=0)
    if distance > FAR:
        _say(
            f"A typical value of X lies {distance:.3g} standard deviations from the mean of its feature in the data "
            "that the model was fitted on; scale both the same way."
        )
        return True
    if len(values) >= FEWEST_ROWS and distances.max(initial=0) > FAR_ALONE:
        farthest = np.flatnonzero(estimator.data_scale_ > 0)[distances.argmax()]
        n_others = int((distances > FAR_ALONE).sum()) - 1
        others = f" (and those of {n_others} other features lie far, too)" if n_others else ""
        _say(
            f"A typical value of {_name(estimator, int(farthest))} lies {distances.max():.3g} standard deviations from "
            f"its mean in the data that the model was fitted on{others}; if units differ, write both in the same."
        )
        return True
    return False


def warn_if_out_of_range(estimator: Any, X: Matrix) -> None:
    """Warn of data far outside the range that the training data had.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
        With Bernoulli visible units.
    X : ndarray or sparse matrix, shape (n_rows, n_features)
    """
    lowest, highest = extremes(X)
    low = (lowest - estimator.data_min_) / estimator.data_range_
    high = (highest - estimator.data_min_) / estimator.data_range_
    # Measurements may exceed the range of others by much, probabilities and bits cannot.
    slack = 0.5 if estimator.data_range_ == 1 else 1.0
    if low < -slack or high > 1 + slack:
        _say(
            f"X spans {lowest:g} to {highest:g}, but the model was fitted on values from {estimator.data_min_:g} to "
            f"{estimator.data_min_ + estimator.data_range_:g}; scale both the same way."
        )


def warn_if_changing(estimator: Any, X: Matrix) -> None:
    """Warn of features that never changed in the rows by which they were standardised, but do in those learned from.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
        Which standardises data.
    X : ndarray or sparse matrix, shape (n_rows, n_features)
    """
    still = np.flatnonzero(estimator.data_scale_ == 0)
    changing = np.zeros(len(still), bool)
    for start in range(0, X.shape[0] if len(still) else 0, ROWS_AT_ONCE):
        part = X[start : start + ROWS_AT_ONCE][:, still]
        values = np.asarray(part.toarray() if is_sparse(part) else part, float)
        distance = np.nan_to_num(abs(values - estimator.data_mean_[still]))
        changing |= (distance > ROUNDING * (1 + abs(estimator.data_mean_[still]))).any(axis=0)
    if changing.any():
        n_others = int(changing.sum()) - 1
        others = f", like {n_others} other features" if n_others else ""
        _say(
            f"In the rows that the model was first fitted on, {_name(estimator, int(still[changing][0]))} had the same "
            f"value everywhere{others}, so it is ignored, but here it changes; begin with rows in which all features "
            "change."
        )


def _column(X: Matrix, index: int) -> np.ndarray:
    column = X[:, [index]]
    return np.asarray(column.toarray() if is_sparse(column) else column, float).ravel()


def _name(estimator: Any, index: int) -> str:
    """Return what a feature is called in the data, or in the table that the model file speaks of."""
    names = getattr(estimator, "feature_names_in_", estimator.called)
    if names is None:
        table = (getattr(estimator, "metadata_", None) or {}).get("table")
        names = None if table is None else table.feature_names
    return f"feature {index}" if names is None else str(names[index])


def _say(problem: str) -> None:
    warnings.warn(problem, UserWarning, stacklevel=4)
