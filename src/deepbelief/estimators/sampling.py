"""Samples from an RBM, and missing values filled in; nets of several layers use the two functions at the end too."""

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from deepbelief.core.arrays import Array, namespace, to_numpy
from deepbelief.core.batch import Batch
from deepbelief.core.chains import directions, mixing
from deepbelief.core.devices import to_device
from deepbelief.core.gibbs import chain
from deepbelief.core.path import Path
from deepbelief.core.randomness import Stream
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.tempering import ladder, tempered_chain
from deepbelief.core.trees import tree_map
from deepbelief.estimators.annotations import Data, RandomSource
from deepbelief.estimators.chain_starts import begun_at_mean, hidden_states_of, starting_states
from deepbelief.estimators.inputs import mapped, to_data
from deepbelief.estimators.known_values import held_fast, holes_filled, with_given
from deepbelief.estimators.machines import MachineMixin, layer_of, machine_of, whole_rows_of
from deepbelief.estimators.settings import random_streams, require_count

SAMPLERS = ("gibbs", "tempered")
MEASURING = 100  # chains of the walk that a ladder of temperatures is made by
STEPS_TO_FILL, CHAINS_TO_FILL = 50, 10  # of each row with holes


class SamplingMixin(MachineMixin):
    """For an estimator that is one machine: see :class:`~deepbelief.estimators.rbm.RBM`."""

    _sampling_stream: Callable[[], Stream]

    # --- samples ------------------------------------------------------------------------------------------------------

    def sample(
        self,
        n_samples: int = 1,
        n_steps: int = 100,
        given: Data | None = None,
        random_state: RandomSource = None,
        method: str = "gibbs",
    ) -> np.ndarray:
        """Draw from the machine: chains that start at `h_samples_` and run for `n_steps` sweeps.

        Parameters
        ----------
        n_samples : int, default=1
            One chain for each.
        n_steps : int, default=100
            More steps bring the samples closer to the machine's own distribution, and further from where they started.
        given : array-like of shape (n_samples, n_features) or (1, n_features), optional
            Values that are held fast, NaN where they are free: samples of the rest given these.
        random_state : int, RandomState instance or None, default=None
            Seed. None goes on with the numbers of the estimator, so that every call draws new ones.
        method : {"gibbs", "tempered"}, default="gibbs"
            ``"tempered"`` chains exchange their states with others at higher temperatures, and so come from mode to
            mode where plain ones stay for ever, see :mod:`deepbelief.core.tempering`. They cost some ten times as much.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Visible states, at the scale of the data. Values that were given are as they were.

        Raises
        ------
        ValueError
            If `given` does not fit, or holds no NaN.

        Warns
        -----
        ConvergenceWarning
            If the chains have not forgotten where they began.
        """
        check_is_fitted(self)
        check_draws(n_samples, n_steps, method)
        stream = self._sampling_stream() if random_state is None else random_streams(random_state).stream("gibbs")
        v, parameters = starting_states(self, n_samples, stream), layer_of(self).parameters
        remedy = ", or method='tempered'" if method == "gibbs" else ""
        if given is None:
            states = self._chains(parameters, v, method, stream, None)
            return to_data(self, settled(states, n_steps, directions(parameters), remedy))
        held = held_fast(self, given, n_samples)
        v = namespace(v).where(held.mask, held.v, v)
        states = self._chains(parameters, v, method, stream, held.mask)
        return with_given(self, given, to_data(self, settled(states, n_steps, directions(parameters), remedy)))

    def _chains(
        self, parameters: Parameters, v: Array, method: str, stream: Stream, clamped: Array | None
    ) -> Iterator[tuple[Array, Array]]:
        machine = machine_of(self)
        if method == "gibbs":
            return chain(machine, parameters, v, stream, clamped=clamped)
        means, _ = self._typical(machine, parameters, 1, stream)
        path = Path.from_means(machine, parameters, *means)
        return tempered_chain(path, ladder(path, MEASURING, stream), v, stream, clamped=clamped)

    # --- holes --------------------------------------------------------------------------------------------------------

    def impute(
        self,
        X: Data,
        n_steps: int = STEPS_TO_FILL,
        random_state: RandomSource = 0,
        return_std: bool = False,
        method: str = "gibbs",
        n_chains: int = CHAINS_TO_FILL,
    ) -> Any:
        """Replace NaN by the expected value given the known values of the row.

        Chains in which the known values are held fast pass over hidden states, of which the conditional means are
        averaged, see :mod:`deepbelief.core.completion`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            NaN where a value is not known.
        n_steps : int, default=50
            Sweeps of each chain; the first quarter is left out of the average.
        random_state : int, RandomState instance or None, default=0
            Seed. The same seed fills the same holes with the same numbers.
        return_std : bool, default=False
            Return standard deviations as well.
        method : {"gibbs", "tempered"}, default="gibbs"
            As for :meth:`sample`.
        n_chains : int, default=10
            For each row with holes. A chain may stay for long with one of several ways to complete a row.

        Returns
        -------
        completed : ndarray of shape (n_samples, n_features)
            Values that were known are as they were.
        std : ndarray of shape (n_samples, n_features)
            Only with `return_std`: how far the values that are not known spread around what is expected, and 0 for
            those that are known. NaN for words.
        """
        check_is_fitted(self)
        check_draws(1, n_steps, method)
        layer, stream = layer_of(self), random_streams(random_state).stream("impute")

        def chains(batch: Batch) -> Iterator[tuple[Array, Array]]:
            v = begun_at_mean([layer], hidden_states_of(self), batch)
            return self._chains(layer.parameters, v, method, stream, batch.mask)

        return holes_filled(self, X, layer, chains, n_steps, n_chains, return_std)

    # --- where chains begin -------------------------------------------------------------------------------------------

    def _typical(
        self, machine: Machine, parameters: Parameters, n_rows: int, stream: Stream, X: Data | None = None
    ) -> tuple[tuple[Array, Array], Array]:
        """Return the means of the visible and hidden units, and some visible states, of data or of `h_samples_`."""
        given = tree_map(to_numpy, parameters)
        if X is None:
            hidden = hidden_states_of(self)
            order = stream.permutation(len(hidden))[np.arange(n_rows) % len(hidden)]
            means = to_numpy(machine.reverse(given, hidden)).mean(axis=0), hidden.mean(axis=0)
            v = to_numpy(machine.sample_visible(given, hidden[order], stream))
        else:
            rows = whole_rows_of(self, X)
            order = stream.permutation(len(rows))[np.arange(n_rows) % len(rows)]
            hidden = mapped(lambda x: machine.forward(given, to_numpy(x)), rows)
            means, v = (to_numpy(rows.moments()[0]), hidden.mean(axis=0)), to_numpy(rows.take(order))
        dtype = given.weights.dtype
        visible_mean, hidden_mean, states = (to_device(array.astype(dtype), self.device) for array in (*means, v))
        return (visible_mean, hidden_mean), states


def check_draws(n_samples: int, n_steps: int, method: str) -> None:
    """Refuse numbers of samples or sweeps that are not positive, and samplers that do not exist.

    Parameters
    ----------
    n_samples : int
    n_steps : int
        Sweeps of each chain.
    method : str
        The name of a sampler.

    Raises
    ------
    ValueError
        If a number is not a positive whole number, or there is no such sampler.
    """
    require_count("n_samples", n_samples)
    require_count("n_steps", n_steps)
    if method not in SAMPLERS:
        raise ValueError(f"method must be one of {', '.join(map(repr, SAMPLERS))}; got {method!r}.")


def settled(states: Iterator[tuple[Array, object]], n_steps: int, along: np.ndarray, remedy: str = "") -> Array:
    """Return the states of chains after `n_steps` sweeps, and warn if the chains have not converged.

    Parameters
    ----------
    states : iterator of (states, others)
    n_steps : int
    along : ndarray, shape (n_units, n_directions)
        Directions in which the chains are followed.
    remedy : str
        What to do besides taking more sweeps.

    Returns
    -------
    array, shape (n_chains, n_units)
    """
    series = []
    for last, _ in itertools.islice(states, n_steps):
        series.append(to_numpy(last) @ along)
    if doubt := mixing(np.array(series)).doubt:
        warnings.warn(f"{doubt}; take more sweeps with n_steps{remedy}.", ConvergenceWarning, stacklevel=3)
    return last
