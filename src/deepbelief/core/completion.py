"""Filling of missing values: the expectation of some visible units given the others."""

import itertools
from collections.abc import Iterator
from typing import Any

from deepbelief.core.arrays import Array, namespace
from deepbelief.core.rbm import Machine, Parameters

LEFT_OUT = 4  # of the sweeps of a chain, one in so many is passed over first


def averaged_means(
    machine: Machine, parameters: Parameters, states: Iterator[tuple[Array, Array]], n_steps: int, n_chains: int
) -> tuple[Array, Array]:
    """Average the conditional means of the visible units over the states of clamped chains, several for each row.

    E[v_free | v_clamped] is the average of E[v_free | h] over hidden states given the clamped units: conditional means
    vary less than the states drawn from them (the Rao-Blackwell estimate of Gelfand & Smith, JASA 85, 1990). A chain
    may stay for long with one of several ways to complete a row, so that several chains say more than a long one.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    states : iterator of (v, h)
        Of chains in which the known units are clamped; those of one row follow each other.
    n_steps : int
        Sweeps of each chain; the first quarter is left out.
    n_chains : int
        For each row.

    Returns
    -------
    mean, variance : array, shape (n_rows, n_visible)
        Of the free units given the clamped ones; what they hold of clamped units means nothing.
    """
    n_left_out = n_steps // LEFT_OUT
    total: Any = 0.0
    squares: Any = 0.0
    for _, h in itertools.islice(states, n_left_out, n_steps):
        inputs = machine.visible_inputs(parameters, h)
        mean = machine.visible.mean(parameters.visible, inputs)
        variance = machine.visible.variance(parameters.visible, inputs)
        total, squares = total + _of_rows(mean, n_chains), squares + _of_rows(variance + mean**2, n_chains)
    mean = total / (n_steps - n_left_out)
    return mean, namespace(mean).clip(squares / (n_steps - n_left_out) - mean**2, 0.0, None)


def _of_rows(x: Array, n_chains: int) -> Array:
    """Average over the chains of each row: (n_rows · n_chains, n_visible) → (n_rows, n_visible)."""
    return namespace(x).mean(x.reshape(-1, n_chains, x.shape[1]), axis=1)
