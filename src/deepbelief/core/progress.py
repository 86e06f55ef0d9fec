"""Where training stands: the state between two steps, the records that it is handed on in, and where it may break off.

Everything that an epoch draws comes from streams named for that epoch. So between two epochs a :class:`State` is all
there is to know; in the middle of one, how far it has come is added (:class:`Within`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepbelief.core.arrays import Array, like
from deepbelief.core.randomness import Stream, StreamState
from deepbelief.errors import ModelError


@dataclass(frozen=True)
class Place:
    """What is being trained: a phase and, in pretraining, the index of a layer."""

    phase: str
    layer: int = 0

    def __str__(self) -> str:
        return {"softmax": "the softmax layer", "finetune": "the network"}.get(self.phase, f"layer {self.layer + 1}")


@dataclass(frozen=True)
class Within:
    """How far an epoch that is not over has come.

    Parameters
    ----------
    step : int
        Steps made.
    streams : tuple of StreamState
        Where its random streams are.
    carried : dict of array
        What each step hands to the next one: chains, or the sums of what is measured.
    """

    step: int
    streams: tuple[StreamState, ...]
    carried: dict[str, Array]


@dataclass(frozen=True)
class State:
    """All that training carries from one epoch to the next, and from one step to the next.

    Parameters
    ----------
    parameters : Parameters or network.Layers
    optimizer : object
        The optimizer's own state.
    chains : array, shape (batch_size, n_hidden), or None
        The gradient estimator's persistent chains when the epoch began.
    epoch : int
        Passes made so far.
    within : Within or None
        None between two epochs.
    """

    parameters: Any
    optimizer: Any
    chains: Array | None = None
    epoch: int = 0
    within: Within | None = None


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


@dataclass(frozen=True)
class Midway:
    """A stop between two steps of an epoch, made because it was asked for; from `state` training can go on."""

    phase: str
    layer: int
    state: State


@dataclass(frozen=True)
class Breaks:
    """Where training may be broken off, and where it is taken up again. By default it does neither.

    Parameters
    ----------
    pause : callable
        Asked after each step; when it says yes, the generator yields a :class:`Midway`.
    resume : callable
        Takes a place and the state at its beginning, and returns the state to go on from.
    """

    pause: Callable[[], bool] = lambda: False
    resume: Callable[[Place, State], State] = lambda place, beginning: beginning


UNBROKEN = Breaks()


def taken_up(
    within: Within | None, n_steps: int, streams: tuple[Stream, ...], carried: dict[str, Array]
) -> tuple[int, dict[str, Array]]:
    """Go to where an epoch was left.

    Parameters
    ----------
    within : Within or None
        None at the beginning of the epoch.
    n_steps : int
        Steps of the whole epoch.
    streams : tuple of Stream
        At their beginnings; they are moved.
    carried : dict of array
        As at the beginning.

    Returns
    -------
    step : int
        Steps made.
    carried : dict of array
        As it was left.

    Raises
    ------
    ModelError
        If `within` is of another kind of training.
    """
    if within is None:
        return 0, carried
    shapes = {name: np.shape(array) for name, array in within.carried.items()}
    fits = len(within.streams) == len(streams) and shapes == {name: tuple(a.shape) for name, a in carried.items()}
    if not fits or not 0 < within.step < n_steps:
        raise ModelError("The checkpoint holds the middle of another kind of epoch; train from the beginning.")
    for stream, state in zip(streams, within.streams, strict=True):
        stream.state = state
    return within.step, {name: like(within.carried[name], carried[name]) for name in carried}
