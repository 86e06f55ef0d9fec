"""The same steps, fast: what :class:`~deepbelief.core.ascent.PlainSteps` does, for the commonest machines and networks.

Each kernel passes the conformance tests against the plain steps: the same random numbers give the same parameters.
Where no kernel fits (other units, other optimizers), the reason is returned, and the plain steps are taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from deepbelief.core.activations import Activation, Rectified
from deepbelief.core.ascent import Carry, Steps
from deepbelief.core.centring import Centre
from deepbelief.core.gradients import ContrastiveDivergence, PersistentContrastiveDivergence
from deepbelief.core.kernels.engine import Engine, engine_for
from deepbelief.core.kernels.host_learning import AdamLearner, Learner, MomentumLearner, NetworkArrays
from deepbelief.core.kernels.host_machine import HostMachineSteps
from deepbelief.core.kernels.host_network import HostNetworkSteps
from deepbelief.core.kernels.host_network_layers import HostLayers, MakeLayers
from deepbelief.core.kernels.host_regularized import HostRegularizedSteps
from deepbelief.core.kernels.host_semisupervised import HostSemisupervisedSteps
from deepbelief.core.kernels.plan import Plan
from deepbelief.core.network import Network
from deepbelief.core.optimizers import Adam, Chain, LearningRate, Momentum, WeightDecay
from deepbelief.core.outputs import Softmax
from deepbelief.core.progress import State
from deepbelief.core.randomness import Stream
from deepbelief.core.rbm import Machine
from deepbelief.core.recipes import Consistency, FineTuning, Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.units import UNITS, Bernoulli


@dataclass(frozen=True)
class NoKernel:
    """There is no kernel for what is to be trained.

    Parameters
    ----------
    reason : str
        Why.
    """

    reason: str


def machine_steps(
    machine: Machine,
    recipe: Recipe,
    rows: Rows,
    order: np.ndarray,
    state: State,
    carried: Carry,
    centre: Centre | None,
    sampling: Stream,
    greys: Stream,
) -> Steps | NoKernel:
    """Return the kernel for contrastive divergence, persistent or not.

    Parameters
    ----------
    machine : Machine
    recipe : Recipe
    rows : Rows
    order : ndarray of int, shape (n_rows,)
        In which the epoch takes the rows.
    state : State
    carried : dict of array
        What each step hands to the next one.
    centre : Centre or None
        What gradients are centred by; None where they are not.
    sampling, greys : Stream
        For the chains, and for making binary values of grey ones.

    Returns
    -------
    Steps or NoKernel
    """
    match recipe.gradient:
        case ContrastiveDivergence(n_steps, sample_everything=False):
            persistent = False
        case PersistentContrastiveDivergence(n_steps, sample_everything=False):
            persistent = True
        case ContrastiveDivergence() | PersistentContrastiveDivergence():
            return NoKernel("no kernel samples everything")
        case other:
            return NoKernel(f"no kernel for the gradient {type(other).__name__}")
    plan = _plan(recipe, rows, order, centre)
    if isinstance(plan, NoKernel):
        return plan
    drawn = greys if recipe.binarized else None
    if rows.device == "numpy":
        if reason := _is_for_plain_steps(machine, recipe, rows, state):
            return NoKernel(reason)
        return HostMachineSteps(machine, plan, state, carried, sampling, n_steps, greys=drawn, persistent=persistent)
    for units, layer in ((machine.visible, "visible"), (machine.hidden, "hidden")):
        if units != Bernoulli():
            return NoKernel(f"no kernel for {_name(units)} {layer} units on torch devices")
    from deepbelief.core.kernels.torch_machine import TorchMachineSteps

    return TorchMachineSteps(plan, state, carried, sampling, n_steps, greys=drawn, persistent=persistent)


def _is_for_plain_steps(machine: Machine, recipe: Recipe, rows: Rows, state: State) -> str:
    """Return why only the plain steps do this on the host; nothing if the kernel does."""
    counts_lengths = machine.visible.bias_share is not None
    if recipe.execution.group.size > 1 and (counts_lengths or machine.hidden.slope_grows):
        return "no kernel for these units in several processes"
    if rows.has_holes and (counts_lengths or len(state.parameters.visible) > 1):
        return f"no kernel for rows with holes of {_name(machine.visible)} visible units"
    return ""


def network_steps(
    network: Network,
    recipe: FineTuning,
    rows: Rows,
    order: np.ndarray,
    state: State,
    carried: Carry,
    centre: Centre | None,
    noise: Stream,
) -> Steps | NoKernel:
    """Return the kernel for backpropagation through logistic or rectified units, without dropout.

    Parameters
    ----------
    network : Network
    recipe : FineTuning
    rows : Rows
    order : ndarray of int, shape (n_rows,)
        In which the epoch takes the rows.
    state : State
    carried : dict of array
        What each step hands to the next one.
    centre : Centre or None
        What gradients are centred by; None where they are not.
    noise : Stream
        Of all that is random in a step.

    Returns
    -------
    Steps or NoKernel
    """
    if recipe.dropout or recipe.input_dropout:
        return NoKernel("no kernel for dropout")
    if reason := _is_of_other_units(network):
        return NoKernel(reason)
    plan = _plan(recipe, rows, order, centre)
    if what := _beyond_plain_descent(network, recipe, state):
        return _regularized_steps(what, network, recipe, rows, order, state, carried, centre, noise)
    if isinstance(plan, NoKernel):
        return plan
    if rows.device == "numpy":
        return HostNetworkSteps(plan, state, carried, network.output)
    if network.output != Softmax():
        return NoKernel(f"no kernel for {type(network.output).__name__} outputs on torch devices")
    from deepbelief.core.kernels.torch_network import TorchNetworkSteps

    return TorchNetworkSteps(plan, state, carried)


def _beyond_plain_descent(network: Network, recipe: FineTuning, state: State) -> str:
    """Return what makes learning other than descent through logistic units with momentum; nothing if that is all."""
    if Rectified() in network.hidden:
        return "rectified units"
    if recipe.radius:
        return "adversarial rows"
    if recipe.mixup:
        return "mixed rows"
    if recipe.input_noise or recipe.distortion is not None:
        return "noise or distortions of the rows"
    if state.parameters.gains:
        return "batch normalisation"
    match recipe.optimizer:
        case Chain((WeightDecay(), Adam())):
            return "Adam"
    return ""


def _regularized_steps(
    what: str,
    network: Network,
    recipe: FineTuning,
    rows: Rows,
    order: np.ndarray,
    state: State,
    carried: Carry,
    centre: Centre | None,
    noise: Stream,
) -> Steps | NoKernel:
    """Return the kernel of one process for what makes learning harder, and for Adam."""
    if recipe.execution.group.size > 1:
        return NoKernel(f"no kernel for {what} in several processes")
    engine = engine_for(state.parameters.weights[0].dtype)
    layers = _host_layers(what, network, recipe, rows, state, centre, engine)
    if isinstance(layers, NoKernel):
        return layers
    return HostRegularizedSteps(engine, layers, rows, order, carried, recipe, noise)


def _host_layers(
    what: str, network: Network, recipe: FineTuning, rows: Rows, state: State, centre: Centre | None, engine: Engine
) -> MakeLayers | NoKernel:
    """Return what makes the layers that learn on the host, in kernels for what makes learning harder."""
    if rows.device != "numpy":
        return NoKernel(f"no kernel for {what} on torch devices")
    if network.output != Softmax():
        return NoKernel(f"no kernel for {what} and {type(network.output).__name__} outputs")
    if centre is not None:
        return NoKernel(f"no kernel for {what} and centred gradients")
    learner: Callable[[NetworkArrays], Learner]
    match recipe.optimizer:
        case Chain((WeightDecay() as decay, Adam() as adam)):
            learner = partial(AdamLearner, engine, adam, decay, state.optimizer)
        case Chain((WeightDecay() as decay, LearningRate(rate), Momentum(momentum))):
            learner = partial(MomentumLearner, engine, rate, momentum, decay, state.optimizer)
        case _:
            return NoKernel("no kernel for this optimizer")
    return partial(HostLayers, engine, state, learner, Rectified() in network.hidden)


def semisupervised_steps(
    network: Network,
    recipe: FineTuning,
    labelled: Rows,
    rows: Rows,
    order: np.ndarray,
    sizes: tuple[int, int],
    state: State,
    carried: Carry,
    centre: Centre | None,
    consistency: Consistency,
    draws: tuple[Stream, Stream],
) -> Steps | NoKernel:
    """Return the kernel for backpropagation with few labels, see :mod:`~deepbelief.core.semisupervised`.

    Parameters
    ----------
    network : Network
    recipe : FineTuning
    labelled : Rows
        With labels.
    rows : Rows
        Of all kinds, with guessed labels.
    order : ndarray of int, shape (n_rows,)
        In which the epoch takes the rows of all kinds.
    sizes : (int, int)
        Rows of a step: with labels, and of all kinds.
    state : State
    carried : dict of array
        What each step hands to the next one.
    centre : Centre or None
        What gradients are centred by; None where they are not.
    consistency : Consistency
    draws : (Stream, Stream)
        Which rows with labels a step has, and where the search for directions begins.

    Returns
    -------
    Steps or NoKernel
    """
    if reason := _is_of_other_units(network):
        return NoKernel(reason)
    engine = engine_for(state.parameters.weights[0].dtype)
    layers = _host_layers("unlabelled rows", network, recipe, rows, state, centre, engine)
    if isinstance(layers, NoKernel):
        return layers
    return HostSemisupervisedSteps(engine, layers, labelled, rows, order, *sizes, carried, consistency, *draws)


def _is_of_other_units(network: Network) -> str:
    """Return why there is no kernel for the hidden units of a network; nothing if there is."""
    for units in network.hidden:
        if units not in (Bernoulli(), Rectified()) or units != network.hidden[0]:
            return f"no kernel for {_name(units)} hidden units"
    return ""


def _name(units: Activation) -> str:
    """Return what users call a unit type."""
    return next((name for name, known in UNITS.items() if known == units), type(units).__name__.lower())


def _plan(recipe: Recipe | FineTuning, rows: Rows, order: np.ndarray, centre: Centre | None) -> Plan | NoKernel:
    match recipe.optimizer:
        case Chain((WeightDecay() as decay, LearningRate(rate), Momentum(momentum))):
            return Plan(rows, order, recipe.batch_size, rate, momentum, decay, recipe.execution.group, centre)
    return NoKernel("no kernel for this optimizer")
