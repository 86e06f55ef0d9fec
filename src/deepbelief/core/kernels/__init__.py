"""The same steps, fast: what :class:`~deepbelief.core.ascent.PlainSteps` does, for the commonest machines and networks.

Each kernel passes the conformance tests against the plain steps: the same random numbers give the same parameters.
Where no kernel fits (other units, other optimizers), None is returned and the plain steps are taken.
"""

import numpy as np

from deepbelief.core.ascent import Carry, Steps
from deepbelief.core.centring import Centre
from deepbelief.core.gradients import ContrastiveDivergence, PersistentContrastiveDivergence
from deepbelief.core.kernels.host_machine import HostMachineSteps
from deepbelief.core.kernels.host_network import HostNetworkSteps
from deepbelief.core.kernels.plan import Plan
from deepbelief.core.network import Network
from deepbelief.core.optimizers import Chain, LearningRate, Momentum, WeightDecay
from deepbelief.core.progress import State
from deepbelief.core.randomness import Stream
from deepbelief.core.rbm import Machine
from deepbelief.core.recipes import FineTuning, Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.units import Bernoulli, Gaussian


def machine_steps(
    machine: Machine,
    recipe: Recipe,
    rows: Rows,
    order: np.ndarray,
    state: State,
    carried: Carry,
    centre: Centre | None,
    sampling: Stream,
) -> Steps | None:
    """Return the kernel for contrastive divergence, persistent or not, with Bernoulli hidden units."""
    match recipe.gradient:
        case ContrastiveDivergence(n_steps, sample_everything=False):
            persistent = False
        case PersistentContrastiveDivergence(n_steps, sample_everything=False):
            persistent = True
        case _:
            return None
    if rows.weights is not None:
        return None
    plan = _plan(recipe, rows, order, centre)
    is_gaussian = machine == Machine(Gaussian(), Bernoulli())
    if plan is None or not (is_gaussian or machine == Machine(Bernoulli(), Bernoulli())):
        return None
    if rows.device == "numpy":
        return HostMachineSteps(plan, state, carried, sampling, n_steps, persistent=persistent, gaussian=is_gaussian)
    if is_gaussian or rows.has_holes:
        return None
    from deepbelief.core.kernels.torch_machine import TorchMachineSteps

    return TorchMachineSteps(plan, state, carried, sampling, n_steps, persistent=persistent)


def network_steps(
    network: Network,
    recipe: FineTuning,
    rows: Rows,
    order: np.ndarray,
    state: State,
    carried: Carry,
    centre: Centre | None,
) -> Steps | None:
    """Return the kernel for backpropagation through Bernoulli means, without dropout."""
    plan = _plan(recipe, rows, order, centre)
    is_plain = recipe.dropout == recipe.input_dropout == 0 and rows.weights is None and not rows.has_holes
    if plan is None or not is_plain or set(network.hidden) - {Bernoulli()}:
        return None
    if rows.device == "numpy":
        return HostNetworkSteps(plan, state, carried)
    from deepbelief.core.kernels.torch_network import TorchNetworkSteps

    return TorchNetworkSteps(plan, state, carried)


def _plan(recipe: Recipe | FineTuning, rows: Rows, order: np.ndarray, centre: Centre | None) -> Plan | None:
    match recipe.optimizer:
        case Chain((WeightDecay(decay), LearningRate(rate), Momentum(momentum))):
            return Plan(rows, order, recipe.batch_size, rate, momentum, float(decay), recipe.execution.group, centre)
    return None
