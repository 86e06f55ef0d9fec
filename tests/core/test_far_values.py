"""By what features are standardised in which a few values are far from all others."""

import numpy as np
import pytest
import scipy.sparse

from deepbelief.core.far_values import FEW, LIMIT, standards
from deepbelief.core.rows import Rows

RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(3, 2, size=(600, 3))


def rows_of(X, **more):
    holes = not scipy.sparse.issparse(X) and bool(np.isnan(X).any())
    return Rows(X, np.float64, stand_in=0.0 if holes else None, **more)


def marked(mark, share, column=1):
    X = NUMBERS.copy()
    X[: int(share * len(X)), column] = mark
    return RNG.permutation(X)


def test_without_far_values_all_values_count():
    mean, deviation, limit = standards(rows_of(NUMBERS))
    np.testing.assert_allclose(mean, NUMBERS.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(deviation, NUMBERS.std(axis=0), rtol=1e-12)
    assert np.isinf(limit).all()


@pytest.mark.parametrize("mark, share", [(1e5, 1 / 600), (-999, 0.01), (-9999, 0.19)])
def test_far_values_do_not_count(mark, share):
    X = marked(mark, share)
    mean, deviation, limit = standards(rows_of(X))
    others = X[X[:, 1] != mark, 1]
    np.testing.assert_allclose([mean[1], deviation[1]], [others.mean(), others.std()], rtol=1e-12)
    np.testing.assert_allclose(mean[[0, 2]], X[:, [0, 2]].mean(axis=0), rtol=1e-12)
    assert limit[1] == LIMIT
    assert np.isinf(limit[[0, 2]]).all()


def test_far_values_may_lie_on_both_sides():
    X = NUMBERS.copy()
    X[:3, 0], X[3:90, 0] = [4e4, -7e3, 1e6], -9999
    mean, deviation, limit = standards(rows_of(X))
    np.testing.assert_allclose([mean[0], deviation[0]], [X[90:, 0].mean(), X[90:, 0].std()], rtol=1e-12)
    assert limit[0] == LIMIT


@pytest.mark.parametrize(
    "column",
    [
        np.where(RNG.random(600) < 0.1, RNG.exponential(size=600), RNG.normal(size=600) / 1000),
        RNG.standard_t(2, size=600),
        np.exp(2 * RNG.normal(size=600)),
        (RNG.random(600) < 0.1) + RNG.normal(size=600) * 0.2,
        RNG.poisson(0.1, size=600) * 1e4,
        np.where(np.arange(600) < 1, 30.0, NUMBERS[:, 0]),
    ],
    ids=["signals of a silent detector", "heavy tails", "log-normal", "noisy bits", "rare counts", "a little far"],
)
def test_what_a_feature_is_about_is_not_limited(column):
    _, deviation, limit = standards(rows_of(column[:, None]))
    np.testing.assert_allclose(deviation, column.std(), rtol=1e-12)
    assert np.isinf(limit).all()


def test_few_different_values_are_far_and_more_are_a_signal():
    def limit_of(n_far):
        column = NUMBERS[:, 0].copy()
        column[:n_far] = 1000 + 100 * np.arange(n_far)
        return standards(rows_of(column[:, None]))[2][0]

    assert limit_of(int(FEW * 600)) == LIMIT
    assert limit_of(int(FEW * 600) + 2) == np.inf


def test_values_that_are_not_known_do_not_count():
    X = marked(-999, 0.1)
    X[RNG.random(X.shape) < 0.2] = np.nan
    mean, deviation, limit = standards(rows_of(X))
    others = X[(X[:, 1] != -999) & ~np.isnan(X[:, 1]), 1]
    np.testing.assert_allclose([mean[1], deviation[1]], [others.mean(), others.std()], rtol=1e-12)
    assert limit[1] == LIMIT


def test_weights_are_those_of_repeated_rows():
    X, counts = marked(-999, 0.1), RNG.integers(1, 4, size=600)
    weighted, repeated = standards(rows_of(X, weights=counts.astype(float))), standards(rows_of(X.repeat(counts, 0)))
    for found, expected in zip(weighted, repeated, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-10)
    assert weighted[2][1] == LIMIT


def test_more_rows_than_are_glanced_at():
    """Marks in every tenth row, in which an even share of the rows would see none or nothing else."""
    X = RNG.normal(size=(5000, 2))
    X[::10, 0] = -999
    mean, deviation, limit = standards(rows_of(X))
    others = np.delete(X[:, 0], np.arange(0, 5000, 10))
    np.testing.assert_allclose([mean[0], deviation[0]], [others.mean(), others.std()], rtol=1e-12)
    assert limit[0] == LIMIT
    assert limit[1] == np.inf


def test_few_values_say_nothing():
    X = NUMBERS[:19].copy()
    X[0, 0] = 1e6
    assert np.isinf(standards(rows_of(X))[2]).all()


def test_all_values_count_if_none_are_to_be_limited():
    X = marked(-999, 0.1)
    mean, deviation, limit = standards(rows_of(X), are_limited=False)
    np.testing.assert_allclose(mean, X.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(deviation, X.std(axis=0), rtol=1e-12)
    assert np.isinf(limit).all()


def test_sparse_rows():
    X = marked(-999, 0.1)
    for found, expected in zip(standards(rows_of(scipy.sparse.csr_array(X))), standards(rows_of(X)), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_rows_are_limited_as_they_are_taken(kind):
    X, limit = marked(-999, 0.1), np.array([np.inf, 2.5, 1.0])
    matrix = scipy.sparse.csr_array(X) if kind == "sparse" else X
    rows = Rows(matrix, np.float32, shift=np.full(3, 3.0), scale=np.full(3, 2.0), limit=limit)
    expected = ((X - 3) / 2).clip(-limit, limit)
    for each in (rows, rows.prepared()):
        np.testing.assert_allclose(each.take(slice(None)), expected, rtol=1e-6)
        out = np.empty((5, 3), np.float32)
        each.reader(5).read(np.arange(5), out)
        np.testing.assert_allclose(out, expected[:5], rtol=1e-6)
