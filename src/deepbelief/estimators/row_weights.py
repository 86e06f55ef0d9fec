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
from sklearn.utils.validation import _check_sample_weight

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
        If a weight is negative.
    ValueError
        If there is not one number for each row, or all of them are zero.
    """
    if sample_weight is None:
        return rows
    weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
    if (weights < 0).any():
        row = int(np.flatnonzero(weights < 0)[0])
        raise DataError(f"sample_weight is {weights[row]:g} at row {row}; a weight is 0 or more: correct it.")
    if (weights == np.round(weights)).all() and weights.mean() <= MOST_COPIES:
        return rows.subset(np.repeat(np.arange(len(weights)), weights.astype(int)))
    counting = np.flatnonzero(weights)
    return replace(rows, weights=weights).subset(counting)


def with_class_weights(rows: Rows, class_weight: Mapping[Any, float] | str | None, classes: np.ndarray) -> Rows:
    """Return labelled rows, each with its own weight times that of its class.

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
        If there is no such class, or a weight is negative or no number.
    """
    if class_weight is None:
        return rows
    own = np.ones(len(rows)) if rows.weights is None else rows.weights
    if isinstance(class_weight, str):
        counts = np.bincount(rows.known_labels, own, minlength=len(classes))
        by_class = own.sum() / len(classes) / np.maximum(counts, np.finfo(float).tiny)
    else:
        by_class = np.ones(len(classes))
        for name, weight in class_weight.items():
            place = np.flatnonzero(classes == name)
            if not len(place):
                raise DataError(f"class_weight names the class {name!r}, but the classes are {classes.tolist()}.")
            if not isinstance(weight, Real) or not 0 <= float(weight) < np.inf:
                raise DataError(f"class_weight of the class {name!r} must be a number of at least 0; got {weight!r}.")
            by_class[place] = weight
    return replace(rows, weights=own * by_class[rows.known_labels])
