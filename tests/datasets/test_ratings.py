"""Sparse matrices of which most values are not known."""

import numpy as np
import pytest
import scipy.sparse

from deepbelief import RBM
from deepbelief.datasets import with_holes


def test_what_is_not_stored_is_unknown_and_a_stored_zero_is_known():
    stored = scipy.sparse.coo_array(([3.0, 0.0, 1.0, 1.0], ([0, 1, 2, 2], [1, 0, 2, 2])), shape=(3, 3))
    expected = [[np.nan, 3, np.nan], [0, np.nan, np.nan], [np.nan, np.nan, 2]]
    for kind in ("coo", "csr", "csc"):
        np.testing.assert_array_equal(with_holes(stored.asformat(kind)), expected)
    assert stored.nnz == 4  # the caller's matrix stays as it is


def test_an_array_is_refused():
    with pytest.raises(TypeError, match=r"takes a sparse matrix.* not a ndarray; in an array, write NaN"):
        with_holes(np.zeros((2, 2)))


def test_tastes_are_learned_from_few_ratings():
    """Two groups of people like opposite films. 60 % of the ratings are unknown; each film's mean knows of no group."""
    rng = np.random.default_rng(0)
    group = rng.integers(2, size=400)
    likes = group[:, None] ^ (np.arange(12) % 2)
    stars = np.where(likes, 5, 1) + rng.integers(-1, 2, size=(400, 12)).clip(-(likes * 4), 4 * (1 - likes))
    stars = stars.clip(1, 5)
    is_given = rng.random(stars.shape) < 0.4
    is_given[np.arange(400), rng.integers(12, size=400)] = True
    ratings = scipy.sparse.csr_array(stars * is_given)
    X = with_holes(ratings)
    filled = RBM(8, visible="categorical", n_iter=60, random_state=0).fit(X).impute(X).astype(float)
    np.testing.assert_array_equal(filled[is_given], stars[is_given])
    error = abs(filled - stars)[~is_given].mean()
    of_means = abs(np.nanmean(X, axis=0) - stars)[~is_given].mean()
    assert error < 0.6 * of_means
