"""Estimates of a partition function, from a machine and some states that are typical of it."""

import itertools
import math
from contextlib import suppress

import scipy.special

from deepbelief.core.annealing import PartitionEstimate, annealed, forward_estimate, reverse_estimate, temperatures
from deepbelief.core.arrays import Array, product
from deepbelief.core.partition import NO_DISTRIBUTION, require_distribution
from deepbelief.core.path import Path
from deepbelief.core.randomness import RandomStreams, Stream
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.tempering import ladder, tempered_chain
from deepbelief.core.trees import all_finite

SETTLING = 200  # sweeps of tempered chains before the way down begins


def estimated_partition(
    machine: Machine,
    parameters: Parameters,
    means: tuple[Array, Array],
    v: Array,
    streams: RandomStreams,
    method: str = "ais",
    n_temperatures: int | None = None,
) -> PartitionEstimate:
    """Estimate log Z by annealed importance sampling.

    The way down begins at the last states of tempered chains, which begin at `v`. They are samples of the machine as
    far as these chains mix; states of the data alone would not be, unless the machine had learned them perfectly.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    means : tuple of two arrays, shape (n_visible,) and (n_hidden,)
        Of the visible and of the hidden units, which the independent units that annealing begins with have.
    v : array, shape (n_chains, n_visible)
        States that are typical of the machine, one for each chain, at least 2.
    streams : RandomStreams
    method : {"ais", "reverse-ais"}
    n_temperatures : int, optional
        See :func:`~deepbelief.core.annealing.temperatures`.

    Returns
    -------
    PartitionEstimate
        In nats.

    Raises
    ------
    ValueError
        If the machine has no distribution.
    """
    require_distribution(machine, parameters)
    path = Path.from_means(machine, parameters, *means)
    betas = temperatures(path, len(v), streams.stream("temperatures"), n_temperatures)
    if method == "ais":
        return forward_estimate(path, betas, len(v), streams.stream("forward"))
    rungs = ladder(path, len(v), streams.stream("ladder"))
    chains = tempered_chain(path, rungs, v, streams.stream("settling"))
    settled, _ = next(itertools.islice(chains, SETTLING - 1, None))
    return reverse_estimate(path, betas, settled, streams.stream("reverse"))


def annealed_states(
    machine: Machine, parameters: Parameters, n_rows: int, streams: RandomStreams, n_temperatures: int = 200
) -> Array:
    """Return hidden states of chains that were annealed from independent units: (n_rows, n_hidden).

    Two kinds of independent units are tried: those with the machine's biases, and those with the means that units
    without biases have. The first lie on one side only, where the biases make up for large weights; the second treat a
    unit and its opposite alike. An estimate of Z is too small where the chains miss a part of the distribution, so
    the chains are taken of which the estimate is larger.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    n_rows : int
        The number of chains.
    streams : RandomStreams
    n_temperatures : int, default=200

    Returns
    -------
    array, shape (n_rows, n_hidden)

    Raises
    ------
    ValueError
        If the machine has no distribution.
    """
    require_distribution(machine, parameters)
    stream = streams.stream("annealed")
    biased, neutral = _beginnings(machine, parameters)
    found = [_annealed_from(biased, n_rows, n_temperatures, stream)]
    with suppress(ValueError):  # counts may overflow along one way only
        found.append(_annealed_from(neutral, n_rows, n_temperatures, stream))
    return max(found, key=lambda one: one[0])[1]


def _annealed_from(path: Path, n_rows: int, n_temperatures: int, stream: Stream) -> tuple[float, Array]:
    """Return an estimate of log Z, up to a constant, and the hidden states of its chains: (n_rows, n_hidden)."""
    betas = temperatures(path, n_rows, stream, n_temperatures)
    log_weights, v = annealed(path, betas, path.draw_base(n_rows, stream), stream)
    h = path.draw_hidden(1.0, product(v, path.parameters.weights), stream)
    log_z = path.log_base() + float(scipy.special.logsumexp(log_weights))
    if not (all_finite(h) and math.isfinite(log_z)):
        raise ValueError(NO_DISTRIBUTION)
    return log_z, h


def _beginnings(machine: Machine, parameters: Parameters) -> tuple[Path, Path]:
    """Return the paths from units with the machine's biases, and from those with the means of units without biases."""
    visible, hidden = 0 * parameters.weights[:, 0], 0 * parameters.weights[0]
    means = (
        units.mean(units.neutral(len(field), field), field[None])[0]
        for units, field in ((machine.visible, visible), (machine.hidden, hidden))
    )
    return Path(machine, parameters, visible, hidden), Path.from_means(machine, parameters, *means)
