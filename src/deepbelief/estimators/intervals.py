"""Prediction intervals from the errors on rows that were held out: split conformal prediction.

The rows held out and a new one are alike, so that the new one's error is as likely to be the largest, the second
largest, … of all of them. The k-th smallest of n errors, with k = ⌈(n + 1) · coverage⌉, is therefore at least as large
as the new one with the probability `coverage` (Papadopoulos, Proedrou, Vovk & Gammerman, *Inductive confidence machines
for regression*, 2002). On average, ⌈(n + 1) · coverage⌉ / (n + 1) of new rows are covered: of 90 %, 94 with 15 rows
held out, and 90 with 9, 19, 29, …
"""

import math
from dataclasses import dataclass
from numbers import Real

import numpy as np
from scipy.stats import norm

from deepbelief.errors import DataError


@dataclass(frozen=True, eq=False)
class Calibration:
    """Errors of predictions on rows held out.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_targets)
        Absolute errors of standardised targets, each over the scale that the network says.
    weights : ndarray of shape (n_rows,)
        How much each row counts.
    """

    scores: np.ndarray
    weights: np.ndarray

    def quantile(self, coverage: float, *, is_gaussian: bool) -> np.ndarray:
        """Return the score that a new row exceeds with the probability 1 − coverage: (n_targets,).

        Parameters
        ----------
        coverage : float
        is_gaussian : bool
            Scales are standard deviations: without rows held out, scores are those of the normal distribution.

        Returns
        -------
        ndarray of shape (n_targets,)

        Raises
        ------
        ValueError
            If the coverage is none.
        DataError
            If there are too few rows.
        """
        if not (isinstance(coverage, Real) and 0 < coverage < 1):
            raise ValueError(f"coverage must lie between 0 and 1, such as 0.9; got {coverage!r}.")
        n_rows = len(self.scores)
        if not n_rows and is_gaussian:
            return np.full(self.scores.shape[1], norm.ppf((1 + coverage) / 2))
        if not n_rows:
            raise DataError(
                "No rows were held out, which intervals are learned from; use fit, with a calibration_fraction above "
                "0, or loss='gaussian'."
            )
        relative = self.weights / self.weights.mean()
        needed = (n_rows + 1) * coverage * (1 - 1e-12)  # what is ten in exact numbers shall not be eleven
        if n_rows < needed:
            at_least = int(np.ceil(coverage / (1 - coverage) * (1 - 1e-12)))
            raise DataError(
                f"{n_rows} rows were held out, and an interval that covers {coverage:g} needs {at_least}; raise "
                "calibration_fraction, ask for less coverage, or fit with more rows."
            )
        found = []
        for scores in self.scores.T:
            order = np.argsort(scores, kind="stable")
            place = int(np.searchsorted(np.cumsum(relative[order]), needed * (1 - 1e-12)))
            found.append(scores[order[min(place, n_rows - 1)]])
        return np.array(found)


def n_calibration(n_rows: int, fraction: float) -> int:
    """Return how many rows to hold out: as many of 9, 19, 29, … as are nearest to a share, or fewer than 9.

    Parameters
    ----------
    n_rows : int
    fraction : float
        The share of these rows.

    Returns
    -------
    int
    """
    wanted = math.ceil(fraction * n_rows)
    return wanted if wanted < 9 else 10 * ((wanted + 6) // 10) - 1
