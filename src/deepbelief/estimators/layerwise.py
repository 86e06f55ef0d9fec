"""Greedy layer-wise training, for ``DBN`` and for the net inside ``DBNClassifier`` and ``DBNRegressor``."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from deepbelief.core.phases import PRETRAIN
from deepbelief.core.progress import Epoch, Midway
from deepbelief.core.rows import Rows
from deepbelief.core.stack import LayerSpec, train_stack
from deepbelief.estimators.checkpointing import TrainingLog
from deepbelief.estimators.drafts import draft_of
from deepbelief.estimators.inputs import dtypes_of, give_input, share_input
from deepbelief.estimators.machines import layer_of, machine_of, recipe_of, resumed_state, show_state
from deepbelief.estimators.rbm import RBM
from deepbelief.estimators.scaling import Scaling
from deepbelief.estimators.settings import layer_sizes, n_chains, random_streams, seed_rows

if TYPE_CHECKING:
    from deepbelief.estimators.dbn import DBN


def learn_layers(
    net: "DBN", rows: Rows, n_epochs: int, log: TrainingLog, *, first: bool, held_out: Rows | None = None
) -> Iterator[Epoch | Midway]:
    """Train the layers of a net on rows, from the bottom up; in the end, give it what they have learned.

    Parameters
    ----------
    net : DBN
        It knows what its input is.
    rows : Rows, shape (n_rows, n_features)
    n_epochs : int
        Of each layer.
    log : TrainingLog
    first : bool
        The net has no layers yet; otherwise its layers go on learning.
    held_out : Rows, optional
        Rows to measure each layer on, not trained on.

    Yields
    ------
    Epoch, Midway
    """
    streams = random_streams(net.random_state)
    rbms = _blank_rbms(net, rows.n_features) if first else _resumed_rbms(net)
    specs = []
    for rbm in rbms:
        done = 0 if first else len(rbm.history_)
        recipe = partial(recipe_of, rbm, n_epochs=n_epochs, done=done, settings=net)
        resumed = None if first else partial(resumed_state, rbm)
        specs.append(LayerSpec(machine_of(rbm), rbm.n_components, recipe, resumed))
    chains = n_chains(net, len(rows))
    states = yield from train_stack(specs, rows, streams, held_out=held_out, n_chains=chains, pauses=log.pauses)
    history = [entry for entry in log.history if entry["phase"] == PRETRAIN.name]
    seeds = seed_rows(rows, streams)
    for index, (rbm, state) in enumerate(zip(rbms, states, strict=True)):
        rbm.history_ = [entry for entry in history if entry["layer"] == index]
        rbm.n_iter_ = n_epochs
        show_state(rbm, state, seeds)
        layer = layer_of(rbm)
        seeds = layer.machine.forward(layer.parameters, seeds)
    net.rbms_, net.history_, net.n_iter_ = rbms, history, n_epochs
    net.learning_rate_ = tuple(rbm.learning_rate_ for rbm in rbms)


def _blank_rbms(net: "DBN", n_features: int) -> list[RBM]:
    """Return machines that have learned nothing yet but what their visible units are."""
    own = {"hidden_layer_sizes", "checkpoint", "checkpoint_interval"}
    shared = {name: value for name, value in net.get_params(deep=False).items() if name not in own}
    rbms: list[RBM] = []
    for size in layer_sizes(net.hidden_layer_sizes):
        rbm = RBM(**{**shared, "n_components": size, "visible": "bernoulli" if rbms else net.visible})
        if rbms:
            give_input(rbm, dtypes=dtypes_of(net), visible="bernoulli", n_features=n_features, scaling=Scaling())
        else:
            share_input(net, rbm)
        rbm.hidden_ = rbm.hidden
        rbms.append(rbm)
        n_features = size
    return rbms


def _resumed_rbms(net: "DBN") -> list[RBM]:
    """Return copies of the machines, to go on with on what may be another device."""
    return [draft_of(rbm, first=False).set_params(device=net.device) for rbm in net.rbms_]
