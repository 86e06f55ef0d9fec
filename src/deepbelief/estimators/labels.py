"""Labels: which rows have one, which classes there are, and how to hold some rows out."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from deepbelief.core.randomness import Stream
from deepbelief.errors import DataError

UNLABELLED = -1

_NONE_HELD_OUT = "hold none out (train: --validation-fraction 0; DBNClassifier: early_stopping=False)"


@contextmanager
def many_classes_allowed() -> Iterator[None]:
    """Keep scikit-learn from warning that few rows with many classes look like a regression."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The number of unique classes is greater than 50%")
        yield


def checked_labels(y: Any, n_rows: int) -> np.ndarray:
    """Return `y` as a vector of class labels, one for each of `n_rows`.

    Raises
    ------
    ValueError
        If `y` is missing, is no vector of classes, holds NaN, or has another length than the data.
    """
    if y is None:
        raise ValueError(
            "This estimator requires y to be passed, but the target y is None; mark rows without a label with -1."
        )
    y = column_or_1d(y, warn=True)
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        row = int(np.flatnonzero(~np.isfinite(y))[0])
        raise DataError(f"Input y contains NaN or infinity at row {row}; mark unlabelled rows with -1.")
    with many_classes_allowed():
        check_classification_targets(y)
    if len(y) != n_rows:
        raise DataError(f"X has {n_rows} rows, but y has {len(y)} labels; give one for each row.")
    return y


def labelled_rows(y: np.ndarray) -> np.ndarray:
    """Return the indices of the rows that have a label: all but those marked −1.

    Where −1 and 1 are the only labels they are the two classes, as in every other classifier: with a single class there
    would be nothing to learn.
    """
    if y.dtype.kind not in "iuf" or set(np.unique(y)) == {-1, 1}:
        return np.arange(len(y))
    return np.flatnonzero(y != UNLABELLED)


def comparable_rows(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the indices of the rows that have a label to compare with a classifier's; −1 is one if it was learned.

    Raises
    ------
    DataError
        If one names classes by words and the other by numbers.
    """
    if len(y) and (y.dtype.kind in "US") != (classes.dtype.kind in "US"):
        raise DataError(
            f"labels like {y[0].item()!r} cannot be compared with the model's classes, like {classes[0].item()!r}; "
            "use one kind of label"
        )
    if y.dtype.kind not in "iuf" or UNLABELLED in classes.tolist():
        return np.arange(len(y))
    return np.flatnonzero(y != UNLABELLED)


def require_classes(classes: np.ndarray, source: str = "") -> None:
    """Refuse fewer than two classes.

    Parameters
    ----------
    classes : array
    source : str, default=""
        Where the labels come from, to begin the sentence with; "" for an argument ``y``.

    Raises
    ------
    DataError
    """
    if len(classes) == 0:
        no_row = f"{source}: no row has" if source else "No row of y has"
        raise DataError(f"{no_row} a label (all are -1, which marks unlabelled rows); label some rows.")
    if len(classes) == 1:
        raise DataError(
            f"{f'{source}:' if source else 'y holds'} one class only, {shown(classes[0])}; a classifier needs rows of "
            "at least two classes (-1 marks unlabelled rows); add rows of another class."
        )


def shown(label: Any) -> str:
    """Return a class label as a user would write it: no NumPy type around it."""
    return repr(label.item() if isinstance(label, np.generic) else label)


def hold_out(
    labels: np.ndarray, fraction: float, stream: Stream, *, otherwise: str = _NONE_HELD_OUT
) -> tuple[np.ndarray, np.ndarray]:
    """Split rows into those to learn from and those to measure on, with the classes in equal proportion.

    Parameters
    ----------
    labels : array, shape (n_rows,)
    fraction : float
        Share of the rows to hold out.
    stream : Stream
    otherwise : str
        What else than adding rows helps where there are too few.

    Returns
    -------
    kept, held_out : array of int
        Sorted indices.

    Raises
    ------
    DataError
        If a class has one row only, or there are too few rows to hold one of each class out.
    """
    seed = int(stream.generator.integers(2**31))
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < 2:
        raise DataError(
            f"Class {shown(classes[counts.argmin()])} has one row only, which cannot be both learned from and held "
            f"out; add rows of that class, or {otherwise}."
        )
    n_held_out = int(np.ceil(fraction * len(labels)))
    if min(n_held_out, len(labels) - n_held_out) < len(classes):
        raise DataError(
            f"{len(labels)} labelled rows are too few to hold {fraction:g} of them out with all {len(classes)} "
            f"classes on both sides; add rows, or {otherwise}."
        )
    split = StratifiedShuffleSplit(n_splits=1, test_size=n_held_out, random_state=seed)
    with many_classes_allowed():
        kept, held_out = next(split.split(np.zeros(len(labels)), labels))
    return np.sort(kept), np.sort(held_out)
