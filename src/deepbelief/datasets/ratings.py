"""Ratings: sparse matrices whose missing entries are unknown values, not zeros."""

from typing import Any

import numpy as np
import scipy.sparse


def with_holes(matrix: Any) -> np.ndarray:
    """Return a sparse matrix as an array in which what is not stored is unknown.

    Elsewhere a value that a sparse matrix does not store is 0. In a table of ratings it is one that nobody has given:
    estimators learn from the others, and ``impute`` says what they expect (Salakhutdinov, Mnih & Hinton, *Restricted
    Boltzmann machines for collaborative filtering*, ICML 2007).

    Parameters
    ----------
    matrix : SciPy sparse matrix or array, shape (n_rows, n_columns)
        A zero that is stored is a value. Values stored twice at one place are added up, as SciPy does.

    Returns
    -------
    ndarray of float32, shape (n_rows, n_columns)
        NaN where nothing is stored: four bytes for each place.

    Raises
    ------
    TypeError
        If the matrix is not sparse.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> from deepbelief.datasets import with_holes
    >>> with_holes(csr_array([[5, 0], [0, 3]]))
    array([[ 5., nan],
           [nan,  3.]], dtype=float32)
    """
    if not scipy.sparse.issparse(matrix):
        raise TypeError(
            f"with_holes takes a sparse matrix, of which it is known what is stored, not a {type(matrix).__name__}; in "
            "an array, write NaN where a value is not known."
        )
    stored = matrix.tocsr(copy=True)
    stored.sum_duplicates()
    found = np.full(stored.shape, np.nan, np.float32)
    found[np.repeat(np.arange(stored.shape[0]), np.diff(stored.indptr)), stored.indices] = stored.data
    return found
