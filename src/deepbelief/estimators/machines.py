"""Conversion between the public attributes of an RBM, which hold what it has learned, and the core's values."""

import numpy as np

from deepbelief.core.arrays import Array, is_beside, to_numpy
from deepbelief.core.chain_states import own_states, started_from
from deepbelief.core.devices import to_device
from deepbelief.core.holes import completed_rows
from deepbelief.core.optimizers import going_on
from deepbelief.core.progress import Entry, State
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.recipes import Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.stack import Layer
from deepbelief.core.training import no_average
from deepbelief.core.trajectory import begun
from deepbelief.core.trees import tree_map
from deepbelief.core.units import units_named
from deepbelief.errors import DataError
from deepbelief.estimators.annotations import Data, MachineSettings, RandomSource
from deepbelief.estimators.inputs import VisibleInputMixin, rows_with_holes, visible_units_of
from deepbelief.estimators.matrices import first_hole
from deepbelief.estimators.recipes import recipe_for
from deepbelief.estimators.settings import random_streams


class MachineMixin(VisibleInputMixin):
    """For an estimator that is one machine: what it has learned, in public attributes."""

    n_components: int
    random_state: RandomSource
    hidden_: str
    components_: np.ndarray
    h_samples_: np.ndarray
    history_: list[Entry]
    learning_rate_: float
    optimizer_: str
    _state_: State


def parameter_attribute(name: str, side: str) -> str:
    """Return the attribute that holds a parameter of the units of one side, ``"visible"`` or ``"hidden"``.

    Parameters
    ----------
    name : str
        What the unit type calls the parameter, such as ``"bias"``.
    side : {"visible", "hidden"}

    Returns
    -------
    str
        Such as ``"intercept_hidden_"``.
    """
    return f"{'intercept' if name == 'bias' else name}_{side}_"


def machine_of(rbm: MachineMixin) -> Machine:
    """Return the unit types of an RBM that has seen data.

    Parameters
    ----------
    rbm : RBM

    Returns
    -------
    Machine
    """
    hidden = units_named(rbm.hidden_)
    assert hidden is not None  # the setting has been checked
    return Machine(visible_units_of(rbm), hidden)


def layer_of(rbm: MachineMixin, device: str | None = None) -> Layer:
    """Return a fitted RBM as the core wants it, on a device (its own, if None).

    Weights are not copied: ``components_`` is a view of what the core trained, or was loaded, the other way round.

    Parameters
    ----------
    rbm : RBM
    device : str, optional
        That of the RBM if None.

    Returns
    -------
    Layer
    """
    machine = machine_of(rbm)
    visible, hidden = (
        {name: getattr(rbm, parameter_attribute(name, side)) for name in units.parameter_names}
        for side, units in (("visible", machine.visible), ("hidden", machine.hidden))
    )
    parameters = Parameters(np.ascontiguousarray(rbm.components_.T), visible, hidden)
    return Layer(machine, tree_map(lambda array: to_device(array, device or rbm.device), parameters))


def rows_of(estimator: VisibleInputMixin, X: Data) -> Rows:
    """Check data handed to a fitted estimator and return its rows, holes filled in with what it expects there.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    X : array-like or sparse matrix of shape (n_samples, n_features)

    Returns
    -------
    Rows
    """
    return completed_by(estimator, rows_with_holes(estimator, X))


def whole_rows_of(estimator: VisibleInputMixin, X: Data) -> Rows:
    """Check data handed to a fitted estimator and return its rows, but refuse missing values.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    X : array-like or sparse matrix of shape (n_samples, n_features)

    Returns
    -------
    Rows

    Raises
    ------
    DataError
        If a value is missing; the message names the first.
    """
    rows = rows_with_holes(estimator, X)
    if rows.has_holes:
        row, column = first_hole(X)
        raise DataError(
            f"Input X contains NaN at row {row}, column {column}, but how probable a row is can be said of whole rows "
            "only; leave that row out, or fill it in, as impute does."
        )
    return rows


def completed_by(estimator: VisibleInputMixin, rows: Rows) -> Rows:
    """Return rows with their holes filled in by the bottom machine of an estimator.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    rows : Rows

    Returns
    -------
    Rows
    """
    if not rows.has_holes:
        return rows
    net = getattr(estimator, "dbn_", estimator)
    bottom = layer_of(getattr(net, "rbms_", [net])[0], estimator.device)
    return completed_rows(bottom.machine, bottom.parameters, rows)


def arrays_of(rbm: MachineMixin) -> list[np.ndarray]:
    """Return what a fitted RBM is made of, for a fingerprint.

    Parameters
    ----------
    rbm : RBM

    Returns
    -------
    list of ndarray
    """
    parameters = layer_of(rbm, "numpy").parameters
    leaves = parameters.weights, *parameters.visible.values(), *parameters.hidden.values()
    return [to_numpy(leaf) for leaf in leaves]


def recipe_of(rbm: MachineMixin, rows: Rows, n_epochs: int, done: int, settings: MachineSettings) -> Recipe:
    """Return how an RBM learns from these rows, by its own settings or by those of a net that it is a layer of.

    The learning rate of the first fit stays that of those that go on from it, unless they have another optimizer.

    Parameters
    ----------
    rbm : RBM
    rows : Rows
    n_epochs, done : int
        Passes to come, and passes that the machine has made before.
    settings : RBM or DBN
        Whose settings are used.

    Returns
    -------
    Recipe
    """
    is_other = getattr(rbm, "optimizer_", settings.optimizer) != settings.optimizer
    known_rate = None if is_other else getattr(rbm, "learning_rate_", None)
    recipe, rbm.learning_rate_ = recipe_for(
        settings, machine_of(rbm), rows, rbm.n_components, n_epochs, done, known_rate
    )
    rbm.optimizer_ = settings.optimizer
    return recipe


def show_state(rbm: MachineMixin, state: State, seeds: Array) -> None:
    """Show a training state in the public attributes of an RBM.

    `sample` starts from the persistent chains, or else from hidden states given `seeds`, some visible units.

    Parameters
    ----------
    rbm : RBM
    state : State
    seeds : array, shape (n_seeds, n_visible)
        Visible states from which the first hidden states of `sample` are drawn.
    """
    parameters = tree_map(to_numpy, state.parameters)
    rbm.components_ = parameters.weights.T
    for side, learned in (("visible", parameters.visible), ("hidden", parameters.hidden)):
        for name, values in learned.items():
            setattr(rbm, parameter_attribute(name, side), values)
    rbm._state_ = state
    if state.chains is None:
        stream = random_streams(rbm.random_state).stream("h_samples")
        hidden = machine_of(rbm).sample_hidden(state.parameters, seeds, stream)
    else:
        hidden = own_states(state.chains)
    rbm.h_samples_ = to_numpy(hidden)


def resumed_state(rbm: MachineMixin, recipe: Recipe, *, at_rest: bool = False) -> State:
    """Return the state from which an RBM goes on.

    Momentum, and replicas of tempered chains, are lost where another device, another optimizer, or a file, lies between
    two fits; the chains themselves are not.

    Parameters
    ----------
    rbm : RBM
        Fitted.
    recipe : Recipe
    at_rest : bool, default=False
        Without momentum in any case.

    Returns
    -------
    State
    """
    layer = layer_of(rbm)
    chains = recipe.gradient.init(layer.machine, layer.parameters, recipe.batch_size)
    has_chains = chains is not None and rbm.h_samples_.shape == tuple(own_states(chains).shape)
    if chains is not None and has_chains:
        chains = started_from(chains, to_device(rbm.h_samples_, rbm.device))
    optimizer = recipe.optimizer.init(layer.parameters)
    last = None if at_rest else getattr(rbm, "_state_", None)
    if last is not None and is_beside(last.parameters.weights, layer.parameters.weights):
        optimizer = going_on(optimizer, last.optimizer)
        if has_chains and isinstance(chains, dict) and isinstance(last.chains, dict):
            chains = last.chains  # with the replicas, which no attribute shows
    average = no_average(layer.parameters, recipe)
    trajectory = getattr(last, "trajectory", None) if recipe.monitors_likelihood else None
    if recipe.monitors_likelihood and trajectory is None:
        v = layer.machine.reverse(layer.parameters, to_device(rbm.h_samples_, rbm.device))
        trajectory = begun(layer.machine, layer.parameters, v, random_streams(rbm.random_state).scope("trajectory"))
    return State(layer.parameters, optimizer, chains, epoch=len(rbm.history_), average=average, trajectory=trajectory)
