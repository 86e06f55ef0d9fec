"""What classifier and regressor share: pretrained layers, an output layer on top of them, and fine-tuning of the whole.

What that top layer is, a value says: :mod:`deepbelief.core.outputs`.
"""

from collections.abc import Callable, Generator, Iterator
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from deepbelief.core.activations import ACTIVATIONS
from deepbelief.core.finetuning import finetune, losses, truth_of
from deepbelief.core.folding import as_used, normalised, renewed
from deepbelief.core.memory import require_room
from deepbelief.core.network import Layers, Network
from deepbelief.core.phases import FINETUNE, Phase
from deepbelief.core.progress import Epoch, EpochRecord, Midway, State
from deepbelief.core.rates import network_rate
from deepbelief.core.rows import MONITORED_ROWS, Rows
from deepbelief.core.semisupervised import Unlabelled, finetune_semisupervised
from deepbelief.core.spectrum import Spectrum, spectrum, spectrum_of
from deepbelief.core.stack import Layer, lift
from deepbelief.core.unrolling import blank_top, reinitialized, unroll
from deepbelief.estimators.annotations import RandomSource
from deepbelief.estimators.callbacks import CallbackSupportMixin
from deepbelief.estimators.checkpointing import CONSTRAINTS, TrainingLog
from deepbelief.estimators.drafts import take_over
from deepbelief.estimators.early_stopping import best_of
from deepbelief.estimators.exploring import ExploringMixin
from deepbelief.estimators.fine_tuning import finetuning_decay, known_rate, recipe_for, top_recipe
from deepbelief.estimators.fitted import fitted_stack
from deepbelief.estimators.inputs import announced
from deepbelief.estimators.members import Member, MembersMixin
from deepbelief.estimators.net_below import OWN_NAMES, NetBelowMixin
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
PRIOR_VARIANCE = 1.25  # of the weights of a network

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


class FeedForward(CallbackSupportMixin, ExploringMixin, MembersMixin, NetBelowMixin, BaseEstimator):
    """For estimators with the settings of a net, of a top layer and of fine-tuning.

    They say what their top layer is: `_top_phase`, which names its settings (``softmax_epochs``), `_output` and
    `_n_targets`.
    """

    _top_phase: ClassVar[Phase]

    hidden_layer_sizes: ArrayLike
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
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    random_state: RandomSource
    finetune_optimizer_: str

    @property
    def n_outputs_(self) -> int:
        """How many units the top layer has."""
        return self._output().n_units(self._n_targets())

    def _radius(self, rows: Rows) -> float:
        """Return how far rows are moved against the network; 0 for not at all."""
        return 0.0

    def _n_targets(self) -> int:
        """Return how many classes, labels or numbers are predicted. Each estimator says its own."""
        raise NotImplementedError

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

    def _require_room(self, rows: Rows, *, again: bool) -> None:
        """Refuse layers that memory has no room for."""
        own = self.dbn is None
        hidden = layer_sizes(self.hidden_layer_sizes) if own else [rbm.n_components for rbm in self.dbn_.rbms_]
        chains = n_chains(self, len(rows)) if own and not again else 0
        n_outputs = self.n_outputs_
        sizes = [rows.n_features, *hidden]
        room = {"n_chains": chains, "n_outputs": n_outputs, "n_networks": self.n_networks}
        require_room(sizes, len(rows), rows.dtype, rows.device, **room)

    def _grow_network(self, rows: Rows, member: Member) -> tuple[list[Layer], Layers]:
        """Start a network from the net, with an output layer whose weights are zero."""
        self.activation_ = self.activation
        some = rows.spread(MONITORED_ROWS).take(slice(None))
        layers = reinitialized(fitted_stack(self).layers, some, member.streams)
        weights = layers[-1].parameters.weights
        top = blank_top(weights.shape[1], self.n_outputs_, weights)
        member.learn(unroll(layers, top)[1])
        if self._has_joined(member):
            self._join(member)
        return layers, top

    def _train_top(
        self, labelled: Rows, held_out: Rows | None, member: Member, log: TrainingLog, decay: float
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
        recipe = top_recipe(self, len(labelled), rate, n_epochs, decay)
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
        # What "auto" stood for in the first fit, and for the first network, stays.
        elif is_other or not hasattr(self, "learning_rate_"):
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

        `network_of` makes the network of what is trained. A network joins those before it after its last phase: until
        then, their mean is better without it.
        """
        while True:
            try:
                epoch = next(epochs)
            except StopIteration as finished:
                member.learn(network_of(finished.value.parameters))
                if is_last or self._has_joined(member):
                    self._join(member)
                return
            if isinstance(epoch, Epoch) and self._has_joined(member):
                member.learn(network_of(epoch.state.parameters))
                self._join(member)
            yield epoch

    def _rate(
        self, setting: float | str, inputs: list[Spectrum], rows: Rows, gains: list[float] | None = None
    ) -> float:
        """Return the learning rate for layers with these inputs, made of these rows."""
        if not isinstance(setting, str):
            return float(setting)
        batch_size = training_group(self, len(rows))[1] * rows.evenness
        return network_rate(inputs, self._output(), batch_size, self.momentum, gains)

    def _decay(self, n_rows: int, factor: float = 1.0) -> float:
        """Return the weight decay of a network that learns from so many rows.

        `factor` is what ``"auto"`` is multiplied by. For a squared error it is the variance that no network can
        explain, because that is what the error counts for one unit of log-likelihood.
        """
        decay = self.finetune_weight_decay
        return factor / (PRIOR_VARIANCE * n_rows) if isinstance(decay, str) else float(decay)

    def _set_decay_of_parts(self) -> None:
        """Let weights not decay by themselves where nobody knows how many rows there will be."""
        self.finetune_weight_decay_ = 0.0 if isinstance(self.finetune_weight_decay, str) else self._decay(1)

    def _misfits(self) -> dict[str, object]:
        misfits: dict[str, object] = {} if self.activation == self.activation_ else {"activation": self.activation_}
        if self.n_networks < self.n_networks_:  # more can join those that there are
            misfits["n_networks"] = self.n_networks_
        if self.dbn is not None:
            return misfits  # a net that was given brings its own sizes and units, whatever the settings say
        sizes = tuple(len(bias) // self.n_networks_ for bias in self.intercepts_[:-1])
        fits = layer_sizes(self.hidden_layer_sizes) == sizes
        return super()._misfits() | misfits | ({} if fits else {"hidden_layer_sizes": sizes})

    def __sklearn_tags__(self) -> "Tags":
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = tags.input_tags.allow_nan = True
        return tags
