"""The normal distribution at float32, where SciPy's functions, which are exact at float64, take ten times as long.

Each function is a polynomial, fitted at Chebyshev's points to SciPy's values. The variables in which it is smooth are
those of similar approximations: 1/(1 + c y) for the scaled tail, and −log 4p(1 − p) for the inverse (Giles,
*Approximating the erfinv function*, 2011). All other arrays go through SciPy.
"""

from collections.abc import Sequence

import numpy as np
import scipy.special

# Φ(−y) exp(y²/2) (1 + y STRETCH) in 1/(1 + y STRETCH), for 0 ≤ y ≤ 5.2
_STRETCH = 0.3
_SCALED_TAIL = (
    *(0.11977772, 0.119162203, 0.106999461, 0.111610085),
    *(-0.0301811687, 0.18750483, -0.149130831, 0.0342577114),
)
# The inverse of Φ at p: in w = −log 4p(1 − p), of which it is 2p − 1 times a polynomial, and from w = 6 on in √w.
_SPLIT = 6.0
_CENTRE = (
    *(1.25331405, 0.32811977, 0.0163178619, -0.0032718349, -0.00020998224),
    *(7.9783785e-05, 1.04297484e-07, -1.73580207e-06, 2.03399884e-07, -7.75128557e-09),
)
_TAIL = (
    *(-0.246941566, -0.788236544, -0.34267931, 0.106462459, -0.020915666),
    *(0.0026370912, -0.000205910705, 8.97658931e-06, -1.64003258e-07),
)


def cumulative(x: np.ndarray) -> np.ndarray:
    """Return Φ(x), the probability of a standard normal number below x.

    Parameters
    ----------
    x : ndarray

    Returns
    -------
    ndarray, shape of `x`
        At float32 to a few roundings of the number itself for x ≥ −5.2, and too small a number below.
    """
    if x.dtype != np.float32:
        return scipy.special.ndtr(x)
    t = 1 / (1 + np.float32(_STRETCH) * abs(x))
    tail = _polynomial(_SCALED_TAIL, t)
    tail *= t
    tail *= np.exp(x * x * np.float32(-0.5))
    return np.where(x > 0, 1 - tail, tail)


def quantile(p: np.ndarray) -> np.ndarray:
    """Return x with Φ(x) = p.

    Parameters
    ----------
    p : ndarray
        In (0, 1); at float32 at least 10⁻¹⁷.

    Returns
    -------
    ndarray, shape of `p`
        At float32 with an error of about 10⁻⁶.
    """
    if p.dtype != np.float32:
        return scipy.special.ndtri(p)
    w = -np.log(4 * p * (1 - p))
    lower = 2 * p - 1
    centre = _polynomial(_CENTRE, w)
    centre *= lower
    # Of all numbers: to pick some out takes longer than to compute what is not used.
    return np.where(w < _SPLIT, centre, np.copysign(_polynomial(_TAIL, w**0.5), lower))


def _polynomial(factors: Sequence[float], x: np.ndarray) -> np.ndarray:
    """Return Σ factorₖ xᵏ, in place but for one array: to make arrays takes as long as to fill them."""
    total = np.full_like(x, factors[-1])
    for factor in reversed(factors[:-1]):
        total *= x
        total += x.dtype.type(factor)
    return total
