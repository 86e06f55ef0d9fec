"""One pass over the rows, with a gradient step for each batch: shared by training a machine and training a network."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from deepbelief.core.arrays import Array
from deepbelief.core.batch import Batch
from deepbelief.core.devices import matmul_precision
from deepbelief.core.finding import non_finite
from deepbelief.core.optimizers import Learned, Optimizer, OptimizerState
from deepbelief.core.parallel import AGREED_STEPS, Group, Part
from deepbelief.core.phases import Place
from deepbelief.core.progress import Midway, PartialEpoch, Pauses, State
from deepbelief.core.randomness import Stream
from deepbelief.core.rows import Rows
from deepbelief.core.trees import all_finite, tree_map
from deepbelief.errors import DivergedError

CHECKED_STEPS = 100  # between two looks at whether the parameters are finite: at once for a user, nothing for the clock

Carry = dict[str, Array]  # what each step hands to the next one: chains, or the sums of what is measured


@dataclass(frozen=True)
class StepsResult:
    """What the steps made so far have led to.

    Parameters
    ----------
    parameters : tree of arrays
    optimizer : object
        Its state.
    carried : dict of array
        What each step hands to the next one: chains, or the sums of what is measured.
    last : sequence of array
        The last change of each weight matrix.
    """

    parameters: Learned
    optimizer: OptimizerState
    carried: Carry
    last: Sequence[Array]


class Steps(Protocol):
    """Gradient steps, one for each batch: plain ones (:class:`PlainSteps`), or those of a kernel."""

    @property
    def name(self) -> str:
        """What the records call these steps: those of a kernel, or plain ones with the reason."""

    @property
    def is_awaited(self) -> bool:
        """Whether results are on the host at once. If not, as on a GPU, reading them makes the host wait."""

    def advance(self, first: int, last: int, epoch: float) -> None:
        """Make one step from the rows at these places of the epoch's order; `epoch` is the time, with its fraction.

        Parameters
        ----------
        first, last : int
            The first place, and the one after the last.
        epoch : float
            Epochs trained so far.
        """

    def is_finite(self) -> bool:
        """Tell whether every parameter is a finite number.

        Returns
        -------
        bool
        """

    def result(self) -> StepsResult:
        """Return what the steps made so far have led to.

        Returns
        -------
        StepsResult
        """


def ascend(
    steps: Steps,
    state: State,
    done: int,
    n_rows: int,
    batch_size: int,
    place: Place,
    *,
    draws: tuple[Stream, ...],
    pauses: Pauses,
    fixed: Carry,
    group: Group,
    precision: str = "highest",
) -> Generator[Midway, None, StepsResult]:
    """Make one pass over the rows.

    Parameters
    ----------
    steps : Steps
    state : State
        At the beginning of the epoch, or in the middle of it.
    done : int
        Steps of this epoch made before.
    n_rows, batch_size : int
    place : Place
        What is trained.
    draws : tuple of Stream
        That the steps draw from.
    pauses : Pauses
    fixed : dict of array
        What stays the same throughout the epoch, to be kept with where it is broken off.
    group : Group
    precision : {"highest", "high", "medium"}
        Of torch's products, see :func:`~deepbelief.core.devices.matmul_precision`.

    Yields
    ------
    Midway
        Between two steps, where `pauses` asks for it.

    Returns
    -------
    StepsResult

    Raises
    ------
    DivergedError
        As soon as a parameter is no longer a finite number, or some steps later.
    """
    n_batches = -(-n_rows // batch_size)
    for number in range(done, n_batches):
        # A run that diverges is reported below, in a sentence; NumPy's own warnings on the way there add nothing.
        with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"), matmul_precision(precision):
            last = min((number + 1) * batch_size, n_rows)
            steps.advance(number * batch_size, last, state.epoch + number / n_batches)
        is_over = number + 1 == n_batches
        is_due = is_over or (steps.is_awaited and (number + 1) % CHECKED_STEPS == 0)
        if is_due and not steps.is_finite():
            raise diverged(place, state.epoch + 1)
        may_vote = group.size == 1 or (number + 1) % AGREED_STEPS == 0
        if not is_over and may_vote and group.agreed(pauses.pause()):
            result = steps.result()
            partial_epoch = PartialEpoch(number + 1, tuple(stream.state for stream in draws), result.carried | fixed)
            midway = replace(
                state, parameters=result.parameters, optimizer=result.optimizer, partial_epoch=partial_epoch
            )
            yield Midway(place, midway)
    return steps.result()


class PlainSteps:
    """Steps as the formulas say, for every kind of gradient and optimizer: the reference that kernels are held to.

    Parameters
    ----------
    gradient : callable
        Takes the parameters, one's part of a batch, what the last call carried over, and which part that is; returns a
        tree shaped like the parameters, and what to carry over to the next.
    optimizer : Optimizer
    rows : Rows
    order : ndarray of int, shape (n_rows,)
        In which the rows come.
    state : State
        To start from.
    carried : dict of array
        Into the first step. In a group these are sums, to which each process adds its own.
    group : Group
    reason : str
        Why no kernel makes these steps.
    """

    def __init__(
        self,
        gradient: Callable[[Any, Batch, Carry, Part], tuple[Any, Carry]],
        optimizer: Optimizer,
        rows: Rows,
        order: np.ndarray,
        state: State,
        carried: Carry,
        group: Group,
        reason: str,
    ) -> None:
        self._gradient, self._optimizer, self._rows, self._order = gradient, optimizer, rows, order
        self._parameters, self._optimizer_state = state.parameters, state.optimizer
        self._carried, self._group = group.begun(carried), group
        self.name = f"plain: {reason}"
        self._step: Any = None

    @property
    def is_awaited(self) -> bool:
        """Whether the rows, and so the parameters, are on the host."""
        return self._rows.device == "numpy"

    def advance(self, first: int, last: int, epoch: float) -> None:
        """Make one step."""
        part = self._group.part(last - first)
        indices = self._order[first + part.first : first + part.last]
        step, self._carried = self._gradient(self._parameters, self._rows.batch(indices), self._carried, part)
        if self._group.size > 1:
            step = tree_map(lambda leaf: self._shared(leaf, part), step)
        self._step, self._optimizer_state = self._optimizer.update(step, self._optimizer_state, self._parameters, epoch)
        self._parameters = tree_map(lambda value, change: value + change, self._parameters, self._step)

    def is_finite(self) -> bool:
        """Tell whether every parameter is a finite number."""
        return all_finite(self._parameters)

    def result(self) -> StepsResult:
        """Return what the steps made so far have led to."""
        weights = self._step.weights
        last = weights if isinstance(weights, tuple) else (weights,)
        return StepsResult(self._parameters, self._optimizer_state, self._group.summed(self._carried), last)

    def _shared(self, leaf: Array, part: Part) -> Array:
        """Return the average over all rows of the batch, of which `leaf` is the average over one's own."""
        leaf = leaf * (part.weight * len(part) / part.total)
        self._group.add_up(leaf)
        return leaf


def update_ratio(steps: Sequence[Array], weights: Sequence[Array]) -> float:
    """Return how large a step is beside the weights it changes: mean |step| / mean |weight| over all matrices.

    About 10⁻³ is right for an RBM (Hinton 2010, §7).

    Parameters
    ----------
    steps, weights : sequence of array
        Matrices of the same shapes.

    Returns
    -------
    float
    """

    def size(matrices: Sequence[Array]) -> float:
        return sum(float(abs(matrix).sum()) for matrix in matrices)

    return size(steps) / (size(weights) or 1.0)


def diverged(place: Place | str, epoch: int) -> DivergedError:
    """Return the error of a training that diverged, with the finding in it.

    Parameters
    ----------
    place : Place or str
        What was trained, or where in words.
    epoch : int
        The pass in which it happened, counted from 1.

    Returns
    -------
    DivergedError
    """
    return DivergedError(
        non_finite(str(place), f"training diverged in epoch {epoch}, its numbers are no longer finite")
    )
