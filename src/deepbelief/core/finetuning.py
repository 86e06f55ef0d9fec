"""Fine-tuning: training a network on labelled rows, a generator of epochs like that of one machine."""

import math
from collections.abc import Callable, Generator
from dataclasses import replace

import numpy as np

from deepbelief.core import kernels
from deepbelief.core.arrays import Array, to_numpy, zeros
from deepbelief.core.ascent import Carry, PlainSteps, ascend, diverged, update_ratio
from deepbelief.core.batch import Batch
from deepbelief.core.centring import Centre, centred_network
from deepbelief.core.folding import as_used
from deepbelief.core.network import Layers, Network
from deepbelief.core.optimizers import decay_of, with_decay
from deepbelief.core.outputs import Output
from deepbelief.core.parallel import Part
from deepbelief.core.phases import NETWORK, Place
from deepbelief.core.progress import NO_PAUSES, Epoch, Midway, Pauses, State, resume_epoch
from deepbelief.core.randomness import RandomStreams, Stream
from deepbelief.core.recipes import FineTuning
from deepbelief.core.regularizing import regularized_gradient
from deepbelief.core.rows import Rows

# Returns the next state, what was measured on the way, and the name of the steps that were taken.
Pass = Generator[Midway, None, tuple[State, dict[str, float], str]]


def finetune(
    network: Network,
    rows: Rows,
    state: State,
    recipe: FineTuning,
    streams: RandomStreams,
    *,
    place: Place = NETWORK,
    held_out: Rows | None = None,
    pauses: Pauses = NO_PAUSES,
) -> Generator[Epoch | Midway, None, State]:
    """Train a network on labelled rows, one epoch at a time.

    Parameters
    ----------
    network : Network
    rows : Rows, shape (n_rows, n_features)
        With labels.
    state : State
        With :class:`Layers` as parameters.
    recipe : FineTuning
    streams : RandomStreams
    place : Place
        What is trained: written into the records.
    held_out : Rows, optional
        Rows with labels, not trained on. They add ``validation_loss`` and ``validation_accuracy``, or whatever else
        the output measures.
    pauses : Pauses

    Yields
    ------
    Epoch
        With ``loss``, the mean over rows, and what else the output measures, such as ``accuracy``, both over the rows
        as they were trained on, and ``update_ratio``, see :func:`~deepbelief.core.ascent.update_ratio`.
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

    begin = state.epoch

    def one_pass(state: State) -> Pass:
        in_pass = recipe
        if recipe.first_decay != 1:
            trained = (state.epoch - begin + 0.5) / recipe.n_epochs
            share = recipe.first_decay + 2 * (1 - recipe.first_decay) * trained
            in_pass = replace(recipe, optimizer=with_decay(recipe.optimizer, share))
        return _one_epoch(network, rows, state, in_pass, streams, place, pauses)

    return (yield from passes(one_pass, network, rows, state, recipe.n_epochs, place, held_out, pauses))


def passes(
    one_pass: Callable[[State], Pass],
    network: Network,
    rows: Rows,
    state: State,
    n_epochs: int,
    place: Place,
    held_out: Rows | None,
    pauses: Pauses,
) -> Generator[Epoch | Midway, None, State]:
    """Make passes over the rows, measure each, and stop at numbers that are not finite; see :func:`finetune`.

    `one_pass` takes a state and returns the next one, its metrics, and the name of the steps that led to it.

    Parameters
    ----------
    one_pass : callable
        Takes a state, returns the next state, its metrics, and the name of the steps that were taken.
    network : Network
    rows : Rows
    state : State
    n_epochs : int
    place : Place
        What the records say was trained.
    held_out : Rows or None
        Rows that each pass is measured on too.
    pauses : Pauses

    Yields
    ------
    Epoch or Midway

    Returns
    -------
    State
        The last one.
    """
    last = state.epoch + n_epochs
    state = pauses.resume(place, state)
    while state.epoch < last:
        state, metrics, steps = yield from one_pass(state)
        if held_out is not None:
            loss, measured = evaluate(network, as_used(network, state.parameters, rows), held_out)
            metrics |= {"validation_loss": loss, f"validation_{network.output.measured}": measured}
        if not all(math.isfinite(value) for value in metrics.values()):
            raise diverged(place, state.epoch)
        where = (place.phase, place.layer, state.epoch, last)
        yield Epoch(*where, metrics, steps, network=place.network, state=state)
    return state


def evaluate(network: Network, layers: Layers, rows: Rows) -> tuple[float, float]:
    """Return the mean loss of a network on labelled rows, and the mean of what else its output measures.

    Parameters
    ----------
    network : Network
    layers : Layers
    rows : Rows, shape (n_rows, n_features)
        With labels.

    Returns
    -------
    loss, measured : float
    """
    sums = no_sums(layers)
    for batch in rows.batches():
        truth = truth_of(network, batch.labels, layers)
        sums = summed(network.output, sums, network.answers(layers, batch.v), truth, batch.weights)
    return float(sums["loss"]) / len(rows), float(sums["measured"]) / len(rows)


def losses(network: Network, layers: Layers, rows: Rows) -> np.ndarray:
    """Return the loss of each row, times its weight beside the mean one if rows have weights.

    Parameters
    ----------
    network : Network
    layers : Layers
    rows : Rows, shape (n_rows, n_features)
        With labels.

    Returns
    -------
    ndarray, shape (n_rows,)
    """
    found = []
    for batch in rows.batches():
        truth = truth_of(network, batch.labels, layers)
        of_rows = network.output.loss(network.answers(layers, batch.v), truth)
        found.append(to_numpy(of_rows if batch.weights is None else of_rows * batch.weights))
    return np.concatenate(found)


def _one_epoch(
    network: Network,
    rows: Rows,
    state: State,
    recipe: FineTuning,
    streams: RandomStreams,
    place: Place,
    pauses: Pauses,
) -> Pass:
    noise = streams.stream("dropout", state.epoch)
    order = streams.stream("order", state.epoch).permutation(len(rows))
    n_batches = -(-len(rows) // recipe.batch_size)
    begin = no_sums(state.parameters)
    if recipe.centred and not state.parameters.gains:  # the gradient of a normalised layer is centred as it is
        begin |= Centre.of_network(network, state.parameters, rows).named()
    done, carried = resume_epoch(state.partial_epoch, n_batches, (noise,), begin)
    centre, sums = Centre.split(carried)
    steps = kernels.network_steps(network, recipe, rows, order, state, sums, centre, noise)
    if isinstance(steps, kernels.NoKernel):
        steps = _plain_steps(network, recipe, rows, order, state, sums, centre, noise, steps.reason)
    result = yield from ascend(
        steps,
        state,
        done,
        len(rows),
        recipe.batch_size,
        place,
        draws=(noise,),
        pauses=pauses,
        fixed=centre.named() if centre else {},
        group=recipe.execution.group,
        precision=recipe.execution.precision,
    )
    metrics = {
        "loss": float(result.carried["loss"]) / len(rows),
        network.output.measured: float(result.carried["measured"]) / len(rows),
        "update_ratio": update_ratio(result.last, result.parameters.weights),
    }
    return State(result.parameters, result.optimizer, None, state.epoch + 1), metrics, steps.name


def _plain_steps(
    network: Network,
    recipe: FineTuning,
    rows: Rows,
    order: np.ndarray,
    state: State,
    carried: Carry,
    centre: Centre | None,
    noise: Stream,
    reason: str,
) -> PlainSteps:
    decay = decay_of(recipe.optimizer)

    def gradient(layers: Layers, batch: Batch, sums: Carry, part: Part) -> tuple[Layers, Carry]:
        stream = noise.share(part.first, part.total - part.last)
        truth = truth_of(network, batch.labels, layers)
        step, answers = regularized_gradient(network, layers, batch.v, truth, batch.shares, recipe, stream)
        if centre:
            step = centred_network(step, centre, decay)
        return step, summed(network.output, sums, answers, truth, batch.weights, part.weight)

    return PlainSteps(gradient, recipe.optimizer, rows, order, state, carried, recipe.execution.group, reason)


def no_sums(layers: Layers) -> Carry:
    """Return what is summed over the steps of a pass, at its beginning.

    Parameters
    ----------
    layers : Layers

    Returns
    -------
    dict of array
    """
    nothing = zeros((), layers.biases[-1])
    return {"loss": nothing, "measured": nothing}


def summed(
    output: Output, sums: Carry, answers: Array, truth: Array, row_weights: Array | None = None, weight: float = 1.0
) -> Carry:
    """Return the sums of the loss and of what else the output measures, with those of one more batch.

    Parameters
    ----------
    output : Output
    sums : dict of array
    answers : array, shape (n_rows, n_units)
    truth : array, shape (n_rows,) or (n_rows, n_targets)
    row_weights : array, shape (n_rows,), optional
    weight : float, default=1.0
        The sum of the weights of the rows.

    Returns
    -------
    dict of array
    """
    found = {"loss": output.loss(answers, truth), "measured": output.measure(answers, truth)}
    if row_weights is not None:
        found = {name: values * row_weights for name, values in found.items()}
    return {name: sums[name] + weight * values.sum() for name, values in found.items()}


def truth_of(network: Network, labels: np.ndarray | None, layers: Layers) -> Array:
    """Return the labels of rows in the form that the output of the network takes.

    Parameters
    ----------
    network : Network
    labels : ndarray, shape (n_rows,) or (n_rows, n_targets)
    layers : Layers

    Returns
    -------
    array
    """
    assert labels is not None
    return network.output.truth(labels, layers.biases[-1])
