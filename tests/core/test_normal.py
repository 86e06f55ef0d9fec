"""The normal distribution at float32 is SciPy's, to as many digits as float32 has."""

import numpy as np
import pytest
import scipy.special

from deepbelief.core import normal


def test_cumulative():
    x = np.linspace(-5.2, 9, 20_001, dtype=np.float32)
    exact = scipy.special.ndtr(x.astype(float))
    found = normal.cumulative(x)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, exact, rtol=2e-6)
    assert (normal.cumulative(np.linspace(-60, -5.2, 999, dtype=np.float32)) <= 1.1e-7).all()
    np.testing.assert_array_equal(normal.cumulative(x.astype(float)), exact)


@pytest.mark.parametrize("low, high", [(-38, -3), (-3, -0.1), (-0.1, 0)])
def test_quantile(low, high):
    """On both sides of a half, and on both sides of where one polynomial takes over from the other."""
    p = np.exp(np.linspace(low, high, 20_001)[:-1]).astype(np.float32)
    found = normal.quantile(p)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, scipy.special.ndtri(p.astype(float)), rtol=2e-6, atol=2e-6)
    np.testing.assert_array_equal(normal.quantile(p.astype(float)), scipy.special.ndtri(p.astype(float)))
    upper = 1 - p[(p < 0.4) & (p > 1e-6)]
    np.testing.assert_allclose(normal.quantile(upper), scipy.special.ndtri(upper.astype(float)), rtol=2e-6, atol=2e-6)


def test_largest_number_below_one():
    last = np.nextafter(np.float32(1), np.float32(0))
    assert normal.quantile(np.array([last]))[0] == pytest.approx(scipy.special.ndtri(float(last)), abs=1e-5)
