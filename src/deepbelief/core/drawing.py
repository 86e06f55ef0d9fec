"""Chains of a stack of machines, for pictures and for the diagnosis: their states, and how they mix.

They start at rows of data, spread over all of them. Samples are states of the visible units where the data are such
states; where Bernoulli units see grey values, which they never draw, samples are means as well.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepbelief.core.arrays import Array, to_numpy
from deepbelief.core.chains import Mixing, directions, mixing
from deepbelief.core.gibbs import chain
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.stack import Layer, down, up


@dataclass(frozen=True)
class DrawnRows:
    """Samples of a stack, and the chains that they are the ends of.

    Parameters
    ----------
    samples : ndarray, shape (n_chains, n_visible)
        The ends.
    along : ndarray, shape (n_kept, n_chains, n_visible)
        Means of the visible units at some sweeps of each chain, the first being the row that it started at.
    steps : tuple of int
        After how many sweeps these are.
    mixing : Mixing
        Of the chains of the top machine.
    stays : float
        Which share of the spread of the chains, in the direction in which they mix worst, is between chains: 1 where
        each stays where it started, about 0 where all pass everywhere.
    """

    samples: np.ndarray
    along: np.ndarray
    steps: tuple[int, ...]
    mixing: Mixing
    stays: float


def drawn_rows(layers: Sequence[Layer], v: Array, n_steps: int, streams: RandomStreams, n_kept: int = 2) -> DrawnRows:
    """Run chains that start at rows.

    Parameters
    ----------
    layers : sequence of Layer
        From the bottom up. Chains run in the top machine, and come down by means.
    v : array, shape (n_chains, n_visible)
    n_steps : int
        Sweeps, at least 2.
    streams : RandomStreams
    n_kept : int
        States of each chain that are kept, those at the beginning and the end among them, at least 2.

    Returns
    -------
    DrawnRows
    """
    top, below, bottom = layers[-1], layers[:-1], layers[0]
    kept = _kept(n_steps, n_kept)
    passed, series = [to_numpy(v)], []
    project = directions(top.parameters)
    stream = streams.stream("drawn")
    for number, (x, h) in enumerate(
        itertools.islice(chain(top.machine, top.parameters, up(below, v), stream), n_steps), start=1
    ):
        series.append(to_numpy(x) @ project)
        if number in kept:
            above = down(layers[1:-1], x) if below else h
            passed.append(to_numpy(bottom.machine.reverse(bottom.parameters, above)))
    if is_state(bottom, v):
        samples = to_numpy(bottom.machine.sample_visible(bottom.parameters, above, streams.stream("states")))
    else:
        samples = passed[-1]
    measured = np.array(series)
    between = _between(measured) if np.isfinite(measured).all() else float("nan")
    return DrawnRows(samples, np.array(passed), (0, *sorted(kept)), mixing(measured), between)


def is_state(layer: Layer, v: Array) -> bool:
    """Tell whether rows are states of the visible units: all but grey values of units that are 0 or 1.

    Parameters
    ----------
    layer : Layer
    v : array, shape (n_rows, n_visible)

    Returns
    -------
    bool
    """
    sites = layer.machine.visible.sites(v.shape[1])
    return sites is None or bool(layer.machine.visible.bounds != (0.0, 1.0) or ((v == 0) | (v == 1)).all())


def _kept(n_steps: int, n_kept: int) -> set[int]:
    """Return after which sweeps states are kept: ever further apart, as chains are there ever longer."""
    return {round(float(step)) for step in np.geomspace(1, n_steps, max(n_kept - 1, 1))[::-1]} | {n_steps}


def _between(series: np.ndarray) -> float:
    """Return which share of the variance of chains (n_steps, n_chains, n) is between them, in their later half."""
    later = series[len(series) // 2 :]
    within, between = later.var(axis=0).mean(axis=0), later.mean(axis=0).var(axis=0)
    total = within + between
    return float((between / np.maximum(total, 1e-12)).max())
