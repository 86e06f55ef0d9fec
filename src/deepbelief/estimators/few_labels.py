"""What rows without a label can tell a classifier that has few of them."""

from dataclasses import replace

import numpy as np
from sklearn.neighbors import NearestNeighbors

from deepbelief.core.propagation import affinities, spread_labels
from deepbelief.core.rows import Rows
from deepbelief.core.semisupervised import Unlabelled
from deepbelief.core.stack import Layer, up
from deepbelief.estimators.inputs import mapped

N_NEIGHBOURS = 6
# All distances between rows are computed: twice as many rows take four times as long, and beyond this too long. All
# labelled rows are among them.
GRAPH_ROWS = 70_000
ENOUGH_ROWS = 1_000  # among fewer rows, neighbours are far and say little


def wanted(setting: bool | str, n_labelled: int, n_rows: int) -> bool:
    """Tell whether unlabelled rows take part in fine-tuning.

    ``"auto"`` is if they are at least as many as the labelled ones, and there are a thousand rows or more.
    """
    return n_rows >= max(2 * n_labelled, ENOUGH_ROWS) if setting == "auto" else bool(setting)


def unlabelled_part(stack: list[Layer], rows: Rows, n_classes: int, radius: float) -> Unlabelled:
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
    graph = NearestNeighbors(n_neighbors=min(N_NEIGHBOURS, len(members) - 1)).fit(features)
    distances, neighbours = graph.kneighbors()
    guesses = np.full(len(rows), -1)
    guesses[members] = spread_labels(affinities(neighbours, distances), known[members], n_classes)
    return Unlabelled(replace(rows, labels=guesses), radius)
