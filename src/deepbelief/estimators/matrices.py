"""Matrices that users hand over: finite numbers, NaN where one is not known, or a sentence that says what is wrong."""

from typing import TypeGuard

import numpy as np
import scipy.sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from deepbelief.core.units import Units
from deepbelief.errors import DataError
from deepbelief.estimators.annotations import Data, Matrix, SparseMatrix

ANY_NUMBERS = "correct that number, or train with visible='auto', which takes any numbers"
_AT_ONCE = 2**20  # numbers that are looked at together
_ENCODE = "turn words, categories and dates into numbers first, or train with visible='mixed', which takes words"


def checked_matrix(estimator: BaseEstimator, X: Data, *, reset: bool) -> Matrix:
    """Return data as a dense or CSR matrix of finite numbers, and NaN for what is not known.

    Parameters
    ----------
    estimator : RBM, DBN or DBNClassifier
    X : array-like or sparse matrix of shape (n_rows, n_features)
    reset : bool
        Whether the estimator learns number and names of the features, or checks them.

    Returns
    -------
    ndarray or sparse matrix of shape (n_rows, n_features)

    Raises
    ------
    ValueError
        That names the first infinity with its row and column, or the first row or column of nothing but NaN in data to
        learn from.
    TypeError
        If X holds objects that are neither numbers nor words.
    """
    try:
        checked = validate_data(
            estimator, X, reset=reset, accept_sparse="csr", dtype="numeric", ensure_all_finite=False
        )
        if checked.dtype.kind not in "buif":
            raise ValueError("X holds something else than numbers.")
    except (ValueError, TypeError):
        _refuse_words(X)
        raise
    _require_known(checked, X, learned=reset)
    return checked


def is_sparse(matrix: object) -> TypeGuard[SparseMatrix]:
    """Tell whether a matrix is one of SciPy's sparse ones.

    Parameters
    ----------
    matrix : object
        Whatever was handed over.

    Returns
    -------
    bool
    """
    return bool(scipy.sparse.issparse(matrix))


def extremes(matrix: Matrix) -> tuple[float, float]:
    """Return the smallest and the largest number in a matrix; NaN if there is none.

    Parameters
    ----------
    matrix : ndarray or sparse matrix

    Returns
    -------
    lowest : float
    highest : float
    """
    if not is_sparse(matrix):
        return float(np.fmin.reduce(matrix, axis=None)), float(np.fmax.reduce(matrix, axis=None))
    return float(matrix.nanmin()), float(matrix.nanmax())


def extremes_of_features(matrix: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest and the largest number of each feature; NaN if there is none.

    Parameters
    ----------
    matrix : ndarray or sparse matrix, shape (n_rows, n_features)

    Returns
    -------
    lowest, highest : ndarray of float64, shape (n_features,)
    """
    if is_sparse(matrix):
        ends = matrix.nanmin(axis=0), matrix.nanmax(axis=0)
    else:
        ends = np.fmin.reduce(matrix, axis=0), np.fmax.reduce(matrix, axis=0)
    lowest, highest = (np.asarray(end.toarray() if is_sparse(end) else end, float).ravel() for end in ends)
    return lowest, highest


def has_nan(matrix: Matrix) -> bool:
    """Tell whether something in a checked matrix is not known.

    Parameters
    ----------
    matrix : ndarray or sparse matrix

    Returns
    -------
    bool
    """
    values = matrix.data if is_sparse(matrix) else matrix
    return values.dtype.kind == "f" and bool(np.isnan(values).any())


def require_taken(matrix: Matrix, X: Data, units: Units, visible: str) -> None:
    """Refuse data with a value that visible units cannot have.

    Parameters
    ----------
    matrix : ndarray or CSR matrix of shape (n_rows, n_features)
        Checked.
    X : array-like
        What `matrix` was made of, which knows the names of the columns.
    units : Units
    visible : str
        What users call these units.

    Raises
    ------
    DataError
        That names the first such value, its row and its column.
    """
    refused = first_refused(matrix, units)
    if refused is not None:
        row, column, value = refused
        raise DataError(
            f"Input X holds {value:g} at row {row}, column {_name(X, column)}, but {visible} units take "
            f"{units.values}; {ANY_NUMBERS}."
        )


def first_refused(matrix: Matrix, units: Units) -> tuple[int, int, float] | None:
    """Return row, column and value of the first number that units cannot have; None if they take all of them.

    Parameters
    ----------
    matrix : ndarray or CSR matrix of shape (n_rows, n_features)
        NaN where nothing is known.
    units : Units

    Returns
    -------
    (row, column, value), or None
    """
    n_rows = max(1, _AT_ONCE // matrix.shape[1])
    for first in range(0, matrix.shape[0], n_rows):
        block = matrix[first : first + n_rows]
        block = block.toarray() if is_sparse(block) else block
        refused = np.argwhere(~(units.takes(block) | np.isnan(block)))
        if len(refused):
            row, column = (int(index) for index in refused[0])
            return first + row, column, float(block[row, column])
    return None


def _refuse_words(X: Data) -> None:
    """Raise a DataError that names the first word, category or date in a matrix, if there is one."""
    if is_sparse(X) or np.ndim(X) != 2:
        return
    for row, values in enumerate(np.asarray(X, dtype=object)):
        for column, value in enumerate(values):
            if isinstance(value, (str, bytes)) or hasattr(value, "isoformat"):
                text = str(value)
                shown = repr(text if len(text) <= 40 else text[:40] + "…")
                place = f"row {row}, column {_name(X, column)}"
                raise DataError(f"Input X holds {shown} at {place}, which is no number; {_ENCODE}.") from None


def _require_known(matrix: Matrix, X: Data, *, learned: bool) -> None:
    """Raise a DataError that names the first infinity, or in data to learn from a row or column of nothing but NaN."""
    values = matrix.data if is_sparse(matrix) else matrix
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return
    is_infinite = np.isinf(values)
    if is_infinite.any():
        if is_sparse(matrix):
            entry = int(np.flatnonzero(is_infinite)[0])
            row, column = int(np.searchsorted(matrix.indptr, entry, side="right")) - 1, int(matrix.indices[entry])
        else:
            row, column = (int(index) for index in np.argwhere(is_infinite)[0])
        raise DataError(
            f"Input X contains infinity at row {row}, column {_name(X, column)}; remove that row or fill in a number."
        )
    if not learned:
        return
    if is_sparse(matrix):
        holes = matrix.copy()
        holes.data = np.isnan(values).astype(int)
        by_row, by_column = (np.asarray(holes.sum(axis=axis)).ravel() for axis in (1, 0))
    else:
        by_row, by_column = (np.isnan(values).sum(axis=axis) for axis in (1, 0))
    for counts, n_all, name in ((by_column, matrix.shape[0], "column"), (by_row, matrix.shape[1], "row")):
        if (counts == n_all).any():
            place = int(np.flatnonzero(counts == n_all)[0])
            where = f"every row of column {_name(X, place)}" if name == "column" else f"every column of row {place}"
            raise DataError(f"Input X contains NaN in {where}; leave that {name} out.")


def first_hole(X: Data) -> tuple[int, str]:
    """Return the row of the first NaN, and what users call its column.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)

    Returns
    -------
    row : int
        Counted from 0.
    column : str
    """
    matrix = X.toarray() if is_sparse(X) else np.asarray(X)
    holes = np.isnan(matrix) if matrix.dtype.kind in "buif" else np.vectorize(is_missing, otypes=[bool])(matrix)
    row, column = (int(index) for index in np.argwhere(holes)[0])
    return row, _name(X, column)


def is_missing(value: object) -> bool:
    """Tell whether a value is None, NaN, NaT or pandas' NA: these are None, or not equal to themselves.

    Parameters
    ----------
    value : object

    Returns
    -------
    bool
    """
    if value is None:
        return True
    try:
        return not bool(value == value)
    except TypeError:
        return True


def _name(X: Data, column: int) -> str:
    """Return what users call a column: its name in a DataFrame, else its number."""
    names = getattr(X, "columns", None)
    return str(column) if names is None else repr(names[column])
