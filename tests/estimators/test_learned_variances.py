"""Units whose variances are learned: data with holes, far from zero, on scales that differ."""

import warnings

import numpy as np
import pytest
import scipy.sparse

from deepbelief import RBM, DBNClassifier, DBNRegressor
from deepbelief.errors import DataError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 3))
Y = (X[:, 0] > 0).astype(int)
KIND = "gaussian-learned-variance"


def holey(x):
    x = x.copy()
    x[3, 1] = np.nan
    return x


def test_a_hole_is_the_mean_of_what_is_known():
    rbm = RBM(8, visible=KIND, n_iter=5, random_state=0).fit(holey(X))
    np.testing.assert_allclose(rbm.data_mean_, np.nanmean(holey(X), axis=0))
    assert np.isfinite(rbm.reconstruct(X)).all()
    assert np.isfinite(rbm.log_likelihood(X)).all()
    net = DBNClassifier((8,), visible=KIND, random_state=0).fit(holey(X), Y)
    assert net.score(X, Y) > 0.95


def test_the_rows_that_were_learned_from_are_not_far():
    """Only shifted, they are in their own units, not in standard deviations."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        rbm = RBM(4, visible=KIND, random_state=0).fit(30 * X)
        rbm.transform(30 * X)


def test_features_that_vary_too_little_beside_others_are_named():
    def told(*factors):
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            RBM(2, visible=KIND, n_iter=1).fit(X * factors)
        return [str(one.message) for one in heard if one.category is UserWarning]

    assert told(0, 0.1, 1) == []  # a constant is none of them
    (alone,) = told(1, 0.001, 1)
    assert alone.startswith("Feature 1 has a standard deviation of 0.000")
    assert "less than a hundredth of the 0.79" in alone
    assert "other features" not in alone
    (two,) = told(1, 0.001, 1000)
    assert two.startswith("Feature 0 has a standard deviation of ")
    assert "(and 1 other features vary as little)" in two


@pytest.mark.parametrize("container", [np.asarray, scipy.sparse.csr_array], ids=["dense", "sparse"])
def test_a_feature_that_begins_to_change_is_named(container):
    """A feature that never changed in the first rows is ignored from then on, which is said."""
    rows = X.copy()
    rows[:100, 2] = 0
    rows[100:, 0] = rows[99, 0]  # one that stops to change is nothing to be told of
    rbm = RBM(4, random_state=0).partial_fit(container(rows[:100]))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        rbm.partial_fit(container(rows[:100]))
    with pytest.warns(UserWarning, match="first fitted on, feature 2 had the same value everywhere, so it is ignored"):
        rbm.partial_fit(container(rows[100:]))
    net = DBNClassifier((4,), random_state=0).partial_fit(X[:1], Y[:1], classes=[0, 1])
    with pytest.warns(UserWarning, match="feature 0 had the same value everywhere, like 2 other features"):
        net.partial_fit(X, Y)


@pytest.mark.parametrize("factor", [1e200, 1e-170])
def test_the_size_of_weights_of_rows_does_not_matter(factor):
    weights = np.linspace(1, 2, 300)
    one, other = (RBM(4, n_iter=2, random_state=0).fit(X, sample_weight=w) for w in (weights, factor * weights))
    np.testing.assert_allclose(other.components_, one.components_, rtol=1e-4)


def test_targets_whose_squares_are_too_large_are_refused():
    with pytest.raises(DataError, match=r"y spans .* whose squares are more than float64 can hold; rescale it first"):
        DBNRegressor((4,)).fit(X, 1e200 * X[:, 0])
