"""Samples of a fitted estimator beside data: what pictures of samples, and the diagnosis of chains, are made of."""

from dataclasses import dataclass

import numpy as np

from deepbelief.core.arrays import to_numpy
from deepbelief.core.batch import Batch
from deepbelief.core.completion import averaged_means
from deepbelief.core.deep_chains import clamped_chain
from deepbelief.core.devices import to_device
from deepbelief.core.drawing import DrawnRows, drawn_rows
from deepbelief.core.resemblance import MOST_ROWS
from deepbelief.estimators.annotations import Data, RandomSource
from deepbelief.estimators.chain_starts import begun_at_mean, hidden_states_of
from deepbelief.estimators.fitted import FittedStack
from deepbelief.estimators.sampling import CHAINS_TO_FILL
from deepbelief.estimators.settings import random_streams, require_count

STEPS = 500  # sweeps of the chains of pictures


@dataclass(frozen=True)
class Beside:
    """Samples and data, as the visible units see them.

    Parameters
    ----------
    data : ndarray, shape (n_rows, n_visible)
        Rows of the data, spread over all of them.
    drawn : DrawnRows
        Of chains that start at rows.
    """

    data: np.ndarray
    drawn: DrawnRows


def samples_beside(
    stack: FittedStack,
    X: Data,
    *,
    n_samples: int = 300,
    n_steps: int = STEPS,
    n_kept: int = 8,
    random_state: RandomSource = 0,
) -> Beside:
    """Draw from a fitted estimator, for comparison with data.

    Parameters
    ----------
    stack : FittedStack
    X : array-like of shape (n_rows, n_features)
        Chains start at some of these rows.
    n_samples, n_steps : int
        Chains, no more than rows, and sweeps of each.
    n_kept : int
        States along each chain that are kept.
    random_state : int, RandomState instance or None

    Returns
    -------
    Beside
        The samples, and the rows that they are compared with.
    """
    require_count("n_samples", n_samples)
    require_count("n_steps", n_steps)
    rows = stack.rows(X)
    start = rows.spread(min(n_samples, len(rows))).take(slice(None))
    drawn = drawn_rows(stack.layers, start, max(2, n_steps), random_streams(random_state), n_kept)
    return Beside(to_numpy(rows.spread(2 * MOST_ROWS).take(slice(None))).astype(float), drawn)


def completed_units(
    stack: FittedStack, v: np.ndarray, known: np.ndarray, n_steps: int, random_state: RandomSource = 0
) -> np.ndarray:
    """Return rows of visible units with what the stack expects where `known` is False: (n_rows, n_visible).

    Parameters
    ----------
    stack : FittedStack
    v : ndarray of shape (n_rows, n_visible)
        Visible units, as the stack sees them.
    known : ndarray of bool, shape (n_rows, n_visible)
        True where a value is given; False where it is to be filled in.
    n_steps : int
        Gibbs sweeps of each of ten chains for every row.
    random_state : int, RandomState instance or None, default=0

    Returns
    -------
    ndarray of shape (n_rows, n_visible)
    """
    device, bottom = stack.estimator.device, stack.layers[0]
    of_chains = np.repeat(np.arange(len(v)), CHAINS_TO_FILL)
    batch = Batch(to_device(v[of_chains], device), to_device(known[of_chains], device))
    begin = begun_at_mean(stack.layers, hidden_states_of(stack.rbms[-1]), batch)
    states = clamped_chain(stack.layers, begin, random_streams(random_state).stream("completed"), batch.mask)
    means, _ = averaged_means(bottom.machine, bottom.parameters, states, n_steps, CHAINS_TO_FILL)
    return np.where(known, v, to_numpy(means))
