"""What comes in: types, scale, sparsity, names, and data that cannot be used."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from deepbelief import DBN, RBM, DBNClassifier
from deepbelief.errors import DataError

COUNTS, LABELS = load_digits(return_X_y=True)
COUNTS, LABELS = COUNTS[:150], LABELS[:150]
DIGITS = (COUNTS / 16).astype(np.float32)


def small(kind, **settings):
    """Return one of the three estimators, tiny and quick."""
    if kind == "RBM":
        return RBM(8, n_iter=1, random_state=0, **settings)
    if kind == "DBN":
        return DBN((8, 6), n_iter=1, random_state=0, **settings)
    return DBNClassifier((8, 6), pretrain_epochs=1, softmax_epochs=1, finetune_epochs=1, random_state=0, **settings)


def output(estimator, X):
    """Return what an estimator makes of data."""
    return estimator.predict_proba(X) if isinstance(estimator, DBNClassifier) else estimator.transform(X)


every = pytest.mark.parametrize("kind", ["RBM", "DBN", "DBNClassifier"])


@every
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.float16, np.float32, np.int32, np.int64, np.float64])
def test_dtype_rule(kind, dtype):
    """Numbers are computed at np.result_type(X.dtype, float32)."""
    X = (DIGITS > 0.5).astype(dtype)
    assert output(small(kind).fit(X, LABELS), X).dtype == np.result_type(dtype, np.float32)


@every
@pytest.mark.parametrize("container", [scipy.sparse.csr_matrix, scipy.sparse.csr_array, scipy.sparse.csc_array])
def test_sparse_equals_dense(kind, container):
    """The same bits, in training and afterwards."""
    dense, sparse = small(kind).fit(DIGITS, LABELS), small(kind).fit(container(DIGITS), LABELS)
    np.testing.assert_array_equal(output(dense, DIGITS), output(sparse, container(DIGITS)))


def test_sparse_data_out_of_range_are_rescaled_like_dense():
    """The zeros that a sparse matrix leaves out count as zeros, and stay where they are."""
    X = COUNTS - 3.0 * (COUNTS > 0)
    with pytest.warns(UserWarning, match="rescaled"):
        dense = small("RBM", visible="bernoulli").fit(X)
    with pytest.warns(UserWarning, match="rescaled"):
        sparse = small("RBM", visible="bernoulli").fit(scipy.sparse.csr_array(X))
    assert (sparse.data_min_, sparse.data_range_) == (X.min(), X.max() - X.min())
    np.testing.assert_array_equal(dense.transform(X), sparse.transform(scipy.sparse.csr_array(X)))


@every
def test_data_in_range_are_left_alone(kind):
    """No warning, no rescaling."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)  # of a single pass
        fitted = small(kind).fit(DIGITS, LABELS)
        output(fitted, DIGITS)
    assert (fitted.data_min_, fitted.data_range_) == (0, 1)


@every
def test_data_out_of_range_are_rescaled_with_a_warning(kind):
    """By the overall minimum and maximum: the same model as on data rescaled beforehand."""
    X = COUNTS.astype(np.float32) - 4
    with pytest.warns(UserWarning, match=r"take values in \[0, 1\], but X spans -4 to 12"):
        fitted = small(kind, visible="bernoulli").fit(X, LABELS)
    assert (fitted.data_min_, fitted.data_range_) == (-4, 16)
    np.testing.assert_allclose(output(fitted, X), output(small(kind).fit((X + 4) / 16, LABELS), DIGITS), rtol=1e-6)


@pytest.mark.parametrize("kind", ["RBM", "DBN"])
def test_rescaling_is_undone_on_the_way_out(kind):
    """inverse_transform, reconstruct, gibbs and sample speak the language of the data."""
    X = COUNTS.astype(np.float64) - 4
    with pytest.warns(UserWarning, match="rescaled"):
        fitted = small(kind, visible="bernoulli").fit(X)
    inside = small(kind, visible="bernoulli").fit(COUNTS / 16)
    H = inside.transform(COUNTS / 16)
    np.testing.assert_allclose(fitted.inverse_transform(H), inside.inverse_transform(H) * 16 - 4, rtol=1e-10, atol=1e-9)
    np.testing.assert_allclose(fitted.reconstruct(X), inside.reconstruct(COUNTS / 16) * 16 - 4, rtol=1e-10, atol=1e-9)
    for drawn in (fitted.gibbs(X), fitted.sample(20, 5)):
        assert drawn.min() >= -4
        assert drawn.max() <= 12
        assert drawn.max() > 1


def test_constant_data_out_of_range():
    """A single value has no range to divide by."""
    with pytest.warns(UserWarning, match="rescaled"):
        fitted = small("RBM", visible="bernoulli").fit(np.full((20, 3), 7.0))
    assert (fitted.data_min_, fitted.data_range_) == (7, 1)


@every
def test_later_data_on_another_scale_warn(kind):
    """Pixel counts handed to a model that was fitted on [0, 1], and the other way round for a shifted scale."""
    fitted = small(kind).fit(DIGITS, LABELS)
    with pytest.warns(UserWarning, match="X spans 0 to 16, but the model was fitted on values from 0 to 1"):
        output(fitted, COUNTS)


def test_gaussian_visible_units_are_not_rescaled():
    """Real-valued data stay as they are, without a warning."""
    X = np.random.default_rng(0).normal(size=(50, 5)) * 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)  # of a single pass
        fitted = small("RBM", visible="gaussian").fit(X)
    assert (fitted.data_min_, fitted.data_range_) == (0, 1)


@every
@pytest.mark.parametrize("value, name", [(np.inf, "infinity"), (-np.inf, "infinity")])
@pytest.mark.parametrize("container", [np.asarray, scipy.sparse.csr_array])
def test_what_is_not_finite_is_named_with_its_place(kind, value, name, container):
    """Row and column, in fit and afterwards."""
    X = DIGITS.copy()
    X[3, 5] = X[8, 1] = value
    with pytest.raises(DataError, match=f"contains {name} at row 3, column 5; ") as error:
        small(kind).fit(container(X), LABELS)
    assert "\n" not in str(error.value)
    fitted = small(kind).fit(DIGITS, LABELS)
    with pytest.raises(DataError, match=f"contains {name} at row 3, column 5; "):
        output(fitted, container(X))


@pytest.mark.parametrize("kind", ["RBM", "DBN"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_hidden_states_are_all_known(kind, value):
    fitted = small(kind).fit(DIGITS)
    H = np.asarray(fitted.transform(DIGITS))
    H[3, 1] = value
    with pytest.raises(DataError, match=f"H holds {value} at row 3, column 1, but every hidden unit has a value; "):
        fitted.inverse_transform(H)


@every
def test_another_width_is_refused(kind):
    """The sentence names both widths."""
    fitted = small(kind).fit(DIGITS, LABELS)
    with pytest.raises(ValueError, match=r"X has 63 features, but .* is expecting 64 features"):
        output(fitted, DIGITS[:, :63])


def test_span_that_no_float_holds():
    """Is refused in a sentence rather than by NaN."""
    X = np.array([[-1e308, 1e308], [0.0, 1.0]])
    with pytest.raises(DataError, match="more than a float can hold"), np.errstate(over="ignore"):
        small("RBM", visible="bernoulli").fit(X)


@every
def test_feature_names(kind):
    """Learned from a data frame, and checked afterwards."""
    frame = pd.DataFrame(DIGITS, columns=[f"pixel{i}" for i in range(64)])
    fitted = small(kind).fit(frame, LABELS)
    assert list(fitted.feature_names_in_) == list(frame.columns)
    # a data frame lies in memory column by column, and products round differently there
    np.testing.assert_allclose(output(fitted, frame), output(small(kind).fit(DIGITS, LABELS), DIGITS), rtol=1e-4)
    with pytest.raises(ValueError, match="feature names should match"):
        output(fitted, frame[frame.columns[::-1]])


@pytest.mark.parametrize("kind, prefix, n_out", [("RBM", "rbm", 8), ("DBN", "dbn", 6)])
def test_pandas_output(kind, prefix, n_out):
    """set_output("pandas") names the columns after the class, as get_feature_names_out does."""
    fitted = small(kind).fit(DIGITS)
    plain = fitted.transform(DIGITS)
    frame = fitted.set_output(transform="pandas").transform(pd.DataFrame(DIGITS, index=range(7, 157)).to_numpy())
    assert list(frame.columns) == list(fitted.get_feature_names_out()) == [f"{prefix}{i}" for i in range(n_out)]
    np.testing.assert_allclose(frame.to_numpy(), plain, rtol=1e-5)


@every
def test_data_are_not_modified(kind):
    """Neither by rescaling nor by training."""
    X, y = COUNTS.copy(), LABELS.copy()
    small(kind).fit(X, y)
    with pytest.warns(UserWarning, match="rescaled"):
        small(kind, visible="bernoulli").fit(X, y)
    np.testing.assert_array_equal(X, COUNTS)
    np.testing.assert_array_equal(y, LABELS)


FRAME = pd.DataFrame({"a": np.linspace(0, 1, 20), "b": np.linspace(5, 9, 20), "c": np.linspace(0, 3, 20)})


@every
@pytest.mark.parametrize(
    "column, says",
    [
        (["word"] * 20, "holds 'word' at row 0, column 'b', which is no number; turn words"),
        ([1.0] * 7 + ["x" * 99] + [2.0] * 12, f"holds '{'x' * 40}…' at row 7, column 'b'"),
        (pd.Categorical(["u", "v"] * 10), "holds 'u' at row 0, column 'b'"),
        (pd.date_range("2020-01-01", periods=20), "holds '2020-01-01 00:00:00' at row 0, column 'b'"),
    ],
    ids=["words", "a word", "categories", "dates"],
)
def test_what_is_no_number_is_named_with_its_column(kind, column, says):
    """By its name in a DataFrame, and by its number in an array."""
    frame = FRAME.assign(b=column)
    with pytest.raises(DataError, match=re.escape(says)):
        small(kind).fit(frame, LABELS[:20])
    with pytest.raises(DataError, match=re.escape(says.replace("'b'", "1"))):
        small(kind).fit(frame.to_numpy(dtype=object), LABELS[:20])
    with pytest.raises(DataError, match=re.escape(says)):
        output(small(kind).fit(FRAME, LABELS[:20]), frame)
