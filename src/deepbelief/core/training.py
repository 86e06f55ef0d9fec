"""Training one machine: a generator of epochs.

``train`` yields one :class:`Epoch` after every pass over the rows. A history, a progress bar, a checkpoint or early
stopping is whatever the caller does with that record; to stop is to stop asking.
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np

from deepbelief.core import kernels
from deepbelief.core.arrays import Array, zeros
from deepbelief.core.ascent import Carry, PlainSteps, ascend, diverged, update_ratio
from deepbelief.core.batch import Batch, binarized
from deepbelief.core.centring import Centre, centred_machine
from deepbelief.core.chain_states import named_state, state_from_names
from deepbelief.core.holes import completed
from deepbelief.core.measures import likelihoods, measured, singular_values
from deepbelief.core.optimizers import decay_of
from deepbelief.core.parallel import Part
from deepbelief.core.phases import PRETRAIN, Place
from deepbelief.core.progress import NO_PAUSES, Epoch, Midway, Pauses, State, resume_epoch
from deepbelief.core.randomness import RandomStreams, Stream
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.recipes import Recipe
from deepbelief.core.rows import Rows
from deepbelief.core.sparsity import with_gibbs_steps
from deepbelief.core.trajectory import Trajectory, advanced, begun, exactly
from deepbelief.core.trees import tree_map
from deepbelief.core.units import Units
from deepbelief.errors import ParallelError

INPUT_SPREAD = 0.5


def start(machine: Machine, rows: Rows, n_hidden: int, recipe: Recipe, streams: RandomStreams) -> State:
    """Return the state before the first epoch: random weights, visible biases matched to the rows.

    If the recipe does not say how large the weights are, the input of a unit varies with a standard deviation of
    `INPUT_SPREAD`, whatever the number of the features and their scale: that of a hidden unit over the rows, or, where
    smaller weights do for that, that of a visible unit with the hidden states. That is enough to leave points at which
    all gradients vanish, such as the independent units that fit parity best among those without weights; and it is not
    so much that first reconstructions are noise, against which hidden units would learn to stay off for good.

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
    scale = recipe.weight_scale
    if scale is None:
        varying = max(float(variance.sum()), _variance_at_rest(machine.hidden, n_hidden, mean))
        scale = INPUT_SPREAD / (varying**0.5 or 1.0)
    parameters = machine.initial(mean, variance, n_hidden, streams.stream("weights"), scale)
    return State(
        parameters=parameters,
        optimizer=recipe.optimizer.init(parameters),
        chains=recipe.gradient.init(machine, parameters, recipe.batch_size),
        average=no_average(parameters, recipe),
        trajectory=trajectory_of(machine, parameters, rows, recipe, streams),
    )


def trajectory_of(
    machine: Machine, parameters: Parameters, rows: Rows, recipe: Recipe, streams: RandomStreams
) -> Trajectory | None:
    """Return chains that estimate the partition function during training, if the recipe asks for the likelihood.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    rows : Rows
    recipe : Recipe
    streams : RandomStreams

    Returns
    -------
    Trajectory or None
    """
    if not recipe.monitors_likelihood:
        return None
    v = completed(machine, parameters, rows.monitored())
    return begun(machine, parameters, v, streams.scope("trajectory"))


def no_average(parameters: Parameters, recipe: Recipe) -> Parameters | None:
    """Return the initial average of the parameters, zero, if the recipe asks for averaging.

    Parameters
    ----------
    parameters : Parameters
    recipe : Recipe

    Returns
    -------
    Parameters or None
    """
    return tree_map(lambda leaf: 0 * leaf, parameters) if recipe.n_averaged else None


def _variance_at_rest(units: Units, n_units: int, other: Array) -> float:
    """Return the sum of the variances of units without input."""
    parameters = units.at_rest(n_units, other)
    return float(units.variance(parameters, zeros((1, n_units), other)).sum())


def train(
    machine: Machine,
    rows: Rows,
    state: State,
    recipe: Recipe,
    streams: RandomStreams,
    *,
    held_out: Rows | None = None,
    layer: int = 0,
    pauses: Pauses = NO_PAUSES,
) -> Generator[Epoch | Midway, None, State]:
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
    pauses : Pauses

    Yields
    ------
    Epoch
        With ``reconstruction_error``, the mean squared difference between rows and their reconstruction;
        ``free_energy`` and ``free_energy_spread``, its mean and standard deviation over rows (nats); and
        ``update_ratio``, see :func:`~deepbelief.core.ascent.update_ratio`. Where the likelihood is watched, also
        ``log_likelihood``, the mean over the same rows, ``validation_log_likelihood``, ``log_partition``, and
        ``singular_value_1`` and so on, of the weights.
    Midway
        Where `pauses` asks for it.

    Returns
    -------
    State
        The last one.

    Raises
    ------
    DivergedError
        When a parameter is no longer a finite number.
    """
    monitored = rows.monitored()
    validation = None if held_out is None else held_out.monitored()
    last, place = state.epoch + recipe.n_epochs, Place(PRETRAIN.name, layer)
    state = pauses.resume(place, state)
    while state.epoch < last:
        state, last_change, steps = yield from _one_epoch(
            machine, rows, monitored, state, recipe, streams, place, pauses
        )
        state = _averaged(state, min(recipe.n_averaged, recipe.n_epochs), last)
        metrics = measured(machine, state.parameters, monitored, validation)
        metrics["update_ratio"] = update_ratio(last_change, (state.parameters.weights,))
        if state.trajectory is not None:
            followed = advanced(machine, state.trajectory, state.parameters, streams.stream("replicas", state.epoch))
            followed = exactly(machine, followed)
            metrics |= likelihoods(metrics, followed, lost=followed.is_lost and not state.trajectory.is_lost)
            metrics |= singular_values(state.parameters)
            state = replace(state, trajectory=followed)
        if not all(math.isfinite(value) for value in metrics.values()):
            raise diverged(place, state.epoch)
        yield Epoch(place.phase, layer, state.epoch, last, metrics, steps, state=state, machine=machine, rows=rows)
    return state


def _averaged(state: State, n_averaged: int, last: int) -> State:
    """Add the parameters of an epoch to their average over the last epochs; after the last epoch, adopt the average."""
    n_counted = n_averaged - (last - state.epoch)
    if n_counted < 1:
        return state
    average = tree_map(lambda mean, value: mean + (value - mean) / n_counted, state.average, state.parameters)
    return replace(state, average=average) if state.epoch < last else replace(state, parameters=average)


def _one_epoch(
    machine: Machine,
    rows: Rows,
    monitored: Batch,
    state: State,
    recipe: Recipe,
    streams: RandomStreams,
    place: Place,
    pauses: Pauses,
) -> Generator[Midway, None, tuple[State, Sequence[Array], str]]:
    sampling, greys = (streams.stream(name, state.epoch) for name in ("sampling", "greys"))
    if recipe.gibbs_steps is not None:
        n_steps = max(1, round(recipe.gibbs_steps(state.epoch)))
        recipe = replace(recipe, gradient=with_gibbs_steps(recipe.gradient, n_steps))
    draws = (sampling, greys) if recipe.binarized else (sampling,)
    order = streams.stream("order", state.epoch).permutation(len(rows))
    n_batches = -(-len(rows) // recipe.batch_size)
    begin = named_state(state.chains)
    if recipe.centred:
        begin |= Centre.of_machine(machine, state.parameters, monitored).named()
    done, carried = resume_epoch(state.partial_epoch, n_batches, draws, begin)
    centre, carried = Centre.split(carried)
    steps = kernels.machine_steps(machine, recipe, rows, order, state, carried, centre, sampling, greys)
    if isinstance(steps, kernels.NoKernel):
        steps = _plain_steps(machine, recipe, rows, order, state, carried, centre, sampling, greys, steps.reason)
    result = yield from ascend(
        steps,
        state,
        done,
        len(rows),
        recipe.batch_size,
        place,
        draws=draws,
        pauses=pauses,
        fixed=centre.named() if centre else {},
        group=recipe.execution.group,
        precision=recipe.execution.precision,
    )
    chains = state_from_names(result.carried)
    after = replace(
        state,
        parameters=result.parameters,
        optimizer=result.optimizer,
        chains=chains,
        epoch=state.epoch + 1,
        partial_epoch=None,
    )
    return after, result.last, steps.name


def _plain_steps(
    machine: Machine,
    recipe: Recipe,
    rows: Rows,
    order: np.ndarray,
    state: State,
    carried: Carry,
    centre: Centre | None,
    sampling: Stream,
    greys: Stream,
    reason: str,
) -> PlainSteps:
    if recipe.execution.group.size > 1 and (machine.visible.bias_share is not None or machine.hidden.slope_grows):
        raise ParallelError(
            "Several processes cannot train documents or hidden counts: what a step does follows from all rows of the "
            "batch, and not from the sum over its shares; train with one process."
        )
    if recipe.execution.group.size > 1 and carried:
        raise ParallelError(
            f"Several processes keep persistent chains only in the fast steps, which cannot be taken here ({reason}); "
            "use gradient='cd', or one process."
        )
    decay = decay_of(recipe.optimizer)

    def gradient(parameters: Parameters, batch: Batch, carried: Carry, part: Part) -> tuple[Parameters, Carry]:
        stream = sampling.share(part.first, part.total - part.last)
        if recipe.binarized:
            batch = binarized(batch, greys.share(part.first, part.total - part.last))
        estimate = recipe.gradient.estimate(machine, parameters, batch, state_from_names(carried), stream)
        step = centred_machine(estimate.step, centre, decay) if centre else estimate.step
        return step, named_state(estimate.state)

    return PlainSteps(gradient, recipe.optimizer, rows, order, state, carried, recipe.execution.group, reason)
