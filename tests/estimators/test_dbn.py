"""DBN: layers that are RBMs, and the ways up, down and through."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_digits

from deepbelief import DBN, RBM

DIGITS = load_digits().data[:200] / 16


@pytest.fixture(scope="module")
def dbn():
    """Three layers at float64, as the type of the visible units is named."""
    return DBN((12, 8, 5), visible="bernoulli", n_iter=3, random_state=0).fit(DIGITS)


def test_layers_are_fitted_rbms(dbn):
    """Shapes from the bottom up, and each layer works alone."""
    assert [rbm.components_.shape for rbm in dbn.rbms_] == [(12, 64), (8, 12), (5, 8)]
    assert all(isinstance(rbm, RBM) for rbm in dbn.rbms_)
    inputs = DIGITS
    for rbm in dbn.rbms_:
        assert rbm.n_features_in_ == inputs.shape[1]
        assert np.isfinite(rbm.score_samples(inputs)).all()
        inputs = rbm.transform(inputs)


@pytest.mark.parametrize("depth", [1, 2, 3, None])
def test_transform_goes_up_to_a_depth(dbn, depth):
    """σ(… σ(v W₁ + c₁) … W_k + c_k) from the public attributes."""
    h = DIGITS
    for rbm in dbn.rbms_[:depth]:
        h = expit(h @ rbm.components_.T + rbm.intercept_hidden_)
    np.testing.assert_allclose(dbn.transform(DIGITS, depth=depth), h, rtol=1e-12)


@pytest.mark.parametrize("depth", [1, 2, 3, None])
def test_inverse_transform_comes_down_from_a_depth(dbn, depth):
    """The reverse passes, from the top of `depth` layers."""
    layers = dbn.rbms_[:depth]
    h = np.random.default_rng(0).random((4, layers[-1].n_components))
    v = h
    for rbm in reversed(layers):
        v = expit(v @ rbm.components_ + rbm.intercept_visible_)
    np.testing.assert_allclose(dbn.inverse_transform(h, depth=depth), v, rtol=1e-12)
    there_and_back = dbn.inverse_transform(dbn.transform(DIGITS, depth=depth), depth=depth)
    np.testing.assert_allclose(dbn.reconstruct(DIGITS, depth=depth), there_and_back, rtol=1e-12)


@pytest.mark.parametrize("method", ["transform", "reconstruct"])
@pytest.mark.parametrize("depth", [0, -1, 4])
def test_depth_out_of_range(dbn, method, depth):
    """Is refused in a sentence."""
    with pytest.raises(ValueError, match=f"depth={depth} is not between 1 and 3"):
        getattr(dbn, method)(DIGITS, depth=depth)


def test_probability_is_that_of_the_bottom_machine(dbn):
    """The machine that speaks of data directly."""
    np.testing.assert_array_equal(dbn.free_energy(DIGITS), dbn.rbms_[0].free_energy(DIGITS))
    np.testing.assert_array_equal(dbn.score_samples(DIGITS), dbn.rbms_[0].score_samples(DIGITS))


@pytest.mark.parametrize("sizes", [(9,), (9, 7), (9, 7, 5)])
def test_gibbs_and_sample(sizes):
    """Shapes, values in [0, 1], and new numbers on each call."""
    dbn = DBN(sizes, n_iter=1, random_state=0).fit(DIGITS)
    for draw in (lambda: dbn.gibbs(DIGITS, 2), lambda: dbn.sample(30, 5)):
        one, other = draw(), draw()
        assert one.shape[1] == 64
        assert one.min() >= 0
        assert one.max() <= 1
        assert (one != other).any()
    assert dbn.gibbs(DIGITS[:7]).shape == (7, 64)
    assert dbn.sample(30, 5).shape == (30, 64)


def test_deep_samples_are_means_given_the_layer_above(dbn):
    """The top machine draws binary states of the layer below it; from there on, means come down."""
    net = clone(dbn).fit(DIGITS)
    top = pickle.loads(pickle.dumps(net.rbms_[-1]))
    np.testing.assert_allclose(net.sample(6, 4), net.inverse_transform(top.sample(6, 4), depth=2), rtol=1e-12)


def test_one_layer_is_an_rbm():
    """All the formulas of the RBM, with the layer's own parameters."""
    dbn = DBN((9,), n_iter=2, random_state=0).fit(DIGITS)
    np.testing.assert_array_equal(dbn.transform(DIGITS), dbn.rbms_[0].transform(DIGITS))
    assert set(np.unique(dbn.sample(5, 2))) <= {0, 1}


def test_history(dbn):
    """One entry for each pass of each layer, and each layer keeps its own."""
    places = [(entry["phase"], entry["layer"], entry["epoch"], entry["n_epochs"]) for entry in dbn.history_]
    assert places == [("pretrain", layer, epoch, 3) for layer in range(3) for epoch in (1, 2, 3)]
    assert [rbm.history_ for rbm in dbn.rbms_] == [dbn.history_[:3], dbn.history_[3:6], dbn.history_[6:]]
    errors = [rbm.history_[-1]["reconstruction_error"] for rbm in dbn.rbms_]
    inputs = DIGITS
    for rbm, error in zip(dbn.rbms_, errors, strict=True):
        assert error == pytest.approx(np.mean((inputs - rbm.reconstruct(inputs)) ** 2), rel=1e-9)
        inputs = rbm.transform(inputs)


def test_training_layer_two_for_longer_leaves_layer_one_alone():
    """Streams are named: what is drawn for one layer does not depend on another."""
    one, two = DBN((9,), n_iter=2, random_state=0).fit(DIGITS), DBN((9, 7), n_iter=2, random_state=0).fit(DIGITS)
    np.testing.assert_array_equal(one.rbms_[0].components_, two.rbms_[0].components_)


def test_partial_fit_is_one_epoch_of_fit():
    """On the same rows, bit for bit; the second call is another epoch of each layer."""
    partial = DBN((9, 7), random_state=0)
    assert partial.partial_fit(DIGITS) is partial
    fitted = DBN((9, 7), n_iter=1, random_state=0).fit(DIGITS)
    np.testing.assert_array_equal(partial.transform(DIGITS), fitted.transform(DIGITS))
    partial.partial_fit(DIGITS)
    assert [(entry["layer"], entry["epoch"]) for entry in partial.history_] == [(0, 1), (1, 1), (0, 2), (1, 2)]
    assert (partial.rbms_[1].components_ != fitted.rbms_[1].components_).any()


def test_partial_fit_keeps_float32():
    """What the first data decided stays."""
    dbn = DBN((9, 7), random_state=0).partial_fit(DIGITS.astype(np.float32)).partial_fit(DIGITS)
    assert all(rbm.components_.dtype == np.float32 for rbm in dbn.rbms_)
    assert dbn.transform(DIGITS).dtype == np.float32


def test_warm_start_continues():
    """fit(2) then fit(3): epochs 1 to 5 of each layer; the bottom layer is that of fit(5)."""
    warm = DBN((9, 7), n_iter=2, warm_start=True, random_state=0).fit(DIGITS)
    warm.set_params(n_iter=3).fit(DIGITS)
    for layer in (0, 1):
        assert [entry["epoch"] for entry in warm.history_ if entry["layer"] == layer] == [1, 2, 3, 4, 5]
    straight = DBN((9, 7), n_iter=5, random_state=0).fit(DIGITS)
    np.testing.assert_array_equal(warm.rbms_[0].components_, straight.rbms_[0].components_)


def test_fit_epochs_and_validation():
    """A generator with the metrics that its documentation names; to measure is not to change."""
    plain, watched = (DBN((9, 7), visible="bernoulli", n_iter=2, random_state=0) for _ in range(2))
    plain.fit(DIGITS)
    epochs = list(watched.fit_epochs(DIGITS[:], validation=DIGITS[:50]))
    assert [(epoch.layer, epoch.epoch) for epoch in epochs] == [(0, 1), (0, 2), (1, 1), (1, 2)]
    training = {"reconstruction_error", "free_energy", "free_energy_spread", "update_ratio"}
    names = training | {"validation_reconstruction_error", "validation_free_energy", "free_energy_gap"}
    assert all(set(epoch.metrics) == names for epoch in epochs)
    np.testing.assert_array_equal(plain.transform(DIGITS), watched.transform(DIGITS))
    bottom = watched.rbms_[0]
    gap = bottom.free_energy(DIGITS[:50]).mean() - bottom.free_energy(DIGITS).mean()
    assert epochs[1].metrics["free_energy_gap"] == pytest.approx(gap, rel=1e-9)
    error = np.mean((DIGITS[:50] - bottom.reconstruct(DIGITS[:50])) ** 2)
    assert epochs[1].metrics["validation_reconstruction_error"] == pytest.approx(error, rel=1e-9)


def test_gaussian_visible_units_belong_to_the_bottom_layer():
    """The layers above see probabilities."""
    X = np.random.default_rng(0).normal(size=(60, 5))
    dbn = DBN((6, 4), visible="gaussian", n_iter=2, random_state=0).fit(X)
    assert [rbm.visible for rbm in dbn.rbms_] == ["gaussian", "bernoulli"]
    assert np.isfinite(dbn.sample(5, 5)).all()
    np.testing.assert_allclose(dbn.inverse_transform(dbn.transform(X, depth=1), depth=1), dbn.reconstruct(X, depth=1))


def test_pickle_is_bit_equal(dbn):
    """Numbers, and the random numbers to come."""
    net = clone(dbn).fit(DIGITS)
    again = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(net.transform(DIGITS), again.transform(DIGITS))
    np.testing.assert_array_equal(net.sample(5, 3), again.sample(5, 3))
    assert net.history_ == again.history_


@pytest.mark.parametrize("sizes", [(), (0,), (5, -1), (2.5,), ((3, 4), (5, 6)), ("5",), (None,), (True,)])
def test_hidden_layer_sizes_that_are_none(sizes):
    """Are refused in a sentence."""
    with pytest.raises(ValueError, match="hidden_layer_sizes must be one or more positive integers"):
        DBN(sizes).fit(DIGITS)


@pytest.mark.parametrize("sizes", [[9, 7], np.array([9, 7])])
def test_hidden_layer_sizes_as_any_sequence(sizes):
    """A list or an array is as good as a tuple."""
    assert DBN(sizes, n_iter=0, random_state=0).fit(DIGITS).transform(DIGITS).shape == (200, 7)


@pytest.mark.parametrize("depth, size", [(1, 12), (2, 8), (3, 5), (None, 5)])
def test_tables_of_any_depth_have_the_names_of_a_net_that_ends_there(dbn, depth, size):
    """Asked for by the net or by the global setting."""
    frame = pd.DataFrame(DIGITS, index=range(7, 207))
    plain = dbn.transform(frame.to_numpy(), depth)  # of the frame's layout in memory: another one may round otherwise
    with config_context(transform_output="pandas"):
        tables = [dbn.transform(frame, depth=depth)]
    tables.append(copy.deepcopy(dbn).set_output(transform="pandas").transform(frame, depth=depth))
    for table in tables:
        assert list(table.columns) == [f"dbn{unit}" for unit in range(size)]
        assert list(table.index) == list(frame.index)
        np.testing.assert_array_equal(table.to_numpy(), plain)
    assert list(dbn.get_feature_names_out()) == [f"dbn{unit}" for unit in range(5)]
