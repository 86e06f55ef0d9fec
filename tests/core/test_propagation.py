"""Label spreading against the closed form, and on graphs whose answer is plain."""

import numpy as np
import pytest
import scipy.sparse

from deepbelief.core.propagation import STAY, affinities, spread_labels


def chain(n: int, cut: int | None = None) -> scipy.sparse.csr_array:
    """A path of n nodes with edges of weight 1; the edge before `cut` is missing."""
    edges = np.zeros((n, n))
    for i in range(n - 1):
        if i + 1 != cut:
            edges[i, i + 1] = edges[i + 1, i] = 1
    return scipy.sparse.csr_array(edges)


def test_affinities_by_hand():
    """Three points on a line at 0, 1 and 3, two neighbours each."""
    neighbours = np.array([[1, 2], [0, 2], [1, 0]])
    distances = np.array([[1.0, 3.0], [1.0, 2.0], [2.0, 3.0]])
    edges = affinities(neighbours, distances).toarray()
    expected = np.array(
        [
            [0, np.exp(-1 / (3 * 2)), np.exp(-9 / (3 * 3))],
            [np.exp(-1 / (2 * 3)), 0, np.exp(-4 / (2 * 3))],
            [np.exp(-9 / (3 * 3)), np.exp(-4 / (3 * 2)), 0],
        ]
    )
    np.testing.assert_allclose(edges, expected)


def test_an_edge_needs_only_one_of_two_neighbours():
    edges = affinities(np.array([[1], [0], [1]]), np.array([[1.0], [1.0], [2.0]])).toarray()
    assert edges[1, 2] == edges[2, 1] > 0
    assert edges[0, 2] == edges[2, 0] == 0


def test_rows_that_coincide_are_joined():
    assert np.isfinite(affinities(np.array([[1], [0]]), np.zeros((2, 1))).toarray()).all()


@pytest.mark.parametrize("cut", [2, 5, 8])
def test_components_take_their_only_label(cut):
    targets = np.full(10, -1)
    targets[0], targets[9] = 0, 1
    np.testing.assert_array_equal(spread_labels(chain(10, cut), targets, 2), np.arange(10) >= cut)


def test_what_no_label_reaches_has_no_guess():
    targets = np.full(10, -1)
    targets[0], targets[3] = 0, 1
    guesses = spread_labels(chain(10, 6), targets, 2)
    np.testing.assert_array_equal(guesses[6:], -1)
    assert (guesses[:6] >= 0).all()


def test_the_nearer_label_wins():
    targets = np.full(10, -1)
    targets[0], targets[9] = 1, 0
    np.testing.assert_array_equal(spread_labels(chain(10), targets, 2), np.arange(10) < 5)


def test_against_the_closed_form():
    """(1 − αS)⁻¹ Y, rows and columns scaled in turn, on a random graph."""
    generator = np.random.default_rng(0)
    dense = np.triu(generator.random((30, 30)) * (generator.random((30, 30)) < 0.3), 1)
    dense = dense + dense.T + np.eye(30, k=1) + np.eye(30, k=-1)
    targets = np.full(30, -1)
    targets[:6] = [0, 1, 2, 0, 0, 1]
    degree = dense.sum(axis=1)
    system = np.eye(30) - STAY * dense / np.sqrt(degree[:, None] * degree)
    beliefs = np.linalg.solve(system, (targets[:, None] == np.arange(3)).astype(float))
    for _ in range(10):
        beliefs *= np.array([3, 2, 1]) / 6 / beliefs.sum(axis=0)
        beliefs /= beliefs.sum(axis=1, keepdims=True)
    expected = np.where(targets >= 0, targets, beliefs.argmax(axis=1))
    guesses = spread_labels(scipy.sparse.csr_array(dense), targets, 3)
    assert (guesses == expected).mean() > 0.96  # the solver stops at 10⁻⁴: one near tie may fall either way
    np.testing.assert_array_equal(guesses[:6], targets[:6])


def test_no_class_overruns_the_others():
    """Two overlapping clouds of equal size and with as many labels, central ones in one, outlying ones in the other."""
    n = 400
    truth = np.arange(n) % 2
    points = np.random.default_rng(1).normal(size=(n, 2)) + 4.0 * truth[:, None]
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(distances, np.inf)
    neighbours = distances.argsort(axis=1)[:, :6]
    edges = affinities(neighbours, np.take_along_axis(distances, neighbours, axis=1))
    from_centre = np.linalg.norm(points - 4.0 * truth[:, None], axis=1)
    targets = np.full(n, -1)
    for k, rank in ((0, slice(0, 3)), (1, slice(-3, None))):
        members = np.flatnonzero(truth == k)
        targets[members[from_centre[members].argsort()[rank]]] = k
    guesses = spread_labels(edges, targets, 2)
    assert (guesses == truth).mean() > 0.95
