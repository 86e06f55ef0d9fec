"""``DBNClassifier``: a deep belief net turned into a deep neural network."""

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.metrics import accuracy_score
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_consistent_length

from deepbelief.core.arrays import to_numpy
from deepbelief.core.functions import log_sigmoid
from deepbelief.core.outputs import Output, Sigmoid, Softmax
from deepbelief.core.phases import PRETRAIN, SOFTMAX
from deepbelief.core.progress import Entry, Epoch, Midway
from deepbelief.core.rows import Rows
from deepbelief.core.semisupervised import Unlabelled
from deepbelief.errors import DataError
from deepbelief.estimators.annotations import Data, GibbsSteps, RandomSource, RowWeights, Targets
from deepbelief.estimators.callbacks import run_passes
from deepbelief.estimators.checkpointing import TrainingLog, training_log
from deepbelief.estimators.class_answers import tell_classes
from deepbelief.estimators.convergence import warn_of_failure
from deepbelief.estimators.dbn import DBN
from deepbelief.estimators.drafts import draft_of, take_over
from deepbelief.estimators.feedforward import NETWORK_CONSTRAINTS, FeedForward
from deepbelief.estimators.few_labels import unlabelled_part, wanted, warn_if_unused
from deepbelief.estimators.fine_tuning import finetuning_passes, radius_for
from deepbelief.estimators.fitted import fitted_stack
from deepbelief.estimators.holding_out import hold_out, hold_out_any
from deepbelief.estimators.inputs import rows_with_holes
from deepbelief.estimators.label_arrays import shown
from deepbelief.estimators.labels import Labels, checked_classes, checked_labels, labels_for, many_classes_allowed
from deepbelief.estimators.machines import completed_by
from deepbelief.estimators.members import Member
from deepbelief.estimators.multilabel import checked_matrix_of_labels, is_matrix
from deepbelief.estimators.row_weights import with_class_weights, with_weights
from deepbelief.estimators.settings import (
    Constraints,
    random_streams,
)

if TYPE_CHECKING:
    from sklearn.frozen import FrozenEstimator
    from sklearn.utils import Tags

# For the weight decay. On fewer rows it would let all weights vanish. Fewer features need larger weights.
FEWEST_ROWS, FEW_FEATURES = 80, 8


class DBNClassifier(ClassifierMixin, FeedForward):
    """Deep neural network initialised from a deep belief net.

    Three phases: the layers of a :class:`DBN` are pretrained on *all* rows, labelled or not; a softmax layer is trained
    on top of them; backpropagation fine-tunes the whole network. Rows with ``y == -1``, or with a missing value in `y`,
    have no label: see `unlabelled`.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int, or int, default=(500, 500)
        Hidden units of each layer, from the bottom up.
    pretrain_epochs : int or "auto", default="auto"
        Number of passes over all rows for each layer. With 0 the network starts from random weights. ``"auto"`` is 30,
        and more when there are few rows.
    softmax_epochs : int or "auto", default="auto"
        Number of passes over the labelled rows that train the softmax layer alone. ``"auto"`` is 10.
    finetune_epochs : int or "auto", default="auto"
        Passes that train everything: over the labelled rows, or over all rows, see `semi_supervised`. ``"auto"`` is 10
        without `batch_normalization`, and 30 with it. It is 60 with it over distorted pictures, and 20 with it for each
        of several networks over other rows, if all rows that take part have labels. On few rows there are more passes.
    batch_size : int or "auto", default="auto"
        Number of rows in one gradient step, in all phases. ``"auto"`` is 100, but fewer, down to 10, when a phase would
        have fewer than 50 steps in an epoch.
    pretrain_learning_rate : float or "auto", default="auto"
        See :class:`RBM`.
    softmax_learning_rate, finetune_learning_rate : float or "auto", default="auto"
        Step sizes at the beginning of each phase, for the mean gradient of a batch. ``"auto"`` follows the spread of
        what each layer is given, see :func:`~deepbelief.core.rates.network_rate`. With Adam
        the rate of fine-tuning is 0.002. For normalised layers it is 0.008 with logistic units and 0.004 with rectified
        ones, unless unlabelled rows take part.
    learning_rate_schedule : {"constant", "linear"}, default="linear"
        Whether the learning rates of the softmax layer and of fine-tuning stay constant or fall linearly to zero.
    pretrain_learning_rate_schedule : {"constant", "linear"}, default="constant"
        The same for each pretrained layer; for persistent chains ``"linear"`` ends much nearer to the data.
    initial_momentum, momentum : float, default=0.5, 0.9
        Momentum: the fraction of the last step that is added to the next one, in the first five passes of a pretrained
        layer and afterwards. The softmax layer and fine-tuning use `momentum` throughout.
    pretrain_weight_decay : float or "auto", default="auto"
        L2 penalty on the weights while layers are pretrained. ``"auto"`` is 0.0002.
    optimizer, l1, group_l1, max_norm, sparsity_target, sparsity_cost, binarize, n_averaged, monitor_likelihood
        Of pretraining, as of :class:`RBM`.
    finetune_weight_decay : float or "auto", default="auto"
        L2 penalty on the weights in softmax and fine-tuning. ``"auto"`` is 0.1 for each feature, but 0.8 at the most,
        over the number of rows that are learned from, of which 80 are counted at least. In fine-tuning that is its
        mean: with p features and n rows it begins with p / n of it, and rises along a line. It is constant if there are
        as many features as rows, or if unlabelled rows take part. In the lowest layer it is multiplied by the mean
        variance of the features, if that is less than 1. Where all rows have labels and pictures are not distorted,
        normalised rectified layers that learn by Adam decay by 10 over the number of rows, but at most by 0.001, if
        that is more. In `partial_fit`, where the number of rows is not known in advance, it is 0.
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
    adversarial_radius : float, "auto" or None, default=None
        Virtual adversarial training (Miyato et al. 2018): a penalty on how much the answer of the network changes when
        a row is moved by this length in the direction in which the answer changes most. It excludes dropout.
        ``"auto"`` is 0.28 times the root of the total variance of the visible units. None switches it off, except where
        unlabelled rows are used in fine-tuning, see `semi_supervised`: there None means ``"auto"``.
    mixup : bool, default=False
        Fine-tuning also learns from mixtures of two rows, at which the network is to give the same mixture of their
        labels (Zhang et al. 2018), see :mod:`deepbelief.core.mixing`. Where unlabelled rows take part, the network's
        answers to all rows are mixed instead. It excludes dropout.
    finetune_optimizer : {"momentum", "adam"}, default="momentum"
        How fine-tuning makes steps of gradients. See `finetune_learning_rate` for the rate of ``"adam"``
        (Kingma & Ba 2015).
    finetune_max_norm : float or None, default=None
        Largest length of the weights of a unit in fine-tuning, for use with `dropout` (Srivastava et al. 2014).
    augment : str or None, default=None
        Height and width, such as ``"28x28"``, where rows are pictures in grey, or ``"auto"`` for square ones:
        fine-tuning then shifts, rotates, slants and elastically distorts them anew each time, see
        :mod:`deepbelief.core.distortion`. Pixels that would be standardised have one mean and one deviation then.
    n_networks : int, default=1
        How many networks are fine-tuned, one after another, with other random numbers each. The model answers with the
        mean of their logits, which is usually right on more rows. It is one network in which they stand side by side,
        see :mod:`deepbelief.core.side_by_side`. Its hidden layers are that many times as wide, so memory and the time
        of predictions grow with the square of `n_networks`. The layers are pretrained once for all of them. A fit that
        is broken off keeps the networks that are done; with `warm_start`, the next one goes on with these and trains
        the others too.
    semi_supervised : bool or "auto", default="auto"
        Whether unlabelled rows are used in fine-tuning. ``"auto"`` uses them if there are at least 1,000 rows and at
        least half of them are unlabelled. Their labels are guessed from their neighbours, and a consistency loss
        penalises answers that change when a row is moved a little, see :mod:`deepbelief.core.semisupervised`. A pass
        of fine-tuning then goes over all rows, and dropout, noise and distortions are not used.
    unlabelled : "auto", number, str or None, default="auto"
        Which label marks rows without one. ``"auto"`` is −1, except where −1 and 1 are the only labels: then they are
        two classes. Among words NumPy writes it "-1". None says that every row to learn from has a label; otherwise
        rows whose label is missing (None, NaN, pd.NA) count as unlabelled too.

        Under ``"auto"``, a warning says how many rows count as unlabelled where −1 may be a class: if all other labels
        are 0 or 1, if another one is negative, or if it is the word "-1". To name −1 here ends the warning. Once there
        are classes, from `fit` or from ``partial_fit(classes=...)``, −1 marks rows if it is none of them, whatever the
        labels of a batch are.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in fine-tuning: ``"balanced"`` lets all of them count the same, a dictionary holds the
        weight of some, and the others have weight 1.
    early_stopping : bool, default=False
        Stop fine-tuning when the loss on held-out labelled rows no longer falls, and keep the best network.
    validation_fraction : float, default=0.1
        Share of the labelled rows held out for early stopping.
    n_iter_no_change : int, default=5
        Passes without a new best after which early stopping stops.
    visible : str, default="auto"
        Type of the visible units, see :class:`RBM`.
    gradient : {"cd", "pcd", "exact"}, default="cd"
        By which layers are pretrained, see :class:`RBM`.
    n_gibbs_steps : int or pair of int, default=1
        k of CD-k and PCD-k.
    sample_everything : bool, default=False
        Sampled states instead of probabilities in all statistics of pretraining.
    centered : bool, default=True
        Centre the gradients of all layers and of the network, see :mod:`deepbelief.core.centring`.
    initial_weight_scale : float or "auto", default="auto"
        Standard deviation of the first weights of each layer, see :class:`RBM`.
    dbn : FrozenEstimator holding a fitted DBN, default=None
        Start from this net instead of pretraining one; `from_dbn` makes it.
    warm_start : bool, default=False
        `fit` goes on fine-tuning the last network; nothing is pretrained again.
    device : str, default="numpy"
        ``"numpy"``, or a torch device such as ``"cpu"`` or ``"cuda"``.
    precision : {"highest", "high", "medium"}, default="highest"
        Precision of float32 matrix products while training on a torch device: ``"high"`` allows TensorFloat32,
        ``"medium"`` bfloat16. Parameters, and everything that is computed after training, are float32 in any case.
    verbose : int, default=0
        Print a line after each pass.
    random_state : int, RandomState instance or None, default=None
        Seed of all random numbers. The same data, settings and integer give the same model.
    checkpoint : str or Path, default=None
        A folder for checkpoints. If it holds one, `fit` resumes from the newest, and its result is the same as that of
        a fit that was not interrupted. A checkpoint of other data or settings is refused. `random_state` must be an
        integer.
    checkpoint_interval : float, default=60.0
        Seconds between two checkpoints in the middle of a pass; there is one after each pass too.

    Attributes
    ----------
    dbn_ : DBN
        The net as pretraining left it. The network starts from its weights, except in a layer that hardly responds to
        the data because it learned nothing: there it starts from random weights. It draws rows of a class, as
        ``dbn_.sample(10, label=3)``, and fills holes with ``dbn_.impute(X)``.
    coefs_, intercepts_ : list of ndarray
        Weights (n_in, n_out) and biases (n_out,) of the fine-tuned network, the softmax layer last.
    n_networks_ : int
        How many networks stand side by side in it: each of them has `hidden_layer_sizes`.
    top_biases_ : ndarray of shape (n_networks_, n_outputs)
        The biases on top of each of these, of which the last of `intercepts_` is the mean.
    classes_ : ndarray of shape (n_classes,)
        With several labels for each row, the numbers of the columns of `y`.
    multilabel_ : bool
        Whether each row has several labels.
    visible_ : str
        The type of the visible units.
    learning_rate_, softmax_learning_rate_ : float
        The learning rates that fine-tuning and the training of the softmax layer began with; those of pretraining are
        in `dbn_`.
    finetune_optimizer_ : str
        The optimizer of the last fine-tuning.
    finetune_weight_decay_ : float
        The L2 penalty of softmax and fine-tuning: the mean over the passes where it rises.
    n_iter_, softmax_epochs_ : int
        Passes of fine-tuning and of the training of the softmax layer that were planned.
    history_ : list of dict
        What was measured after each pass of each phase.
    data_mean_, data_scale_, data_limit_, data_min_, data_range_, data_max_, data_length_, features_, n_visible_,
    visible_names_
        What the units see of the data, see :class:`RBM`.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    References
    ----------
    G. Hinton, R. Salakhutdinov, *Reducing the dimensionality of data with neural networks*, Science 313 (2006).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from deepbelief import DBNClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> y[500:] = -1  # unlabelled: the layers learn from these rows too, and so does fine-tuning
    >>> net = DBNClassifier(hidden_layer_sizes=(100,), pretrain_epochs=5, random_state=0).fit(X / 16, y)
    >>> net.predict_proba(X[:1] / 16).shape
    (1, 10)
    """

    _top_phase = SOFTMAX
    _parameter_constraints: ClassVar[Constraints] = {
        **NETWORK_CONSTRAINTS,
        "softmax_epochs": NETWORK_CONSTRAINTS["finetune_epochs"],
        "softmax_learning_rate": NETWORK_CONSTRAINTS["finetune_learning_rate"],
        "mixup": ["boolean"],
        "adversarial_radius": [None, StrOptions({"auto"}), *NETWORK_CONSTRAINTS["finetune_learning_rate"][1:]],
        "semi_supervised": [StrOptions({"auto"}), "boolean"],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "unlabelled": [StrOptions({"auto"}), Interval(Real, None, None, closed="neither"), str, None],
    }

    def __init__(
        self,
        hidden_layer_sizes: ArrayLike = (500, 500),
        *,
        pretrain_epochs: int | str = "auto",
        softmax_epochs: int | str = "auto",
        finetune_epochs: int | str = "auto",
        batch_size: int | str = "auto",
        pretrain_learning_rate: float | str = "auto",
        softmax_learning_rate: float | str = "auto",
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
        adversarial_radius: float | str | None = None,
        mixup: bool = False,
        finetune_optimizer: str = "momentum",
        finetune_max_norm: float | None = None,
        augment: str | None = None,
        n_networks: int = 1,
        semi_supervised: bool | str = "auto",
        unlabelled: float | str | None = "auto",
        class_weight: dict[Any, float] | str | None = None,
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
        self.pretrain_epochs = pretrain_epochs
        self.softmax_epochs = softmax_epochs
        self.finetune_epochs = finetune_epochs
        self.batch_size = batch_size
        self.pretrain_learning_rate = pretrain_learning_rate
        self.softmax_learning_rate = softmax_learning_rate
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
        self.adversarial_radius = adversarial_radius
        self.mixup = mixup
        self.finetune_optimizer = finetune_optimizer
        self.finetune_max_norm = finetune_max_norm
        self.augment = augment
        self.n_networks = n_networks
        self.semi_supervised = semi_supervised
        self.unlabelled = unlabelled
        self.class_weight = class_weight
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

    dbn_: DBN
    classes_: np.ndarray
    multilabel_: bool
    history_: list[Entry]

    # --- learning -----------------------------------------------------------------------------------------------------

    def fit(self, X: Data, y: Targets, sample_weight: RowWeights = None) -> Self:
        """Pretrain, train the softmax layer, fine-tune.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            See `visible` for what is made of it.
        y : array-like of shape (n_samples,), or matrix of shape (n_samples, n_labels)
            Class labels; −1 or a missing value marks rows without one, see `unlabelled`. A matrix of 0 and 1 says which
            of several labels each row has: the units of the top layer are then sigmoid ones.
        sample_weight : array-like of shape (n_samples,), optional
            How much each row counts, in pretraining and in fine-tuning. Whole numbers say how often a row is there;
            other weights are relative, see :mod:`~deepbelief.estimators.row_weights`.

        Returns
        -------
        self : DBNClassifier
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
        compared: Callable[[int, int], None] = lambda done, total: None,
    ) -> Iterator[Epoch]:
        """Fit, one pass at a time: a generator for those who want to watch.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        validation : (X, y), optional
            Labelled rows to measure each pass on; early stopping uses them instead of holding rows out.
        sample_weight : array-like of shape (n_samples,), optional
            See `fit`.
        stop : callable, optional
            Asked after each step where there is a `checkpoint`; when it says yes, one more is written and
            KeyboardInterrupt raised.
        compared : callable, optional
            Told of how many rows the nearest ones are known, and of how many they are sought, while that goes on:
            before fine-tuning in which unlabelled rows take part, where no pass ends for a while.

        Returns
        -------
        iterator of Epoch
            One for each pass of each phase. The estimator stays as it was until the net is pretrained; from the first
            pass of the softmax layer on it is up to date whenever the generator waits.
        """
        again = self.warm_start and hasattr(self, "coefs_")
        draft = draft_of(self, first=not again)
        return self._following(draft, draft._begun(X, y, validation, sample_weight, stop, compared, again))

    def _begun(
        self,
        X: Data,
        y: Targets,
        validation: tuple[Data, Targets] | None,
        sample_weight: RowWeights,
        stop: Callable[[], bool],
        compared: Callable[[int, int], None],
        again: bool,
    ) -> Iterator[Epoch]:
        """Check everything, and return the epochs to come."""
        if again:
            self._forget_unfinished()
        if self._is_multilabel(y, again=again):
            rows = self._learn_several(X, y, sample_weight, again=again)
        else:
            rows = self._learn_one(X, y, sample_weight, again=again)
        rows = with_weights(rows, X, sample_weight).in_order_of_content()
        held_out = None if validation is None else self._validation_rows(*validation)
        learned_from = {
            "X": rows,
            "y": (self.classes_.astype(str), rows.labels),
            "validation": held_out,
            "dbn": self._net_given(),
        }
        log = training_log(self, learned_from, first=not again, stop=stop)
        self.history_ = log.history
        return log.watch(self._phases(rows, held_out, log, compared, again))

    def _is_multilabel(self, y: Targets, *, again: bool) -> bool:
        """Tell whether a row has several labels; the first fit says it for all that follow."""
        if again and is_matrix(y) != self.multilabel_:
            kind = "several labels" if self.multilabel_ else "one label"
            raise DataError(
                f"The model was fitted on {kind} for each row; give the same, or fit with warm_start=False."
            )
        self.multilabel_ = is_matrix(y)
        return self.multilabel_

    def _learn_one(self, X: Data, y: Targets, sample_weight: RowWeights, *, again: bool) -> Rows:
        """Check rows with one label each, learn the classes if this is the first fit, and return the rows."""
        rows, labels = self._learn_labelled(X, y, sample_weight, self.classes_ if again else None, first=not again)
        classes = labels.classes
        if not again:
            labels.require_classes()
            self.classes_, self.history_ = classes, []
        elif not np.isin(classes, self.classes_).all():
            raise DataError(f"warm_start knows the classes {self.classes_.tolist()}; y holds {classes.tolist()}.")
        labels.require_some()
        return replace(rows, labels=labels.all_codes(self.classes_))

    def _learn_several(self, X: Data, y: Targets, sample_weight: RowWeights, *, again: bool) -> Rows:
        """The same for rows with several labels each."""
        for name, value in (
            ("class_weight", None),
            ("semi_supervised", "auto"),
            ("adversarial_radius", None),
        ):
            if getattr(self, name) not in (value, False):
                raise ValueError(f"{name} is for rows with one label each, and y has several; set {name}={value!r}.")
        rows = self._rows_to_learn(X, first=not again, sample_weight=sample_weight)
        labels = checked_matrix_of_labels(y, len(rows), len(self.classes_) if again else None)
        if not again:
            self.classes_, self.history_ = np.arange(labels.shape[1]), []
        return replace(rows, labels=labels)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: Data, y: Targets, classes: ArrayLike | None = None, sample_weight: RowWeights = None
    ) -> Self:
        """Make one pass of backpropagation over more data.

        The first call pretrains the net on the rows it is given, labelled or not, as `fit` does; every call then
        fine-tunes on its labelled rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Class labels; −1 or a missing value marks rows without one, see `unlabelled`.
        classes : array-like of shape (n_classes,), optional
            All classes that will ever come; needed in the first call if `y` does not hold them all. −1 is a class if it
            is among them, and marks rows without a label if it is not.
        sample_weight : array-like of shape (n_samples,), optional
            See `fit`; weights are relative to the others of the same call.

        Returns
        -------
        self : DBNClassifier
        """
        draft = draft_of(self, first=not hasattr(self, "coefs_"))
        draft._learn_part(X, y, classes, sample_weight)
        take_over(self, draft)
        return self

    def _learn_part(self, X: Data, y: Targets, classes: ArrayLike | None, sample_weight: RowWeights) -> None:
        first = not hasattr(self, "coefs_")
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs to know how frequent the classes are, which partial_fit does not; set "
                "class_weight to a dictionary of weights, or give sample_weight."
            )
        if is_matrix(y) or getattr(self, "multilabel_", False):
            raise DataError("partial_fit learns one label for each row; use fit for several, with warm_start to go on.")
        self.multilabel_ = False
        known_classes = None if classes is None else checked_classes(classes, self.unlabelled)
        if not first:
            if known_classes is not None and known_classes.tolist() != self.classes_.tolist():
                raise DataError(
                    f"classes holds {known_classes.tolist()}, but the first call knew {self.classes_.tolist()}; leave "
                    "it out to go on learning, or fit anew."
                )
            known_classes = self.classes_
            self._forget_unfinished()
        rows, labels = self._learn_labelled(X, y, sample_weight, known_classes, first=first)
        if known_classes is None:
            labels.require_classes()
        if first:
            self.classes_, self.history_ = labels.classes if known_classes is None else known_classes, []
        unknown = np.setdiff1d(labels.classes, self.classes_)
        if len(unknown):
            raise DataError(f"y holds {shown(unknown[0])}, unknown to the first call; give it all classes.")
        rows = with_weights(replace(rows, labels=labels.all_codes(self.classes_)), X, sample_weight)
        streams, log = random_streams(self.random_state), TrainingLog(self.history_)
        if first:
            self._exhaust(self._pretrain(rows, None, log), log)
        rows = completed_by(self, rows)
        members = self._members(streams, again=not first)
        for member in members:
            if member.is_new:
                self._grow_network(rows, member)
        known = np.flatnonzero(rows.known_labels >= 0)
        if len(known):
            labelled = with_class_weights(rows.subset(known), self.class_weight, self.classes_)
            self._set_decay_of_parts()
            for member in members:
                self._exhaust(self._finetune(labelled, None, member, 1, log), log)

    def _learn_labelled(
        self, X: Data, y: Targets, sample_weight: RowWeights, classes: np.ndarray | None, *, first: bool
    ) -> tuple[Rows, Labels]:
        if y is None:
            checked_labels(y, 0)
        rows = self._rows_to_learn(X, first=first, sample_weight=sample_weight)
        labels = checked_labels(y, len(rows), self.unlabelled, classes)
        labels.warn_if_doubtful()
        return rows, labels

    def _validation_rows(self, X: Data, y: Targets) -> Rows:
        rows = rows_with_holes(self, X)
        if self.multilabel_:
            return replace(
                rows, labels=checked_matrix_of_labels(y, len(rows), len(self.classes_), name="y of validation")
            )
        labels = labels_for(self, y, len(rows))
        labels.require_some("validation", "; or leave validation out")
        found, labels = labels.classes, labels.among(self.classes_)
        if not len(labels.known):
            raise DataError(
                f"validation: no row has one of the classes {self.classes_.tolist()} (its labels are "
                f"{found.tolist()}); give rows of these classes, or leave validation out."
            )
        return replace(rows, labels=labels.all_codes(self.classes_)).subset(labels.known)

    def _phases(
        self,
        rows: Rows,
        held_out: Rows | None,
        log: TrainingLog,
        compared: Callable[[int, int], None],
        again: bool,
    ) -> Iterator[Epoch | Midway]:
        """Go through all phases with these rows, whose labels are −1 where there is none."""
        self._require_room(rows, again=again)
        streams, codes = random_streams(self.random_state), rows.known_labels
        known = np.arange(len(rows)) if self.multilabel_ else np.flatnonzero(codes >= 0)
        n_unlabelled = len(rows) - len(known)
        if self.early_stopping and held_out is None:
            stream = streams.stream("early stopping")
            if self.multilabel_:
                kept, held = hold_out_any(len(rows), math.ceil(self.validation_fraction * len(rows)), stream)
            else:
                kept, held = hold_out(self.classes_[codes[known]], self.validation_fraction, stream)
            held_out = rows.subset(known[held])
            if not self.multilabel_:
                rows = replace(rows, labels=np.where(np.isin(np.arange(len(rows)), known[held]), -1, codes))
            known = known[kept]
        is_possible = self.finetune_epochs != 0 and not self.multilabel_
        with_unlabelled = is_possible and wanted(self.semi_supervised, len(known), len(rows))
        if n_unlabelled and not with_unlabelled and not again:
            warn_if_unused(self, n_unlabelled)
        if not again:
            yield from self._pretrain(rows, held_out, log)
        rows = completed_by(self, rows)
        held_out = None if held_out is None else completed_by(self, held_out)
        labelled = with_class_weights(rows.subset(known), self.class_weight, self.classes_)
        learned_from = rows if with_unlabelled else labelled
        n_epochs, unlabelled = finetuning_passes(self, len(learned_from), few_labels=with_unlabelled), None
        decay = self._decay(max(len(learned_from), FEWEST_ROWS), min(1.0, rows.n_features / FEW_FEATURES))
        self.finetune_weight_decay_ = decay
        for member in self._members(streams, again=again):
            if member.is_new:
                yield from self._train_top(labelled, held_out, member, log, decay)
            if with_unlabelled and unlabelled is None:  # only now: it takes a while, and there are answers already
                unlabelled = self._unlabelled_part(rows, compared)
            yield from self._finetune(labelled, held_out, member, n_epochs, log, unlabelled)

    def _unlabelled_part(self, rows: Rows, compared: Callable[[int, int], None]) -> Unlabelled:
        """Return what fine-tuning makes of rows without labels; all rows are compared for it."""
        if self.dropout or self.input_dropout or self.input_noise or self.augment is not None:
            warnings.warn(
                "Dropout, noise and distortions are not used where unlabelled rows take part in fine-tuning; "
                "semi_supervised=False leaves them out.",
                UserWarning,
                stacklevel=2,
            )
        radius = radius_for(self.adversarial_radius or "auto", rows)
        return unlabelled_part(fitted_stack(self).layers, rows, len(self.classes_), radius, compared)

    def _output(self) -> Output:
        return Sigmoid() if self.multilabel_ else Softmax()

    def _radius(self, rows: Rows) -> float:
        return 0.0 if self.adversarial_radius is None else radius_for(self.adversarial_radius, rows)

    def _n_targets(self) -> int:
        return len(self.classes_)

    # --- predicting ---------------------------------------------------------------------------------------------------

    def predict(self, X: Data) -> np.ndarray:
        """Return the most probable class of each row, or all labels that are more probable than not.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
        """
        answers = self._answers(X)
        return (answers > 0).astype(np.int64) if self.multilabel_ else self.classes_[answers.argmax(axis=1)]

    def predict_proba(self, X: Data) -> np.ndarray:
        """Return the probability of each class, or of each of several labels, for each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of `classes_`.
        """
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: Data) -> np.ndarray:
        """Return the logarithm of the probability of each class, or of each of several labels, for each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of `classes_`.
        """
        answers = self._answers(X)
        return self._returned(to_numpy(log_sigmoid(answers)) if self.multilabel_ else answers)

    def score(self, X: Data, y: Targets, sample_weight: RowWeights = None) -> float:
        """Return the accuracy on the rows that have a label: of several labels of a row, all must be right.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            True classes, or a matrix of labels. Rows without a label, see `unlabelled`, are left out.
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        float

        Raises
        ------
        DataError
            If no row has a label.
        """
        predicted = self.predict(X)
        if self.multilabel_:
            truth = checked_matrix_of_labels(y, len(predicted), len(self.classes_))
            return float(accuracy_score(truth, predicted, sample_weight=sample_weight))
        labels = labels_for(self, y, len(predicted))
        labels.require_some()
        check_consistent_length(predicted, sample_weight)
        known = labels.known
        weights = None if sample_weight is None else np.asarray(sample_weight)[known]
        with many_classes_allowed():
            return float(accuracy_score(labels.values, predicted[known], sample_weight=weights))

    def _join(self, member: Member) -> None:
        super()._join(member)
        tell_classes(self)

    def __sklearn_tags__(self) -> "Tags":
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
