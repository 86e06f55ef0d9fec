"""Training data in which a few values are far from all others, and later data with such values."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from deepbelief import DBN, RBM, DBNClassifier, DBNRegressor, load, save

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 4))
Y = X[:, 0] + X[:, 1] > 0
MARKED = X.copy()
MARKED[RNG.permutation(400)[:20], 0] = -999
QUICK = {"pretrain_epochs": 1, "finetune_epochs": 1}


def quiet(fit):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit()


def test_a_network_learns_the_other_rows_as_well():
    """By the standard deviation of all values, the feature would be lost, and the answers right for 75 %."""
    with pytest.warns(UserWarning, match="feature 0: 20 of 400 values lie far from the others, such as -999"):
        net = DBNClassifier((20,), random_state=0).fit(MARKED, Y)
    known = MARKED[:, 0] != -999
    assert net.score(MARKED[known], Y[known]) > 0.95


@pytest.mark.parametrize("kind", [RBM, DBN])
def test_units_see_far_values_at_the_limit(kind):
    net = quiet(lambda: kind(random_state=0, n_iter=1).fit(MARKED))
    low = net.data_mean_[0] - 4 * net.data_scale_[0]
    assert net.data_limit_[0] == 4
    assert np.isinf(net.data_limit_[1:]).all()
    seen = np.where(MARKED == -999, low, MARKED)
    np.testing.assert_allclose(net.transform(MARKED), net.transform(seen), rtol=1e-6)
    others = MARKED[MARKED[:, 0] != -999, 0]
    np.testing.assert_allclose([net.data_mean_[0], net.data_scale_[0]], [others.mean(), others.std()], rtol=1e-6)


def test_one_value_is_spoken_of_alone():
    one = X.copy()
    one[5, 2] = 1e5
    with pytest.warns(UserWarning, match=r"feature 2: 1 of 400 values, 100000, lies far .* as if it were 3.93. If"):
        RBM(n_iter=1).fit(one)


def test_several_features_with_names():
    table = pd.DataFrame(MARKED, columns=["age", "b", "c", "d"])
    table.loc[3, "d"], table.loc[4, "d"] = 1e4, -1e4
    with pytest.warns(UserWarning, match=r"age: 20 of 400 .* of the feature\. 1 other feature is like that\.$"):
        RBM(n_iter=1).fit(table)


def test_numbers_of_a_table_are_limited():
    table = pd.DataFrame({"age": MARKED[:, 0], "kind": RNG.choice(["a", "b", "c"], 400)})
    with pytest.warns(UserWarning, match="age: 20 of 400 values lie far from the others, such as -999"):
        rbm = RBM(visible="mixed", n_iter=1, random_state=0).fit(table)
    feature = rbm.features_[0]
    seen = table.assign(age=table.age.where(table.age != -999, feature.shift - 4 * feature.scale))
    np.testing.assert_allclose(rbm.transform(table), rbm.transform(seen), rtol=1e-6)


def test_sparse_data_are_limited_as_dense_ones():
    sparse, dense = (quiet(lambda rows=rows: RBM(n_iter=1, random_state=0).fit(rows)) for rows in (
        scipy.sparse.csr_array(MARKED), MARKED
    ))  # fmt: skip
    np.testing.assert_allclose(sparse.transform(MARKED), dense.transform(MARKED), atol=1e-5)
    np.testing.assert_array_equal(sparse.data_limit_, dense.data_limit_)


@pytest.mark.parametrize("kind", ["rbm", "classifier", "regressor", "table"])
def test_limits_are_kept_in_the_model_file(kind, tmp_path):
    rows = MARKED
    if kind == "rbm":
        fitted = quiet(lambda: RBM(n_iter=1).fit(MARKED))
    elif kind == "classifier":
        fitted = quiet(lambda: DBNClassifier((5,), softmax_epochs=1, **QUICK).fit(MARKED, Y))
    elif kind == "regressor":
        fitted = quiet(lambda: DBNRegressor((5,), output_epochs=1, **QUICK).fit(MARKED, X[:, 1]))
    else:
        rows = pd.DataFrame(MARKED).assign(kind="a").set_axis(list("abcde"), axis=1)
        fitted = quiet(lambda: RBM(visible="mixed", n_iter=1).fit(rows))
    save(fitted, tmp_path / "model.deepbelief")
    loaded = load(tmp_path / "model.deepbelief")
    if kind == "table":
        assert loaded.features_ == fitted.features_
        assert loaded.features_[0].limit == 4
    else:
        np.testing.assert_array_equal(loaded.data_limit_, fitted.data_limit_)
    answer = "transform" if hasattr(fitted, "transform") else "predict"
    np.testing.assert_array_equal(getattr(loaded, answer)(rows), getattr(fitted, answer)(rows))


def test_a_net_that_is_given_brings_its_limits():
    net = quiet(lambda: DBN((5,), n_iter=1).fit(MARKED))
    fitted = DBNClassifier.from_dbn(net, softmax_epochs=1, finetune_epochs=1).fit(MARKED, Y)
    np.testing.assert_array_equal(fitted.data_limit_, net.data_limit_)


def test_fitting_again_forgets_limits():
    rbm = RBM(n_iter=1)
    quiet(lambda: rbm.fit(MARKED))
    assert not hasattr(rbm.fit(X), "data_limit_")


def test_where_variances_are_learned_and_where_pixels_move_all_values_count():
    learned = quiet(lambda: RBM(visible="gaussian-learned-variance", n_iter=1).fit(MARKED))
    moved = quiet(lambda: DBNClassifier((5,), augment="2x2", softmax_epochs=1, **QUICK).fit(MARKED, Y))
    for fitted in (learned, moved):
        assert not hasattr(fitted, "data_limit_")
    np.testing.assert_allclose(learned.data_mean_, MARKED.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(moved.data_mean_, MARKED.mean(), rtol=1e-6)


def test_later_values_that_are_far_are_warned_of():
    rbm = RBM(n_iter=1).fit(X)
    later = X[:50].copy()
    later[7, 3] = -999
    with pytest.warns(UserWarning, match=r"feature 3: -999 lies \S+ standard deviations from the mean"):
        rbm.transform(later)
    with pytest.warns(UserWarning, match=r"feature 3: -999 lies"):
        rbm.transform(scipy.sparse.csr_array(later))


def test_later_values_are_not_warned_of_where_units_see_them_at_a_limit():
    rbm = quiet(lambda: RBM(n_iter=1).fit(MARKED))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rbm.transform(MARKED)
        rbm.transform(np.where(np.isnan(MARKED), 0, MARKED)[:3])
