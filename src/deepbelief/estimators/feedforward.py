"""What classifier and regressor share: pretrained layers, an output layer on top of them, and fine-tuning of the whole.

What that top layer is, a value says: :mod:`deepbelief.core.outputs`.
"""

from collections.abc import Callable, Generator, Iterator
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from deepbelief.core.activations import ACTIVATIONS
from deepbelief.core.arrays import to_numpy
from deepbelief.core.devices import to_device
from deepbelief.core.finetuning import finetune, losses, truth_of
from deepbelief.core.folding import as_used, normalised, renewed
from deepbelief.core.memory import require_room
from deepbelief.core.network import Layers, Network
from deepbelief.core.outputs import Output
from deepbelief.core.phases import FINETUNE, Phase
from deepbelief.core.progress import Entry, Epoch, EpochRecord, Midway, State
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rates import network_rate
from deepbelief.core.rows import MONITORED_ROWS, Rows
from deepbelief.core.semisupervised import Unlabelled, finetune_semisupervised
from deepbelief.core.side_by_side import joined, parted
from deepbelief.core.spectrum import Spectrum, spectrum, spectrum_of
from deepbelief.core.stack import Layer, lift
from deepbelief.core.trees import tree_map
from deepbelief.core.unrolling import blank_top, reinitialized, unroll
from deepbelief.errors import DataError
from deepbelief.estimators.annotations import Data, RandomSource, RowWeights
from deepbelief.estimators.callbacks import CallbackSupportMixin
from deepbelief.estimators.checkpointing import CONSTRAINTS, TrainingLog
from deepbelief.estimators.dbn import DBN, STACK_PASSES
from deepbelief.estimators.drafts import draft_of, take_over
from deepbelief.estimators.early_stopping import best_of
from deepbelief.estimators.exploring import ExploringMixin
from deepbelief.estimators.fine_tuning import finetuning_decay, known_rate, recipe_for, require_consistent, top_recipe
from deepbelief.estimators.fitted import fitted_stack
from deepbelief.estimators.inputs import VisibleInputMixin, announced, mapped, share_input
from deepbelief.estimators.layerwise import learn_layers
from deepbelief.estimators.machines import arrays_of, rows_of
from deepbelief.estimators.members import Member
from deepbelief.estimators.overfitting import before_overfitting
from deepbelief.estimators.settings import (
    PENALTY,
    POSITIVE_INTEGER,
    SHARE,
    TRAINING_CONSTRAINTS,
    VISIBLE,
    Constraints,
    Passes,
    layer_sizes,
    n_chains,
    n_passes,
    training_group,
)

if TYPE_CHECKING:
    from sklearn.utils import Tags

TOP_PASSES = Passes(10)
FINETUNING_PASSES = Passes(10, steps=4000)
NORMALISED_PASSES = Passes(30, steps=4000)  # with which a network goes on getting better for longer
SEVERAL_PASSES = Passes(20, steps=4000)  # of each of several normalised networks
DISTORTED_PASSES = Passes(60, steps=4000)  # over pictures that are never twice the same
PRIOR_VARIANCE = 1.25  # of the weights of a network

# Settings of the net that have another name here; all others have the same name, and reach the net by it.
OWN_NAMES = {
    "learning_rate": "pretrain_learning_rate",
    "n_iter": "pretrain_epochs",
    "weight_decay": "pretrain_weight_decay",
    "learning_rate_schedule": "pretrain_learning_rate_schedule",
}
# Settings of both that say nothing to the net: they are those of the fit.
NOT_THE_NETS = {"verbose", "warm_start", *CONSTRAINTS}
NETWORK_CONSTRAINTS: Constraints = {
    "hidden_layer_sizes": ["array-like", *POSITIVE_INTEGER],
    **{OWN_NAMES.get(name, name): takes for name, takes in TRAINING_CONSTRAINTS.items()},
    "learning_rate_schedule": TRAINING_CONSTRAINTS["learning_rate_schedule"],
    "finetune_epochs": TRAINING_CONSTRAINTS["n_iter"],
    "finetune_learning_rate": TRAINING_CONSTRAINTS["learning_rate"],
    "finetune_weight_decay": [StrOptions({"auto"}), *PENALTY],
    "activation": [StrOptions(set(ACTIVATIONS))],
    "dropout": SHARE,
    "input_dropout": SHARE,
    "input_noise": PENALTY,
    "batch_normalization": ["boolean"],
    "finetune_optimizer": TRAINING_CONSTRAINTS["optimizer"],
    "finetune_max_norm": TRAINING_CONSTRAINTS["max_norm"],
    "augment": [None, str],
    "n_networks": POSITIVE_INTEGER,
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "n_iter_no_change": POSITIVE_INTEGER,
    "visible": VISIBLE,
    "dbn": [None, HasMethods("transform")],
    **CONSTRAINTS,
}


class FeedForward(CallbackSupportMixin, ExploringMixin, VisibleInputMixin, BaseEstimator):
    """For estimators with the settings of a net, of a top layer and of fine-tuning.

    They say what their top layer is: `_top_phase`, which names its settings (``softmax_epochs``), `_output` and
    `_n_targets`.
    """

    _top_phase: ClassVar[Phase]

    hidden_layer_sizes: ArrayLike
    pretrain_epochs: int | str
    pretrain_weight_decay: float | str
    finetune_epochs: int | str
    finetune_learning_rate: float | str
    finetune_optimizer: str
    finetune_weight_decay: float | str
    learning_rate_schedule: str
    pretrain_learning_rate_schedule: str
    momentum: float
    centered: bool
    activation: str
    dropout: float
    input_dropout: float
    batch_normalization: bool
    augment: str | None
    n_networks: int
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    dbn: DBN | FrozenEstimator | None
    random_state: RandomSource
    dbn_: DBN
    history_: list[Entry]
    activation_: str
    finetune_optimizer_: str
    n_networks_: int
    top_biases_: np.ndarray
    coefs_: list[np.ndarray]
    intercepts_: list[np.ndarray]

    @property
    def n_outputs_(self) -> int:
        """How many units the top layer has."""
        return self._output().n_units(self._n_targets())

    def _output(self) -> Output:
        """Return the kind of the top layer. Each estimator says its own."""
        raise NotImplementedError

    def _finetuning_passes(self, n_rows: int, *, few_labels: bool = False) -> int:
        """Return the number of passes that fine-tune a network, whether or not rows without labels take part."""
        automatic = NORMALISED_PASSES if self.batch_normalization else FINETUNING_PASSES
        if self.batch_normalization and not few_labels:
            if self.augment is not None:
                automatic = DISTORTED_PASSES
            elif self.n_networks > 1:
                automatic = SEVERAL_PASSES
        return n_passes(self, self.finetune_epochs, automatic, n_rows)

    def _pretraining_decay(self, n_rows: int) -> float | str:
        """Return the weight decay of the layers that are pretrained on so many rows."""
        return self.pretrain_weight_decay

    def _radius(self, rows: Rows) -> float:
        """Return how far rows are moved against the network; 0 for not at all."""
        return 0.0

    def _n_targets(self) -> int:
        """Return how many classes, labels or numbers are predicted. Each estimator says its own."""
        raise NotImplementedError

    @classmethod
    def from_dbn(cls, dbn: DBN, **settings: Any) -> Self:
        """Return an estimator that starts from a fitted net instead of pretraining one.

        Parameters
        ----------
        dbn : DBN
            Fitted. It is not changed, and stays as it is when the estimator is cloned, so that a grid search over
            fine-tuning pretrains once.
        **settings
            Settings of the estimator.

        Returns
        -------
        estimator
            Not fitted yet.
        """
        check_is_fitted(dbn)
        inherited = {
            "hidden_layer_sizes": dbn.hidden_layer_sizes,
            "visible": dbn.visible,
            "device": dbn.device,
            "precision": dbn.precision,
        }
        return cls(**{**inherited, **settings, "dbn": FrozenEstimator(dbn)})

    # --- learning -----------------------------------------------------------------------------------------------------

    def _following(self, draft: Self, epochs: Iterator[Epoch]) -> Iterator[Epoch]:
        """Pass epochs on, each when this estimator has taken over what the draft has learned, if it is whole."""
        for epoch in announced(self, epochs):
            if hasattr(draft, "coefs_"):
                take_over(self, draft)
            yield epoch
        take_over(self, draft)

    def _exhaust(self, epochs: Iterator[Epoch | Midway], log: TrainingLog) -> None:
        for _ in announced(self, log.watch(epochs)):
            pass

    def _rows_to_learn(self, X: Data, *, first: bool, sample_weight: RowWeights) -> Rows:
        """Check training data and return their rows, each once; the `first` time, learn what the units see of them."""
        rows = self._checked_rows(X, first=first, sample_weight=sample_weight)
        require_consistent(self, rows)
        return rows

    def _checked_rows(self, X: Data, *, first: bool, sample_weight: RowWeights) -> Rows:
        if not first or self.dbn is None:
            return self._learned_from(self._learn_input(X, first=first, sample_weight=sample_weight))
        self._check_device()
        given, X = X, self._checked(X, reset=True)
        self._start_from(self.dbn)
        self._warn_of_another_scale(X)
        self._require_taken(X, given)
        return self._learned_from(X)

    def _net_given(self) -> list[np.ndarray] | None:
        """Return what the net that was given is made of, for a fingerprint."""
        return None if self.dbn is None else [array for rbm in self.dbn_.rbms_ for array in arrays_of(rbm)]

    def _require_room(self, rows: Rows, *, again: bool) -> None:
        """Refuse layers that memory has no room for."""
        own = self.dbn is None
        hidden = layer_sizes(self.hidden_layer_sizes) if own else [rbm.n_components for rbm in self.dbn_.rbms_]
        chains = n_chains(self, len(rows)) if own and not again else 0
        n_outputs = self.n_outputs_
        sizes = [rows.n_features, *hidden]
        room = {"n_chains": chains, "n_outputs": n_outputs, "n_networks": self.n_networks}
        require_room(sizes, len(rows), rows.dtype, rows.device, **room)

    def _start_from(self, dbn: DBN | FrozenEstimator) -> None:
        """Take over a fitted net, and with it the scale and the dtype of the data it was trained on."""
        net = _thawed(dbn)
        check_is_fitted(net)
        if net.n_features_in_ != self.n_features_in_:
            raise DataError(f"X has {self.n_features_in_} features, but the net was trained on {net.n_features_in_}.")
        self.dbn_ = draft_of(net, first=False)  # a copy: when its owner fits the net again, the model keeps this one
        share_input(net, self)

    def _pretrain(
        self, rows: Rows, held_out: Rows | None, streams: RandomStreams, log: TrainingLog
    ) -> Iterator[Epoch | Midway]:
        if self.dbn is not None:
            return
        names = [name for name in DBN().get_params(deep=False) if name not in NOT_THE_NETS]
        settings = {name: getattr(self, OWN_NAMES.get(name, name)) for name in names}
        self.dbn_ = DBN(**settings | {"weight_decay": self._pretraining_decay(len(rows))})
        share_input(self, self.dbn_)
        n_epochs = n_passes(self, self.pretrain_epochs, STACK_PASSES, len(rows))
        yield from learn_layers(self.dbn_, rows, n_epochs, log, first=True, held_out=held_out)

    def _members(self, streams: RandomStreams, *, again: bool) -> list[Member]:
        """Return the networks to be trained one after another; the first has the random numbers of a single one."""
        learned: list[Layers] = []
        if again:
            learned = parted(self._network_layers(), [to_device(bias, self.device) for bias in self.top_biases_])
        scopes = [streams.scope("network", index) if index else streams for index in range(self.n_networks)]
        return [Member(index, scope, learned) for index, scope in enumerate(scopes)]

    def _grow_network(self, rows: Rows, member: Member) -> tuple[list[Layer], Layers]:
        """Start a network from the net, with an output layer whose weights are zero."""
        self.activation_ = self.activation
        some = rows.spread(MONITORED_ROWS).take(slice(None))
        layers = reinitialized(fitted_stack(self).layers, some, member.streams)
        weights = layers[-1].parameters.weights
        top = blank_top(weights.shape[1], self.n_outputs_, weights)
        self._learned(member, unroll(layers, top)[1], is_done=False)
        return layers, top

    def _train_top(
        self, labelled: Rows, held_out: Rows | None, member: Member, log: TrainingLog
    ) -> Iterator[Epoch | Midway]:
        """Grow a network and train its top layer alone: softmax or linear regression on the activations below it."""
        layers, blank = self._grow_network(labelled, member)
        phase, output = self._top_phase, self._output()
        upward = partial(self._network().top_input, unroll(layers, blank)[1])
        inputs = lift(layers, labelled, upward)
        held_out_inputs = None if held_out is None else lift(layers, held_out, upward)
        n_epochs = n_passes(self, getattr(self, f"{phase.name}_epochs"), TOP_PASSES, len(labelled))
        rate = self._rate(getattr(self, f"{phase.name}_learning_rate"), [spectrum_of(inputs)], labelled)
        setattr(self, f"{phase.name}_epochs_", n_epochs)
        setattr(self, f"{phase.name}_learning_rate_", rate)
        recipe = top_recipe(self, len(labelled), rate, n_epochs)
        state = State(blank, recipe.optimizer.init(blank))
        epochs = finetune(
            Network(output=output),
            inputs,
            state,
            recipe,
            member.streams.scope(phase.name),
            place=member.place(phase),
            held_out=held_out_inputs,
            pauses=log.pauses,
        )
        yield from self._adopting(epochs, member, lambda top: unroll(layers, top)[1])

    def _finetune(
        self,
        labelled: Rows,
        held_out: Rows | None,
        member: Member,
        n_epochs: int,
        log: TrainingLog,
        unlabelled: Unlabelled | None = None,
        unseen: Rows | None = None,
    ) -> Iterator[Epoch | Midway]:
        """Train a whole network by backpropagation, going on from what it has learned.

        `held_out` are rows that each pass is measured on, and that early stopping goes by. `unseen` are rows that say
        whether the last passes learned noise by heart, see :mod:`~deepbelief.estimators.overfitting`.
        """
        place = member.place(FINETUNE)
        done = sum(EpochRecord.of_entry(entry).place == place for entry in self.history_[: log.n_before])
        learned_from = unlabelled.rows if unlabelled else labelled
        layers, network = member.layers, self._network()
        rate = known_rate(self, unlabelled is not None)
        is_other = getattr(self, "finetune_optimizer_", self.finetune_optimizer) != self.finetune_optimizer
        if rate is not None:
            self.learning_rate_ = rate
        elif is_other or not hasattr(self, "learning_rate_"):  # what "auto" stood for in the first fit stays
            some = labelled.spread(MONITORED_ROWS)
            x, truth = some.take(slice(None)), truth_of(network, some.labels, layers)
            inputs = [spectrum(each) for each in network.layer_inputs(layers, x)]
            gains = network.error_gains(layers, x, truth)
            self.learning_rate_ = self._rate(self.finetune_learning_rate, inputs, learned_from, gains)
        self.n_iter_, self.finetune_optimizer_ = n_epochs, self.finetune_optimizer
        if unlabelled is None:
            self.finetune_weight_decay_ = finetuning_decay(self, len(labelled))
        recipe = recipe_for(self, learned_from, self.learning_rate_, n_epochs, done, self._radius(learned_from))
        if self.batch_normalization:
            begins = self.activation == "relu" and done == 0
            layers = renewed(layers) if begins else normalised(network, layers, learned_from)
        state = State(layers, recipe.optimizer.init(layers), epoch=done)
        scope = member.streams.scope(FINETUNE.name)
        common: dict[str, Any] = {"place": place, "held_out": held_out, "pauses": log.pauses}
        if unlabelled is None:
            epochs = finetune(network, labelled, state, recipe, scope, **common)
        else:
            epochs = finetune_semisupervised(network, labelled, unlabelled, state, recipe, scope, **common)
        used_of = partial(as_used, network, rows=learned_from)
        if self.early_stopping and held_out:
            epochs = best_of(epochs, state, place, self.n_iter_no_change, log)
        elif unseen:
            epochs = before_overfitting(
                epochs, state, place, lambda s: losses(network, used_of(s.parameters), unseen), log
            )
        yield from self._adopting(epochs, member, used_of, is_last=True)

    def _adopting(
        self,
        epochs: Generator[Epoch | Midway, None, State],
        member: Member,
        network_of: Callable[[Layers], Layers],
        *,
        is_last: bool = False,
    ) -> Iterator[Epoch | Midway]:
        """Pass epochs on, each when the network is as it was left by it; in the end, adopt the state they return.

        `network_of` makes the network of what is trained. After the last phase of a network it is done.
        """
        while True:
            try:
                epoch = next(epochs)
            except StopIteration as finished:
                self._learned(member, network_of(finished.value.parameters), is_done=is_last)
                return
            if isinstance(epoch, Epoch):
                self._learned(member, network_of(epoch.state.parameters), is_done=False)
            yield epoch

    def _rate(
        self, setting: float | str, inputs: list[Spectrum], rows: Rows, gains: list[float] | None = None
    ) -> float:
        """Return the learning rate for layers with these inputs, made of these rows."""
        if not isinstance(setting, str):
            return float(setting)
        batch_size = training_group(self, len(rows))[1] * rows.evenness
        return network_rate(inputs, self._output(), batch_size, self.momentum, gains)

    def _set_decay(self, n_rows: int | None, factor: float = 1.0) -> None:
        """Choose the weight decay of a network that learns from so many rows; None if that is not known.

        `factor` is what ``"auto"`` is multiplied by. For a squared error it is the variance that no network can
        explain, because that is what the error counts for one unit of log-likelihood.
        """
        decay = self.finetune_weight_decay
        if isinstance(decay, str):
            decay = factor / (PRIOR_VARIANCE * n_rows) if n_rows else 0.0
        self.finetune_weight_decay_ = float(decay)

    def _answers(self, X: Data) -> np.ndarray:
        """Return what the network says of rows, see :meth:`Network.answers`."""
        check_is_fitted(self)
        network, layers = self._network(), self._network_layers()
        return mapped(lambda x: network.answers(layers, x), rows_of(self, X))

    # --- between attributes and core ----------------------------------------------------------------------------------

    def _require_unchanged(self) -> None:
        if self.dbn is not None and getattr(_thawed(self.dbn), "rbms_", None) != self.dbn_.rbms_:
            raise ValueError(
                "dbn is not the net that the model was fitted with, or has been fitted again since; set dbn=None to go "
                "on learning, or fit anew with warm_start=False."
            )
        super()._require_unchanged()

    def _misfits(self) -> dict[str, object]:
        misfits: dict[str, object] = {} if self.activation == self.activation_ else {"activation": self.activation_}
        if self.n_networks < self.n_networks_:  # more can join those that there are
            misfits["n_networks"] = self.n_networks_
        if self.dbn is not None:
            return misfits  # a net that was given brings its own sizes and units, whatever the settings say
        sizes = tuple(len(bias) // self.n_networks_ for bias in self.intercepts_[:-1])
        fits = layer_sizes(self.hidden_layer_sizes) == sizes
        return super()._misfits() | misfits | ({} if fits else {"hidden_layer_sizes": sizes})

    def _network(self) -> Network:
        return Network((ACTIVATIONS[self.activation_],) * (len(self.coefs_) - 1), self._output())

    def _network_layers(self) -> Layers:
        layers = Layers(tuple(self.coefs_), tuple(self.intercepts_))
        return tree_map(lambda array: to_device(array, self.device), layers)

    def _learned(self, member: Member, layers: Layers, *, is_done: bool) -> None:
        """Take over what a network has learned: the answer is the mean of all networks that there are by then.

        A network joins those before it when it is done: until then, their mean is better without it.
        """
        member.learn(layers)
        if member.index and not is_done:
            return
        self.n_networks_ = len(member.networks)
        self.top_biases_ = np.stack([to_numpy(network.biases[-1]) for network in member.networks])
        self._adopt(joined(member.networks))

    def _adopt(self, layers: Layers) -> None:
        self.coefs_ = [_without_traces(to_numpy(weights)) for weights in layers.weights]
        self.intercepts_ = [to_numpy(bias) for bias in layers.biases]

    def __sklearn_tags__(self) -> "Tags":
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = tags.input_tags.allow_nan = True
        return tags


def _thawed(dbn: DBN | FrozenEstimator) -> DBN:
    """Return the net that the setting `dbn` holds."""
    return dbn.estimator if isinstance(dbn, FrozenEstimator) else dbn


def _without_traces(weights: np.ndarray) -> np.ndarray:
    """Return weights in which the smallest ones are zero: less than 1e-20 of the largest.

    Adam shrinks the weights of units that never fire so far that they become subnormal numbers. Processors take many
    times longer for these, in predictions and when the network goes on learning.
    """
    magnitudes = abs(weights)
    return np.where(magnitudes < 1e-20 * magnitudes.max(initial=0), 0, weights).astype(weights.dtype, copy=False)
