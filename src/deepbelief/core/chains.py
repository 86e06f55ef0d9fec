"""Convergence of Markov chains: autocorrelation times and effective sample sizes.

Of m chains with n states each, an average is as exact as one of m n / τ independent states, with the integrated
autocorrelation time τ = 1 + 2 Σ ρ_t. The autocorrelations compare each chain with the mean of all: chains that differ
from one another, because each stays where it started, count as correlated for as long as they run (Vehtari, Gelman,
Simpson, Carpenter & Bürkner, *Rank-normalization, folding, and localization: an improved R̂ for assessing convergence of
MCMC*, Bayesian Analysis 16, 2021, eq. 10). The sum ends at the first negative pair of neighbours (Geyer, *Practical
Markov chain Monte Carlo*, Statistical Science 7, 1992).
"""

from dataclasses import dataclass

import numpy as np

from deepbelief.core.arrays import to_numpy
from deepbelief.core.rbm import Parameters

N_DIRECTIONS = 3  # in which chains are followed
LONG_ENOUGH = 10.0  # autocorrelation times after which a chain has forgotten where it began


@dataclass(frozen=True)
class Mixing:
    """How well chains mix, in the direction in which they mix worst.

    Parameters
    ----------
    autocorrelation_time : float
        Integrated, in sweeps; at most about the length of the chains, whatever it is in truth.
    effective_sample_size : float
        Of all states of all chains.
    n_steps, n_chains : int
    """

    autocorrelation_time: float
    effective_sample_size: float
    n_steps: int
    n_chains: int

    @property
    def doubt(self) -> str | None:
        """Why the last states still depend on the first ones, in a sentence; None if the chains have converged."""
        if self.n_steps >= LONG_ENOUGH * self.autocorrelation_time:
            return None
        return (
            f"These states still depend on where their chains began: after {self.n_steps} sweeps the autocorrelation "
            f"time is about {self.autocorrelation_time:.3g} sweeps or more, and a sample takes {LONG_ENOUGH:g} times "
            "that"
        )


def mixing(series: np.ndarray) -> Mixing:
    """Return how well chains mix.

    Parameters
    ----------
    series : ndarray, shape (n_steps, n_chains, n_quantities)
        What was measured of the states of the chains, one after the other.

    Returns
    -------
    Mixing
        Of the quantity with the longest autocorrelation time.
    """
    n_steps, n_chains, _ = series.shape
    time = max(integrated_time(quantity) for quantity in np.moveaxis(series, 2, 0))
    return Mixing(time, n_steps * n_chains / time, n_steps, n_chains)


def integrated_time(series: np.ndarray) -> float:
    """Return the integrated autocorrelation time of one quantity, in steps.

    Parameters
    ----------
    series : ndarray, shape (n_steps, n_chains)

    Returns
    -------
    float
        At least 1 / log10(n_steps · n_chains), as of chains that alternate; 1 where nothing varies.
    """
    n_steps, n_chains = series.shape
    series = np.asarray(series, float)
    deviations = series - series.mean(axis=0)
    spectrum = np.fft.rfft(deviations, n=2 * n_steps, axis=0)
    covariances = np.fft.irfft(abs(spectrum) ** 2, axis=0)[:n_steps].mean(axis=1) / n_steps
    within = covariances[0] * n_steps / max(n_steps - 1, 1)
    between = series.mean(axis=0).var(ddof=1) if n_chains > 1 else 0.0
    total = covariances[0] + between
    if total <= 1e-14 * max(1.0, float((series**2).max())):
        return 1.0
    correlations = 1 - (within - covariances) / total
    correlations[0] = 1.0
    pairs = correlations[: n_steps // 2 * 2].reshape(-1, 2).sum(axis=1)
    negative = np.flatnonzero(pairs <= 0)
    kept = np.minimum.accumulate(pairs[: negative[0] if len(negative) else len(pairs)])
    least = 1 / max(1.0, np.log10(max(n_steps * n_chains, 10)))
    return float(max(2 * kept.sum() - 1, least)) if len(kept) else least


def directions(parameters: Parameters) -> np.ndarray:
    """Return the directions in which the weights move visible units most: (n_visible, n_directions).

    The left singular vectors of W with the largest singular values: states that keep apart, such as all spins up and
    all down, are apart along these first.

    Parameters
    ----------
    parameters : Parameters

    Returns
    -------
    ndarray, shape (n_visible, n_directions)
    """
    weights = to_numpy(parameters.weights).astype(float)
    n_visible, n_hidden = weights.shape
    n_directions = min(N_DIRECTIONS, n_visible, n_hidden)
    smaller = weights @ weights.T if n_visible <= n_hidden else weights.T @ weights
    vectors = np.linalg.eigh(smaller)[1][:, ::-1][:, :n_directions]
    along = vectors if n_visible <= n_hidden else weights @ vectors
    return along.astype(to_numpy(parameters.weights).dtype)
