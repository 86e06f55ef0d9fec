"""How many rows that a model is measured on it has learned from, and how accurate it is on the others."""

from dataclasses import dataclass

import numpy as np

from deepbelief.estimators.learned_rows import LearnedRows
from deepbelief.experiment.statistics import wilson_interval


@dataclass(frozen=True)
class Overlap:
    """What some rows have in common with those that a model learned from.

    Parameters
    ----------
    n_rows : int
    n_looked_up : int
        Rows of which the model's file tells whether it learned from them: all, unless it learned from more different
        rows than the file has hashes of; then a random sample.
    n_learned_from : int or None
        Rows that the model learned from; an estimate unless all are looked up, and None if none is.
    n_others : int
        Rows looked up that the model did not learn from.
    accuracy_on_others : float or None
        None if there are none of them, or nothing was predicted.
    interval_on_others : tuple of float or None
        Wilson's 95 % interval of it, for the choice of the rows.
    """

    n_rows: int
    n_looked_up: int
    n_learned_from: int | None
    n_others: int
    accuracy_on_others: float | None
    interval_on_others: tuple[float, float] | None

    @property
    def is_most(self) -> bool | None:
        """Whether the model learned from at least half of the rows; None if nobody knows."""
        return None if self.n_learned_from is None else 2 * self.n_learned_from >= self.n_rows


def overlap_with(
    learned_from: LearnedRows | None, hashes: np.ndarray, right: np.ndarray | None = None
) -> Overlap | None:
    """Look rows up among those that a model learned from.

    Parameters
    ----------
    learned_from : LearnedRows or None
    hashes : ndarray of uint64, shape (n_rows,)
        Of the rows, see :func:`deepbelief.datasets.row_hashes`.
    right : ndarray of bool, shape (n_rows,), optional
        Which of them the model labels correctly.

    Returns
    -------
    Overlap or None
        None if nobody knows what the model learned from.
    """
    if learned_from is None:
        return None
    learned, others = learned_from.told_apart(hashes)
    n_learned, n_others = int(learned.sum()), int(others.sum())
    n_looked_up = n_learned + n_others
    n_right = None if right is None or not n_others else int(right[others].sum())
    return Overlap(
        n_rows=len(hashes),
        n_looked_up=n_looked_up,
        n_learned_from=round(len(hashes) * n_learned / n_looked_up) if n_looked_up else None,
        n_others=n_others,
        accuracy_on_others=None if n_right is None else n_right / n_others,
        interval_on_others=None if n_right is None else wilson_interval(n_right, n_others),
    )
