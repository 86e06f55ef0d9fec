"""One pass over the rows, a step uphill for each batch: what training a machine and training a network share."""

from collections.abc import Callable, Generator, Sequence
from typing import Any

import numpy as np

from deepbelief.core.arrays import Array, all_finite, tree_map
from deepbelief.core.finding import non_finite
from deepbelief.core.optimizers import Optimizer
from deepbelief.core.progress import Breaks, Midway, Place, State, Within, taken_up
from deepbelief.core.randomness import Stream
from deepbelief.core.rows import Rows
from deepbelief.errors import DivergedError

CHECKED_STEPS = 100  # between two looks at whether the parameters are finite: at once for a user, nothing for the clock

Carried = dict[str, Array]


def ascend(
    gradient: Callable[[Any, np.ndarray, Array, Carried], tuple[Any, Carried]],
    rows: Rows,
    state: State,
    optimizer: Optimizer,
    batch_size: int,
    order: Stream,
    place: Place,
    *,
    draws: tuple[Stream, ...] = (),
    carried: Carried,
    breaks: Breaks,
) -> Generator[Midway, None, tuple[Any, Any, Carried, Any]]:
    """Make one pass over the rows in random order.

    Parameters
    ----------
    gradient : callable
        Takes the parameters, the indices of the batch, its rows and what the last call carried over; returns a tree
        shaped like the parameters, and what to carry over to the next.
    rows : Rows
    state : State
        In the middle of the pass, perhaps.
    optimizer : Optimizer
    batch_size : int
    order : Stream
    place : Place
        What is trained.
    draws : tuple of Stream
        That `gradient` draws from.
    carried : dict of array
        Into the first step.
    breaks : Breaks

    Yields
    ------
    Midway
        Between two steps, where `breaks` asks for it.

    Returns
    -------
    parameters : tree of arrays
    optimizer_state : object
    carried : dict of array
        Out of the last step.
    step : tree of arrays
        The last one.

    Raises
    ------
    DivergedError
        As soon as a parameter is no longer a finite number, or some steps later.
    """
    parameters, optimizer_state = state.parameters, state.optimizer
    n_batches = -(-len(rows) // batch_size)
    permutation = order.permutation(len(rows))
    done, carried = taken_up(state.within, n_batches, draws, carried)
    batches = rows.batches(permutation[done * batch_size :], batch_size)
    for number, (indices, batch) in enumerate(batches, start=done):
        # A run that diverges is reported below, in a sentence; NumPy's own warnings on the way there add nothing.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            step, carried = gradient(parameters, indices, batch, carried)
            epoch = state.epoch + number / n_batches
            step, optimizer_state = optimizer.update(step, optimizer_state, parameters, epoch)
            parameters = tree_map(lambda value, change: value + change, parameters, step)
        if (number + 1) % CHECKED_STEPS == 0 or number + 1 == n_batches:
            _require_finite(parameters, place, state.epoch + 1)
        if number + 1 < n_batches and breaks.pause():
            within = Within(number + 1, tuple(stream.state for stream in draws), carried)
            midway = State(parameters, optimizer_state, state.chains, state.epoch, within)
            yield Midway(place.phase, place.layer, midway)
    return parameters, optimizer_state, carried, step


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


def diverged(place: Place | str, epoch: int) -> DivergedError:
    """Return the error that says so, with the finding in it."""
    return DivergedError(
        non_finite(str(place), f"training diverged in epoch {epoch}, its numbers are no longer finite")
    )


def _require_finite(parameters: Any, place: Place, epoch: int) -> None:
    if not all_finite(parameters):
        raise diverged(place, epoch)
