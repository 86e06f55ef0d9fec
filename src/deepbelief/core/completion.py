"""Filling of missing values: the expectation of some visible units given the others."""

import itertools
from collections.abc import Iterator
from typing import Any

from deepbelief.core.arrays import Array, namespace
from deepbelief.core.rbm import Machine, Parameters


def averaged_means(
    machine: Machine, parameters: Parameters, states: Iterator[tuple[Array, Array]], n_left_out: int, n_averaged: int
) -> tuple[Array, Array]:
    """Average the conditional means of the visible units over the states of clamped chains.

    E[v_free | v_clamped] is the average of E[v_free | h] over hidden states given the clamped units: conditional means
    vary less than the states drawn from them (the Rao-Blackwell estimate of Gelfand & Smith, JASA 85, 1990).

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    states : iterator of (v, h)
        Of chains, one for each row, in which the known units are clamped.
    n_left_out, n_averaged : int
        States that are passed over first, and states that are averaged over.

    Returns
    -------
    mean, variance : array, shape (n_rows, n_visible)
        Of the free units given the clamped ones; what they hold of clamped units means nothing.
    """
    total: Any = 0.0
    squares: Any = 0.0
    for _, h in itertools.islice(states, n_left_out, n_left_out + n_averaged):
        inputs = machine.visible_inputs(parameters, h)
        mean = machine.visible.mean(parameters.visible, inputs)
        total, squares = total + mean, squares + machine.visible.variance(parameters.visible, inputs) + mean**2
    mean = total / n_averaged
    return mean, namespace(mean).clip(squares / n_averaged - mean**2, 0.0, None)
