"""Where training stands: the state between two steps, the records that pass it on, and how to pause and resume.

Everything that an epoch draws comes from streams named for that epoch. So between two epochs a :class:`State` is all
there is to know; in the middle of one, how far it has come is added (:class:`PartialEpoch`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbelief.core.arrays import Array, like, to_numpy
from deepbelief.core.chain_states import ChainState
from deepbelief.core.optimizers import Learned, OptimizerState
from deepbelief.core.phases import Place
from deepbelief.core.randomness import Stream, StreamState
from deepbelief.errors import ModelError

if TYPE_CHECKING:
    from deepbelief.core.rbm import Machine
    from deepbelief.core.trajectory import Trajectory

_ENTRY = ("phase", "layer", "network", "epoch", "n_epochs", "steps")  # all but metrics, in an entry of ``history_``

Entry = dict[str, Any]  # of ``history_``: where a pass belongs, and what was measured after it, by name


@dataclass(frozen=True)
class PartialEpoch:
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
    """The state of training between two epochs, or between two steps.

    Parameters
    ----------
    parameters : Parameters or network.Layers
    optimizer : object
        The optimizer's own state.
    chains : array, shape (batch_size, n_hidden), dict of array, or None
        The gradient estimator's state when the epoch began: persistent chains, or these and what belongs to them.
    epoch : int
        Passes made so far.
    partial_epoch : PartialEpoch or None
        None between two epochs.
    average : Parameters or None
        Of the parameters after the last epochs, if they are averaged; zeros before the first of these.
    trajectory : Trajectory or None
        Chains that estimate the partition function, if the likelihood is monitored.
    """

    parameters: Learned
    optimizer: OptimizerState
    chains: ChainState = None
    epoch: int = 0
    partial_epoch: PartialEpoch | None = None
    average: Learned | None = None
    trajectory: "Trajectory | None" = None


@dataclass(frozen=True)
class EpochRecord:
    """What is kept of a finished pass over the rows: the same from the core to logs, files and displays.

    Parameters
    ----------
    phase : str
        The name of a :class:`~deepbelief.core.phases.Phase`.
    layer : int
        Index of the layer in pretraining; 0 in the other phases, which train one network.
    epoch, n_epochs : int
        This pass, counted from 1, and the last one planned.
    metrics : dict of float
        What was measured after the pass, by name.
    steps : str
        The steps that were taken: those of a kernel, or plain ones with the reason.
    seconds : float
        The duration of the pass, where it was measured.
    network : int
        Index of the network, where several are trained one after another; 0 in pretraining.
    """

    phase: str
    layer: int
    epoch: int
    n_epochs: int
    metrics: dict[str, float]
    steps: str
    seconds: float = 0.0
    network: int = 0

    @property
    def place(self) -> Place:
        """What was trained."""
        return Place(self.phase, self.layer, self.network)

    @property
    def entry(self) -> Entry:
        """An entry of ``history_``: the record as a flat dictionary, without the time."""
        flat = {name: getattr(self, name) for name in _ENTRY}
        return flat | self.metrics

    @classmethod
    def of_entry(cls, entry: Entry, seconds: float = 0.0) -> "EpochRecord":
        """Return the record that an entry of ``history_`` was made of. Entries of earlier versions lack some.

        Parameters
        ----------
        entry : dict
            An entry of ``history_``.
        seconds : float, default=0.0

        Returns
        -------
        EpochRecord
        """
        named = {"steps": ""} | {name: value for name, value in entry.items() if name in _ENTRY}
        metrics = {name: value for name, value in entry.items() if name not in _ENTRY}
        return EpochRecord(**named, metrics=metrics, seconds=seconds)


@dataclass(frozen=True)
class Epoch(EpochRecord):
    """A finished pass over the rows, with the state from which training can go on.

    Parameters
    ----------
    phase : str
        The name of a :class:`~deepbelief.core.phases.Phase`.
    layer : int
        Index of the layer in pretraining; 0 in the other phases, which train one network.
    epoch, n_epochs : int
        This pass, counted from 1, and the last one planned.
    metrics : dict of float
        What was measured after the pass, by name.
    steps : str
        The steps that were taken: those of a kernel, or plain ones with the reason.
    seconds : float
        The duration of the pass, where it was measured.
    network : int
        Index of the network, where several are trained one after another; 0 in pretraining.
    state : State
        From which training can go on.
    machine : Machine or None
        The machine that was trained; None where it was a network.
    rows : Rows or None
        The rows that the machine learns from.
    """

    state: State = field(kw_only=True)
    machine: "Machine | None" = field(kw_only=True, default=None)
    rows: Any = field(kw_only=True, default=None)


@dataclass(frozen=True)
class Midway:
    """A stop between two steps of an epoch, made because it was asked for.

    Parameters
    ----------
    place : Place
        What is being trained.
    state : State
        From which training can go on.
    """

    place: Place
    state: State


@dataclass(frozen=True)
class Pauses:
    """When training pauses, and from which state it resumes. By default it never pauses, and starts at the beginning.

    Parameters
    ----------
    pause : callable
        Asked after each step; when it says yes, the generator yields a :class:`Midway`.
    resume : callable
        Takes a place and the state at its beginning, and returns the state to go on from.
    """

    pause: Callable[[], bool] = lambda: False
    resume: Callable[[Place, State], State] = lambda place, beginning: beginning


NO_PAUSES = Pauses()


def resume_epoch(
    partial_epoch: PartialEpoch | None, n_steps: int, streams: tuple[Stream, ...], carried: dict[str, Array]
) -> tuple[int, dict[str, Array]]:
    """Go to where an epoch was left.

    Parameters
    ----------
    partial_epoch : PartialEpoch or None
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
        If `partial_epoch` is of another kind of training.
    """
    if partial_epoch is None:
        return 0, carried
    shapes = {name: np.shape(array) for name, array in partial_epoch.carried.items()}
    fits = len(partial_epoch.streams) == len(streams) and shapes == {
        name: tuple(a.shape) for name, a in carried.items()
    }
    if not fits or not 0 < partial_epoch.step < n_steps:
        raise ModelError("The checkpoint holds the middle of another kind of epoch; train from the beginning.")
    for stream, state in zip(streams, partial_epoch.streams, strict=True):
        stream.state = state
    return partial_epoch.step, {name: like(to_numpy(partial_epoch.carried[name]), carried[name]) for name in carried}
