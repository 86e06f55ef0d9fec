"""Values that stay as they are while the others are drawn, or replaced by what is expected."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from deepbelief.core.arrays import Array, to_numpy
from deepbelief.core.batch import Batch
from deepbelief.core.completion import averaged_means
from deepbelief.core.rows import ROWS_AT_ONCE, Rows
from deepbelief.core.stack import Layer
from deepbelief.estimators.annotations import Data
from deepbelief.estimators.inputs import VisibleInputMixin, rows_with_holes, scaling_of, to_data, with_known
from deepbelief.estimators.settings import require_count


def held_fast(estimator: VisibleInputMixin, given: Data, n_samples: int) -> Batch:
    """Return the given values as a batch with one row for each sample, missing where a value is to be drawn.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    given : array-like of shape (1, n_features) or (n_samples, n_features)
        NaN where a value is free.
    n_samples : int

    Returns
    -------
    Batch
        Its mask is True where a value is held.

    Raises
    ------
    ValueError
        If `given` is of another shape, or has no NaN.
    """
    shape = np.shape(given)
    if len(shape) != 2 or shape[1] != estimator.n_features_in_ or shape[0] not in (1, n_samples):
        raise ValueError(
            f"given must have {estimator.n_features_in_} columns, one for each feature, and {n_samples} rows, one for "
            f"each sample, or a single row for all of them; got shape {shape}."
        )
    rows = rows_with_holes(estimator, given)
    if not rows.has_holes:
        raise ValueError("given holds no NaN, so nothing is left to draw: write NaN where a value is free.")
    return rows.batch(np.arange(n_samples) % len(rows))


def with_given(estimator: VisibleInputMixin, given: Data, drawn: np.ndarray) -> np.ndarray:
    """Return samples in which the given values are exactly the ones that were given.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    given : array-like of shape (1, n_features) or (n_samples, n_features)
        NaN where a value is free.
    drawn : ndarray of shape (n_samples, n_features)

    Returns
    -------
    ndarray of shape (n_samples, n_features)
    """
    if np.shape(given)[0] == len(drawn):
        return with_known(estimator, given, drawn)[0]
    return np.concatenate([with_known(estimator, given, row[None])[0] for row in drawn])


def holes_filled(
    estimator: VisibleInputMixin,
    X: Data,
    bottom: Layer,
    chains: Callable[[Batch], Iterator[tuple[Array, Array]]],
    n_steps: int,
    n_chains: int,
    return_std: bool = False,
) -> Any:
    """Replace NaN by expected values, some rows at a time; all other values stay unchanged.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    X : array-like or sparse matrix of shape (n_samples, n_features)
    bottom : Layer
        The machine with the visible units.
    chains : callable
        Takes a batch and returns the states of chains in which what is known stays, one for each of its rows.
    n_steps, n_chains : int
        Sweeps of each chain, and chains for each row of `X`.
    return_std : bool, default=False
        Return standard deviations of the features as well.

    Returns
    -------
    filled : ndarray of shape (n_samples, n_features)
    deviation : ndarray of shape (n_samples, n_features)
        Only with `return_std`: 0 where a value was known.
    """
    require_count("n_chains", n_chains)
    rows = rows_with_holes(estimator, X)
    filling: Any = to_data(estimator, rows.take(slice(None)))
    spread = np.zeros((len(rows), estimator.n_features_in_))
    incomplete = np.flatnonzero(_holes_of(rows).any(axis=1))
    at_once = max(1, ROWS_AT_ONCE // n_chains)
    for first in range(0, len(incomplete), at_once):
        some = incomplete[first : first + at_once]
        states = chains(rows.batch(np.repeat(some, n_chains)))
        mean, variance = averaged_means(bottom.machine, bottom.parameters, states, n_steps, n_chains)
        filling[some] = to_data(estimator, mean)
        spread[some] = scaling_of(estimator).spread_of_features(to_numpy(variance) ** 0.5)
    completed, is_hole = with_known(estimator, X, filling)
    return (completed, np.where(is_hole, spread, 0.0)) if return_std else completed


def _holes_of(rows: Rows) -> np.ndarray:
    """Return which units of each row are not known: (n_rows, n_visible)."""
    masks = [batch.mask for batch in rows.batches()]
    return np.concatenate([np.zeros((1, rows.n_features), bool) if mask is None else ~to_numpy(mask) for mask in masks])
