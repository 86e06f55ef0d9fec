"""Guessing the labels of unlabelled rows from those of their neighbours.

Rows are nodes of a graph, near ones are joined, and labels spread along its edges (Zhou, Bousquet, Lal, Weston &
Schölkopf, *Learning with local and global consistency*, 2004).
"""

import numpy as np
import scipy.sparse
from scipy.sparse.linalg import cg

STAY = 0.99  # α: the share of its value that a node takes from its neighbours; the rest is its own label
BALANCING_ROUNDS = 10
_TOLERANCE = 1e-4
_TINY = 1e-12


def affinities(neighbours: np.ndarray, distances: np.ndarray) -> scipy.sparse.csr_array:
    """Return how strongly rows are joined, from the nearest neighbours of each.

    exp(−d² / σᵢσⱼ), where σᵢ is the distance from row i to the last of its neighbours (Zelnik-Manor & Perona,
    *Self-tuning spectral clustering*, 2004): near and far are told apart where rows are dense and where they are not.

    Parameters
    ----------
    neighbours : ndarray of int, shape (n_rows, n_neighbours)
        From the nearest on, without the row itself.
    distances : ndarray, shape (n_rows, n_neighbours)
        Euclidean.

    Returns
    -------
    csr_array, shape (n_rows, n_rows)
        Symmetric; an edge for every pair of which one is among the other's neighbours.
    """
    n_rows, n_neighbours = neighbours.shape
    scale = distances[:, -1]
    strength = np.exp(-(distances**2) / np.maximum(scale[:, None] * scale[neighbours], _TINY))
    starts = np.arange(0, n_rows * n_neighbours + 1, n_neighbours)
    edges = scipy.sparse.csr_array((strength.ravel(), neighbours.ravel(), starts), shape=(n_rows, n_rows))
    return edges.maximum(edges.T).tocsr()


def spread_labels(edges: scipy.sparse.csr_array, targets: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the class that the labels of a few nodes suggest for each of the others.

    Solves (1 − αS) F = Y, where S holds the edges divided by the root of both nodes' degrees, and brings the classes of
    F to the shares that they have among the labels, by scaling rows and columns in turn (Sinkhorn 1967): without that,
    one class with well connected labels overruns the others.

    Parameters
    ----------
    edges : csr_array, shape (n_rows, n_rows)
        From :func:`affinities`.
    targets : ndarray of int, shape (n_rows,)
        Class of each labelled row, −1 of the others. Every class has a labelled row.
    n_classes : int

    Returns
    -------
    ndarray of int, shape (n_rows,)
        Labelled rows keep their label; −1 where no path leads to a labelled row.
    """
    root = 1 / np.sqrt(np.maximum(edges.sum(axis=1), _TINY))
    normalised = scipy.sparse.diags_array(root) @ edges @ scipy.sparse.diags_array(root)
    system = scipy.sparse.eye_array(len(targets), format="csr") - STAY * normalised
    mass = np.stack([cg(system, (targets == k).astype(float), rtol=_TOLERANCE)[0] for k in range(n_classes)], axis=1)
    shares = np.bincount(targets[targets >= 0], minlength=n_classes) / (targets >= 0).sum()
    reached = mass.max(axis=1) > _TINY
    beliefs = np.maximum(mass, 0) + _TINY
    for _ in range(BALANCING_ROUNDS):
        beliefs *= shares / beliefs.sum(axis=0)
        beliefs /= beliefs.sum(axis=1, keepdims=True)
    return np.where(targets >= 0, targets, np.where(reached, beliefs.argmax(axis=1), -1))
