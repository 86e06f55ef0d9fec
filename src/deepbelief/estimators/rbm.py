"""``RBM``: a restricted Boltzmann machine that drops in where scikit-learn's BernoulliRBM stands."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, _fit_context
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_array, check_is_fitted

from deepbelief.core.arrays import Array, to_device, to_numpy, tree_map
from deepbelief.core.gibbs import chain
from deepbelief.core.likelihood import pseudo_log_likelihood
from deepbelief.core.memory import require_room
from deepbelief.core.progress import Epoch, Place, State
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.rows import Rows
from deepbelief.core.training import Recipe, start, train
from deepbelief.core.units import Bernoulli
from deepbelief.estimators.checkpointing import CONSTRAINTS, Unkept, kept
from deepbelief.estimators.inputs import VisibleInputMixin, announced, mapped
from deepbelief.estimators.settings import (
    POSITIVE_INTEGER,
    TRAINING_CONSTRAINTS,
    UNITS,
    Constraints,
    random_streams,
    recipe,
)


class RBM(ClassNamePrefixFeaturesOutMixin, TransformerMixin, VisibleInputMixin, BaseEstimator):
    """Restricted Boltzmann machine.

    Learns features of unlabelled data: `transform` gives the probabilities (or means) of the hidden units. Takes the
    place of :class:`sklearn.neural_network.BernoulliRBM`: the same settings, attributes and shapes, trained by
    contrastive divergence with momentum, with Gaussian units if you want them.

    Parameters
    ----------
    n_components : int, default=256
        Number of hidden units.
    learning_rate : float or "auto", default="auto"
        Step size for the *mean* gradient of a batch. ``"auto"`` is 0.1; 0.01 with Gaussian units or
        persistent chains; 0.001 where variances are learned.
    batch_size : int or "auto", default=10
        Rows in one step; also the number of persistent chains. ``"auto"`` is 100, less on few rows.
    n_iter : int, default=10
        Passes over the data.
    verbose : int, default=0
        Print a line after each pass.
    random_state : int, RandomState instance or None, default=None
        Seed. The same seed gives the same model.
    visible, hidden : {"bernoulli", "gaussian", "gaussian-learned-variance"}, default="bernoulli"
        Unit types. ``"gaussian"`` has unit variance: standardise the features first.
    gradient : {"cd", "pcd", "exact"}, default="cd"
        Contrastive divergence (Hinton 2002), persistent contrastive divergence (Tieleman 2008), or the exact gradient
        by enumeration, for machines with at most 22 Bernoulli units in a layer.
    n_gibbs_steps : int, default=1
        k of CD-k and PCD-k.
    sample_everything : bool, default=False
        Sampled states instead of probabilities in all statistics.
    initial_momentum, momentum : float, default=0.5, 0.9
        Share of the last step added to the next, in the first five passes and afterwards.
    weight_decay : float, default=0.0002
        L2 penalty on the weights, not on the biases.
    learning_rate_schedule : {"constant", "linear"}, default="constant"
        ``"linear"`` lets the learning rate fall to zero over `n_iter` passes.
    warm_start : bool, default=False
        `fit` goes on from the last solution.
    device : str, default="numpy"
        ``"numpy"``, or a torch device such as ``"cpu"`` or ``"cuda"``.
    precision : {"highest", "high", "medium"}, default="highest"
        Of the products of float32 matrices while training on a torch device: ``"high"`` lets it use TensorFloat32,
        ``"medium"`` bfloat16. The parameters, and all that is computed after training, stay float32.
    checkpoint : str or Path, default=None
        A folder to keep checkpoints in. `fit` goes on from the newest if there is one, with the same result as if it
        had never stopped, and refuses one of other data or settings. Needs an integer `random_state`.
    checkpoint_interval : float, default=60.0
        Seconds between two checkpoints in the middle of a pass; there is one after each pass too.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        Weights.
    intercept_hidden_ : ndarray of shape (n_components,)
        Biases of the hidden units.
    intercept_visible_ : ndarray of shape (n_features,)
        Biases of the visible units (for Gaussian units: mean × precision).
    log_precision_visible_, log_precision_hidden_ : ndarray of shape (n_features,) and (n_components,)
        Log of the inverse variances, of a layer whose variance is learned only.
    h_samples_ : ndarray of shape (batch_size, n_components)
        Hidden states from which `sample` starts: the persistent chains, or samples given the data.
    history_ : list of dict
        What was measured after each pass.
    data_min_, data_range_ : float
        Bernoulli visible units see (X − data_min_) / data_range_.
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
        "visible": [StrOptions(set(UNITS))],
        "hidden": [StrOptions(set(UNITS))],
        **CONSTRAINTS,
    }

    def __init__(
        self,
        n_components: int = 256,
        *,
        learning_rate: float | str = "auto",
        batch_size: int | str = 10,
        n_iter: int = 10,
        verbose: int = 0,
        random_state: Any = None,
        visible: str = "bernoulli",
        hidden: str = "bernoulli",
        gradient: str = "cd",
        n_gibbs_steps: int = 1,
        sample_everything: bool = False,
        initial_momentum: float = 0.5,
        momentum: float = 0.9,
        weight_decay: float = 0.0002,
        learning_rate_schedule: str = "constant",
        warm_start: bool = False,
        device: str = "numpy",
        precision: str = "highest",
        checkpoint: Any = None,
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
        self.initial_momentum = initial_momentum
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.learning_rate_schedule = learning_rate_schedule
        self.warm_start = warm_start
        self.device = device
        self.precision = precision
        self.checkpoint = checkpoint
        self.checkpoint_interval = checkpoint_interval

    components_: np.ndarray
    history_: list[dict]
    _state: State

    # --- learning -----------------------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from data.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            In [0, 1] for Bernoulli visible units; other data are rescaled, with a warning.
        y : None
            Ignored.

        Returns
        -------
        self : RBM
        """
        for _ in self.fit_epochs(X):
            pass
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_epochs(self, X: Any, *, validation: Any = None) -> Iterator[Epoch]:
        """Learn from data, one pass at a time: a generator for those who want to watch, or to stop early.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        validation : array-like or sparse matrix of shape (n_rows, n_features), optional
            Rows to measure each pass on, not trained on.

        Returns
        -------
        iterator of Epoch
            One for each pass. The estimator is up to date whenever the generator waits.
        """
        first = not (self.warm_start and hasattr(self, "components_"))
        rows = self._learn_rows(X, first=first)
        held_out = None if validation is None else self._rows(validation)
        keeper = kept(self, {"X": rows, "validation": held_out}, first=first)
        return self._learn(rows, self.n_iter, first=first, held_out=held_out, keeper=keeper)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Make one pass over more data, in batches of `batch_size`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : None
            Ignored.

        Returns
        -------
        self : RBM
        """
        first = not hasattr(self, "components_")
        for _ in self._learn(self._learn_rows(X, first=first), 1, first=first):
            pass
        return self

    def _learn(
        self,
        rows: Rows,
        n_epochs: int,
        *,
        first: bool,
        held_out: Rows | None = None,
        keeper: Unkept | None = None,
    ) -> Iterator[Epoch]:
        keeper = keeper or Unkept([] if first else self.history_)
        streams = random_streams(self.random_state)
        machine = self._machine()
        require_room([rows.n_features, self.n_components], len(rows), rows.dtype, rows.device)
        plan = recipe(self, machine, n_epochs, len(rows), done=0 if first else len(self.history_))
        state = start(machine, rows, self.n_components, plan, streams) if first else self._resumed(plan)
        if first:
            self._forget()
        self.history_ = keeper.history
        self._adopt(keeper.breaks.resume(Place("pretrain"), state))
        epochs = train(machine, rows, state, plan, streams, held_out=held_out, breaks=keeper.breaks)
        for epoch in announced(self, keeper.watch(epochs)):
            self._adopt(epoch.state)
            yield epoch
        self._place_chains(rows.take(np.arange(plan.batch_size) % len(rows)))

    # --- looking through the machine ----------------------------------------------------------------------------------

    def transform(self, X: Any) -> np.ndarray:
        """Return the means of the hidden units, E[h | v = X]; for Bernoulli units these are probabilities.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        check_is_fitted(self)
        machine, parameters = self._machine(), self._parameters()
        return mapped(lambda v: machine.forward(parameters, v), self._rows(X))

    def inverse_transform(self, H: Any) -> np.ndarray:
        """Return the means of the visible units, E[v | h = H], at the scale of the data.

        Parameters
        ----------
        H : array-like of shape (n_samples, n_components)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        machine, parameters = self._machine(), self._parameters()
        rows = hidden_rows(H, parameters.weights.shape[1], self._dtype, self.device)
        return self._unscaled(mapped(lambda h: machine.reverse(parameters, h), rows))

    def reconstruct(self, X: Any) -> np.ndarray:
        """Return the reverse pass of the forward pass, at the scale of the data.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        machine, parameters = self._machine(), self._parameters()
        return self._unscaled(
            mapped(lambda v: machine.reverse(parameters, machine.forward(parameters, v)), self._rows(X))
        )

    # --- probability --------------------------------------------------------------------------------------------------

    def free_energy(self, X: Any) -> np.ndarray:
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
        machine, parameters = self._machine(), self._parameters()
        return mapped(lambda v: machine.free_energy(parameters, v), self._rows(X))

    def score_samples(self, X: Any) -> np.ndarray:
        """Score each row by how probable the machine finds it; the same number each time.

        For Bernoulli visible units this is the pseudo-log-likelihood Σᵢ log p(vᵢ | the other units), of which
        scikit-learn's BernoulliRBM returns a random estimate. It costs one pass over the hidden units for each
        feature. For Gaussian visible units it is −F(v), the log-likelihood up to the constant log Z.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            In nats.
        """
        check_is_fitted(self)
        machine, parameters = self._machine(), self._parameters()
        if not isinstance(machine.visible, Bernoulli):
            return -self.free_energy(X)
        return mapped(lambda v: pseudo_log_likelihood(machine, parameters, v), self._rows(X))

    def gibbs(self, v: Any, n_steps: int = 1, clamped: Any = None) -> np.ndarray:
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
        start_states = self._rows(v).take(slice(None))
        held = None if clamped is None else to_device(np.asarray(clamped, dtype=bool), self.device)
        return self._run_chains(start_states, n_steps, held)

    def sample(self, n_samples: int = 1, n_steps: int = 100) -> np.ndarray:
        """Draw from the machine: chains that start at `h_samples_` and run for `n_steps` sweeps.

        Parameters
        ----------
        n_samples : int, default=1
            One chain for each.
        n_steps : int, default=100
            More steps bring the samples closer to the machine's own distribution, and further from where they started.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Visible states, at the scale of the data.
        """
        check_is_fitted(self)
        parameters = self._parameters()
        hidden = to_device(self.h_samples_[np.arange(n_samples) % len(self.h_samples_)], self.device)
        first = self._machine().sample_visible(parameters, hidden, self._sampling_stream())
        return self._run_chains(first, n_steps, None)

    def _run_chains(self, v: Array, n_steps: int, clamped: Array | None) -> np.ndarray:
        machine, parameters, stream = self._machine(), self._parameters(), self._sampling_stream()
        for state, _ in itertools.islice(chain(machine, parameters, v, stream, clamped=clamped), n_steps):
            v = state
        return self._unscaled(v)

    def _arrays(self) -> list[np.ndarray]:
        """Return what the machine is made of, for a fingerprint."""
        parameters = self._parameters("numpy")
        return [parameters.weights, *parameters.visible.values(), *parameters.hidden.values()]

    def _sampling_stream(self) -> Any:
        if not hasattr(self, "_sampling"):
            self._sampling = random_streams(self.random_state).stream("gibbs")
        return self._sampling

    def _place_chains(self, v: Array) -> None:
        """Let `sample` start from hidden states given `v`, unless training has left it persistent chains."""
        if self._state.chains is None:
            stream = random_streams(self.random_state).stream("h_samples")
            self.h_samples_ = to_numpy(self._machine().sample_hidden(self._parameters(), v, stream))

    # --- between attributes and core ----------------------------------------------------------------------------------

    def _machine(self) -> Machine:
        return Machine(UNITS[self.visible], UNITS[self.hidden])

    def _forget(self) -> None:
        """Drop what an earlier fit has left, so that a new one cannot see it."""
        for name in ("log_precision_visible_", "log_precision_hidden_", "_sampling", "_state"):
            if hasattr(self, name):
                delattr(self, name)

    def _parameters(self, device: str | None = None) -> Parameters:
        """Return what the public attributes hold, as the core wants it, on a device (the estimator's, if None)."""
        visible = {"bias": self.intercept_visible_}
        hidden = {"bias": self.intercept_hidden_}
        if hasattr(self, "log_precision_visible_"):
            visible["log_precision"] = self.log_precision_visible_
        if hasattr(self, "log_precision_hidden_"):
            hidden["log_precision"] = self.log_precision_hidden_
        parameters = Parameters(np.ascontiguousarray(self.components_.T), visible, hidden)
        return tree_map(lambda array: to_device(array, device or self.device), parameters)

    def _adopt(self, state: State) -> None:
        """Show a training state in the public attributes."""
        parameters = tree_map(to_numpy, state.parameters)
        self.components_ = parameters.weights.T
        self.intercept_visible_ = parameters.visible["bias"]
        self.intercept_hidden_ = parameters.hidden["bias"]
        if "log_precision" in parameters.visible:
            self.log_precision_visible_ = parameters.visible["log_precision"]
        if "log_precision" in parameters.hidden:
            self.log_precision_hidden_ = parameters.hidden["log_precision"]
        if state.chains is not None:
            self.h_samples_ = to_numpy(state.chains)
        self._n_features_out = self.components_.shape[0]
        self._state = state

    def _resumed(self, plan: Recipe) -> State:
        """Return the state to go on from; the public attributes are the truth about the parameters."""
        parameters = self._parameters()
        if hasattr(self, "_state"):
            return replace(self._state, parameters=parameters)
        chains = plan.gradient.init(self._machine(), parameters, plan.batch_size)
        if chains is not None and self.h_samples_.shape == chains.shape:
            chains = to_device(self.h_samples_, self.device)
        return State(parameters, plan.optimizer.init(parameters), chains, epoch=len(self.history_))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def hidden_rows(H: Any, n_units: int, dtype: Any, device: str) -> Rows:
    """Check a matrix of hidden states and return its rows.

    Raises
    ------
    ValueError
        If `H` is not a finite matrix with `n_units` columns.
    """
    H = check_array(H, dtype="numeric")
    if H.shape[1] != n_units:
        raise ValueError(f"H has {H.shape[1]} columns, but the hidden layer has {n_units} units.")
    return Rows(H, dtype, device)
