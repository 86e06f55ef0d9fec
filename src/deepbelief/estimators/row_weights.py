"""``sample_weight``: how much each row counts.

Whole numbers say how often a row is there: learning from a row of weight 3 is learning from three equal rows, and one
of weight 0 is not there at all. Other weights are relative: what a row adds to an average is multiplied by its
weight over the mean weight. So are whole numbers so large that a pass over the repeated rows would take much longer.
"""

from collections.abc import Mapping
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.validation import _check_sample_weight, _num_samples

from deepbelief.core.rows import Rows
from deepbelief.errors import DataError
from deepbelief.estimators.annotations import Data, RowWeights

MOST_COPIES = 10  # of a row, on average


def with_weights(rows: Rows, X: Data, sample_weight: RowWeights) -> Rows:
    """Return rows to learn from, repeated or weighted by `sample_weight`.

    Parameters
    ----------
    rows : Rows
    X : ndarray or sparse matrix of shape (n_rows, n_features)
        What the rows are made of.
    sample_weight : array-like of shape (n_rows,), number or None

    Returns
    -------
    Rows

    Raises
    ------
    DataError
        If a weight is negative or no number.
    ValueError
        If there is not one number for each row, or all of them are zero.
    """
    if sample_weight is None:
        return rows
    weights = _checked(sample_weight, X)
    if _are_repetitions(weights):
        return rows.subset(repetitions(weights))
    counting = np.flatnonzero(weights)
    return replace(rows, weights=weights).subset(counting)


def rows_that_count(sample_weight: RowWeights, X: Data) -> np.ndarray:
    """Return which rows to judge a model by: each of them as often as its weight says, and none of weight 0.

    Parameters
    ----------
    sample_weight : array-like of shape (n_rows,), number or None
    X : array-like or sparse matrix of shape (n_rows, n_features)

    Returns
    -------
    ndarray of int
        Sorted indices.

    Raises
    ------
    DataError
        If a weight is negative or no number.
    """
    if sample_weight is None:
        return np.arange(_num_samples(X))
    return repetitions(_checked(sample_weight, X))


def repetitions(weights: np.ndarray) -> np.ndarray:
    """Return the indices of rows, each as often as its weight says.

    Where weights are relative, there are as many indices as weights, in proportion to them.

    Parameters
    ----------
    weights : ndarray of shape (n_rows,)
        At least 0, and some of them above.

    Returns
    -------
    ndarray of int
        Sorted.
    """
    if _are_repetitions(weights):
        return np.repeat(np.arange(len(weights)), weights.astype(int))
    ends = np.cumsum(weights)
    return np.searchsorted(ends, (np.arange(len(weights)) + 0.5) / len(weights) * ends[-1], side="right")


def _are_repetitions(weights: np.ndarray) -> bool:
    return bool((weights == np.round(weights)).all() and weights.mean() <= MOST_COPIES)


def _checked(sample_weight: RowWeights, X: Data) -> np.ndarray:
    """Return the weights as an array; refuse what is none, with its row."""
    given = np.asarray(sample_weight)
    if given.ndim == 1 and given.dtype.kind in "if":
        refused = np.flatnonzero(~((given >= 0) & (given < np.inf)))
        if len(refused):
            row = int(refused[0])
            raise DataError(f"sample_weight is {given[row]:g} at row {row}; a weight is 0 or more: correct it.")
    weights: np.ndarray = _check_sample_weight(sample_weight, X, dtype=np.float64)
    return weights


def with_class_weights(rows: Rows, class_weight: Mapping[Any, float] | str | None, classes: np.ndarray) -> Rows:
    """Return labelled rows, each with its own weight times that of its class; those of weight 0 are left out.

    Parameters
    ----------
    rows : Rows
        With labels.
    class_weight : "balanced", dict or None
        ``"balanced"`` lets all classes count the same; a dictionary holds the weights of some classes, and all others
        have weight 1.
    classes : ndarray of shape (n_classes,)

    Returns
    -------
    Rows

    Raises
    ------
    DataError
        If there is no such class, a weight is negative or no number, or no row is left.
    """
    if class_weight is None:
        return rows
    own = np.ones(len(rows)) if rows.weights is None else rows.weights
    if isinstance(class_weight, str):
        counts = np.bincount(rows.known_labels, own, minlength=len(classes))
        by_class = own.sum() / len(classes) / np.maximum(counts, np.finfo(float).tiny)
    else:
        by_class = weights_of_classes(class_weight, classes)
    weights = own * by_class[rows.known_labels]
    if not weights.any():
        raise DataError("class_weight leaves no row with a label; give one of its classes a weight above 0.")
    return replace(rows, weights=weights).subset(np.flatnonzero(weights))


def weights_of_classes(class_weight: Mapping[Any, float], classes: np.ndarray) -> np.ndarray:
    """Return the weight of each class.

    Parameters
    ----------
    class_weight : dict
        All classes that it does not hold have weight 1.
    classes : ndarray of shape (n_classes,)

    Returns
    -------
    ndarray of shape (n_classes,)

    Raises
    ------
    DataError
        If there is no such class, or a weight is negative or no number.
    """
    by_class = np.ones(len(classes))
    for name, weight in class_weight.items():
        place = np.flatnonzero(classes == name)
        if not len(place):
            raise DataError(f"class_weight names the class {name!r}, but the classes are {classes.tolist()}.")
        if not isinstance(weight, Real) or not 0 <= float(weight) < np.inf:
            raise DataError(f"class_weight of the class {name!r} must be a number of at least 0; got {weight!r}.")
        by_class[place] = weight
    return by_class
