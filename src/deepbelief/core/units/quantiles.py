"""Whole numbers with a given distribution, from uniform ones: one uniform number for each, wherever it is drawn."""

from collections.abc import Callable

import numpy as np
import scipy.special

from deepbelief.core.arrays import Array, to_numpy
from deepbelief.core.randomness import Stream

_HALF_A_STEP = 2.0**-24  # of the uniform numbers, which are never 0 with it


def uniforms(stream: Stream, other: Array) -> np.ndarray:
    """Draw from (0, 1), in the shape of `other`, for distributions that are turned around on the host."""
    return to_numpy(stream.uniform(tuple(other.shape), other)).astype(float) + _HALF_A_STEP


def quantile(u: np.ndarray, cumulative: Callable[..., np.ndarray], moments: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return the smallest whole number k ≥ 0 with P(K ≤ k) > u.

    Parameters
    ----------
    u : ndarray
        In (0, 1).
    cumulative : callable
        P(K ≤ k), from k and the places in `u` that it is about.
    moments : tuple of ndarray, shape of `u`
        Mean, standard deviation and skewness of K. The expansion of Cornish & Fisher (1937) is then rarely more than
        one off.
    """
    mean, deviation, skewness = moments
    z = scipy.special.ndtri(u)
    k = np.maximum(np.floor(mean + deviation * (z + skewness * (z * z - 1) / 6) + 0.5), 0.0)
    places = np.flatnonzero(cumulative(k, slice(None)) <= u)
    while len(places):
        k[places] += 1
        places = places[cumulative(k[places], places) <= u[places]]
    places = np.flatnonzero(k > 0)
    while len(places := places[cumulative(k[places] - 1, places) > u[places]]):
        k[places] -= 1
        places = places[k[places] > 0]
    return k
