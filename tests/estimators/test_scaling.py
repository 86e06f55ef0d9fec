"""``visible="auto"``: which units suit the data, and at what scale they see them."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.datasets import load_digits, load_wine
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from deepbelief import DBN, RBM, DBNClassifier, load, save
from deepbelief.errors import DataError
from deepbelief.estimators.scaling import Scaling, suited

COUNTS, LABELS = load_digits(return_X_y=True)
COUNTS, LABELS = COUNTS[:150], LABELS[:150]
WINE, KINDS = load_wine(return_X_y=True)
RNG = np.random.default_rng(0)
QUICK = {"pretrain_epochs": 1, "softmax_epochs": 1, "finetune_epochs": 1}


def chosen(X):
    return suited(X, "auto", np.float64)


@pytest.mark.parametrize(
    "X, scale",
    [
        (COUNTS / 16, 1.0),
        (MinMaxScaler().fit_transform(WINE) * (1 + 2e-16), 1.0),
        (COUNTS > 7, 1.0),
        ((COUNTS > 7).astype(np.int64), 1.0),
        ((COUNTS > 7).astype(np.uint8), 1.0),
        (scipy.sparse.csr_array(COUNTS > 7), 1.0),
        ((COUNTS / 16).astype(np.float32) + np.float32(1e-7), 1.0),
        ((COUNTS * 15.9).astype(np.uint8), 254.0),
        (COUNTS.astype(np.uint8), 16.0),
        ((COUNTS * 255 // 16).astype(np.int64), 255.0),
        ((COUNTS * 255 // 16).astype(np.float64), 255.0),
    ],
    ids=[
        "unit",
        "roundings",
        "bool",
        "bits",
        "byte_bits",
        "sparse",
        "float32",
        "bytes",
        "low_bytes",
        "integers",
        "floats",
    ],
)
def test_probabilities_and_bytes_are_for_bernoulli_units(X, scale):
    """Without a warning, and seen from 0 to 1."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        visible, scaling = chosen(X)
    assert visible == "bernoulli"
    assert (scaling.shift, scaling.scale) == (0, scale)


@pytest.mark.parametrize(
    "X",
    [
        WINE,
        COUNTS,
        COUNTS - 4,
        COUNTS / 16 + 0.01,
        COUNTS / 16 * 1e-3,
        RNG.normal(size=(50, 4)),
        RNG.normal(20, 1e-3, (50, 4)),
        RNG.poisson(3, (50, 4)),
        scipy.sparse.csr_array(RNG.poisson(0.3, (50, 40))),
        2.0 * (COUNTS > 7) - 1,
    ],
    ids=["table", "whole", "negative", "beyond", "small", "normal", "offset", "counts", "sparse_counts", "spins"],
)
def test_everything_else_is_standardised_for_gaussian_units(X):
    visible, scaling = chosen(X)
    assert visible == "gaussian"
    dense = X.toarray() if scipy.sparse.issparse(X) else X
    constant = np.ptp(dense, axis=0) == 0
    np.testing.assert_allclose(scaling.shift, dense.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(scaling.scale, dense.std(axis=0), rtol=1e-9, atol=1e-12)
    seen = scaling.rows(X, np.float64, "numpy").take(slice(None))
    np.testing.assert_allclose(seen.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(seen.std(axis=0)[~constant], 1, rtol=1e-6)
    assert (seen[:, constant] == 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_columns_that_are_constant_but_for_rounding_do_not_blow_up(dtype):
    """They are 0 for the units, whatever comes later, and come back as the constant that they were."""
    X = RNG.normal(size=(60, 3)).astype(dtype)
    X[:, 1] = dtype(1e6) * (1 + RNG.integers(-1, 2, 60) * np.finfo(dtype).eps)
    _, scaling = suited(X, "auto", dtype)
    assert scaling.scale[1] == 0
    X[0, 1] = 5
    seen = scaling.rows(X, dtype, "numpy").take(slice(None))
    assert (seen[:, 1] == 0).all()
    np.testing.assert_allclose(scaling.undone(seen)[:, 1], 1e6, rtol=1e-6)
    np.testing.assert_allclose(scaling.undone(seen)[:, [0, 2]], X[:, [0, 2]], rtol=1e-4, atol=1e-5)


def test_all_columns_constant():
    """There is nothing to see, and nothing breaks."""
    rbm = RBM(4, n_iter=2, random_state=0).fit(np.full((20, 3), 7.0))
    assert rbm.visible_ == "gaussian"
    np.testing.assert_array_equal(rbm.data_scale_, 0)
    np.testing.assert_array_equal(rbm.reconstruct(np.full((2, 3), 7.0)), 7.0)


@pytest.mark.parametrize("estimator", [RBM(8, n_iter=2), DBN((8, 4), n_iter=2), DBNClassifier((8, 4), **QUICK)])
def test_estimators_see_what_standard_scaler_would_show_them(estimator):
    """The same model as on single-precision data standardised beforehand; what leaves is like the data."""
    estimator.set_params(random_state=0)
    inside = type(estimator)(**estimator.get_params()).fit(WINE, KINDS)
    scaler = StandardScaler().fit(WINE)
    standard = scaler.transform(WINE).astype(np.float32)
    outside = type(estimator)(**{**estimator.get_params(), "visible": "gaussian"}).fit(standard, KINDS)
    assert inside.visible_ == "gaussian"
    np.testing.assert_allclose(inside.data_mean_, scaler.mean_, rtol=1e-12)
    np.testing.assert_allclose(inside.data_scale_, scaler.scale_, rtol=1e-12)
    if isinstance(estimator, DBNClassifier):
        expected = outside.predict_proba(standard)
        np.testing.assert_allclose(inside.predict_proba(WINE), expected, rtol=1e-6, atol=1e-9)
        return
    np.testing.assert_allclose(inside.transform(WINE), outside.transform(standard), rtol=1e-6, atol=1e-9)
    expected = scaler.inverse_transform(outside.reconstruct(standard))
    np.testing.assert_allclose(inside.reconstruct(WINE), expected, rtol=1e-6, atol=1e-9)
    drawn = inside.sample(200, 5)
    assert (abs(drawn.mean(axis=0) - WINE.mean(axis=0)) < WINE.std(axis=0)).all()


def test_differences_are_taken_before_single_precision():
    """Features near 10⁹ that differ by about 1: float32 alone would see them as constant."""
    X = 1e9 + RNG.normal(size=(80, 4))
    scaling = suited(X, "auto", np.float64)[1]
    expected = StandardScaler().fit_transform(X)
    for matrix in (X, scipy.sparse.csr_array(X)):
        rows = scaling.rows(matrix, np.float32, "numpy")
        batch = np.empty((5, 4), np.float32)
        rows.reader(5).read(np.arange(5), batch)
        np.testing.assert_allclose(rows.take(slice(None)), expected, atol=1e-5)
        np.testing.assert_array_equal(batch, rows.take(slice(0, 5)))


def test_what_is_returned_has_the_precision_of_the_data(tmp_path):
    """Also where "auto" trained at float32, which a type that is named does not; a model file keeps that."""
    for dtype in (np.float32, np.float64):
        for data in (WINE.astype(dtype), (COUNTS / 16).astype(dtype)):
            rbm = RBM(5, n_iter=1, random_state=0).fit(data)
            assert rbm.components_.dtype == np.float32
            save(rbm, tmp_path / "rbm", overwrite=True)
            for one in (rbm, load(tmp_path / "rbm")):
                answers = one.transform(data), one.reconstruct(data), one.inverse_transform(one.transform(data))
                assert {a.dtype for a in answers} == {one.sample(2, 1).dtype} == {np.dtype(dtype)}
            named = RBM(5, visible=rbm.visible_, n_iter=1, random_state=0).fit(data)
            assert named.components_.dtype == dtype


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_unit_of_a_feature_does_not_matter(factor):
    """Grams or tons: the same features come out."""
    X = WINE.copy()
    X[:, ::2] *= factor
    one, other = (RBM(8, n_iter=3, random_state=0).fit(data).transform(data) for data in (WINE, X))
    np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize("kind", [DBN, DBNClassifier])
def test_the_scale_travels_in_the_model_file(kind, tmp_path):
    estimator = kind((6, 5), random_state=0, **({"n_iter": 2} if kind is DBN else QUICK)).fit(WINE, KINDS)
    save(estimator, tmp_path / "model")
    loaded = load(tmp_path / "model")
    for name in ("data_mean_", "data_scale_"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(estimator, name))
    assert (loaded.visible_, loaded.n_iter_) == ("gaussian", estimator.n_iter_)
    assert loaded.learning_rate_ == estimator.learning_rate_
    net = loaded if kind is DBN else loaded.dbn_
    original = estimator if kind is DBN else estimator.dbn_
    np.testing.assert_array_equal(net.reconstruct(WINE), original.reconstruct(WINE))
    assert net.learning_rate_ == original.learning_rate_


def test_data_of_another_scale_are_noticed():
    """Standardised data handed to a model that was fitted on raw data, and the other way round."""
    rbm = RBM(4, n_iter=1, random_state=0).fit(WINE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rbm.transform(WINE)
    with pytest.warns(UserWarning, match="A typical value of X lies .* standard deviations from the mean"):
        rbm.transform(WINE * 1000)


def test_a_pixel_that_never_changes_is_not_far(recwarn):
    """Where all pixels have one scale; brightness that is another one everywhere is noticed."""
    pictures = COUNTS.copy()
    pictures[:, :8] = 100
    net = DBNClassifier((5,), augment="8x8", random_state=0, **QUICK).fit(pictures, LABELS)
    recwarn.clear()
    net.predict(pictures)
    assert not [warning for warning in recwarn if "standard deviations" in str(warning.message)]
    with pytest.warns(UserWarning, match="A typical value of X lies .* scale both the same way"):
        net.predict(40 * pictures)


def test_one_feature_in_other_units_is_named():
    """By the name that the data gave it; a single row says nothing of units."""
    frame = pd.DataFrame(WINE, columns=load_wine().feature_names)
    rbm = RBM(4, n_iter=1, random_state=0).fit(frame)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rbm.transform(frame)
        rbm.transform(frame.assign(alcohol=2 * frame["alcohol"])[:1])
    with pytest.warns(UserWarning, match="alcohol: 1423 lies"):
        rbm.transform(frame.assign(alcohol=100 * frame["alcohol"])[:1])
    with pytest.warns(UserWarning, match="A typical value of alcohol lies .* from its mean .* if units differ"):
        rbm.transform(frame.assign(alcohol=100 * frame["alcohol"]))
    with pytest.warns(UserWarning, match="of feature . lies .*and those of 1 other features lie far, too"):
        RBM(4, n_iter=1, random_state=0).fit(WINE).transform(WINE * np.array([100, 100, *[1] * 11]))


@pytest.mark.parametrize("visible", ["auto", "gaussian"])
def test_numbers_whose_squares_overflow_are_refused(visible):
    with pytest.raises(DataError, match="squares are more than float64 can hold; rescale it first"):
        RBM(4, visible=visible).fit(np.array([[1e200, 0.0], [0.0, 1.0]]))


def test_an_identity_returns_what_it_is_given():
    v = RNG.random((3, 2))
    assert Scaling().undone(v) is v
