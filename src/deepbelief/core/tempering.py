"""Parallel tempering: chains at several temperatures that exchange their states.

Replicas of a chain walk at the distributions of a :class:`~deepbelief.core.path.Path`, all of them in one batch of
products. After each sweep, neighbours exchange their states with the probability of Metropolis, the hidden units summed
out: min(1, f_a(v_b) f_b(v_a) / (f_a(v_a) f_b(v_b))), either the pairs (0, 1), (2, 3), … or (1, 2), (3, 4), …, by the
toss of a coin. What is independent units at one end of the ladder comes from mode to mode, and is handed up to the
machine itself at the other. The joint distribution of all replicas, each at its own temperature, stays as it is.

Desjardins et al., *Tempered Markov chain Monte Carlo for training of restricted Boltzmann machines*, AISTATS 2010; Cho,
Raiko & Ilin, *Parallel tempering is efficient for learning restricted Boltzmann machines*, IJCNN 2010.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.special

from deepbelief.core.annealing import scouted
from deepbelief.core.arrays import Array, like, namespace, product, to_numpy
from deepbelief.core.path import Path
from deepbelief.core.randomness import Stream

ACCEPTANCE = 0.4  # of exchanges between neighbours, for which a ladder is made
MOST_REPLICAS = 40
ADAPTING = 0.02  # by how much the logarithm of a gap in the ladder changes in a sweep, where acceptance is off by one


@dataclass(frozen=True)
class Exchanged:
    """States of all replicas after a sweep and exchanges: row `rung · n_chains + chain`.

    Parameters
    ----------
    v : array, shape (n_replicas · n_chains, n_visible)
    product_with_v : array, shape (n_replicas · n_chains, n_hidden)
        v W.
    h : array, shape (n_replicas · n_chains, n_hidden)
        Drawn given v.
    pairs : ndarray of int, shape (n_pairs,)
        The lower rung of each pair that could exchange its states.
    acceptance : ndarray, shape (n_pairs,)
        The mean probability with which it did.
    """

    v: Array
    product_with_v: Array
    h: Array
    pairs: np.ndarray
    acceptance: np.ndarray


def ladder(path: Path, n_chains: int, stream: Stream, acceptance: float = ACCEPTANCE) -> np.ndarray:
    """Return the temperatures at which neighbours exchange states with a certain probability, from β = 0 to 1.

    Where log-densities vary like normal numbers, neighbours at a distance δ in length exchange their states with the
    probability erfc(δ/2); see :mod:`~deepbelief.core.annealing` for the length.

    Parameters
    ----------
    path : Path
    n_chains : int
        Of the walk that measures the length, at least 2.
    stream : Stream
    acceptance : float
        Between 0 and 1.

    Returns
    -------
    ndarray, shape (n_replicas,)
        2 to `MOST_REPLICAS` of them.
    """
    betas, lengths = scouted(path, n_chains, stream)
    distance = 2 * scipy.special.erfcinv(acceptance)
    n_steps = int(np.clip(math.ceil(lengths[-1] / distance), 1, MOST_REPLICAS - 1))
    return np.interp(np.linspace(0, lengths[-1], n_steps + 1), lengths, betas)


def sweep(
    path: Path, betas: Array, h: Array, stream: Stream, *, clamped: tuple[Array, Array] | None = None
) -> Exchanged:
    """Draw v ~ p_β(v | h) for all replicas, let neighbours exchange their states, and draw h ~ p_β(h | v).

    Parameters
    ----------
    path : Path
    betas : array, shape (n_replicas,)
        From 0 to 1.
    h : array, shape (n_replicas · n_chains, n_hidden)
    stream : Stream
    clamped : tuple of two arrays, shape (n_replicas · n_chains, n_visible), optional
        Which visible units are held fast, and their values, the same for all replicas of a chain.

    Returns
    -------
    Exchanged
    """
    xp, n_replicas = namespace(h), len(betas)
    n_chains = len(h) // n_replicas
    column = xp.repeat_interleave(betas, n_chains)[:, None] if xp is not np else np.repeat(betas, n_chains)[:, None]
    v = path.draw_visible(column, h, stream)
    if clamped is not None:
        v = xp.where(clamped[0], clamped[1], v)
    product_with_v = product(v, path.parameters.weights)
    numbers = to_numpy(stream.uniform((n_replicas // 2 + 1, n_chains), h)).astype(float)
    pairs = np.arange(int(numbers[-1, 0] < 0.5 and n_replicas > 2), n_replicas - 1, 2)
    partner = np.arange(n_replicas)
    partner[pairs], partner[pairs + 1] = pairs + 1, pairs
    rows = (partner[:, None] * n_chains + np.arange(n_chains)).ravel()
    ratio = to_numpy(path.log_ratio(column, column[rows], v, product_with_v)).reshape(n_replicas, n_chains)
    probability = np.exp(np.minimum(ratio[pairs] + ratio[pairs + 1], 0.0))
    order = np.arange(n_replicas * n_chains).reshape(n_replicas, n_chains)
    is_accepted = numbers[: len(pairs)] < probability
    lower, upper = order[pairs], order[pairs + 1]
    order[pairs], order[pairs + 1] = np.where(is_accepted, upper, lower), np.where(is_accepted, lower, upper)
    moved = np.flatnonzero(order.ravel() != np.arange(len(h)))
    for states in (v, product_with_v):  # of this sweep, and nobody else's
        states[moved] = states[order.ravel()[moved]]
    h = path.draw_hidden(column, product_with_v, stream)
    return Exchanged(v, product_with_v, h, pairs, probability.mean(axis=1))


def tempered_chain(
    path: Path, betas: np.ndarray, v: Array, stream: Stream, *, clamped: Array | None = None
) -> Iterator[tuple[Array, Array]]:
    """Yield the states (v, h) at β = 1 of tempered chains, one sweep after the other, without end.

    Parameters
    ----------
    path : Path
    betas : ndarray, shape (n_replicas,)
        From :func:`ladder`.
    v : array, shape (n_chains, n_visible)
        Where all replicas of a chain begin.
    stream : Stream
    clamped : array of bool, shape (n_chains, n_visible), optional
        Visible units that keep the value that they have in `v`.

    Yields
    ------
    v : array, shape (n_chains, n_visible)
    h : array, shape (n_chains, n_hidden)
    """
    n_chains, rungs = len(v), np.tile(np.arange(len(v)), len(betas))
    held = None if clamped is None else (clamped[rungs], v[rungs])
    inverse_temperatures = like(betas, v)
    h = path.draw_hidden(1.0, product(v, path.parameters.weights), stream)[rungs]
    while True:
        state = sweep(path, inverse_temperatures, h, stream, clamped=held)
        h = state.h
        yield state.v[-n_chains:], h[-n_chains:]


def adapted(betas: Array, acceptance: np.ndarray) -> Array:
    """Return a ladder whose gaps are a little wider where more exchanges are accepted than on average.

    Parameters
    ----------
    betas : array, shape (n_replicas,)
    acceptance : ndarray, shape (n_replicas - 1,)
        Share of exchanges that were accepted, for each pair of neighbours.

    Returns
    -------
    array, shape (n_replicas,)
    """
    gaps = np.diff(to_numpy(betas).astype(float)) * np.exp(ADAPTING * (acceptance - acceptance.mean()))
    inner = np.cumsum(gaps)[:-1] / gaps.sum()
    return like(np.concatenate([[0.0], inner, [1.0]]), betas)
