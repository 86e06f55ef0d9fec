"""How far an average over random draws may be from its expectation, and draws from the exact distribution."""

import math

import numpy as np

from oracles.enumeration import is_discrete, joint, precision, state_numbers
from oracles.single_units import conditional

FAILURE = 1e-9  # how probable it is that a right program fails a test with a proven bound


def total_variation(x, probabilities, units=None):
    """Return ½ Σ |observed share − probability| over the states of rows `x`, of binary units if none are given."""
    observed = np.bincount(state_numbers(x, units), minlength=len(probabilities)) / len(x)
    return np.abs(observed - probabilities).sum() / 2


def total_variation_bound(probabilities, n_draws):
    """Bound the total variation between `n_draws` independent draws and their own distribution.

    Its expectation is at most ½ Σ √(p(1 − p)/N), by Jensen; one draw changes it by 1/N at most, so by McDiarmid it
    exceeds its expectation by √(log(1/δ)/(2N)) with a probability of at most δ.
    """
    expectation = np.sqrt(probabilities * (1 - probabilities) / n_draws).sum() / 2
    return expectation + math.sqrt(math.log(1 / FAILURE) / (2 * n_draws))


def hoeffding_bound(n_draws, width, n_comparisons=1):
    """Bound the error of `n_comparisons` averages of independent draws from an interval of this width."""
    return width * math.sqrt(math.log(2 * n_comparisons / FAILURE) / (2 * n_draws))


def z_scores(averages, expected):
    """Return (mean − expected)/standard error for independent, equally sized batch averages (n_batches, …).

    An entry that does not vary has to meet its expectation to rounding error: its standard error is taken as 1e-12.
    """
    error = averages.std(axis=0, ddof=1) / math.sqrt(len(averages))
    return (averages.mean(axis=0) - expected) / np.maximum(error, 1e-12)


def joint_normal(parameters):
    """Return mean and covariance of (v, h) where both layers are Gaussian."""
    n_visible, n_hidden = parameters.weights.shape
    inverse_covariance = np.zeros((n_visible + n_hidden, n_visible + n_hidden))
    inverse_covariance[:n_visible, :n_visible] = np.diag(precision(parameters.visible))
    inverse_covariance[n_visible:, n_visible:] = np.diag(precision(parameters.hidden))
    inverse_covariance[:n_visible, n_visible:] = -parameters.weights
    inverse_covariance[n_visible:, :n_visible] = -parameters.weights.T
    covariance = np.linalg.inv(inverse_covariance)
    return covariance @ np.concatenate([parameters.visible["bias"], parameters.hidden["bias"]]), covariance


def exact_visible_draws(machine, parameters, n_draws, seed):
    """Draw visible rows from the exact p(v): from its table, or as a mixture of as many p(v | h) as there are h."""
    rng = np.random.default_rng([seed, 3])
    table = joint(machine, parameters)
    if is_discrete(machine.visible):
        p = table.visible_probabilities
        return table.v[rng.choice(len(p), n_draws, p=p / p.sum())]
    p = table.hidden_probabilities
    h = table.h[rng.choice(len(p), n_draws, p=p / p.sum())]
    return conditional(machine.visible, parameters.visible, h @ parameters.weights.T).rvs(random_state=rng)
