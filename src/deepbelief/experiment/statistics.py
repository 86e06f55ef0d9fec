"""How far a measured accuracy may be off, and whether two classifiers differ on the same rows.

SciPy's exact binomial test does the work; Holm's correction, five lines that SciPy lacks, is written out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

LEVEL = 0.05  # of false alarms: differences count below it, intervals hold with 1 − LEVEL


@dataclass(frozen=True)
class Disagreement:
    """McNemar's test of two classifiers on the same rows.

    Parameters
    ----------
    only_first, only_second : int
        Rows that only the one, or only the other, labels correctly.
    p_value : float
        How often rows like these would be shared out at least as unequally if both were equally accurate.
    """

    only_first: int
    only_second: int
    p_value: float


def wilson_interval(n_right: int, n_rows: int) -> tuple[float, float]:
    """Return the 95 % interval of an accuracy.

    Parameters
    ----------
    n_right : int
    n_rows : int

    Returns
    -------
    low : float
    high : float

    References
    ----------
    E. B. Wilson, *Probable inference, the law of succession, and statistical inference*, JASA 22 (1927): unlike
    accuracy ± 2 standard errors it stays within [0, 1] and holds near 1, where good classifiers are.
    """
    interval = binomtest(n_right, n_rows).proportion_ci(1 - LEVEL, method="wilson")
    return float(interval.low), float(interval.high)


def mcnemar(right_first: np.ndarray, right_second: np.ndarray) -> Disagreement:
    """Test whether two classifiers are equally accurate, from the rows on which just one of them is right.

    If they are, each of these rows falls to either with probability 1/2: an exact, two-sided binomial test.

    Parameters
    ----------
    right_first, right_second : array of bool, shape (n_rows,)
        Which rows each classifier labels correctly.

    Returns
    -------
    Disagreement

    References
    ----------
    Q. McNemar, *Note on the sampling error of the difference between correlated proportions*, Psychometrika 12 (1947).
    T. Dietterich, *Approximate statistical tests for comparing supervised classification learning algorithms*, Neural
    Computation 10 (1998): its false alarms keep to their level where a t-test over resampled splits' do not.
    """
    only_first = int(np.count_nonzero(right_first & ~right_second))
    only_second = int(np.count_nonzero(right_second & ~right_first))
    n_split = only_first + only_second
    p_value = float(binomtest(only_first, n_split).pvalue) if n_split else 1.0
    return Disagreement(only_first, only_second, p_value)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for being many: the chance of even one false alarm stays below the level.

    Parameters
    ----------
    p_values : sequence of float

    Returns
    -------
    list of float

    References
    ----------
    S. Holm, *A simple sequentially rejective multiple test procedure*, Scandinavian Journal of Statistics 6 (1979).
    """
    p = np.asarray(p_values, float)
    order = np.argsort(p, kind="stable")
    # The smallest is one of m, the next one of m − 1, …; none may come out below a smaller one's.
    corrected = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    result = np.empty_like(p)
    result[order] = np.minimum(corrected, 1.0)
    return result.tolist()
