"""``DBN``: a deep belief net, several RBMs trained one on the other."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, _fit_context
from sklearn.utils.validation import check_is_fitted

from deepbelief.core.progress import Entry, Epoch, Midway
from deepbelief.core.stack import down, up
from deepbelief.estimators.annotations import Data, GibbsSteps, RandomSource, RowWeights, Targets
from deepbelief.estimators.callbacks import CallbackSupportMixin, run_passes
from deepbelief.estimators.checkpointing import CONSTRAINTS, TrainingLog, training_log
from deepbelief.estimators.convergence import warn_of_failure
from deepbelief.estimators.deep_sampling import DeepSamplingMixin
from deepbelief.estimators.drafts import draft_of, take_over
from deepbelief.estimators.exploring import ExploringMixin
from deepbelief.estimators.inputs import announced, dtype_of, mapped, rows_with_holes, to_data
from deepbelief.estimators.layerwise import learn_layers
from deepbelief.estimators.machines import rows_of
from deepbelief.estimators.rbm import PASSES, RBM, hidden_rows
from deepbelief.estimators.settings import (
    POSITIVE_INTEGER,
    TRAINING_CONSTRAINTS,
    VISIBLE,
    Constraints,
    Passes,
    layer_sizes,
    n_passes,
)
from deepbelief.estimators.upward import UpwardMixin

if TYPE_CHECKING:
    from sklearn.utils import Tags

STACK_PASSES = Passes(30, steps=PASSES.steps)  # for each layer


class DBN(
    CallbackSupportMixin,
    ExploringMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    DeepSamplingMixin,
    UpwardMixin,
    BaseEstimator,
):
    """Deep belief net: restricted Boltzmann machines stacked one on the other.

    Each layer learns from the hidden means of the layer below (Hinton, Osindero & Teh 2006). `transform` is
    the forward pass through all layers, `inverse_transform` the reverse pass.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int, or int, default=(500, 500)
        Hidden units of each layer, from the bottom up.
    learning_rate : float or "auto", default="auto"
        Step size for the *mean* gradient of a batch. ``"auto"`` chooses it for each layer by the variance of its
        input and the size of the batches, see :func:`~deepbelief.core.rates.machine_rate`.
    batch_size : int or "auto", default="auto"
        Number of rows in one gradient step; also the number of persistent chains. ``"auto"`` is 100, but fewer, down to
        10, when an epoch would have fewer than 50 steps.
    n_iter : int or "auto", default="auto"
        Number of passes over the data for each layer. ``"auto"`` is 30, and more when there are few rows.
    verbose : int, default=0
        Print a line after each pass.
    random_state : int, RandomState instance or None, default=None
        Seed of all random numbers. The same data, settings and integer give the same model.
    visible : str, default="auto"
        Type of the visible units, as of :class:`RBM`; all hidden units are Bernoulli.
    gradient, n_gibbs_steps, sample_everything, centered, initial_weight_scale, initial_momentum, momentum
        As for :class:`RBM`.
    weight_decay, optimizer, l1, group_l1, max_norm, sparsity_target, sparsity_cost, binarize, n_averaged
        As for :class:`RBM`.
    monitor_likelihood, learning_rate_schedule
        As for :class:`RBM`; the likelihood of a layer is that of its input.
    warm_start : bool, default=False
        If True, `fit` continues from the parameters of the last fit instead of starting anew.
    device : str, default="numpy"
        ``"numpy"``, or a torch device such as ``"cpu"`` or ``"cuda"``.
    precision : {"highest", "high", "medium"}, default="highest"
        Precision of float32 matrix products while training on a torch device: ``"high"`` allows TensorFloat32,
        ``"medium"`` bfloat16. Parameters, and everything that is computed after training, are float32 in any case.
    checkpoint : str or Path, default=None
        A folder for checkpoints. If it holds one, `fit` resumes from the newest, and its result is the same as that of
        a fit that was not interrupted. A checkpoint of other data or settings is refused. `random_state` must be an
        integer.
    checkpoint_interval : float, default=60.0
        Seconds between two checkpoints in the middle of a pass; there is one after each pass too.

    Attributes
    ----------
    rbms_ : list of RBM
        The layers, from the bottom up: each a fitted :class:`RBM`.
    visible_ : str
        The type of the visible units.
    learning_rate_ : tuple of float
        The learning rate that training began with, of each layer.
    n_iter_ : int
        Passes over the data for each layer.
    history_ : list of dict
        What was measured after each pass over the data, in the order of training.
    class_answers_ : ClassAnswers
        The class probabilities of the network. Only the ``dbn_`` of a fitted :class:`DBNClassifier` has it.
    data_mean_, data_scale_, data_limit_, data_min_, data_range_, data_max_, data_length_, features_, n_visible_,
    visible_names_
        How the data become visible units, see :class:`RBM`.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    DBNClassifier : The net with a softmax layer, fine-tuned by backpropagation.

    References
    ----------
    G. Hinton, S. Osindero, Y. Teh, *A fast learning algorithm for deep belief nets*, Neural Computation 18 (2006).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from deepbelief import DBN
    >>> X = load_digits().data / 16
    >>> DBN(hidden_layer_sizes=(64, 32), n_iter=2, random_state=0).fit_transform(X).shape
    (1797, 32)
    """

    _parameter_constraints: ClassVar[Constraints] = {
        **TRAINING_CONSTRAINTS,
        "hidden_layer_sizes": ["array-like", *POSITIVE_INTEGER],
        "visible": VISIBLE,
        **CONSTRAINTS,
    }

    def __init__(
        self,
        hidden_layer_sizes: ArrayLike = (500, 500),
        *,
        learning_rate: float | str = "auto",
        batch_size: int | str = "auto",
        n_iter: int | str = "auto",
        verbose: int = 0,
        random_state: RandomSource = None,
        visible: str = "auto",
        gradient: str = "cd",
        n_gibbs_steps: GibbsSteps = 1,
        sample_everything: bool = False,
        centered: bool = True,
        initial_weight_scale: float | str = "auto",
        initial_momentum: float = 0.5,
        momentum: float = 0.9,
        weight_decay: float | str = "auto",
        optimizer: str = "momentum",
        l1: float = 0.0,
        group_l1: float = 0.0,
        max_norm: float | None = None,
        sparsity_target: float | None = None,
        sparsity_cost: float = 0.1,
        binarize: bool = False,
        n_averaged: int = 0,
        monitor_likelihood: bool = False,
        learning_rate_schedule: str = "constant",
        warm_start: bool = False,
        device: str = "numpy",
        precision: str = "highest",
        checkpoint: str | Path | None = None,
        checkpoint_interval: float = 60.0,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.n_iter = n_iter
        self.verbose = verbose
        self.random_state = random_state
        self.visible = visible
        self.gradient = gradient
        self.n_gibbs_steps = n_gibbs_steps
        self.sample_everything = sample_everything
        self.centered = centered
        self.initial_weight_scale = initial_weight_scale
        self.initial_momentum = initial_momentum
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.optimizer = optimizer
        self.l1 = l1
        self.group_l1 = group_l1
        self.max_norm = max_norm
        self.sparsity_target = sparsity_target
        self.sparsity_cost = sparsity_cost
        self.binarize = binarize
        self.n_averaged = n_averaged
        self.monitor_likelihood = monitor_likelihood
        self.learning_rate_schedule = learning_rate_schedule
        self.warm_start = warm_start
        self.device = device
        self.precision = precision
        self.checkpoint = checkpoint
        self.checkpoint_interval = checkpoint_interval

    rbms_: list[RBM]
    history_: list[Entry]
    n_iter_: int
    learning_rate_: tuple[float, ...]

    # --- learning -----------------------------------------------------------------------------------------------------

    def fit(self, X: Data, y: Targets = None, sample_weight: RowWeights = None) -> Self:
        """Learn all layers from data, from the bottom up.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            See `visible` for what is made of it.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), optional
            How much each row counts. Whole numbers say how often a row is there; other weights are relative, see
            :mod:`~deepbelief.estimators.row_weights`.

        Returns
        -------
        self : DBN
        """
        epochs = self.fit_epochs(X, sample_weight=sample_weight)
        run_passes(self, epochs, X, y, sample_weight, is_fitted=lambda _: False)
        warn_of_failure(self, X, sample_weight=sample_weight)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_epochs(
        self,
        X: Data,
        *,
        validation: Data | None = None,
        sample_weight: RowWeights = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Epoch]:
        """Learn from data, one pass at a time: a generator for those who want to watch, or to stop early.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        validation : array-like or sparse matrix of shape (n_rows, n_features), optional
            Rows to measure each layer on, not trained on.
        sample_weight : array-like of shape (n_samples,), optional
            See `fit`.
        stop : callable, optional
            Asked after each step where there is a `checkpoint`; when it says yes, one more is written and
            KeyboardInterrupt raised.

        Returns
        -------
        iterator of Epoch
            One for each pass of each layer; the estimator stays as it was until the generator is exhausted.
        """
        first = not (self.warm_start and hasattr(self, "rbms_"))
        draft = draft_of(self, first=first)
        rows = draft._learn_rows(X, first=first, sample_weight=sample_weight).in_order_of_content()
        held_out = None if validation is None else rows_with_holes(draft, validation)
        log = training_log(draft, {"X": rows, "validation": held_out}, first=first, stop=stop)
        n_epochs = n_passes(self, self.n_iter, STACK_PASSES, len(rows))
        return self._finished(draft, learn_layers(draft, rows, n_epochs, log, first=first, held_out=held_out), log)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Data, y: Targets = None, sample_weight: RowWeights = None) -> Self:
        """Make one pass over more data with every layer, from the bottom up.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), optional
            See `fit`; weights are relative to the others of the same call.

        Returns
        -------
        self : DBN
        """
        first = not hasattr(self, "rbms_")
        draft = draft_of(self, first=first)
        rows = draft._learn_rows(X, first=first, sample_weight=sample_weight).in_order_of_content()
        log = TrainingLog([] if first else list(self.history_))
        for _ in self._finished(draft, learn_layers(draft, rows, 1, log, first=first), log):
            pass
        return self

    def _finished(self, draft: Self, records: Iterator[Epoch | Midway], log: TrainingLog) -> Iterator[Epoch]:
        """Pass epochs on; in the end, take over what the draft has learned."""
        yield from announced(self, log.watch(records))
        take_over(self, draft)

    @property
    def _n_features_out(self) -> int:
        """How many columns `transform` returns: scikit-learn names them by it."""
        return self.rbms_[-1].components_.shape[0]

    # --- up and down --------------------------------------------------------------------------------------------------

    def inverse_transform(self, H: ArrayLike, depth: int | None = None) -> np.ndarray:
        """Return the visible means, coming down from hidden states through every reverse pass.

        Parameters
        ----------
        H : array-like of shape (n_samples, n_hidden)
            States of the layer at `depth`.
        depth : int, optional
            Number of layers to come down; all of them if None.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            At the scale of the data.
        """
        check_is_fitted(self)
        layers = self._stack(depth)
        n_units = layers[-1].parameters.weights.shape[1]
        return to_data(self, mapped(lambda h: down(layers, h), hidden_rows(H, n_units, dtype_of(self), self.device)))

    def reconstruct(self, X: Data, depth: int | None = None) -> np.ndarray:
        """Go up `depth` layers and come down again.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        depth : int, optional
            All layers if None.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            At the scale of the data.
        """
        check_is_fitted(self)
        layers = self._stack(depth)
        return to_data(self, mapped(lambda x: down(layers, up(layers, x)), rows_of(self, X)))

    # --- probability --------------------------------------------------------------------------------------------------

    def free_energy(self, X: Data) -> np.ndarray:
        """Return the free energy of the data under the bottom machine, whose visible units are the data.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            In nats.
        """
        return self._bottom().free_energy(X)

    def score_samples(self, X: Data) -> np.ndarray:
        """Score each row under the bottom machine, see :meth:`RBM.score_samples`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            In nats.
        """
        return self._bottom().score_samples(X)

    def gibbs(self, v: Data, n_steps: int = 1) -> np.ndarray:
        """Pass the rows of `v` up to the top machine, run Gibbs chains there, and pass their states down again.

        That is how a deep belief net generates: its top two layers are a Boltzmann machine, the others a directed model
        below it (Hinton, Osindero & Teh 2006, §4).

        Parameters
        ----------
        v : array-like or sparse matrix of shape (n_samples, n_features)
        n_steps : int, default=1

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Means of the visible units given the layer above, at the scale of the data.
        """
        check_is_fitted(self)
        below = self._stack(None)[:-1]
        rows = rows_of(self, v)
        inputs = mapped(lambda x: up(below, x), rows)
        return self._down_from_top(self.rbms_[-1].gibbs(inputs if below else v, n_steps))

    def _down_from_top(self, states: np.ndarray) -> np.ndarray:
        """Bring visible states of the top machine down to the data."""
        return states if len(self.rbms_) == 1 else self.inverse_transform(states, depth=len(self.rbms_) - 1)

    # --- between attributes and core ----------------------------------------------------------------------------------

    def _misfits(self) -> dict[str, object]:
        sizes = tuple(rbm.components_.shape[0] for rbm in self.rbms_)
        fits = layer_sizes(self.hidden_layer_sizes) == sizes
        return super()._misfits() | ({} if fits else {"hidden_layer_sizes": sizes})

    def _bottom(self) -> RBM:
        check_is_fitted(self)
        return self.rbms_[0]

    def __sklearn_tags__(self) -> "Tags":
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
