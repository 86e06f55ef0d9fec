"""Annealed importance sampling: the partition function of machines too large to enumerate.

Chains go along a :class:`~deepbelief.core.path.Path`, one Gibbs sweep at each temperature, and gather the ratios of the
densities that they pass (Neal, *Annealed importance sampling*, Statistics and Computing 11, 2001; for RBMs
Salakhutdinov & Murray, ICML 2008). The average ratio of chains that start at the independent units is Z₁/Z₀ in
expectation. That of chains that start at samples of the machine and go down is Z₀/Z₁, as far as these are samples
(Burda, Grosse & Salakhutdinov, *Accurate and conservative estimates of MRF log-likelihood using reverse annealing*,
AISTATS 2015).

An average over few chains misses rare large ratios, and its logarithm is then too small: log Z comes out too small on
the way up, and too large on the way down. So each direction by itself may be wrong by more than its standard error
says. Where both agree, nothing was missed, unless it is a part of the distribution that neither chains from independent
units nor the samples at the other end have found.

Temperatures are spaced evenly in the length ∫ σ(β) dβ, where σ(β) is the standard deviation of ∂ log f_β/∂β. To second
order, that gives every step the same conditional effective sample size, 1 − (σ Δβ)² for each chain (Zhou, Johansen &
Aston, *Toward automatic model comparison: an adaptive sequential Monte Carlo approach*, JCGS 25, 2016). A first, quick
walk of other chains measures σ, so that the temperatures do not depend on the chains that count.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepbelief.core.arrays import Array, product, to_numpy
from deepbelief.core.partition import NO_DISTRIBUTION
from deepbelief.core.path import Path
from deepbelief.core.randomness import Stream

SCOUTING_STEP = 0.1  # length of a step of the first walk
FEWEST_SCOUTED, MOST_SCOUTED = 20, 1000  # steps of the first walk: it may be inexact, but not endless
LEAST_SPREAD = 0.05  # so that temperatures are also spaced where nothing varies
STEP = 0.003  # length of a step between two temperatures, if nobody says how many there are
FEWEST, MOST = 100, 20_000  # temperatures, if nobody says how many there are
FEW = 5  # chains: if no more than these count, their spread says nothing


@dataclass(frozen=True)
class PartitionEstimate:
    """A partition function, and how well it is known.

    Parameters
    ----------
    value : float
        log Z, in nats.
    standard_error : float
        Of `value`, from the spread of the chains' ratios w: sd(w) / (mean(w) √n). It knows nothing of what no chain has
        met. 0 if `value` is exact.
    effective_sample_size : float
        (Σ w)² / Σ w²: as good as that many equal ratios. Infinite if `value` is exact.
    method : {"exact", "ais", "reverse-ais"}
    n_chains, n_temperatures : int
        0 if `value` is exact.
    """

    value: float
    standard_error: float
    effective_sample_size: float
    method: str
    n_chains: int = 0
    n_temperatures: int = 0

    @property
    def doubt(self) -> str | None:
        """Why the estimate is unreliable, in a sentence; None if nothing indicates that it is."""
        if self.effective_sample_size < FEW:
            found = f"only {self.effective_sample_size:.1f} of {self.n_chains} chains count"
        elif self.standard_error > abs(self.value):
            found = f"its standard error, {self.standard_error:.2g}, is larger than the value itself"
        else:
            return None
        more = 4 * max(self.n_temperatures, 1)
        return (
            f"The estimate {self.value:.2f} of log Z by {self.method} is no more than a guess: {found}; take more "
            f"temperatures, such as n_temperatures={more}, or more chains."
        )


def temperatures(path: Path, n_chains: int, stream: Stream, n_temperatures: int | None = None) -> np.ndarray:
    """Return the values of β from 0 to 1, evenly spaced in length.

    Parameters
    ----------
    path : Path
    n_chains : int
        Of the first walk, at least 2.
    stream : Stream
    n_temperatures : int, optional
        Steps; as many as it takes for steps of the length `STEP` if None.

    Returns
    -------
    ndarray, shape (n_temperatures + 1,)
    """
    betas, lengths = scouted(path, n_chains, stream)
    if n_temperatures is None:
        n_temperatures = int(np.clip(math.ceil(lengths[-1] / STEP), FEWEST, MOST))
    return np.interp(np.linspace(0, lengths[-1], n_temperatures + 1), lengths, betas)


def scouted(path: Path, n_chains: int, stream: Stream) -> tuple[np.ndarray, np.ndarray]:
    """Take a few chains quickly along the path, and return the β they passed and the length of the path up to each.

    Parameters
    ----------
    path : Path
    n_chains : int
    stream : Stream
        Where the random numbers come from.

    Returns
    -------
    betas, lengths : ndarray, shape (n_steps + 1,)
        From 0 and 0 to 1 and the whole length; both rise.
    """
    betas, spreads = [0.0], []
    v = path.draw_base(n_chains, stream)
    while True:
        product_with_v = product(v, path.parameters.weights)
        spread = float(to_numpy(path.slope(betas[-1], v, product_with_v)).std())
        if not math.isfinite(spread):
            raise ValueError(NO_DISTRIBUTION)
        spreads.append(max(spread, LEAST_SPREAD))
        if betas[-1] == 1:
            break
        step = min(max(SCOUTING_STEP / spreads[-1], 1 / MOST_SCOUTED), 1 / FEWEST_SCOUTED)
        betas.append(min(betas[-1] + step, 1.0))
        v = path.draw_visible(betas[-1], path.draw_hidden(betas[-1], product_with_v, stream), stream)
    steps = np.diff(betas) * (np.array(spreads[:-1]) + spreads[1:]) / 2
    return np.array(betas), np.concatenate([[0.0], np.cumsum(steps)])


def annealed(path: Path, betas: np.ndarray, v: Array, stream: Stream) -> tuple[np.ndarray, Array]:
    """Anneal chains along the path, and return the logarithm of the importance weight of each.

    Parameters
    ----------
    path : Path
    betas : ndarray, shape (n_temperatures + 1,)
        From 0 up to 1, or from 1 down to 0.
    v : array, shape (n_chains, n_visible)
        Drawn from the distribution at the first β.
    stream : Stream

    Returns
    -------
    log_weights : ndarray of float64, shape (n_chains,)
        Of w, whose expectation is Z_last / Z_first.
    v : array, shape (n_chains, n_visible)
        Their last states.
    """
    log_weights: Any = 0.0
    for number in range(1, len(betas)):
        old, new = float(betas[number - 1]), float(betas[number])
        product_with_v = product(v, path.parameters.weights)
        log_weights = log_weights + path.log_ratio(old, new, v, product_with_v)
        if number + 1 < len(betas):
            v = path.draw_visible(new, path.draw_hidden(new, product_with_v, stream), stream)
    return to_numpy(log_weights), v


def forward_estimate(path: Path, betas: np.ndarray, n_chains: int, stream: Stream) -> PartitionEstimate:
    """Estimate log Z by chains from the independent units up.

    Parameters
    ----------
    path : Path
    betas : ndarray, shape (n_temperatures + 1,)
        From 0 up to 1.
    n_chains : int
        At least 2.
    stream : Stream

    Returns
    -------
    PartitionEstimate
        In nats.

    Raises
    ------
    ValueError
        If the machine has no distribution.
    """
    log_weights, _ = annealed(path, betas, path.draw_base(n_chains, stream), stream)
    return _estimate(path.log_base(), 1, log_weights, "ais", len(betas) - 1)


def reverse_estimate(path: Path, betas: np.ndarray, v: Array, stream: Stream) -> PartitionEstimate:
    """Estimate log Z by chains that start at samples of the machine and go down to the independent units.

    Parameters
    ----------
    path : Path
    betas : ndarray, shape (n_temperatures + 1,)
        From 0 up to 1, as for :func:`forward_estimate`.
    v : array, shape (n_chains, n_visible)
        Samples; the estimate is as good as they are.
    stream : Stream

    Returns
    -------
    PartitionEstimate
        In nats.

    Raises
    ------
    ValueError
        If the machine has no distribution.
    """
    log_weights, _ = annealed(path, betas[::-1], v, stream)
    return _estimate(path.log_base(), -1, log_weights, "reverse-ais", len(betas) - 1)


def _estimate(log_base: float, sign: int, log_weights: np.ndarray, method: str, n: int) -> PartitionEstimate:
    if not np.isfinite(log_weights).all():
        raise ValueError(NO_DISTRIBUTION)
    highest, n_chains = log_weights.max(), len(log_weights)
    weights = np.exp(log_weights - highest)
    mean = weights.mean()
    return PartitionEstimate(
        value=float(log_base + sign * (highest + math.log(mean))),
        standard_error=float(weights.std(ddof=1) / (mean * math.sqrt(n_chains))),
        effective_sample_size=float(weights.sum() ** 2 / (weights**2).sum()),
        method=method,
        n_chains=n_chains,
        n_temperatures=n,
    )
