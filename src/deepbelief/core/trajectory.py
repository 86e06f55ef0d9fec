"""The partition function along training: annealed importance sampling on the path that the parameters take.

From one epoch to the next parameters change little, so that chains which are samples of the machine before are nearly
samples of the machine after. They are weighted by the ratio of the densities and moved on by Gibbs sweeps, and the
average of the weights follows the partition function (Béreux, Decelle, Furtlehner & Seoane, *Fast training and sampling
of restricted Boltzmann machines*, 2024: trajectory annealed importance sampling). That costs some sweeps in an epoch,
where annealing from independent units anew would cost thousands.

Between two epochs the parameters go along a straight line, in steps so short that the conditional effective sample size
stays near the number of chains. Where the weights differ too much, chains are drawn anew in proportion to them, as in
sequential Monte Carlo (Del Moral, Doucet & Jasra, JRSS B 68, 2006).
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from deepbelief.core.annealing import annealed, temperatures
from deepbelief.core.arrays import Array, product, to_numpy
from deepbelief.core.gibbs import sweep
from deepbelief.core.partition import fewest_states, log_partition, require_distribution
from deepbelief.core.path import Path
from deepbelief.core.randomness import RandomStreams, Stream
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.trees import tree_map

N_REPLICAS = 200
KEPT = 0.99  # of the conditional effective sample size, in one step
MOST_STEPS = 256  # of an epoch, at least so short a step is made whatever it costs
SETTLING = 30  # sweeps at the end of each epoch: the nearer the chains are to the machine, the less is lost in the next
FEW = 0.5  # of the chains: if fewer count, they are drawn anew
FEW_STATES = 2**12  # of a layer: with no more, the exact partition function takes less time than the chains


@dataclass(frozen=True)
class Trajectory:
    """Chains that follow a machine through its training.

    Parameters
    ----------
    parameters : Parameters
        Of the machine that the chains are samples of.
    v : array, shape (n_chains, n_visible)
    log_weights : ndarray of float64, shape (n_chains,)
    log_partition : ndarray of float64, shape (1,)
        log Z is this plus the logarithm of the mean weight. NaN from where on there was no distribution.
    """

    parameters: Parameters
    v: Array
    log_weights: np.ndarray
    log_partition: np.ndarray

    @property
    def value(self) -> float:
        """The estimate of log Z, in nats; NaN if there is none."""
        return float(self.log_partition[0]) + _log_mean(self.log_weights)

    @property
    def is_lost(self) -> bool:
        """Whether there is no estimate any more."""
        return not math.isfinite(self.value)


def begun(machine: Machine, parameters: Parameters, v: Array, streams: RandomStreams) -> Trajectory:
    """Return chains that were annealed from independent units with the means of some rows, (n_rows, n_visible).

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    v : array, shape (n_rows, n_visible)
    streams : RandomStreams

    Returns
    -------
    Trajectory
    """
    n_rows, hidden = N_REPLICAS, machine.forward(parameters, v)
    lost = Trajectory(parameters, v[np.arange(n_rows) % len(v)], np.zeros(n_rows), np.full(1, math.nan))
    with np.errstate(all="ignore"):  # of a machine without a distribution
        try:
            require_distribution(machine, parameters)
            path = Path.from_means(machine, parameters, v.mean(0), hidden.mean(0))
            betas = temperatures(path, n_rows, streams.stream("temperatures"))
            stream = streams.stream("replicas")
            log_weights, v = annealed(path, betas, path.draw_base(n_rows, stream), stream)
        except ValueError:  # what annealing says of it
            return lost
        v = path.draw_visible(1.0, path.draw_hidden(1.0, product(v, parameters.weights), stream), stream)
    return Trajectory(parameters, v, log_weights.astype(float), np.full(1, path.log_base()))


def advanced(machine: Machine, trajectory: Trajectory, parameters: Parameters, stream: Stream) -> Trajectory:
    """Return the chains after the parameters have changed.

    Parameters
    ----------
    machine : Machine
    trajectory : Trajectory
        With the parameters before.
    parameters : Parameters
    stream : Stream
        Where the random numbers come from.

    Returns
    -------
    Trajectory
    """
    lost = replace(trajectory, log_partition=np.full(1, math.nan))
    if trajectory.is_lost:
        return lost
    try:
        require_distribution(machine, parameters)
    except ValueError:
        return lost
    old, v, log_weights, offset = (
        trajectory.parameters,
        trajectory.v,
        trajectory.log_weights,
        float(trajectory.log_partition[0]),
    )
    here, at = old, 0.0
    with np.errstate(all="ignore"):
        while at < 1:
            before, step = machine.free_energy(here, v), 1 - at
            while True:
                there = parameters if at + step == 1 else _between(old, parameters, at + step)
                ratios = to_numpy(before - machine.free_energy(there, v)).astype(float)
                if step <= 1 / MOST_STEPS or _conditional_share(log_weights, ratios) >= KEPT:
                    break
                step /= 2
            log_weights, here, at = log_weights + ratios, there, at + step
            if not np.isfinite(log_weights).all():
                return lost
            if _share(log_weights) < FEW:
                offset += _log_mean(log_weights)
                v, log_weights = v[_drawn(log_weights, stream)], np.zeros(len(log_weights))
            v, _ = sweep(machine, here, v, stream)
        for _ in range(SETTLING):
            v, _ = sweep(machine, parameters, v, stream)
    return Trajectory(parameters, v, log_weights, np.full(1, offset))


def exactly(machine: Machine, trajectory: Trajectory) -> Trajectory:
    """Return the chains with the exact partition function, where a layer has so few states that it takes no time.

    Parameters
    ----------
    machine : Machine
    trajectory : Trajectory

    Returns
    -------
    Trajectory
    """
    if trajectory.is_lost or fewest_states(machine, trajectory.parameters) > FEW_STATES:
        return trajectory
    value = np.full(1, log_partition(machine, trajectory.parameters))
    return replace(trajectory, log_weights=0 * trajectory.log_weights, log_partition=value)


def _between(old: Parameters, new: Parameters, share: float) -> Parameters:
    return tree_map(lambda a, b: a + share * (b - a), old, new)


def _log_mean(log_weights: np.ndarray) -> float:
    highest = log_weights.max()
    return float(highest + np.log(np.mean(np.exp(log_weights - highest))))


def _share(log_weights: np.ndarray) -> float:
    """Return the effective sample size as a share of the chains."""
    weights = np.exp(log_weights - log_weights.max())
    return float(weights.sum() ** 2 / (weights**2).sum() / len(weights))


def _conditional_share(log_weights: np.ndarray, ratios: np.ndarray) -> float:
    """Return the conditional effective sample size of a step, as a share (Zhou, Johansen & Aston 2016)."""
    weights, steps = np.exp(log_weights - log_weights.max()), np.exp(ratios - ratios.max())
    return float((weights @ steps) ** 2 / (weights.sum() * (weights @ steps**2)))


def _drawn(log_weights: np.ndarray, stream: Stream) -> np.ndarray:
    """Return which chains go on, each about as often as its weight says (systematic resampling)."""
    n = len(log_weights)
    weights = np.exp(log_weights - log_weights.max())
    places = (np.arange(n) + float(stream.uniform((1,), np.zeros(1))[0])) / n
    return np.minimum(np.searchsorted(np.cumsum(weights) / weights.sum(), places), n - 1)
