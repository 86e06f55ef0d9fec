"""Hold some labelled rows out, to measure on."""

import numpy as np
from sklearn.model_selection import StratifiedShuffleSplit

from deepbelief.core.randomness import Stream
from deepbelief.errors import DataError
from deepbelief.estimators.label_arrays import shown
from deepbelief.estimators.labels import many_classes_allowed

_NONE_HELD_OUT = "hold none out (train: --validation-fraction 0; DBNClassifier: early_stopping=False)"


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


def hold_out_any(
    n_rows: int, n_held_out: int, stream: Stream, copies: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Split rows at random into those to learn from and those to measure on.

    Parameters
    ----------
    n_rows : int
    n_held_out : int
        How many of them to hold out; more, if they have copies.
    stream : Stream
    copies : ndarray of int, shape (n_rows,), optional
        The same number for rows that stay together, from 0 on. None if each stands for itself.

    Returns
    -------
    kept, held_out : array of int
        Sorted indices. At least one row is kept.
    """
    which = np.arange(n_rows) if copies is None else copies
    place = np.argsort(stream.permutation(int(which.max()) + 1))[which]  # of each row, copies together
    order = np.argsort(place, kind="stable")
    wanted = min(n_held_out, n_rows - 1)
    is_held_out = place <= place[order[wanted - 1]] if wanted > 0 else np.zeros(n_rows, bool)
    if is_held_out.all():  # all of them are copies of one row
        is_held_out = place < place.max()
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
