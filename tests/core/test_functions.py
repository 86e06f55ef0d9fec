"""Stable functions against SciPy and against arithmetic of more digits, where the textbook formulas break."""

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from deepbelief.core.arrays import to_numpy
from deepbelief.core.functions import log_softmax, logsumexp, sigmoid, softplus
from oracles.machines import place

TINIEST = float(np.finfo(np.float64).smallest_subnormal)
EXTREMES = [
    -1000.0,
    -745.0,
    -700.0,
    -104.0,
    -88.0,
    -40.0,
    -1.5,
    -TINIEST,
    0.0,
    TINIEST,
    1e-8,
    1.5,
    40.0,
    88.0,
    700.0,
    1000.0,
]
finite = st.floats(-1000, 1000)


@pytest.fixture(params=[np.float32, np.float64])
def dtype(request):
    return request.param


@pytest.fixture(autouse=True)
def _no_overflow():
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        yield


def longer_sigmoid(x):
    """Return the textbook formula in long double, whose range no x here leaves."""
    return 1 / (1 + np.exp(-x.astype(np.longdouble)))


def longer_softplus(x):
    return np.log1p(np.exp(x.astype(np.longdouble)))


@pytest.mark.parametrize("function, reference", [(sigmoid, longer_sigmoid), (softplus, longer_softplus)])
def test_function_agrees_with_the_textbook_formula_in_more_digits(function, reference, dtype, device):
    """To 4 units in the last place; below the smallest normal number, to that number."""
    x = np.array(EXTREMES, dtype=dtype)
    actual = to_numpy(function(place(x, device)))
    limits = np.finfo(dtype)
    assert actual.dtype == dtype
    np.testing.assert_allclose(actual, reference(x).astype(dtype), rtol=4 * limits.eps, atol=limits.tiny)


def test_sigmoid_agrees_with_scipy(dtype):
    x = np.linspace(-60, 60, 401, dtype=dtype)
    np.testing.assert_allclose(sigmoid(x), scipy.special.expit(x), rtol=6 * np.finfo(dtype).eps)


ROWS = np.array(
    [
        [0.0, 0.0, 0.0],
        [1000.0, 1000.0, -1000.0],
        [-1000.0, -1000.0, -1001.0],
        [-np.inf, 0.0, 1.0],
        [TINIEST, -TINIEST, 0.0],
        [88.5, 88.5, 88.5],
        [0.5, -2.0, 3.0],
    ]
)


def test_logsumexp_agrees_with_scipy(dtype, device):
    x = ROWS.astype(dtype)
    actual, accuracy = to_numpy(logsumexp(place(x, device))), 8 * np.finfo(dtype).eps
    assert actual.dtype == dtype
    np.testing.assert_allclose(actual, scipy.special.logsumexp(x.astype(float), axis=-1), rtol=accuracy, atol=accuracy)


def test_log_softmax_agrees_with_scipy(dtype, device):
    """Also where the logits are large and their differences small: log p must not lose the digits of the largest."""
    x = ROWS.astype(dtype)
    actual, accuracy = to_numpy(log_softmax(place(x, device))), 8 * np.finfo(dtype).eps
    assert actual.dtype == dtype
    expected = scipy.special.log_softmax(x.astype(float), axis=-1)
    np.testing.assert_allclose(actual, expected, rtol=accuracy, atol=accuracy)


def test_logsumexp_sums_along_the_axis_asked_for(device):
    x = np.random.default_rng(0).normal(size=(3, 4, 2))
    for axis in (0, 1, 2, -1):
        expected = scipy.special.logsumexp(x, axis=axis)
        np.testing.assert_allclose(to_numpy(logsumexp(place(x, device), axis=axis)), expected, rtol=1e-14)


@given(finite)
def test_sigmoid_is_a_probability_with_its_complement_on_the_other_side(x):
    """σ(x) + σ(−x) = 1."""
    both = sigmoid(np.array([x, -x]))
    assert np.all((both >= 0) & (both <= 1))
    assert both.sum() == pytest.approx(1, abs=1e-15)


@given(finite)
def test_softplus_differs_from_its_mirror_image_by_x(x):
    """softplus(x) − softplus(−x) = x."""
    there, back = softplus(np.array([x, -x]))
    assert there - back == pytest.approx(x, rel=1e-14, abs=1e-15)


@given(hnp.arrays(float, (2, 5), elements=finite), finite)
def test_logsumexp_carries_a_shift_through(x, shift):
    """log Σ exp(x + c) = c + log Σ exp(x), and log-softmax does not see c."""
    np.testing.assert_allclose(logsumexp(x + shift), logsumexp(x) + shift, atol=1e-12)
    np.testing.assert_allclose(log_softmax(x + shift), log_softmax(x), atol=1e-11)
    np.testing.assert_allclose(np.exp(log_softmax(x)).sum(axis=-1), 1, atol=1e-12)
