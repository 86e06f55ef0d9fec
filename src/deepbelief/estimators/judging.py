"""Which rows a network is judged by, and how far the labels of a classifier follow from its rows."""

from dataclasses import replace

import numpy as np

from deepbelief.core.arrays import to_numpy
from deepbelief.core.diagnosis import Answers, Predictions
from deepbelief.core.diagnosis.left_out import agreement
from deepbelief.core.diagnosis.network import LUCK
from deepbelief.core.rows import Rows

JUDGED_ROWS = 500  # evenly spaced
MOST_ROWS = 5000  # of more, so few of them tell too little, and a network does not easily learn them by heart


def spread(n_rows: int) -> np.ndarray:
    """Return the indices of at most 500 rows, evenly spaced.

    Parameters
    ----------
    n_rows : int
        The number of rows.

    Returns
    -------
    ndarray of int
    """
    return np.unique(np.linspace(0, n_rows - 1, min(n_rows, JUDGED_ROWS)).round().astype(int))


def with_agreement(answers: Answers, rows: Rows, known: np.ndarray, n_known: int) -> Answers:
    """Return answers together with how far the labels follow from the rows; as they are, where that cannot be told.

    Parameters
    ----------
    answers : Answers
        Of a network, for rows whose true answers are known.
    rows : Rows
    known : ndarray of int
        Which of the rows these are.
    n_known : int
        Of how many rows they were taken.

    Returns
    -------
    Answers
    """
    if not isinstance(answers, Predictions) or not len(known) or n_known > MOST_ROWS:
        return answers
    some = spread(len(known))
    values = to_numpy(rows.take(known[some]))
    return replace(answers, agreement=agreement(values, answers.targets[some], LUCK))


def as_often_as(counted: np.ndarray, known: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the known ones of rows that count, as often as they do, and their true answers.

    Parameters
    ----------
    counted : ndarray of int
        The rows that count, see :func:`~deepbelief.estimators.row_weights.rows_that_count`.
    known : ndarray of int, shape (n_known,)
        The rows whose true answer is known.
    right : ndarray of shape (n_known,) or (n_known, n_targets)
        These answers.

    Returns
    -------
    known : ndarray of int
    right : ndarray
    """
    at = np.flatnonzero(np.isin(counted, known))
    places = np.searchsorted(known, counted[at])
    return known[places], right[places]
