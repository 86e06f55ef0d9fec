"""Samples from a deep belief net, also of one class or given some values, and the filling of missing values."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from deepbelief.core.arrays import Array, namespace
from deepbelief.core.batch import Batch
from deepbelief.core.chains import directions
from deepbelief.core.deep_chains import clamped_chain, step
from deepbelief.core.gibbs import weighted_chain
from deepbelief.core.randomness import Stream
from deepbelief.core.stack import Layer, down
from deepbelief.estimators.annotations import Data, RandomSource
from deepbelief.estimators.chain_starts import begun_at_mean, hidden_states_of, starting_states
from deepbelief.estimators.class_answers import ClassAnswers
from deepbelief.estimators.inputs import VisibleInputMixin, to_data
from deepbelief.estimators.known_values import held_fast, holes_filled, with_given
from deepbelief.estimators.rbm import RBM
from deepbelief.estimators.sampling import CHAINS_TO_FILL, STEPS_TO_FILL, check_draws, settled
from deepbelief.estimators.settings import random_streams

CANDIDATES = 10  # places to begin from, of which a chain of one class takes one


class DeepSamplingMixin(VisibleInputMixin):
    """For nets with layers: ``rbms_``, from the bottom up."""

    rbms_: list[RBM]
    random_state: RandomSource
    class_answers_: ClassAnswers

    _stack: Callable[[int | None], list[Layer]]
    _down_from_top: Callable[[np.ndarray], np.ndarray]

    def sample(
        self,
        n_samples: int = 1,
        n_steps: int = 100,
        given: Data | None = None,
        label: object = None,
        random_state: RandomSource = None,
        method: str = "gibbs",
    ) -> np.ndarray:
        """Draw from the net: Gibbs chains in the top machine, see :meth:`RBM.sample`, then down to the data.

        Parameters
        ----------
        n_samples : int, default=1
            One chain for each.
        n_steps : int, default=100
            Sweeps of each chain.
        given : array-like of shape (n_samples, n_features) or (1, n_features), optional
            Values that are held fast, NaN where they are free. A sweep then goes up from the data by means, draws in
            the top machine, and comes down again. Of one layer, this samples the rest given these values; of more, it
            is an approximation, because each layer answers on the way up as if there were none above it.
        label : optional
            A class that rows are drawn of, if the net is the ``dbn_`` of a fitted :class:`DBNClassifier`. With x the
            states that the top machine draws, the distribution is p(x | label) ∝ p(x) p(label | v(x)): the net says
            how probable x is, and the fine-tuned network which class the row v(x) has that x comes down to. Sweeps of
            the net are proposals, which are taken or refused by Metropolis and Hastings' rule. Together with `given`
            this holds for nets of one layer, and otherwise as nearly as for `given` alone.
        random_state : int, RandomState instance or None, default=None
            Seed. None goes on with the numbers of the net, so that every call draws new ones.
        method : {"gibbs", "tempered"}, default="gibbs"
            As for :meth:`RBM.sample`; ``"tempered"`` holds nothing fast, except in nets of one layer.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Means of the visible units given the layer above, at the scale of the data; of a net of one layer, states.
            Values that were given are as they were.

        Raises
        ------
        ValueError
            If `given` does not fit or holds no NaN, or `label` is no class that the net knows.

        Warns
        -----
        ConvergenceWarning
            If the chains have not forgotten where they began.
        """
        check_is_fitted(self)
        top, is_deep = self.rbms_[-1], len(self.rbms_) > 1
        if label is None and (given is None or not is_deep):
            return self._down_from_top(top.sample(n_samples, n_steps, given, random_state, method))
        check_draws(n_samples, n_steps, method)
        if method != "gibbs":
            fast = "a class" if label is not None else "values"
            raise ValueError(f"Tempered chains of a net cannot hold {fast} fast; leave method as it is, 'gibbs'.")
        stream = self._sampling_stream() if random_state is None else random_streams(random_state).stream("gibbs")
        layers = self._stack(None)
        held = None if given is None else held_fast(self, given, n_samples)
        # Without values held fast, the visible units of the top machine are all that the chains need.
        chained, below = (layers[-1:], layers[:-1]) if held is None else (layers, [])
        clamped = None if held is None else held.mask

        def begin() -> Array:
            return starting_states(top, n_samples, stream) if held is None else self._begun(layers, held, stream)

        if label is None:
            states = clamped_chain(chained, begin(), stream, clamped)
        else:
            answer = self._answer(label)

            def log_weight(x: Array) -> Array:
                return answer(down(below, x))

            start = _likely(begin, log_weight, stream)
            states = weighted_chain(lambda x: step(chained, x, stream, clamped), log_weight, start, stream)
        drawn = to_data(self, down(below, settled(states, n_steps, directions(chained[0].parameters))))
        return drawn if held is None else with_given(self, given, drawn)

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

        Chains go up and down through all layers with the known values held fast, as those of :meth:`sample`, and the
        conditional means of the bottom machine are averaged, see :mod:`deepbelief.core.completion`.

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
            ``"tempered"`` is for nets of one layer.
        n_chains : int, default=10
            For each row with holes, as for :meth:`RBM.impute`.

        Returns
        -------
        completed : ndarray of shape (n_samples, n_features)
            Values that were known are as they were.
        std : ndarray of shape (n_samples, n_features)
            Only with `return_std`: how far the values that are not known spread around what is expected, and 0 for
            those that are known.
        """
        check_is_fitted(self)
        if len(self.rbms_) == 1:
            return self.rbms_[0].impute(X, n_steps, random_state, return_std, method, n_chains)
        check_draws(1, n_steps, method)
        if method != "gibbs":
            raise ValueError("Tempered chains of a net cannot hold values fast; leave method as it is, 'gibbs'.")
        layers, stream = self._stack(None), random_streams(random_state).stream("impute")

        def chains(batch: Batch) -> Iterator[tuple[Array, Array]]:
            v = begun_at_mean(layers, hidden_states_of(self.rbms_[-1]), batch)
            return clamped_chain(layers, v, stream, batch.mask)

        return holes_filled(self, X, layers[0], chains, n_steps, n_chains, return_std)

    def _begun(self, layers: list[Layer], held: Batch, stream: Stream) -> Array:
        """Return visible units generated from the stored states of the top layer, with the given values in place."""
        v = down(layers[:-1], starting_states(self.rbms_[-1], len(held), stream))
        return namespace(v).where(held.mask, held.v, v)

    def _sampling_stream(self) -> Stream:
        if not hasattr(self, "_sampling_"):
            self._sampling_ = random_streams(self.random_state).stream("gibbs")
        return self._sampling_

    def _answer(self, label: object) -> Callable[[Array], Array]:
        if not hasattr(self, "class_answers_"):
            raise ValueError(
                "This net knows no classes: rows of one class are drawn by the dbn_ of a fitted DBNClassifier."
            )
        return self.class_answers_.log_probability(label, self.device)


def _likely(begin: Callable[[], Array], log_weight: Callable[[Array], Array], stream: Stream) -> Array:
    """Return for each chain one of several places to begin from, drawn with the probability of its weight."""
    chosen = begin()
    best = _drawn_by(log_weight(chosen), stream)
    xp = namespace(best)
    for _ in range(CANDIDATES - 1):
        other = begin()
        score = _drawn_by(log_weight(other), stream)
        chosen, best = xp.where((score > best)[:, None], other, chosen), xp.maximum(best, score)
    return chosen


def _drawn_by(log_weight: Array, stream: Stream) -> Array:
    """Add noise to log-weights such that the highest of them is a draw with these weights (Gumbel)."""
    xp = namespace(log_weight)
    uniform = xp.clip(stream.uniform((len(log_weight),), log_weight), 1e-7, None)
    return log_weight - xp.log(-xp.log(uniform))
