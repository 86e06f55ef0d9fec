"""Targets: the numbers that a regressor learns to predict."""

from typing import TYPE_CHECKING

import numpy as np

from deepbelief.core.rows import Rows
from deepbelief.errors import DataError
from deepbelief.estimators.annotations import Targets
from deepbelief.estimators.label_arrays import shown

if TYPE_CHECKING:
    from deepbelief.estimators.regressor import DBNRegressor


def checked_targets(y: Targets, n_rows: int, *, name: str = "y") -> np.ndarray:
    """Return the targets of `n_rows` rows as float64, if all of them are numbers.

    Parameters
    ----------
    y : array-like of shape (n_rows,) or (n_rows, n_targets)
    n_rows : int
    name : str, default="y"
        What users call `y`.

    Returns
    -------
    ndarray of shape (n_rows,) or (n_rows, n_targets)

    Raises
    ------
    ValueError
        If `y` is missing, has another shape, or holds what is no number; the row is named.
    """
    if y is None:
        raise ValueError("This estimator requires y to be passed, but the target y is None; give one for each row.")
    found = np.asarray(y.filled(np.nan) if isinstance(y, np.ma.MaskedArray) and y.dtype.kind == "f" else y)
    if found.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} holds complex numbers; give real ones.")
    if found.ndim not in (1, 2) or found.shape[1:] == (0,):
        raise DataError(f"{name} has the shape {found.shape}; give one number for each row, or a row of numbers.")
    if len(found) != n_rows:
        raise DataError(f"X has {n_rows} rows, but {name} has {len(found)}; give one target for each row.")
    numbers = _as_numbers(found, name)
    bad = ~np.isfinite(numbers.reshape(n_rows, -1))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        value = numbers.reshape(n_rows, -1)[row, column]
        what = "NaN" if np.isnan(value) else "infinity"
        where = f"row {row}" + (f", column {column}" if numbers.ndim == 2 else "")
        n_others = int(bad.any(axis=1).sum()) - 1
        where += f" (and in {n_others} other row{'s' * (n_others > 1)})" if n_others else ""
        raise DataError(
            f"Input {name} contains {what} at {where}; a regressor learns from known numbers only: "
            "write the number, or leave that row out."
        )
    return numbers


def targets_for(regressor: "DBNRegressor", y: Targets, n_rows: int, *, name: str = "y") -> np.ndarray:
    """Return targets of the same shape as those that a regressor was fitted on; see :func:`checked_targets`.

    Parameters
    ----------
    regressor : DBNRegressor
        Fitted.
    y : array-like of shape (n_rows,) or (n_rows, n_targets)
    n_rows : int
        The number of rows.
    name : str, default='y'
        What messages call it.

    Returns
    -------
    ndarray of shape (n_rows, n_targets)
    """
    targets, fitted = checked_targets(y, n_rows, name=name), regressor.target_mean_.shape
    if targets.shape[1:] != fitted:
        raise DataError(
            f"{name} has {targets.shape[1] if targets.ndim == 2 else 'one'} numbers in a row, but the model was fitted "
            f"on {fitted[0] if fitted else 'one'}; give the same."
        )
    return targets


def _as_numbers(found: np.ndarray, name: str) -> np.ndarray:
    if found.dtype.kind in "biuf":
        return found.astype(np.float64)
    numbers = np.empty(found.shape)
    for place in np.ndindex(found.shape):
        value = found[place]
        try:
            numbers[place] = np.nan if value is None or type(value).__name__ == "NAType" else float(value)
        except (TypeError, ValueError):
            raise ValueError(
                f"Unknown label type: {name} holds {shown(value)} at row {place[0]}, which is no number; a regressor "
                "predicts numbers: take DBNClassifier for classes."
            ) from None
    return numbers


def standards(rows: Rows, *, is_robust: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return by what the targets of rows are standardised: mean and standard deviation, or what outliers do not move.

    The latter are the median, and 1.4826 times the median distance from it, which is the standard deviation of normal
    numbers (Rousseeuw & Croux, *Alternatives to the median absolute deviation*, 1993). Where most targets are equal, it
    is the mean distance.

    Parameters
    ----------
    rows : Rows, shape (n_rows, n_features)
        With targets as labels.
    is_robust : bool
        Whether outliers are not to count.

    Returns
    -------
    middle, scale : ndarray, shape (n_targets,)
        The scale is 1 instead of 0.

    Raises
    ------
    DataError
        If there is one row only, or the numbers are too large.
    """
    targets, weights = rows.known_labels, rows.weights
    if len(targets) < 2:
        raise DataError("y holds one sample only, with a weight above 0; a regressor needs at least two rows.")
    if is_robust:
        middle = _median(targets, weights)
        distances = abs(targets - middle)
        scale = 1.4826 * _median(distances, weights)
        scale = np.where(scale > 0, scale, np.average(distances, axis=0, weights=weights))
    else:
        with np.errstate(over="ignore"):  # as a sentence says
            middle = np.average(targets, axis=0, weights=weights)
            scale = np.sqrt(np.average((targets - middle) ** 2, axis=0, weights=weights))
    if not np.isfinite(scale).all():
        raise DataError(
            f"y spans {targets.min():g} to {targets.max():g}, whose squares are more than float64 can hold; rescale it "
            "first."
        )
    return middle, np.where(scale > 0, scale, 1.0)


def _median(values: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    weights = np.ones(len(values)) if weights is None else weights
    return np.quantile(values, 0.5, axis=0, weights=weights, method="inverted_cdf")
