"""What estimators take, as annotations say it; docstrings say more."""

from typing import TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike

# An integer seed, a generator, NumPy's older one, or None for other numbers each time.
RandomSource = int | np.integer | np.random.Generator | np.random.RandomState | None
RowWeights = ArrayLike | None  # a number of at least 0 for each row; None if all rows count the same
Targets = ArrayLike | None  # what is to be predicted of each row; also a DataFrame
SparseMatrix: TypeAlias = scipy.sparse.sparray | scipy.sparse.spmatrix  # of any format
# Rows as users hand them over, not checked yet: arrays, lists, DataFrames of pandas and others, sparse matrices.
Data: TypeAlias = ArrayLike | SparseMatrix
# Rows that were checked: finite numbers, and NaN for what is not known.
Matrix: TypeAlias = np.ndarray | scipy.sparse.csr_array | scipy.sparse.csr_matrix
