"""Functions that stay accurate where the textbook formula overflows or cancels. NumPy and torch alike."""

import numpy as np
import scipy.special

from deepbelief.core.arrays import Array, namespace


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(−x)); exp never sees a positive number, so nothing overflows.

    Parameters
    ----------
    x : array

    Returns
    -------
    array, shape of `x`

    Examples
    --------
    >>> import numpy as np
    >>> from deepbelief.core.functions import sigmoid
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    xp = namespace(x)
    if xp is not np:
        return xp.sigmoid(x)
    e = xp.exp(-xp.abs(x))
    return xp.where(x >= 0, xp.ones_like(e), e) / (1 + e)


def softplus(x: Array) -> Array:
    """Return log(1 + exp(x)).

    Parameters
    ----------
    x : array

    Returns
    -------
    array, shape of `x`

    Examples
    --------
    >>> import numpy as np
    >>> from deepbelief.core.functions import softplus
    >>> softplus(np.array([-1000.0, 0.0, 1000.0])).round(3).tolist()
    [0.0, 0.693, 1000.0]
    """
    xp = namespace(x)
    return xp.maximum(x, xp.zeros_like(x)) + xp.log1p(xp.exp(-xp.abs(x)))


def log_sigmoid(x: Array) -> Array:
    """Return log(1 / (1 + exp(−x))).

    Parameters
    ----------
    x : array

    Returns
    -------
    array, shape of `x`
    """
    return -softplus(-x)


def logsumexp(x: Array, axis: int = -1) -> Array:
    """Return log Σ exp(x) along `axis`.

    Parameters
    ----------
    x : array, shape (..., n, ...)
    axis : int, default=-1

    Returns
    -------
    array
        The shape of `x` without that axis.

    Examples
    --------
    >>> import numpy as np
    >>> from deepbelief.core.functions import logsumexp
    >>> round(float(logsumexp(np.log(np.array([1.0, 2.0, 3.0])))), 3) == round(float(np.log(6)), 3)
    True
    """
    xp = namespace(x)
    highest = xp.amax(x, axis=axis, keepdims=True)
    return xp.log(xp.sum(xp.exp(x - highest), axis=axis)) + xp.squeeze(highest, axis)


def log_softmax(x: Array) -> Array:
    """Return log(exp(x) / Σ exp(x)) along the last axis.

    Parameters
    ----------
    x : array, shape (..., n)

    Returns
    -------
    array, shape of `x`
    """
    xp = namespace(x)
    x = x - xp.amax(x, axis=-1, keepdims=True)  # first: a large x would swallow the digits of the logarithm
    return x - xp.log(xp.sum(xp.exp(x), axis=-1, keepdims=True))


def log_factorial(x: Array) -> Array:
    """Return log x!

    Parameters
    ----------
    x : array

    Returns
    -------
    array, shape of `x`
    """
    xp = namespace(x)
    return scipy.special.gammaln(x + 1) if xp is np else xp.lgamma(x + 1)
