"""How unlabelled rows help a classifier that has few labels."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from sklearn.neighbors import NearestNeighbors

from deepbelief.core.propagation import affinities, spread_labels
from deepbelief.core.rows import Rows
from deepbelief.core.semisupervised import Unlabelled
from deepbelief.core.stack import Layer, up
from deepbelief.estimators.inputs import mapped

if TYPE_CHECKING:
    from deepbelief.estimators.classifier import DBNClassifier

N_NEIGHBOURS = 6
# All distances between rows are computed: twice as many rows take four times as long, and beyond this too long. All
# labelled rows are among them.
GRAPH_ROWS = 70_000
ROWS_AT_ONCE = 2_048  # whose neighbours are sought between two words on how far that has come
ENOUGH_ROWS = 1_000  # among fewer rows, neighbours are far and say little


def wanted(setting: bool | str, n_labelled: int, n_rows: int) -> bool:
    """Tell whether unlabelled rows take part in fine-tuning.

    ``"auto"`` is if they are at least as many as the labelled ones, and there are a thousand rows or more.

    Parameters
    ----------
    setting : bool or "auto"
        The setting ``semi_supervised`` of the classifier.
    n_labelled : int
        Rows that have a label.
    n_rows : int
        All rows.

    Returns
    -------
    bool
    """
    return n_rows >= max(2 * n_labelled, ENOUGH_ROWS) if setting == "auto" else bool(setting)


def warn_if_unused(classifier: "DBNClassifier", n_unlabelled: int) -> None:
    """Warn of rows without a label that take part neither in fine-tuning nor in pretraining, since there is none.

    Parameters
    ----------
    classifier : DBNClassifier
    n_unlabelled : int
        The number of these rows, which are to have no part in fine-tuning.
    """
    if classifier.pretrain_epochs == 0 and classifier.dbn is None:
        warnings.warn(
            f"The {n_unlabelled} rows without a label are not learned from: there is no pretraining "
            "(pretrain_epochs=0), and fine-tuning leaves them out, as it does by default where less than half of the "
            "rows have no label; pretrain, set semi_supervised=True, or leave these rows out.",
            UserWarning,
            stacklevel=2,
        )


def unlabelled_part(
    stack: list[Layer],
    rows: Rows,
    n_classes: int,
    radius: float,
    compared: Callable[[int, int], None] = lambda done, total: None,
) -> Unlabelled:
    """Guess the class of rows from those near them, as the top layer of a pretrained stack sees them.

    Parameters
    ----------
    stack : list of Layer
    rows : Rows, shape (n_rows, n_features)
        With labels, −1 for none.
    n_classes : int
        The labels are all of 0 … n_classes − 1.
    radius : float
        How far rows will be moved against the network.
    compared : callable, optional
        Told, every few thousand rows, of how many rows the neighbours are known, and of how many they are sought.

    Returns
    -------
    Unlabelled
    """
    known = rows.known_labels
    labelled, others = np.flatnonzero(known >= 0), np.flatnonzero(known < 0)
    room = min(max(GRAPH_ROWS - len(labelled), 0), len(others))
    evenly = others[np.linspace(0, len(others) - 1, room).astype(int)]
    members = np.sort(np.concatenate([labelled, evenly]))
    features = mapped(lambda x: up(stack, x), rows.subset(members))
    distances, neighbours = _nearest(features, min(N_NEIGHBOURS, len(members) - 1), compared)
    guesses = np.full(len(rows), -1)
    guesses[members] = spread_labels(affinities(neighbours, distances), known[members], n_classes)
    return Unlabelled(replace(rows, labels=guesses), radius)


def _nearest(features: np.ndarray, n: int, compared: Callable[[int, int], None]) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances of each row to the `n` nearest other ones, and which these are: each (n_rows, n)."""
    graph = NearestNeighbors(n_neighbors=n + 1).fit(features)
    distances, neighbours = np.empty((len(features), n)), np.empty((len(features), n), dtype=int)
    for first in range(0, len(features), ROWS_AT_ONCE):
        compared(first, len(features))
        some = slice(first, first + ROWS_AT_ONCE)
        lengths, places = graph.kneighbors(features[some])
        is_other = places != np.arange(first, first + len(places))[:, None]
        is_other[is_other.all(axis=1), 0] = False  # among copies of a row, it need not be its own nearest neighbour
        distances[some], neighbours[some] = lengths[is_other].reshape(-1, n), places[is_other].reshape(-1, n)
    compared(len(features), len(features))
    return distances, neighbours
