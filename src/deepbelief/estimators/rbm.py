"""``RBM``: a restricted Boltzmann machine that drops in where scikit-learn's BernoulliRBM stands."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, _fit_context
from sklearn.utils.validation import check_array, check_is_fitted

from deepbelief.core.arrays import Array
from deepbelief.core.devices import to_device
from deepbelief.core.gibbs import chain
from deepbelief.core.likelihood import pseudo_log_likelihood
from deepbelief.core.memory import require_room
from deepbelief.core.phases import PRETRAIN, Place
from deepbelief.core.progress import Epoch
from deepbelief.core.randomness import Stream
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.rows import Rows
from deepbelief.core.training import start, train
from deepbelief.errors import DataError
from deepbelief.estimators.annotations import Data, GibbsSteps, RandomSource, RowWeights, Targets
from deepbelief.estimators.callbacks import CallbackSupportMixin, run_passes
from deepbelief.estimators.checkpointing import CONSTRAINTS, TrainingLog, training_log
from deepbelief.estimators.convergence import warn_of_failure
from deepbelief.estimators.distribution import DistributionMixin
from deepbelief.estimators.drafts import draft_of, take_over
from deepbelief.estimators.exploring import ExploringMixin
from deepbelief.estimators.inputs import (
    VisibleInputMixin,
    announced,
    dtype_of,
    mapped,
    rows_with_holes,
    scaling_of,
    to_data,
)
from deepbelief.estimators.machines import (
    layer_of,
    machine_of,
    recipe_of,
    resumed_state,
    rows_of,
    show_state,
    whole_rows_of,
)
from deepbelief.estimators.settings import (
    HIDDEN,
    POSITIVE_INTEGER,
    TRAINING_CONSTRAINTS,
    VISIBLE,
    Constraints,
    Passes,
    n_chains,
    n_passes,
    random_streams,
    require_count,
    seed_rows,
)

if TYPE_CHECKING:
    from sklearn.utils import Tags

PASSES = Passes(10, steps=1000)


class RBM(
    CallbackSupportMixin,
    DistributionMixin,
    ExploringMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    VisibleInputMixin,
    BaseEstimator,
):
    """Restricted Boltzmann machine.

    It learns features of unlabelled data: `transform` returns the conditional means of the hidden units, which are
    probabilities for Bernoulli units. It can replace :class:`sklearn.neural_network.BernoulliRBM`: settings, attributes
    and shapes of the same names mean the same. Training is by contrastive divergence with momentum unless another
    `gradient` or `optimizer` is chosen.

    Parameters
    ----------
    n_components : int, default=256
        Number of hidden units.
    learning_rate : float or "auto", default="auto"
        Step size for the *mean* gradient of a batch. ``"auto"`` chooses it by the variance of the data and the size of
        the batches, see :func:`~deepbelief.core.rates.machine_rate`.
    batch_size : int or "auto", default=10
        Number of rows in one gradient step; also the number of persistent chains. ``"auto"`` is 100, and fewer when
        there are few rows.
    n_iter : int or "auto", default="auto"
        Number of passes over the data. ``"auto"`` is 10, and more when there are so few rows that 10 passes would be
        fewer than 1,000 steps.
    verbose : int, default=0
        Print a line after each pass.
    random_state : int, RandomState instance or None, default=None
        Seed of all random numbers. The same data, settings and integer give the same model.
    visible : str, default="auto"
        Type of the visible units. ``"auto"`` takes Bernoulli units for bytes and for values in [0, 1]; for all other
        data every feature is standardised, and Gaussian units see that. Training is at float32 then, whatever the data
        are. All other types take the data as they are, at their precision, and refuse values that they cannot have:
        ``"gaussian"``, with unit variance, and ``"gaussian-learned-variance"`` any numbers, ``"spin"`` −1 and 1,
        ``"binomial"`` whole numbers from 0 to the largest of the training data, ``"poisson"`` whole numbers from 0 on,
        ``"relu"`` numbers from 0 on, ``"replicated-softmax"`` counts of words, each row a document. ``"categorical"``
        takes codes or words, each column a variable; ``"mixed"`` tables, in which booleans and columns of two values
        are Bernoulli units, numbers standardised Gaussian ones, and words categorical ones. Types joined by commas,
        such as ``"gaussian, categorical"``, are those of the columns.
    hidden : str, default="bernoulli"
        Type of the hidden units: ``"bernoulli"``, ``"gaussian"``, ``"gaussian-learned-variance"``, ``"spin"``,
        ``"relu"``, ``"poisson"``, or with a number ``"binomial(16)"`` and ``"categorical(4)"``, groups of four of which
        one is on. Poisson units, on either side, need units with a smallest and a largest value on the other.
    gradient : {"cd", "pcd", "tempered", "exact"}, default="cd"
        Contrastive divergence (Hinton 2002), persistent contrastive divergence (Tieleman 2008), the same with ten
        replicas of each chain that exchange their states, see :mod:`deepbelief.core.tempering`, or the exact gradient
        by enumeration, for machines with at most 22 Bernoulli units in a layer.
    n_gibbs_steps : int or pair of int, default=1
        k of CD-k and PCD-k, and sweeps of tempered chains for each step. Two numbers are those of the first pass and of
        the last one, between which k grows.
    sample_everything : bool, default=False
        Use sampled states of the units instead of their probabilities in all statistics: of the hidden units, and at
        the end of chains also of the visible ones (CD).
    centered : bool, default=True
        Centre the gradients, which makes learning independent of where the zeros of the data lie, see
        :mod:`deepbelief.core.centring`. What is learned is an ordinary machine either way.
    initial_weight_scale : float or "auto", default="auto"
        Standard deviation of the normal distribution that the first weights come from. ``"auto"`` lets the input of a
        hidden unit vary over the rows, or that of a visible unit over the hidden states, with a standard deviation of
        0.5, whichever needs the smaller weights, see :func:`~deepbelief.core.training.start`.
    initial_momentum, momentum : float, default=0.5, 0.9
        Momentum: the fraction of the last step that is added to the next one, in the first five passes and afterwards.
    weight_decay : float or "auto", default="auto"
        L2 penalty on the weights, not on the biases. ``"auto"`` is 0.0002. The layers below a :class:`DBNRegressor`
        decay more where there are few rows.
    optimizer : {"momentum", "adam"}, default="momentum"
        How gradients become steps. Adam (Kingma & Ba 2015) does not use `momentum`; its automatic rate is 0.002.
    l1, group_l1 : float, default=0
        Penalties on the sum of the absolute weights, and on the sum over hidden units of the lengths of their weight
        vectors. They make single weights, and whole hidden units, exactly zero.
    max_norm : float or None, default=None
        The largest Euclidean norm that the weight vector of a hidden unit may have.
    sparsity_target, sparsity_cost : float or None, default=None, 0.1
        The mean activity that a penalty draws the hidden units to, and the factor of that penalty (Hinton 2010, §11).
    binarize : bool, default=False
        Take values between 0 and 1 for probabilities, and draw bits with them anew each time that a row is used.
    n_averaged : int, default=0
        If positive, the result is the average of the parameters after this number of the last passes.
    monitor_likelihood : bool, default=False
        Measure after each pass the mean log-likelihood of at most a thousand rows (``log_likelihood`` in `history_`, in
        nats), also of held-out ones, and the five largest singular values of the weights. The partition function is
        exact if a layer has at most 4,096 states, such as 12 bits. Otherwise it is followed by 200 chains along
        training, see :mod:`deepbelief.core.trajectory`, which costs about a hundred sweeps of them in a pass. Its error
        is not known, and grows with the passes; compare it with `log_partition`. Documents have no partition function
        of their own, so nothing is measured of them.
    learning_rate_schedule : {"constant", "linear"}, default="constant"
        ``"linear"`` lets the learning rate fall to zero over `n_iter` passes.
    warm_start : bool, default=False
        If True, `fit` continues from the parameters of the last fit instead of starting anew. A model that was read
        from a file continues too, but its optimizer begins anew: files hold no momentum.
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
    components_ : ndarray of shape (n_components, n_visible_)
        Weights.
    intercept_hidden_ : ndarray of shape (n_components,)
        Biases of the hidden units.
    intercept_visible_ : ndarray of shape (n_visible_,)
        Biases of the visible units (for Gaussian units: mean × precision).
    log_precision_visible_, log_precision_hidden_ : ndarray of shape (n_features,) and (n_components,)
        Log of the inverse variances, of a layer whose variance is learned only: ``"gaussian-learned-variance"`` and,
        before they are cut off at 0, ``"relu"``.
    h_samples_ : ndarray of shape (n_chains, n_components)
        Hidden states from which `sample` starts: the persistent chains, or samples given rows drawn at random.
    visible_, hidden_ : str
        The types of the units.
    learning_rate_ : float
        The learning rate that training began with.
    optimizer_ : str
        The optimizer of the last fit.
    n_iter_ : int
        Passes over the data.
    history_ : list of dict
        What was measured after each pass over the data, in the order of training.
    data_mean_, data_scale_ : ndarray of shape (n_features,)
        Mean and standard deviation of each feature, where ``visible="auto"`` has standardised them (or the mean and 1,
        where variances are learned): the units see
        (X − data_mean_) / data_scale_. A feature that never changes has scale 0, and the units see 0.
    data_limit_ : ndarray of shape (n_features,)
        How far from 0 the units see a value at most, where a feature has values far from all others, which do not
        count in `data_mean_` and `data_scale_`; infinity for the other features. It is there if a feature has such
        values (:mod:`deepbelief.core.far_values`).
    data_min_, data_range_ : float
        Otherwise units see (X − data_min_) / data_range_.
    data_max_ : float
        The largest value of the training data, of binomial visible units only: their number of trials.
    data_length_ : float
        The mean length of the training data, of replicated softmax units only.
    features_ : tuple of Feature
        What each column is, of categorical and mixed visible units only.
    n_visible_ : int
        Number of visible units, which is that of the features but for categorical and mixed ones.
    visible_names_ : ndarray of str, shape (n_visible_,)
        Names of the visible units, such as ``colour=red``.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    DBN : Several RBMs, one on the other.

    References
    ----------
    G. Hinton, *A Practical Guide to Training Restricted Boltzmann Machines*, UTML TR 2010-003.

    Examples
    --------
    >>> import numpy as np
    >>> from deepbelief import RBM
    >>> X = np.array([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    >>> RBM(n_components=2, random_state=0).fit(X).transform(X).shape
    (4, 2)
    """

    _parameter_constraints: ClassVar[Constraints] = {
        **TRAINING_CONSTRAINTS,
        "n_components": POSITIVE_INTEGER,
        "visible": VISIBLE,
        "hidden": HIDDEN,
        **CONSTRAINTS,
    }

    def __init__(
        self,
        n_components: int = 256,
        *,
        learning_rate: float | str = "auto",
        batch_size: int | str = 10,
        n_iter: int | str = "auto",
        verbose: int = 0,
        random_state: RandomSource = None,
        visible: str = "auto",
        hidden: str = "bernoulli",
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
        self.n_components = n_components
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.n_iter = n_iter
        self.verbose = verbose
        self.random_state = random_state
        self.visible = visible
        self.hidden = hidden
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

    n_iter_: int

    # --- learning -----------------------------------------------------------------------------------------------------

    def fit(self, X: Data, y: Targets = None, sample_weight: RowWeights = None) -> Self:
        """Learn from data.

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
        self : RBM
        """
        epochs = self.fit_epochs(X, sample_weight=sample_weight)
        run_passes(self, epochs, X, y, sample_weight, is_fitted=lambda _: True)
        warn_of_failure(self, X, sample_weight=sample_weight)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_epochs(
        self, X: Data, *, validation: Data | None = None, sample_weight: RowWeights = None
    ) -> Iterator[Epoch]:
        """Learn from data, one pass at a time: a generator for those who want to watch, or to stop early.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        validation : array-like or sparse matrix of shape (n_rows, n_features), optional
            Rows to measure each pass on, not trained on.
        sample_weight : array-like of shape (n_samples,), optional
            See `fit`.

        Returns
        -------
        iterator of Epoch
            One for each pass. The estimator is up to date whenever the generator waits; before the first pass is over
            it is as it was.
        """
        first = not (self.warm_start and hasattr(self, "components_"))
        draft = draft_of(self, first=first)
        rows = draft._learn_rows(X, first=first, sample_weight=sample_weight).in_order_of_content()
        held_out = None if validation is None else rows_with_holes(draft, validation)
        log = training_log(draft, {"X": rows, "validation": held_out}, first=first)
        n_epochs = n_passes(self, self.n_iter, PASSES, len(rows))
        return self._following(draft, draft._learn(rows, n_epochs, log, first, held_out))

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Data, y: Targets = None, sample_weight: RowWeights = None) -> Self:
        """Make one pass over more data, in batches of `batch_size`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), optional
            See `fit`; weights are relative to the others of the same call.

        Returns
        -------
        self : RBM
        """
        first = not hasattr(self, "components_")
        draft = draft_of(self, first=first)
        rows = draft._learn_rows(X, first=first, sample_weight=sample_weight).in_order_of_content()
        log = TrainingLog([] if first else list(self.history_))
        for _ in draft._learn(rows, 1, log, first):
            pass
        take_over(self, draft)
        return self

    def _following(self, draft: Self, epochs: Iterator[Epoch]) -> Iterator[Epoch]:
        """Pass epochs on, each when this estimator has taken over what the draft has learned in it."""
        for epoch in epochs:
            take_over(self, draft)
            yield epoch
        take_over(self, draft)

    def _learn(
        self, rows: Rows, n_epochs: int, log: TrainingLog, first: bool, held_out: Rows | None = None
    ) -> Iterator[Epoch]:
        streams, machine = random_streams(self.random_state), machine_of(self)
        sizes = [rows.n_features, self.n_components]
        require_room(sizes, len(rows), rows.dtype, rows.device, n_chains=n_chains(self, len(rows)))
        self.n_iter_ = n_epochs
        recipe = recipe_of(self, rows, n_epochs, done=0 if first else len(self.history_), settings=self)
        state = start(machine, rows, self.n_components, recipe, streams) if first else resumed_state(self, recipe)
        self.history_ = log.history
        seeds = seed_rows(rows, streams)
        show_state(self, log.pauses.resume(Place(PRETRAIN.name), state), seeds)
        epochs = train(machine, rows, state, recipe, streams, held_out=held_out, pauses=log.pauses)
        for epoch in announced(self, log.watch(epochs)):
            show_state(self, epoch.state, seeds)
            yield epoch

    # --- looking through the machine ----------------------------------------------------------------------------------

    def transform(self, X: Data) -> np.ndarray:
        """Return the means of the hidden units, E[h | v = X]; for Bernoulli units these are probabilities.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        check_is_fitted(self)
        machine, parameters = self._learned()
        return self._returned(mapped(lambda v: machine.forward(parameters, v), rows_of(self, X)))

    def inverse_transform(self, H: ArrayLike) -> np.ndarray:
        """Return the means of the visible units, E[v | h = H], at the scale of the data.

        Parameters
        ----------
        H : array-like of shape (n_samples, n_components)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        machine, parameters = self._learned()
        rows = hidden_rows(H, parameters.weights.shape[1], dtype_of(self), self.device)
        return to_data(self, mapped(lambda h: machine.reverse(parameters, h), rows))

    def reconstruct(self, X: Data) -> np.ndarray:
        """Return the reverse pass of the forward pass, at the scale of the data.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        machine, parameters = self._learned()
        return to_data(self, mapped(lambda v: machine.reconstruct(parameters, v), rows_of(self, X)))

    # --- probability --------------------------------------------------------------------------------------------------

    def free_energy(self, X: Data) -> np.ndarray:
        """Return F(v) = −log Σₕ exp(−E(v, h)): low where the machine expects data.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            In nats.
        """
        check_is_fitted(self)
        machine, parameters = self._learned()
        return mapped(lambda v: machine.free_energy(parameters, v), whole_rows_of(self, X))

    def score_samples(self, X: Data) -> np.ndarray:
        """Score each row by how probable the machine finds it; the same number each time.

        If all values of each feature can be listed, this is the pseudo-log-likelihood Σᵢ log p(vᵢ | the other units),
        of which scikit-learn's BernoulliRBM returns a random estimate: for Bernoulli, spin, binomial and categorical
        units, and for tables of such columns. It costs a pass over the hidden units for each other value of each
        feature. For all other visible units, so also for tables with a column of numbers, it is −F(v), the
        log-likelihood up to the constant log Z.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            In nats.
        """
        check_is_fitted(self)
        machine, parameters = self._learned()
        if machine.visible.bias_share is not None or machine.visible.sites(self.n_visible_) is None:
            return -self.free_energy(X)
        return mapped(lambda v: pseudo_log_likelihood(machine, parameters, v), whole_rows_of(self, X))

    def gibbs(self, v: Data, n_steps: int = 1, clamped: ArrayLike | None = None) -> np.ndarray:
        """Run Gibbs chains that start at the rows of `v`. Every call draws new random numbers.

        Parameters
        ----------
        v : array-like or sparse matrix of shape (n_samples, n_features)
        n_steps : int, default=1
            Sweeps: hidden given visible, then visible given hidden.
        clamped : array-like of bool, shape (n_features,), optional
            Features that keep their values.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            The visible states of the chains, at the scale of the data.
        """
        check_is_fitted(self)
        require_count("n_steps", n_steps)
        start_states = rows_of(self, v).take(slice(None))
        held = None if clamped is None else to_device(self._checked_clamp(clamped), self.device)
        return self._run_chains(start_states, n_steps, held)

    def _checked_clamp(self, clamped: ArrayLike) -> np.ndarray:
        clamped = np.asarray(clamped)
        if clamped.shape != (self.n_features_in_,) or clamped.dtype != bool:
            raise ValueError(
                f"clamped must hold {self.n_features_in_} values True or False, one for each feature; got an array of "
                f"{clamped.dtype.name} with shape {clamped.shape}."
            )
        return scaling_of(self).spread(clamped)

    def _run_chains(self, v: Array, n_steps: int, clamped: Array | None) -> np.ndarray:
        (machine, parameters), stream = self._learned(), self._sampling_stream()
        for state, _ in itertools.islice(chain(machine, parameters, v, stream, clamped=clamped), n_steps):
            v = state
        return to_data(self, v)

    def _sampling_stream(self) -> Stream:
        if not hasattr(self, "_sampling_"):
            self._sampling_ = random_streams(self.random_state).stream("gibbs")
        return self._sampling_

    # --- between attributes and core ----------------------------------------------------------------------------------

    def _learn_rows(self, X: Data, *, first: bool, sample_weight: RowWeights = None) -> Rows:
        rows = super()._learn_rows(X, first=first, sample_weight=sample_weight)
        if first:
            self.hidden_ = self.hidden
        return rows

    def _learned(self) -> tuple[Machine, Parameters]:
        layer = layer_of(self)
        return layer.machine, layer.parameters

    def _misfits(self) -> dict[str, object]:
        fitted = {"hidden": self.hidden_, "n_components": self.components_.shape[0]}
        return super()._misfits() | {name: value for name, value in fitted.items() if getattr(self, name) != value}

    @property
    def _n_features_out(self) -> int:
        """How many columns `transform` returns: scikit-learn names them by it."""
        return self.components_.shape[0]

    def __sklearn_tags__(self) -> "Tags":
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def hidden_rows(H: ArrayLike, n_units: int, dtype: type[np.floating], device: str) -> Rows:
    """Check a matrix of hidden states and return its rows.

    Parameters
    ----------
    H : array-like of shape (n_rows, n_units)
    n_units : int
        The number of columns that there must be.
    dtype : dtype
        The floating-point type of the result.
    device : str
        ``"numpy"``, or any device torch knows.

    Returns
    -------
    Rows

    Raises
    ------
    DataError
        If a number is not finite; the message names the first.
    ValueError
        If `H` is not a matrix with `n_units` columns.
    """
    states: np.ndarray = check_array(H, dtype="numeric", ensure_all_finite=False)
    refused = np.argwhere(~np.isfinite(states))
    if len(refused):
        row, column = (int(index) for index in refused[0])
        raise DataError(
            f"H holds {states[row, column]:g} at row {row}, column {column}, but every hidden unit has a value; "
            "leave that row out."
        )
    if states.shape[1] != n_units:
        raise ValueError(f"H has {states.shape[1]} columns, but the hidden layer has {n_units} units.")
    return Rows(states, dtype, device)
