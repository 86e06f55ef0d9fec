"""What estimators take, as annotations say it; docstrings say more."""

import numpy as np
from numpy.typing import ArrayLike

# An integer seed, a generator, NumPy's older one, or None for other numbers each time.
RandomSource = int | np.integer | np.random.Generator | np.random.RandomState | None
RowWeights = ArrayLike | None  # a number of at least 0 for each row; None if all rows count the same
Targets = ArrayLike | None  # what is to be predicted of each row; also a DataFrame
