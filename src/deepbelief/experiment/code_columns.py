"""Columns of whole numbers that seem to be codes: what is to be predicted neither rises nor falls with them.

A network takes a column of numbers for an amount. If the numbers are codes, such as those of regions, or if single
values matter, such as hours of the day, it has to bend far to tell neighbouring values apart. Taken for categories,
each value has a weight of its own.

The rows of each value have a mean of what is to be predicted. Of the line that only rises, or only falls, and comes
nearest to these means (isotonic regression), they may be away by chance. An F test says how rarely.
"""

import dataclasses

import numpy as np
from scipy.stats import f as f_distribution
from scipy.stats import rankdata
from sklearn.isotonic import IsotonicRegression

from deepbelief.command_line import read_as, shell_line
from deepbelief.datasets import Dataset

FEWEST_VALUES, MOST_VALUES = 3, 40
MOST_COLUMNS = 50  # of numbers: where there are more, they are pixels or times, and no codes
MOST_ROWS, MOST_CLASSES = 20_000, 20  # that are looked at
CHANCE = 1e-4  # that one of the columns is named although what is predicted rises or falls with all of them
SHARE = 0.02  # of the variance of what is to be predicted: less is not worth a word


def with_note_of_codes(dataset: Dataset, x: np.ndarray, y: np.ndarray, *, is_classified: bool) -> Dataset:
    """Return a data set with a note that names the columns which seem to be codes.

    Parameters
    ----------
    dataset : Dataset
    x : ndarray, shape (n_rows, n_features)
        The rows of it of which it is known what is to be predicted.
    y : ndarray, shape (n_rows,)
        What that is.
    is_classified : bool

    Returns
    -------
    Dataset
    """
    if dataset.schema is None:
        return dataset
    numbers = [(column.name, place.start) for column, place in dataset.schema.slices if column.kind == "number"]
    if len(numbers) > MOST_COLUMNS:
        return dataset
    found = like_codes(x[:, [place for _, place in numbers]], y, is_classified=is_classified)
    if not found:
        return dataset
    names = [numbers[index][0] for index in found]
    options = shell_line(*read_as({"categorical": names}))
    note = (
        f"{dataset.schema.target} neither rises nor falls with {', '.join(names)}; if these whole numbers are codes, "
        f"or if single values matter, train with {options}"
    )
    return dataclasses.replace(dataset, notes=(*dataset.notes, note))


def like_codes(x: np.ndarray, y: np.ndarray, *, is_classified: bool) -> list[int]:
    """Return the columns of whole numbers with which the target neither rises nor falls.

    Parameters
    ----------
    x : ndarray, shape (n_rows, n_columns)
        NaN where a value is missing.
    y : ndarray, shape (n_rows,)
        Classes or numbers.
    is_classified : bool

    Returns
    -------
    list of int
    """
    some = np.linspace(0, len(y) - 1, min(len(y), MOST_ROWS)).astype(int)
    x, y = x[some], y[some]
    if is_classified:
        classes, counts = np.unique(y, return_counts=True)
        outcomes = (y[:, None] == classes[np.argsort(-counts)[:MOST_CLASSES]]).astype(float)
    else:
        outcomes = rankdata(y)[:, None]  # a few large numbers shall not decide
    found = []
    for index, values in enumerate(x.T):
        known = ~np.isnan(values)
        levels = np.unique(values[known])
        if FEWEST_VALUES <= len(levels) <= MOST_VALUES and (levels == np.round(levels)).all():
            tests = [_not_monotone(values[known], outcome[known], levels) for outcome in outcomes.T]
            if any(p * x.shape[1] * len(tests) < CHANCE and share >= SHARE for p, share in tests):
                found.append(index)
    return found


def _not_monotone(values: np.ndarray, outcome: np.ndarray, levels: np.ndarray) -> tuple[float, float]:
    """Return how probable means so far from monotone ones are by chance, and their share of the variance."""
    level = np.searchsorted(levels, values)
    counts = np.bincount(level)
    means = np.bincount(level, outcome) / counts
    within = float(((outcome - means[level]) ** 2).sum())
    lines = [
        IsotonicRegression(increasing=rises).fit_transform(levels, means, sample_weight=counts)
        for rises in (True, False)
    ]
    lack = min(float((counts * (means - line) ** 2).sum()) for line in lines)
    total = float(((outcome - outcome.mean()) ** 2).sum())
    freedom = len(levels) - 2, len(values) - len(levels)
    if lack <= 0 or freedom[1] < 1:
        return 1.0, 0.0
    with np.errstate(divide="ignore"):
        statistic = np.float64(lack / freedom[0]) / (within / freedom[1])
    return float(f_distribution.sf(statistic, *freedom)), lack / total
