"""Several labels for each row: matrices of 0 and 1, a row for each row of the data and a column for each label."""

import numpy as np

from deepbelief.errors import DataError
from deepbelief.estimators.annotations import Data
from deepbelief.estimators.label_arrays import shown
from deepbelief.estimators.matrices import is_sparse


def is_matrix(y: Data | None) -> bool:
    """Tell whether labels come as a matrix of several columns, and not as one label for each row.

    Parameters
    ----------
    y : array-like

    Returns
    -------
    bool
    """
    shape = getattr(y, "shape", None)
    if shape is None and isinstance(y, list | tuple) and len(y) and isinstance(y[0], list | tuple | np.ndarray):
        shape = (len(y), len(y[0]))
    return shape is not None and len(shape) == 2 and shape[1] > 1


def checked_matrix_of_labels(
    y: Data | None, n_rows: int, n_labels: int | None = None, *, name: str = "y"
) -> np.ndarray:
    """Return labels as a matrix of whole numbers, 0 and 1.

    Parameters
    ----------
    y : array-like or sparse matrix of shape (n_rows, n_labels)
    n_rows : int
    n_labels : int, optional
        How many there must be.
    name : str, default="y"
        What users call `y`.

    Returns
    -------
    ndarray of int, shape (n_rows, n_labels)

    Raises
    ------
    DataError
        If it has another shape, or holds anything else.
    """
    found = y.toarray() if is_sparse(y) else np.asarray(y)
    if found.ndim != 2 or len(found) != n_rows:
        raise DataError(f"X has {n_rows} rows, but {name} has the shape {found.shape}; give a row of labels for each.")
    is_bit = (found == 0) | (found == 1)
    if not np.all(is_bit):
        row, column = np.argwhere(~is_bit)[0]
        raise DataError(
            f"{name} holds {shown(found[row, column])} at row {row}, column {column}; several labels of a row are 1 "
            "where it has the label and 0 where not, and numbers to be predicted are for DBNRegressor."
        )
    if n_labels is not None and found.shape[1] != n_labels:
        raise DataError(f"{name} has {found.shape[1]} labels in a row, but the model was fitted on {n_labels}.")
    return found.astype(np.int64)
