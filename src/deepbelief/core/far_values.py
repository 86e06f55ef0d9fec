"""Mean and standard deviation of features, by which a few far values do not decide how units see all others.

One cell of 100,000 among 600 numbers between −3 and 3 makes their standard deviation 4,000. Standardised by it, all
other rows are next to equal. Often such a value is a mistake, or a mark such as −999 for a number that is not known.
So where most values of a feature, although not equal, lie within a small part of its standard deviation, those that are
far from most are left out of its mean and its standard deviation, and units see them no farther than `LIMIT`. That is
so if they are few, or one number again and again. Many different far values are what the feature is about, such as
the signals of a detector that is mostly silent: nothing is limited there.

Most values are those of the shortest range that holds four fifths of all, as the half of them is in the "shorth" of
Andrews et al., Robust Estimates of Location (1972). Up to a fifth of far values does not move it, on whichever side.
"""

import numpy as np

from deepbelief.core.arrays import to_numpy
from deepbelief.core.rows import Rows

LIMIT = 4.0  # standard deviations of the values that are not far
HELD = 0.8  # of the values lie in the range of most
NARROW = 0.1  # standard deviations: of normal numbers, the range of most spans 2.56
FAR = 5.0  # times the width of that range, from its ends
FEWEST = 20  # values: of fewer, any can be far by chance
FEW = 0.03  # of the values, at most, are far, beside one number that may be there more often
GLANCED_ROWS, GLANCED_VALUES = 1000, 2_000_000  # at which features are looked at before all of their values are
MARGIN = 1.5  # by which these may say less than all do


def standards(rows: Rows, *, are_limited: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return by what the features of rows are standardised.

    Parameters
    ----------
    rows : Rows
        On the host, with batches of float64.
    are_limited : bool, default=True
        Whether far values are to be left out, and limited. If not, all values count, and there are no limits.

    Returns
    -------
    mean, deviation : ndarray of float64, shape (n_features,)
        Of the known values of each feature that are not far, each counted by the weight of its row.
    limit : ndarray of float64, shape (n_features,)
        How many of these standard deviations from its mean units see a value at most: `LIMIT` where some values are
        far, and infinity elsewhere.
    """
    mean, variance = map(to_numpy, rows.moments())
    deviation, limit = np.sqrt(variance), np.full(rows.n_features, np.inf)
    if not are_limited:
        return mean, deviation, limit
    suspects = np.flatnonzero(_are_crowded(*_glance(rows), MARGIN * deviation))
    if len(suspects):
        values, is_known = _columns(rows, suspects)
        confirmed = _are_crowded(values, is_known, deviation[suspects])
        for place in np.flatnonzero(confirmed):
            feature, known = suspects[place], is_known[:, place]
            are_far = _are_far(values[known, place])
            if not _is_no_signal(values[known, place][are_far], len(are_far)):
                continue
            weights = None if rows.weights is None else rows.weights[known][~are_far]
            near = values[known, place][~are_far]
            mean[feature] = np.average(near, weights=weights)
            deviation[feature] = np.sqrt(np.average(np.square(near - mean[feature]), weights=weights))
            limit[feature] = LIMIT
    return mean, deviation, limit


def _glance(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of some rows, and which of them are known. Rows that lie evenly could share their marks."""
    n_rows = max(FEWEST, min(GLANCED_ROWS, GLANCED_VALUES // rows.n_features))
    if len(rows) > n_rows:
        rows = rows.subset(np.sort(np.random.default_rng(0).choice(len(rows), n_rows, replace=False)))
    return _columns(rows, slice(None))


def _columns(rows: Rows, features: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray]:
    """Return some features of all rows, and which of their values are known."""
    values, known = [], []
    for batch in rows.batches():
        values.append(to_numpy(batch.v)[:, features])
        known.append(np.ones(values[-1].shape, bool) if batch.mask is None else to_numpy(batch.mask)[:, features])
    return np.concatenate(values), np.concatenate(known)


def _are_crowded(values: np.ndarray, is_known: np.ndarray, deviations: np.ndarray) -> np.ndarray:
    """Tell of which features most values, although not equal, lie within a small part of the standard deviation."""
    crowded = np.zeros(values.shape[1], bool)
    for feature, deviation in enumerate(deviations):
        known = values[is_known[:, feature], feature]
        if len(known) >= FEWEST:
            low, high = _range_of_most(known)
            crowded[feature] = 0 < high - low < NARROW * deviation
    return crowded


def _are_far(values: np.ndarray) -> np.ndarray:
    low, high = _range_of_most(values)
    return np.maximum(low - values, values - high) > FAR * (high - low)


def _is_no_signal(far: np.ndarray, n_values: int) -> bool:
    """Tell whether far values are few among all, but for one number that may be there again and again."""
    most_often = np.unique(far, return_counts=True)[1].max(initial=0)
    return len(far) > 0 and len(far) - most_often <= FEW * n_values


def _range_of_most(values: np.ndarray) -> tuple[float, float]:
    """Return the ends of the shortest range that holds four fifths of some numbers."""
    values = np.sort(values)
    n_held = int(np.ceil(HELD * len(values)))
    widths = values[n_held - 1 :] - values[: len(values) - n_held + 1]
    first = int(widths.argmin())
    return float(values[first]), float(values[first + n_held - 1])
