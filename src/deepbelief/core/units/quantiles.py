"""Whole numbers with a given distribution, from uniform ones: one uniform number for each, wherever it is drawn."""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

from deepbelief.core.arrays import Array, to_numpy
from deepbelief.core.randomness import Stream

_HALF_A_STEP = 2.0**-24  # of the uniform numbers, which are never 0 with it
FEW = 12.0  # the mean up to which counting from 0 on is faster than starting near the number


def uniforms(stream: Stream, other: Array, dtype: type[np.floating] = np.float64) -> np.ndarray:
    """Draw from (0, 1), in the shape of `other`, for distributions that are inverted on the host.

    They are the same at float32, which holds them all exactly.

    Parameters
    ----------
    stream : Stream
        Where the random numbers come from.
    other : array
    dtype : dtype, default=float64
        Of the numbers.

    Returns
    -------
    ndarray, shape of `other`
    """
    return to_numpy(stream.uniform(tuple(other.shape), other)).astype(dtype, copy=False) + dtype(_HALF_A_STEP)


def counted(u: np.ndarray, first: np.ndarray, ratio: Callable[[Any, np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the smallest whole number k ≥ 0 with P(K ≤ k) > u, by adding up probabilities from 0 on.

    All numbers are counted together, and those that are found leave: the work is about the sum of all results.

    Parameters
    ----------
    u : ndarray
        In (0, 1).
    first : ndarray, shape of `u`
        P(K = 0).
    ratio : callable
        P(K = k) / P(K = k − 1), from k and the places in `u` that it is about.

    Returns
    -------
    ndarray, shape of `u`
    """
    k = np.zeros(len(u))
    places = np.flatnonzero(u >= first)
    probability, rest, count = first[places], u[places] - first[places], 0
    while len(places):
        count += 1
        k[places] = count
        probability = probability * ratio(count, places)
        rest = rest - probability
        goes_on = (rest >= 0) & (probability > 0)
        places, probability, rest = places[goes_on], probability[goes_on], rest[goes_on]
    return k


def counted_together(u: np.ndarray, first: np.ndarray, ratio: Callable[[int], np.ndarray], highest: int) -> np.ndarray:
    """Return what :func:`counted` does, where K is at most `highest`, 127 or less: all probabilities are added up.

    Parameters
    ----------
    u : ndarray
        In (0, 1).
    first : ndarray, shape of `u`
        P(K = 0).
    ratio : callable
        P(K = k) / P(K = k − 1), from k.
    highest : int

    Returns
    -------
    ndarray, shape of `u`
    """
    k, probability, up_to = np.zeros(len(u), np.int8), first, first  # small numbers add up fastest
    for count in range(1, highest + 1):
        k += u >= up_to
        probability = probability * ratio(count)
        up_to = up_to + probability
    return k.astype(float)


def quantile(
    u: np.ndarray,
    cumulative: Callable[[np.ndarray], np.ndarray],
    log_probability: Callable[[np.ndarray], np.ndarray],
    ratio: Callable[[Any, np.ndarray], np.ndarray],
    moments: tuple[np.ndarray, ...],
    highest: float = np.inf,
) -> np.ndarray:
    """Return the smallest whole number k ≥ 0 with P(K ≤ k) > u, from near it on.

    Parameters
    ----------
    u : ndarray
        In (0, 1).
    cumulative, log_probability : callable
        P(K ≤ k) and log P(K = k), from as many k as there are in `u`.
    ratio : callable
        P(K = k) / P(K = k − 1), from k and the places in `u` that it is about.
    moments : tuple of ndarray, shape of `u`
        Mean, standard deviation and skewness of K. The expansion of Cornish & Fisher (1937) is then rarely more than
        one off.
    highest : float
        That K can be.

    Returns
    -------
    ndarray, shape of `u`
    """
    mean, deviation, skewness = moments
    z = scipy.special.ndtri(u)
    k = np.clip(np.floor(mean + deviation * (z + skewness * (z * z - 1) / 6) + 0.5), 0.0, highest)
    up_to, probability = cumulative(k), np.exp(log_probability(k))
    before = up_to - probability  # P(K < k), which is to be at most u, as P(K ≤ k) is to be more
    places = np.flatnonzero((up_to <= u) & (probability > 0) & (k < highest))
    while len(places):
        k[places] += 1
        probability[places] *= ratio(k[places], places)
        up_to[places] += probability[places]
        places = places[(up_to[places] <= u[places]) & (probability[places] > 0) & (k[places] < highest)]
    places = np.flatnonzero((before > u) & (k > 0) & (probability > 0))
    while len(places):
        probability[places] /= ratio(k[places], places)
        k[places] -= 1
        before[places] -= probability[places]
        places = places[(before[places] > u[places]) & (k[places] > 0)]
    return k
