"""Write checkpoints while an estimator trains, and resume training from the newest one."""

import hashlib
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse
import sklearn
from sklearn.utils._param_validation import Interval

from deepbelief.annotations import JsonObject
from deepbelief.core import native
from deepbelief.core.arrays import to_numpy
from deepbelief.core.checkpoint import Arrays, put_together, taken_apart
from deepbelief.core.parallel import current_group
from deepbelief.core.phases import Place
from deepbelief.core.progress import NO_PAUSES, Entry, Epoch, Midway, Pauses, State
from deepbelief.core.rows import ROWS_AT_ONCE, Rows
from deepbelief.errors import ModelError, ParallelError
from deepbelief.estimators import checkpoint_file
from deepbelief.estimators.checkpoint_file import Checkpoint
from deepbelief.estimators.untrusted_json import Refused, quoted

if TYPE_CHECKING:
    from deepbelief.estimators.model_file import Estimator

CONSTRAINTS: dict[str, list[object]] = {
    "checkpoint": [None, str, Path],
    "checkpoint_interval": [Interval(Real, 0, None, closed="neither")],
}
BEST = "best"  # the phase under which the best state so far of early stopping is kept
# Settings that the model does not depend on; and a net to start from, which is among the data.
GLANCED_ROWS = 100
_NO_MATTER = {"verbose", "checkpoint", "checkpoint_interval", "dbn"}


class TrainingLog:
    """The history of a training of which no checkpoints are kept.

    Parameters
    ----------
    history : list of dict
        Of the epochs before.

    Attributes
    ----------
    pauses : Pauses
        To be given to whatever trains.
    history : list of dict
        What was measured after each epoch.
    states : dict of Place to State
        The newest of everything trained so far, where checkpoints are kept.
    n_before : int
        Epochs in the history that belong to an earlier training, not to an interrupted one.
    """

    def __init__(self, history: list[Entry]) -> None:
        self._group = current_group()
        self.pauses: Pauses = NO_PAUSES if self._group.size == 1 else Pauses(resume=self._resume)
        self.history, self.n_before = history, len(history)
        self.states: dict[Place, State] = {}

    def watch(self, records: Iterator[Epoch | Midway]) -> Iterator[Epoch]:
        """Pass epochs on, each after it is written into the history.

        Parameters
        ----------
        records : iterator of Epoch or Midway
            What training yields.

        Yields
        ------
        Epoch
        """
        for epoch in records:
            if isinstance(epoch, Epoch):
                self.history.append(epoch.entry)
                yield epoch
            if self._group.agreed(self._is_to_stop()):
                raise KeyboardInterrupt

    def _is_to_stop(self) -> bool:
        return False

    def _resume(self, place: Place, beginning: State) -> State:
        """Return the state to go on from: in all processes that of the first one, which keeps the checkpoints."""
        state = self._group.same(beginning)
        return beginning if (state.epoch, state.partial_epoch) == (beginning.epoch, None) else state


class CheckpointedLog(TrainingLog):
    """The history of a training of which checkpoints are kept.

    Parameters
    ----------
    folder : Path
        Made if it does not exist. Training goes on from the newest checkpoint in it, if there is one.
    interval : float
        Seconds between two checkpoints in the middle of an epoch; there is one after each epoch too.
    settings : dict
    defaults : dict
        What the settings are if nobody sets them.
    data : dict of str
        See :class:`~.checkpoint_file.Checkpoint`.
    stop : callable
        Asked after each step; when it says yes, a checkpoint is written, then KeyboardInterrupt raised.

    Raises
    ------
    ModelError
        If the folder cannot be made, holds no checkpoint that can be read, or one of another training.
    """

    def __init__(
        self,
        folder: Path,
        interval: float,
        settings: JsonObject,
        defaults: JsonObject,
        data: dict[str, str],
        stop: Callable[[], bool],
    ) -> None:
        super().__init__([])
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            problem = f"The folder {folder} for checkpoints cannot be made ({error.strerror}); name another."
            raise ModelError(problem) from None
        self._folder, self._interval, self._stop = folder, interval, stop
        self._identity = Checkpoint(settings, data, versions())
        self._saved = checkpoint_file.newest(folder)
        if self._saved is not None:
            # A setting that the version did not have which wrote the checkpoint, is as it is by default.
            known = replace(self._saved, settings=defaults | self._saved.settings)
            _require_same(folder, known, self._identity)
        self._seconds = (self._saved or self._identity).seconds
        self.history = (self._saved or self._identity).history
        self.pauses = Pauses(self._due, self._resume)
        self._written = time.monotonic()
        if self._saved is None:
            self._write()  # so that the folder says from the start what is trained on what

    def watch(self, records: Iterator[Epoch | Midway]) -> Iterator[Epoch]:
        """Pass epochs on, each after a checkpoint of it is written.

        Parameters
        ----------
        records : iterator of Epoch or Midway
            What training yields.

        Yields
        ------
        Epoch
        """
        begin = time.monotonic()
        for epoch in records:
            self._seconds[-1] += time.monotonic() - begin
            self.states[epoch.place] = epoch.state
            if isinstance(epoch, Epoch):
                self.history.append(epoch.entry)
                self._seconds.append(0.0)
            self._write()
            if isinstance(epoch, Epoch):
                yield epoch
            if self._group.agreed(self._is_to_stop()):
                raise KeyboardInterrupt
            begin = time.monotonic()  # the time that the consumer takes is not training

    def _due(self) -> bool:
        return time.monotonic() - self._written >= self._interval or self._stop()

    def _resume(self, place: Place, beginning: State) -> State:
        saved, state = self._saved, beginning
        if saved is not None and place in saved.states:
            state = put_together(saved.states[place], saved.arrays, _name(place), beginning)
            self.states[place] = state
        return self._group.same(state)

    def _is_to_stop(self) -> bool:
        return self._stop()

    def _write(self) -> None:
        self._written = time.monotonic()
        states: dict[Place, JsonObject] = {}
        arrays: Arrays = {}
        for place, state in self.states.items():
            states[place], found = taken_apart(state, _name(place))
            arrays |= found
        if not all(np.isfinite(array).all() for array in arrays.values()):
            return  # training is about to say so, and there is no going on from here
        current = replace(self._identity, history=self.history, seconds=self._seconds, states=states, arrays=arrays)
        try:
            checkpoint_file.add(self._folder, current)
        except Refused as refused:
            problem = f"A checkpoint in {self._folder} {refused}; training goes on, and the last one stays."
            warnings.warn(problem, UserWarning, stacklevel=2)


def training_log(
    estimator: "Estimator", data: dict[str, Any], *, first: bool, stop: Callable[[], bool] = lambda: False
) -> TrainingLog:
    """Return the log of a fit that begins, with checkpoints if the settings of the estimator ask for them.

    Parameters
    ----------
    estimator : RBM, DBN or DBNClassifier
    data : dict
        Each thing that it learns from, by name: rows, an array, several of them, or None.
    first : bool
        It does not go on from an earlier fit.
    stop : callable
        See :class:`CheckpointedLog`.

    Returns
    -------
    TrainingLog

    Raises
    ------
    ValueError
        If its random numbers cannot be drawn again, or it goes on from an earlier fit.
    ModelError
        See :class:`CheckpointedLog`.
    """
    group = current_group()
    _require_same_everywhere(data)
    if estimator.checkpoint is None or group.rank > 0:
        return TrainingLog(group.same([] if first else estimator.history_))
    if not first:
        raise ValueError(
            "With warm_start, only the first fit can keep checkpoints: they do not hold what it goes on from; set "
            "checkpoint=None for this one."
        )
    if not isinstance(estimator.random_state, Integral):
        raise ValueError(
            "With a checkpoint, random_state must be an integer: training can go on only with the same random numbers; "
            f"set it, to 0 for instance (got {estimator.random_state!r})."
        )
    settings: JsonObject = {"class": type(estimator).__name__} | _that_matter(estimator)
    marks = {name: _fingerprint(part) for name, part in data.items() if part is not None}
    interval, defaults = estimator.checkpoint_interval, _that_matter(type(estimator)())
    log = CheckpointedLog(Path(estimator.checkpoint), interval, settings, defaults, marks, stop)
    group.same(log.history)  # the others know it too, and know by this that there is something to wait for
    return log


def _require_same_everywhere(data: dict[str, Any]) -> None:
    """Refuse data that are not those of the first process: shapes, and some rows of each."""
    group = current_group()
    if group.size == 1:
        return
    glances = {name: _glance(part) for name, part in data.items() if part is not None}
    n_others = np.array([float(glances != group.same(glances))], np.float32)
    group.add_up(n_others)
    if n_others[0]:
        raise ParallelError(
            f"{n_others[0]:.0f} of {group.size} processes were given other data than the first one; give all the same "
            "rows in the same order."
        )


def _glance(data: Any) -> str:
    """Return a fingerprint: of rows their number and some of them, of everything else the whole content."""
    parts = data if isinstance(data, tuple | list) else (data,)
    some = [part.spread(GLANCED_ROWS) if isinstance(part, Rows) else part for part in parts]
    return _fingerprint([np.array([len(part) for part in parts]), *some])


def _fingerprint(data: Any) -> str:
    """Return a SHA-256, in hex, of an array, of rows, or of several of them: their kinds, shapes and values."""
    found = hashlib.sha256()
    for part in data if isinstance(data, tuple | list) else (data,):
        for start in range(0, max(len(part), 1), ROWS_AT_ONCE):  # a copy of all of it could be too large
            chunk = slice(start, start + ROWS_AT_ONCE)
            piece: Any = part.raw(chunk) if isinstance(part, Rows) else np.asarray(part)[chunk]
            if isinstance(part, Rows) and part.on_device:
                piece = to_numpy(piece)
            found.update(repr((piece.shape, piece.dtype.str)).encode())
            arrays = (piece.data, piece.indices, piece.indptr) if scipy.sparse.issparse(piece) else (piece,)
            for array in arrays:
                found.update(array.tobytes())
        if isinstance(part, Rows) and part.weights is not None:
            found.update(part.weights.tobytes())
    return found.hexdigest()


def versions() -> dict[str, str]:
    """Return what a model's numbers depend on besides its settings.

    Returns
    -------
    dict of str
        The versions of this package and of what it computes with, by name.
    """
    from deepbelief import __version__  # not above: the package imports this module while it is being made

    return {
        "deepbelief": __version__,
        "kernels": native.kernels(),
        "numpy": np.__version__,
        "scikit-learn": sklearn.__version__,
    }


def _require_same(folder: Path, saved: Checkpoint, current: Checkpoint) -> None:
    for name in current.settings | saved.settings:
        there, here = saved.settings.get(name), current.settings.get(name)
        if there != here:
            raise ModelError(
                f"The checkpoint in {folder} was made with {name}={quoted(there)}, not {quoted(here)}; set it back to "
                "go on, or name another folder to begin anew."
            )
    for name in sorted(saved.data | current.data):
        if saved.data.get(name) != current.data.get(name):
            raise ModelError(
                f"The checkpoint in {folder} was made with other data: {name} has changed; take the same data to go "
                "on, or name another folder to begin anew."
            )
    for name, here in current.versions.items():
        there = saved.versions.get(name)
        if there != here:
            warnings.warn(
                f"The checkpoint in {folder} was made with {name} {there}, not {here}; the model may differ a little "
                "from one that is trained in one go.",
                UserWarning,
                stacklevel=2,
            )


def _name(place: Place) -> str:
    return f"{place.phase}.{place.layer}" + (f".{place.network}" if place.network else "")


def _that_matter(estimator: "Estimator") -> JsonObject:
    """Return the settings that the model depends on."""
    given = estimator.get_params(deep=False)
    return {name: _plain(value) for name, value in given.items() if name not in _NO_MATTER}


def _plain(value: object) -> Any:
    """Return a setting as JSON gives it back."""
    value = value.tolist() if isinstance(value, np.generic | np.ndarray) else value
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value
