"""Training one machine: a generator of epochs.

``train`` yields one :class:`Epoch` after every pass over the rows. A history, a progress bar, a checkpoint or early
stopping is whatever the caller does with that record; to stop is to stop asking.
"""

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepbelief.core.arrays import Array, all_finite, namespace, tree_map
from deepbelief.core.finding import non_finite
from deepbelief.core.gradients import Chains, GradientEstimator
from deepbelief.core.optimizers import Optimizer
from deepbelief.core.randomness import RandomStreams, Stream
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.rows import Rows
from deepbelief.errors import DivergedError

MONITORED_ROWS = 1000
CHECKED_STEPS = 100  # between two looks at whether the parameters are finite: at once for a user, nothing for the clock


@dataclass(frozen=True)
class Recipe:
    """How to train one machine.

    Parameters
    ----------
    gradient : GradientEstimator
    optimizer : Optimizer
    n_epochs : int
        Passes over the rows.
    batch_size : int
        Rows in one step; also the number of persistent chains.
    """

    gradient: GradientEstimator
    optimizer: Optimizer
    n_epochs: int
    batch_size: int


@dataclass(frozen=True)
class State:
    """All that training carries from one epoch to the next.

    Parameters
    ----------
    parameters : Parameters or network.Layers
    optimizer : object
        The optimizer's own state.
    chains : array, shape (batch_size, n_hidden), or None
        The gradient estimator's persistent chains.
    epoch : int
        Passes made so far.
    """

    parameters: Any
    optimizer: Any
    chains: Chains = None
    epoch: int = 0


@dataclass(frozen=True)
class Epoch:
    """One finished pass over the rows.

    Parameters
    ----------
    phase : str
        ``"pretrain"``, ``"softmax"`` or ``"finetune"``.
    layer : int
        Index of the layer in pretraining; 0 in the other phases, which train one network.
    number, n_epochs : int
        This pass, counted from 1, and the last one planned.
    metrics : dict of float
        What was measured after the pass, by name.
    state : State
        From which training can go on.
    """

    phase: str
    layer: int
    number: int
    n_epochs: int
    metrics: dict[str, float]
    state: State


def start(machine: Machine, rows: Rows, n_hidden: int, recipe: Recipe, streams: RandomStreams) -> State:
    """Return the state before the first epoch: small random weights, visible biases matched to the rows.

    Parameters
    ----------
    machine : Machine
    rows : Rows, shape (n_rows, n_visible)
    n_hidden : int
    recipe : Recipe
    streams : RandomStreams

    Returns
    -------
    State
    """
    mean, variance = rows.moments()
    parameters = machine.initial(mean, variance, n_hidden, streams.stream("weights"))
    return State(
        parameters=parameters,
        optimizer=recipe.optimizer.init(parameters),
        chains=recipe.gradient.init(machine, parameters, recipe.batch_size),
    )


def train(
    machine: Machine,
    rows: Rows,
    state: State,
    recipe: Recipe,
    streams: RandomStreams,
    *,
    held_out: Rows | None = None,
    layer: int = 0,
) -> Generator[Epoch, None, State]:
    """Train a machine, one epoch at a time.

    Parameters
    ----------
    machine : Machine
    rows : Rows, shape (n_rows, n_visible)
    state : State
        From :func:`start`, or from an earlier :class:`Epoch`.
    recipe : Recipe
    streams : RandomStreams
        Every epoch takes its own streams, named by its number: what an epoch draws does not depend on how training
        came there.
    held_out : Rows, optional
        Rows not trained on. They add ``validation_reconstruction_error``, ``validation_free_energy`` and
        ``free_energy_gap``, the mean free energy of held-out rows less that of training rows, which grows when the
        machine overfits (Hinton 2010, §6).
    layer : int
        Written into the records.

    Yields
    ------
    Epoch
        With ``reconstruction_error``, the mean squared difference between rows and their reconstruction;
        ``free_energy`` and ``free_energy_spread``, its mean and standard deviation over rows (nats); and
        ``update_ratio``, see :func:`update_ratio`.

    Returns
    -------
    State
        The last one.

    Raises
    ------
    DivergedError
        When a parameter is no longer a finite number.
    """
    monitored = rows.spread(MONITORED_ROWS).take(slice(None))
    validation = None if held_out is None else held_out.spread(MONITORED_ROWS).take(slice(None))
    last, where = state.epoch + recipe.n_epochs, f"layer {layer + 1}"
    while state.epoch < last:
        state, step = _one_epoch(machine, rows, state, recipe, streams, where)
        metrics = _measure(machine, state.parameters, monitored, validation)
        metrics["update_ratio"] = update_ratio((step.weights,), (state.parameters.weights,))
        if not all(math.isfinite(value) for value in metrics.values()):
            raise diverged(where, state.epoch)
        yield Epoch("pretrain", layer, state.epoch, last, metrics, state)
    return state


def reconstruction_error(machine: Machine, parameters: Parameters, v: Array) -> float:
    """Return the mean over rows and features of (v − E[v | E[h | v]])²."""
    return float(namespace(v).mean((v - machine.reverse(parameters, machine.forward(parameters, v))) ** 2))


def update_ratio(steps: Sequence[Array], weights: Sequence[Array]) -> float:
    """Return how large a step is beside the weights it changes: mean |step| / mean |weight| over all matrices.

    About 10⁻³ is right for an RBM (Hinton 2010, §7).

    Parameters
    ----------
    steps, weights : sequence of array
        Matrices of the same shapes.
    """

    def size(matrices: Sequence[Array]) -> float:
        return sum(float(abs(matrix).sum()) for matrix in matrices)

    return size(steps) / (size(weights) or 1.0)


def _measure(machine: Machine, parameters: Parameters, monitored: Array, validation: Array | None) -> dict[str, float]:
    # What is not finite is reported by the caller; a learned precision can underflow to 0 just before.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        energies = machine.free_energy(parameters, monitored)
        metrics = {
            "reconstruction_error": reconstruction_error(machine, parameters, monitored),
            "free_energy": float(energies.mean()),
            "free_energy_spread": float(((energies - energies.mean()) ** 2).mean() ** 0.5),
        }
        if validation is not None:
            metrics["validation_reconstruction_error"] = reconstruction_error(machine, parameters, validation)
            metrics["validation_free_energy"] = float(machine.free_energy(parameters, validation).mean())
            metrics["free_energy_gap"] = metrics["validation_free_energy"] - metrics["free_energy"]
    return metrics


def diverged(where: str, epoch: int) -> DivergedError:
    """Return the error that says so, with the finding in it."""
    return DivergedError(non_finite(where, f"training diverged in epoch {epoch}, its numbers are no longer finite"))


def _one_epoch(
    machine: Machine, rows: Rows, state: State, recipe: Recipe, streams: RandomStreams, where: str
) -> tuple[State, Parameters]:
    sampling = streams.stream("sampling", state.epoch)
    chains = state.chains

    def gradient(parameters: Parameters, indices: np.ndarray, batch: Array) -> Parameters:
        nonlocal chains
        step, chains = recipe.gradient.estimate(machine, parameters, batch, chains, sampling)
        return step

    order = streams.stream("order", state.epoch)
    parameters, optimizer_state, step = ascend(gradient, rows, state, recipe.optimizer, recipe.batch_size, order, where)
    return State(parameters, optimizer_state, chains, state.epoch + 1), step


def ascend(
    gradient: Callable[[Any, np.ndarray, Array], Any],
    rows: Rows,
    state: State,
    optimizer: Optimizer,
    batch_size: int,
    order: Stream,
    where: str,
) -> tuple[Any, Any, Any]:
    """Make one pass over the rows in random order, a step uphill for each batch.

    Parameters
    ----------
    gradient : callable
        Takes the parameters, the indices of the batch and its rows; returns a tree shaped like the parameters.
    rows : Rows
    state : State
    optimizer : Optimizer
    batch_size : int
    order : Stream
    where : str
        What is trained, for the error.

    Returns
    -------
    parameters : tree of arrays
    optimizer_state : object
    step : tree of arrays
        The last one.

    Raises
    ------
    DivergedError
        As soon as a parameter is no longer a finite number, or some steps later.
    """
    parameters, optimizer_state = state.parameters, state.optimizer
    n_batches = -(-len(rows) // batch_size)
    # A run that diverges is reported below, in a sentence; NumPy's own warnings on the way there add nothing.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for number, (indices, batch) in enumerate(rows.batches(order.permutation(len(rows)), batch_size)):
            step = gradient(parameters, indices, batch)
            epoch = state.epoch + number / n_batches
            step, optimizer_state = optimizer.update(step, optimizer_state, parameters, epoch)
            parameters = tree_map(lambda value, change: value + change, parameters, step)
            if (number + 1) % CHECKED_STEPS == 0 or number + 1 == n_batches:
                _require_finite(parameters, where, state.epoch + 1)
    return parameters, optimizer_state, step


def _require_finite(parameters: Any, where: str, epoch: int) -> None:
    if not all_finite(parameters):
        raise diverged(where, epoch)
