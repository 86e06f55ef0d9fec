"""``DBNRegressor``: a deep belief net turned into a deep network that predicts numbers."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils._param_validation import StrOptions

from deepbelief.core.arrays import to_numpy
from deepbelief.core.finetuning import evaluate
from deepbelief.core.outputs import AbsoluteError, GaussianLikelihood, Output, SquaredError
from deepbelief.core.phases import OUTPUT, PRETRAIN
from deepbelief.core.progress import Epoch, Midway
from deepbelief.core.rows import Rows
from deepbelief.estimators.annotations import Data, GibbsSteps, RandomSource, RowWeights, Targets
from deepbelief.estimators.callbacks import run_passes
from deepbelief.estimators.checkpointing import TrainingLog, training_log
from deepbelief.estimators.convergence import warn_of_failure
from deepbelief.estimators.drafts import draft_of, take_over
from deepbelief.estimators.feedforward import NETWORK_CONSTRAINTS, FeedForward
from deepbelief.estimators.fine_tuning import finetuning_passes
from deepbelief.estimators.holding_out import hold_out_any
from deepbelief.estimators.inputs import mapped, rows_with_holes
from deepbelief.estimators.intervals import Calibration, n_calibration
from deepbelief.estimators.machines import completed_by
from deepbelief.estimators.recipes import MACHINE_DECAY
from deepbelief.estimators.row_weights import with_weights
from deepbelief.estimators.settings import SHARE, Constraints, random_streams
from deepbelief.estimators.targets import checked_targets, standards, targets_for

if TYPE_CHECKING:
    from sklearn.frozen import FrozenEstimator
    from sklearn.utils import Tags

    from deepbelief.estimators.dbn import DBN

LOSSES: dict[str, Output] = {
    "squared": SquaredError(),
    "absolute": AbsoluteError(),
    "gaussian": GaussianLikelihood(),
}

# The noise, beside what the linear layer leaves of rows that it has learned from: it leaves more of others.
NOISE = 2.0
# The weight decay of pretraining: times the number of rows, and the most of it.
PRETRAINING_DECAY, MOST_DECAY = 10.0, 0.03


class DBNRegressor(RegressorMixin, FeedForward):
    """Deep network for regression, initialised from a deep belief net.

    Three phases, as in :class:`DBNClassifier`: the layers of a :class:`DBN` are pretrained without looking at `y`; a
    linear layer is trained on top of them; backpropagation fine-tunes the whole network. Targets are standardised
    inside; what is predicted has the unit of `y`.

    Some rows are held out from the second and third phase, to learn from them how far predictions are off
    (`calibration_fraction`): :meth:`predict_interval` says between which numbers a target lies. These rows also say
    whether fine-tuning learned noise by heart: then the network of an earlier pass is kept, and a warning says so.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int, or int, default=(500, 500)
        Hidden units of each layer, from the bottom up.
    loss : {"squared", "absolute", "gaussian"}, default="squared"
        What training lowers, for standardised targets: half the squared error, whose best prediction is the mean; the
        absolute error, whose best prediction is the median; or minus the Gaussian log-likelihood, with a mean and a
        variance for each row, see :class:`~deepbelief.core.outputs.GaussianLikelihood`.
    pretrain_epochs : int or "auto", default="auto"
        Passes over all rows for each layer; with 0 the network starts from random weights. ``"auto"`` is 30, and more
        on few rows, for which that would be few steps.
    output_epochs : int or "auto", default="auto"
        Passes that train the linear layer alone. ``"auto"`` is 10.
    finetune_epochs : int or "auto", default="auto"
        Passes that train everything. ``"auto"`` is 10, or as many as :class:`DBNClassifier` makes with
        `batch_normalization`, and more on few rows.
    batch_size : int or "auto", default="auto"
        Rows in one step, in all phases, see :class:`DBNClassifier`.
    pretrain_learning_rate : float or "auto", default="auto"
        See :class:`RBM`.
    output_learning_rate, finetune_learning_rate : float or "auto", default="auto"
        Step sizes at the beginning of each phase, see :func:`~deepbelief.core.rates.network_rate`. With Adam the rate
        of fine-tuning is 0.002, and 0.008 for normalised layers.
    learning_rate_schedule : {"constant", "linear"}, default="linear"
        How the learning rate of the linear layer and of fine-tuning goes on; ``"linear"`` falls to zero.
    pretrain_learning_rate_schedule : {"constant", "linear"}, default="constant"
        The same for each pretrained layer; for persistent chains ``"linear"`` ends much nearer to the data.
    initial_momentum, momentum : float, default=0.5, 0.9
        As of :class:`DBNClassifier`.
    pretrain_weight_decay : float or "auto", default="auto"
        L2 penalty on the weights while layers are pretrained. ``"auto"`` is 10 over the number of rows, but at least
        0.0002 and at most 0.03: on few rows, many units learn by heart which values happen to occur together.
    optimizer, l1, group_l1, max_norm, sparsity_target, sparsity_cost, binarize, n_averaged, monitor_likelihood
        Of pretraining, as of :class:`RBM`.
    finetune_weight_decay : float or "auto", default="auto"
        L2 penalty on the weights of the network. ``"auto"`` is 0.8 over the number of rows that are learned from, in
        fine-tuning times twice the share of the variance of `y` that the linear layer alone has left: weights are then
        about as probable as if each came from a normal distribution of variance 1.25, and that were the noise.
    activation : {"logistic", "relu"}, default="logistic"
        What the hidden units of the network compute. ``"logistic"`` units do what the pretrained units do on average.
        ``"relu"`` ones rectify the same inputs, max(0, b + x W), from the training of the top layer on: a net with
        `batch_normalization` and `adversarial_radius` is more accurate with them on MNIST, see docs/guide/records.md.
    dropout, input_dropout : float, default=0.0
        Share of the hidden units, and of the features, left out in each step of fine-tuning.
    input_noise : float, default=0.0
        Standard deviation of normal noise that is added to what the units see of a row, in each step of fine-tuning.
    batch_normalization : bool, default=False
        Normalise what each layer is given over the rows of a step while the network is fine-tuned, see
        :mod:`deepbelief.core.normalization`. In the end this goes into weights and biases.
    finetune_optimizer : {"momentum", "adam"}, default="momentum"
        How fine-tuning makes steps of gradients. With ``"adam"`` (Kingma & Ba 2015) the automatic rate is 0.002.
    finetune_max_norm : float or None, default=None
        Largest length of the weights of a unit in fine-tuning, for use with `dropout` (Srivastava et al. 2014).
    augment : str or None, default=None
        Height and width, such as ``"28x28"``, where rows are pictures in grey, or ``"auto"`` for square ones:
        fine-tuning then shifts, rotates, slants and elastically distorts them anew each time, see
        :mod:`deepbelief.core.distortion`. Pixels that would be standardised have one mean and one deviation then.
    n_networks : int, default=1
        How many networks are fine-tuned, whose mean the model answers with, see :class:`DBNClassifier`.
    calibration_fraction : float, default=0.1
        Share of the rows that the network does not learn from, for :meth:`predict_interval`; the layers are pretrained
        on them too. How many they are is rounded to 9, 19, 29, …, with which intervals of 90 % cover 90 %. With 0 there
        are none: intervals are then those of ``loss="gaussian"``, and the other losses have none.
    early_stopping : bool, default=False
        Stop fine-tuning when the loss on held-out rows no longer falls, and keep the best network.
    validation_fraction : float, default=0.1
        Share of the rows held out for early stopping, besides those for calibration.
    n_iter_no_change : int, default=5
        Passes without a new best after which early stopping stops.
    visible, gradient, n_gibbs_steps, sample_everything, centered, initial_weight_scale
        As of :class:`DBNClassifier`.
    dbn : FrozenEstimator holding a fitted DBN, default=None
        Start from this net instead of pretraining one; `from_dbn` makes it. It may have learned from more rows than
        there are targets for.
    warm_start : bool, default=False
        `fit` goes on fine-tuning the last network; nothing is pretrained again.
    device, precision, verbose, random_state, checkpoint, checkpoint_interval
        As of :class:`DBNClassifier`.

    Attributes
    ----------
    dbn_ : DBN
        The net as pretraining left it.
    coefs_, intercepts_ : list of ndarray
        Weights (n_in, n_out) and biases (n_out,) of the fine-tuned network, the linear layer last. Its outputs are
        standardised targets; with ``loss="gaussian"`` the logarithms of as many variances follow.
    n_networks_ : int
        How many networks stand side by side in it: each of them has `hidden_layer_sizes`.
    top_biases_ : ndarray of shape (n_networks_, n_outputs)
        The biases on top of each of these, of which the last of `intercepts_` is the mean.
    target_mean_, target_scale_ : ndarray of shape () or (n_targets,)
        Mean and standard deviation of `y`, by which it was standardised. With ``loss="absolute"`` they are the median
        and 1.4826 times the median distance from it, which outliers do not move; for normal numbers this is the same.
    calibration_ : Calibration
        How far the network is off on the rows held out, see :mod:`~deepbelief.estimators.intervals`.
    visible_ : str
        The type of the visible units.
    learning_rate_, output_learning_rate_ : float
        The learning rates that fine-tuning and the training of the linear layer began with.
    finetune_optimizer_, loss_ : str
        The optimizer of the last fine-tuning, and the loss of the last fit.
    finetune_weight_decay_ : float
        The L2 penalty of fine-tuning.
    n_iter_, output_epochs_ : int
        Passes of fine-tuning and of the training of the linear layer that were planned.
    history_ : list of dict
        What was measured after each pass of each phase; ``squared_error`` counts in variances of `y`.
    data_mean_, data_scale_, data_limit_, data_min_, data_range_, data_max_, data_length_, features_, n_visible_,
    visible_names_
        What the units see of the data, see :class:`RBM`.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from deepbelief import DBNRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> net = DBNRegressor((20,), pretrain_epochs=5, finetune_epochs=20, random_state=0).fit(X, y)
    >>> low, high = net.predict_interval(X[:5], coverage=0.9)
    >>> net.predict(X[:5]).shape, low.shape
    ((5,), (5,))
    """

    _top_phase = OUTPUT
    _parameter_constraints: ClassVar[Constraints] = {
        **NETWORK_CONSTRAINTS,
        "loss": [StrOptions(set(LOSSES))],
        "output_epochs": NETWORK_CONSTRAINTS["finetune_epochs"],
        "output_learning_rate": NETWORK_CONSTRAINTS["finetune_learning_rate"],
        "calibration_fraction": SHARE,
    }

    def __init__(
        self,
        hidden_layer_sizes: ArrayLike = (500, 500),
        *,
        loss: str = "squared",
        pretrain_epochs: int | str = "auto",
        output_epochs: int | str = "auto",
        finetune_epochs: int | str = "auto",
        batch_size: int | str = "auto",
        pretrain_learning_rate: float | str = "auto",
        output_learning_rate: float | str = "auto",
        finetune_learning_rate: float | str = "auto",
        learning_rate_schedule: str = "linear",
        pretrain_learning_rate_schedule: str = "constant",
        initial_momentum: float = 0.5,
        momentum: float = 0.9,
        pretrain_weight_decay: float | str = "auto",
        optimizer: str = "momentum",
        l1: float = 0.0,
        group_l1: float = 0.0,
        max_norm: float | None = None,
        sparsity_target: float | None = None,
        sparsity_cost: float = 0.1,
        binarize: bool = False,
        n_averaged: int = 0,
        monitor_likelihood: bool = False,
        finetune_weight_decay: float | str = "auto",
        activation: str = "logistic",
        dropout: float = 0.0,
        input_dropout: float = 0.0,
        input_noise: float = 0.0,
        batch_normalization: bool = False,
        finetune_optimizer: str = "momentum",
        finetune_max_norm: float | None = None,
        augment: str | None = None,
        n_networks: int = 1,
        calibration_fraction: float = 0.1,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        visible: str = "auto",
        gradient: str = "cd",
        n_gibbs_steps: GibbsSteps = 1,
        sample_everything: bool = False,
        centered: bool = True,
        initial_weight_scale: float | str = "auto",
        dbn: "DBN | FrozenEstimator | None" = None,
        warm_start: bool = False,
        device: str = "numpy",
        precision: str = "highest",
        verbose: int = 0,
        random_state: RandomSource = None,
        checkpoint: str | Path | None = None,
        checkpoint_interval: float = 60.0,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.loss = loss
        self.pretrain_epochs = pretrain_epochs
        self.output_epochs = output_epochs
        self.finetune_epochs = finetune_epochs
        self.batch_size = batch_size
        self.pretrain_learning_rate = pretrain_learning_rate
        self.output_learning_rate = output_learning_rate
        self.finetune_learning_rate = finetune_learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.pretrain_learning_rate_schedule = pretrain_learning_rate_schedule
        self.initial_momentum = initial_momentum
        self.momentum = momentum
        self.pretrain_weight_decay = pretrain_weight_decay
        self.optimizer = optimizer
        self.l1 = l1
        self.group_l1 = group_l1
        self.max_norm = max_norm
        self.sparsity_target = sparsity_target
        self.sparsity_cost = sparsity_cost
        self.binarize = binarize
        self.n_averaged = n_averaged
        self.monitor_likelihood = monitor_likelihood
        self.finetune_weight_decay = finetune_weight_decay
        self.activation = activation
        self.dropout = dropout
        self.input_dropout = input_dropout
        self.input_noise = input_noise
        self.batch_normalization = batch_normalization
        self.finetune_optimizer = finetune_optimizer
        self.finetune_max_norm = finetune_max_norm
        self.augment = augment
        self.n_networks = n_networks
        self.calibration_fraction = calibration_fraction
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.visible = visible
        self.gradient = gradient
        self.n_gibbs_steps = n_gibbs_steps
        self.sample_everything = sample_everything
        self.centered = centered
        self.initial_weight_scale = initial_weight_scale
        self.dbn = dbn
        self.warm_start = warm_start
        self.device = device
        self.precision = precision
        self.verbose = verbose
        self.random_state = random_state
        self.checkpoint = checkpoint
        self.checkpoint_interval = checkpoint_interval

    target_mean_: np.ndarray
    target_scale_: np.ndarray
    calibration_: Calibration
    loss_: str

    # --- learning -----------------------------------------------------------------------------------------------------

    def fit(self, X: Data, y: Targets, sample_weight: RowWeights = None) -> Self:
        """Pretrain, train the linear layer, fine-tune.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            See `visible` for what is made of it.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Numbers, all of them known.
        sample_weight : array-like of shape (n_samples,), optional
            How much each row counts, see :mod:`~deepbelief.estimators.row_weights`.

        Returns
        -------
        self : DBNRegressor
        """
        epochs = self.fit_epochs(X, y, sample_weight=sample_weight)
        run_passes(self, epochs, X, y, sample_weight, is_fitted=lambda epoch: epoch.phase != PRETRAIN.name)
        warn_of_failure(self, X, y, sample_weight)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_epochs(
        self,
        X: Data,
        y: Targets,
        *,
        validation: tuple[Data, Targets] | None = None,
        sample_weight: RowWeights = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Epoch]:
        """Fit, one pass at a time: a generator for those who want to watch.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
        validation : (X, y), optional
            Rows to measure each pass on; early stopping uses them instead of holding rows out.
        sample_weight : array-like of shape (n_samples,), optional
            See `fit`.
        stop : callable, optional
            Asked after each step where there is a `checkpoint`; when it says yes, one more is written and
            KeyboardInterrupt raised.

        Returns
        -------
        iterator of Epoch
            One for each pass of each phase. The estimator stays as it was until the net is pretrained; from the first
            pass of the linear layer on it is up to date whenever the generator waits.
        """
        again = self.warm_start and hasattr(self, "coefs_")
        draft = draft_of(self, first=not again)
        return self._following(draft, draft._begun(X, y, validation, sample_weight, stop, again))

    def _begun(
        self,
        X: Data,
        y: Targets,
        validation: tuple[Data, Targets] | None,
        sample_weight: RowWeights,
        stop: Callable[[], bool],
        again: bool,
    ) -> Iterator[Epoch]:
        """Check everything, and return the epochs to come."""
        if again:
            self._forget_unfinished()
        rows = self._weighted_rows(X, y, sample_weight, first=not again).in_order_of_content()
        held_out = None if validation is None else self._validation_rows(*validation)
        learned_from = {"X": rows, "y": rows.labels, "validation": held_out, "dbn": self._net_given()}
        log = training_log(self, learned_from, first=not again, stop=stop)
        self.history_ = log.history
        return log.watch(self._phases(rows, held_out, log, again))

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Data, y: Targets, sample_weight: RowWeights = None) -> Self:
        """Make one pass of backpropagation over more data.

        The first call pretrains the net on the rows that it is given, as `fit` does, and standardises targets by their
        mean and deviation, now and in later calls. Every call then fine-tunes on its rows. None are held out, as later
        calls may hold the same rows again: afterwards `predict_interval` works with ``loss="gaussian"`` only, and is
        as wide as the network says.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Numbers, all of them known.
        sample_weight : array-like of shape (n_samples,), optional
            See `fit`; weights are relative to the others of the same call.

        Returns
        -------
        self : DBNRegressor
        """
        draft = draft_of(self, first=not hasattr(self, "coefs_"))
        draft._learn_part(X, y, sample_weight)
        take_over(self, draft)
        return self

    def _learn_part(self, X: Data, y: Targets, sample_weight: RowWeights) -> None:
        first = not hasattr(self, "coefs_")
        if not first:
            self._forget_unfinished()
        rows = self._weighted_rows(X, y, sample_weight, first=first)
        streams, log = random_streams(self.random_state), TrainingLog(self.history_)
        if first:
            self._exhaust(self._pretrain(rows, None, log), log)
        rows = completed_by(self, rows)
        members = self._members(streams, again=not first)
        for member in members:
            if member.is_new:
                self._grow_network(rows, member)
        self._set_decay_of_parts()
        for member in members:
            self._exhaust(self._finetune(rows, None, member, 1, log), log)
        self.calibration_ = self._calibrated(rows.subset(np.arange(0)))

    def _weighted_rows(self, X: Data, y: Targets, sample_weight: RowWeights, *, first: bool) -> Rows:
        """Check training data; the `first` time, learn their scales; return their rows with standardised targets."""
        rows = self._rows_to_learn(X, first=first, sample_weight=sample_weight)
        targets = checked_targets(y, len(rows)) if first else targets_for(self, y, len(rows))
        rows = with_weights(replace(rows, labels=targets.reshape(len(rows), -1)), X, sample_weight)
        if first:
            mean, scale = standards(rows, is_robust=self.loss == "absolute")
            shape = targets.shape[1:]
            self.target_mean_, self.target_scale_ = mean.reshape(shape), scale.reshape(shape)
            self.history_ = []
        self.loss_ = self.loss
        return self._standardised(rows)

    def _validation_rows(self, X: Data, y: Targets) -> Rows:
        rows = rows_with_holes(self, X)
        targets = targets_for(self, y, len(rows), name="y of validation")
        return self._standardised(replace(rows, labels=targets.reshape(len(rows), -1)))

    def _standardised(self, rows: Rows) -> Rows:
        """Return rows whose labels are targets as the network learns them."""
        targets = (rows.known_labels - self.target_mean_.ravel()) / self.target_scale_.ravel()
        return replace(rows, labels=targets.astype(rows.dtype))

    def _phases(self, rows: Rows, held_out: Rows | None, log: TrainingLog, again: bool) -> Iterator[Epoch | Midway]:
        """Go through all phases with these rows, and measure in the end how far the network is off."""
        self._require_room(rows, again=again)
        streams = random_streams(self.random_state)
        n_unseen = n_calibration(len(rows), self.calibration_fraction)
        kept, unseen = hold_out_any(len(rows), n_unseen, streams.stream("calibration"), _copies(rows))
        calibration = rows.subset(unseen)
        if self.early_stopping and held_out is None:
            n_held = math.ceil(self.validation_fraction * len(kept))
            some, held = hold_out_any(len(kept), n_held, streams.stream("early stopping"))
            held_out, kept = rows.subset(kept[held]), kept[some]
        if not again:
            yield from self._pretrain(rows, held_out, log)
        learned_from = completed_by(self, rows.subset(kept))
        held_out = None if held_out is None else completed_by(self, held_out)
        calibration = completed_by(self, calibration)
        n_epochs = finetuning_passes(self, len(learned_from))
        decay_of_top = self._decay(len(learned_from))
        if not again:
            self.finetune_weight_decay_ = decay_of_top
        for member in self._members(streams, again=again):
            if member.is_new:
                top = self._train_top(learned_from, held_out, member, log, decay_of_top)
                yield from self._calibrating(top, calibration)
            if not again and not member.index:  # and the others decay as the first one
                _, left = evaluate(self._network(), member.layers, learned_from)
                self.finetune_weight_decay_ = self._decay(len(learned_from), NOISE * min(left, 1.0))
            epochs = self._finetune(learned_from, held_out, member, n_epochs, log, unseen=calibration)
            yield from self._calibrating(epochs, calibration)
        self.calibration_ = self._calibrated(calibration)

    def _calibrating(self, epochs: Iterator[Epoch | Midway], rows: Rows) -> Iterator[Epoch | Midway]:
        """Pass epochs on, each when it is known how far the network that it left is off on rows held out."""
        for epoch in epochs:
            if isinstance(epoch, Epoch):
                self.calibration_ = self._calibrated(rows)
            yield epoch

    def _calibrated(self, rows: Rows) -> Calibration:
        """Return how far the network is off on rows that it did not learn from."""
        if not len(rows):
            return Calibration(np.empty((0, self._n_targets())), np.empty(0))
        network, layers = self._network(), self._network_layers()
        means, scales = self._split(mapped(lambda x: network.answers(layers, x), rows))
        weights = np.ones(len(rows)) if rows.weights is None else rows.weights
        return Calibration(abs(rows.known_labels - means) / scales, weights.astype(float))

    def _pretraining_decay(self, n_rows: int) -> float | str:
        if not isinstance(self.pretrain_weight_decay, str):
            return self.pretrain_weight_decay
        return max(MACHINE_DECAY, min(PRETRAINING_DECAY / n_rows, MOST_DECAY))

    def _output(self) -> Output:
        return LOSSES[self.loss_]

    def _n_targets(self) -> int:
        return self.target_mean_.size

    # --- predicting ---------------------------------------------------------------------------------------------------

    def predict(self, X: Data) -> np.ndarray:
        """Return the number that is predicted for each row: the mean, or the median with ``loss="absolute"``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            In the unit of `y`, as float64.
        """
        return self._in_unit(self._split(self._answers(X))[0])

    def predict_interval(self, X: Data, coverage: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
        """Return between which numbers the target of each row lies, with a probability of `coverage`.

        Half the width of an interval is q times a scale, which is the same for all rows, or follows the variance that
        the network says with ``loss="gaussian"``. q is such that it was enough for a share `coverage` of the rows that
        were held out: then at least so many new rows of the same kind, on average, lie in their intervals, however good
        the network is (split conformal prediction: Lei, G'Sell, Rinaldo, Tibshirani & Wasserman, *Distribution-free
        predictive inference for regression*, 2018). With ``calibration_fraction=0``, q is that of the normal
        distribution. Each of several targets has an interval of its own.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        coverage : float, default=0.9
            Between 0 and 1.

        Returns
        -------
        low, high : ndarray of shape (n_samples,) or (n_samples, n_targets)
            In the unit of `y`.

        Raises
        ------
        ValueError
            If `coverage` is not between 0 and 1.
        DataError
            If too few rows were held out for it.
        """
        means, scales = self._split(self._answers(X))
        widths = self.calibration_.quantile(coverage, is_gaussian=self.loss_ == "gaussian") * scales
        return self._in_unit(means - widths), self._in_unit(means + widths)

    def _split(self, answers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return standardised means, and the scales of intervals around them: each (n_rows, n_targets)."""
        answers, output = answers.astype(float), self._output()
        if isinstance(output, GaussianLikelihood):
            means, log_variances = map(to_numpy, output.split(answers))
            return means, np.exp(log_variances / 2)
        return answers, np.ones_like(answers)

    def _in_unit(self, standardised: np.ndarray) -> np.ndarray:
        values = standardised.reshape(-1, *self.target_mean_.shape)
        return values * self.target_scale_ + self.target_mean_

    # --- between attributes and core ----------------------------------------------------------------------------------

    def _misfits(self) -> dict[str, object]:
        fits = LOSSES[self.loss].n_units(self._n_targets()) == self.n_outputs_
        return super()._misfits() | ({} if fits else {"loss": self.loss_})

    def __sklearn_tags__(self) -> "Tags":
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _copies(rows: Rows) -> np.ndarray:
    """Number rows, which are in the order of their content, so that copies of a row have the same number.

    A row that has been learned from says nothing of new ones, and with whole weights rows are there several times.
    """
    direction = np.random.default_rng(0).normal(size=rows.n_features)
    projections = np.concatenate([to_numpy(chunk) @ direction for chunk in rows.chunks()])
    content = np.column_stack([projections, rows.known_labels])
    differs = np.append(False, (content[1:] != content[:-1]).any(axis=1))
    return np.cumsum(differs)
