"""Matrices that users hand over: numbers, all of them finite, or a sentence that says which is not."""

from typing import Any

import numpy as np
import scipy.sparse
from sklearn.utils.validation import validate_data

from deepbelief.core.units import Units
from deepbelief.errors import DataError

_AT_ONCE = 2**20  # numbers that are looked at together
_ENCODE = "turn words, categories and dates into numbers first (pandas.get_dummies makes a column of each category)"


def checked_matrix(estimator: Any, X: Any, *, reset: bool) -> Any:
    """Return data as a dense or CSR matrix of finite numbers.

    Parameters
    ----------
    estimator : RBM, DBN or DBNClassifier
    X : array-like or sparse matrix of shape (n_rows, n_features)
    reset : bool
        Whether the estimator learns number and names of the features, or checks them.

    Raises
    ------
    ValueError
        That names the first row and column with something else than a finite number.
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
    _require_finite(checked, X)
    return checked


def require_taken(matrix: Any, X: Any, units: Units, visible: str) -> None:
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
    n_rows = max(1, _AT_ONCE // matrix.shape[1])
    for first in range(0, matrix.shape[0], n_rows):
        block = matrix[first : first + n_rows]
        block = block.toarray() if scipy.sparse.issparse(block) else block
        refused = np.argwhere(~units.takes(block))
        if len(refused):
            row, column = (int(index) for index in refused[0])
            raise DataError(
                f"Input X holds {float(block[row, column]):g} at row {first + row}, column {_name(X, column)}, but "
                f"{visible} units take {units.values}; correct that number, or train with visible='auto', which takes "
                "any numbers."
            )


def _refuse_words(X: Any) -> None:
    """Raise a DataError that names the first word, category or date in a matrix, if there is one."""
    if scipy.sparse.issparse(X) or np.ndim(X) != 2:
        return
    for row, values in enumerate(np.asarray(X, dtype=object)):
        for column, value in enumerate(values):
            if isinstance(value, (str, bytes)) or hasattr(value, "isoformat"):
                text = str(value)
                shown = repr(text if len(text) <= 40 else text[:40] + "…")
                place = f"row {row}, column {_name(X, column)}"
                raise DataError(f"Input X holds {shown} at {place}, which is no number; {_ENCODE}.") from None


def _require_finite(matrix: Any, X: Any) -> None:
    """Raise a DataError that names the first NaN or infinity, or a column of nothing else."""
    values = matrix.data if scipy.sparse.issparse(matrix) else matrix
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return
    if scipy.sparse.issparse(matrix):
        entry = int(np.flatnonzero(~np.isfinite(values))[0])
        row, column = int(np.searchsorted(matrix.indptr, entry, side="right")) - 1, int(matrix.indices[entry])
        value, is_empty = values[entry], False
    else:
        row, column = (int(index) for index in np.argwhere(~np.isfinite(values))[0])
        value, is_empty = values[row, column], bool(np.isnan(values[:, column]).all()) and len(values) > 1
    where = _name(X, column)
    if is_empty:
        raise DataError(f"Input X contains NaN in every row of column {where}; leave that column out.")
    name = "NaN" if np.isnan(value) else "infinity"
    raise DataError(f"Input X contains {name} at row {row}, column {where}; remove that row or fill in a number.")


def _name(X: Any, column: int) -> str:
    """Return what users call a column: its name in a DataFrame, else its number."""
    names = getattr(X, "columns", None)
    return str(column) if names is None else repr(names[column])
