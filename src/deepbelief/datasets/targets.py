"""Decides whether a target is a class or a number."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from deepbelief.datasets.dataset import Labels, Targets
from deepbelief.datasets.options import Task
from deepbelief.errors import DataError

MOST_CLASSES = 20  # that numbers stand for without being called labels
_ROWS_PER_CLASS = 2  # as many at least, on average
_ROWS_PER_NUMBER = 5  # below which many different whole numbers that somebody called a target are no classes

Called = Literal["labels", "target", "number"]
Said = Literal["classify", "regress"]


def labels_or_targets(
    where: str, values: npt.NDArray[Any], task: Task, *, called: Called = "labels"
) -> tuple[Labels | None, Targets | None]:
    """Return values to be predicted as labels of classes, or as numbers, or as neither.

    Parameters
    ----------
    where : str
        The place that a message names.
    values : ndarray of shape (n_rows,)
        Numbers (NaN: unknown), bools, strings, or objects that are strings or None (unknown).
    task : {"auto", "classify", "regress", "features"}
    called : {"labels", "target", "number"}
        What their name says. Whole numbers that are called labels are classes, however many there are; those that are
        called a target are, unless they are many with a few rows each; those with another name are if they are few, and
        each occurs twice at least. Fractions are numbers.

    Returns
    -------
    labels : ndarray of shape (n_rows,) or None
        Whole numbers are int64; all others as they are.
    targets : ndarray of float64, shape (n_rows,), or None

    Raises
    ------
    DataError
        If words are to be regressed, or a number to be regressed is unknown.
    """
    if task == "features":
        return None, None
    if values.dtype.kind not in "biuf":
        if task == "regress":
            raise DataError(f"{where}: words cannot be regressed; use --task classify")
        return values, None
    if task == "auto":
        task = "classify" if are_classes(values, called) else "regress"
    if task == "classify":
        is_int64 = values.dtype.kind in "iu" and np.can_cast(values.dtype, np.int64)
        return (values.astype(np.int64) if is_int64 else _words_for_fractions(values)), None
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        row = int(np.argmin(np.isfinite(numbers)))
        raise DataError(f"{where}, row {row + 1} of the data: no number to regress; remove the row or write one")
    return None, numbers


def _words_for_fractions(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return classes as words if some are fractions, which no classifier takes for classes; None where one is NaN."""
    known = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    if values.dtype.kind != "f" or (known == np.round(known)).all():
        return values
    words = np.array([None if np.isnan(value) else repr(float(value)) for value in values], object)
    return words if len(known) < len(values) else words.astype(str)


def are_classes(values: npt.NDArray[Any], called: Called) -> bool:
    """Tell whether numbers, or truth values, are taken for classes where nobody says it.

    Parameters
    ----------
    values : ndarray, shape (n_rows,)
        NaN where a number is missing.
    called : {"labels", "target", "number"}
        What their name says.

    Returns
    -------
    bool
    """
    if values.dtype.kind == "b":
        return True
    known = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    is_whole = known.dtype.kind in "iu" or bool((known == np.round(known)).all())
    if called == "labels" and is_whole:
        return True
    _, counts = np.unique(known, return_counts=True)
    if not is_whole:
        return False
    if called == "target":
        return len(counts) <= max(MOST_CLASSES, len(known) / _ROWS_PER_NUMBER)
    # Where a number occurs once, it belongs to a count or a measurement, whose large values are rare.
    return len(counts) <= min(MOST_CLASSES, len(known) / _ROWS_PER_CLASS) and bool((counts > 1).all())
