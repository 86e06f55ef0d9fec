"""Early stopping of fine-tuning, which can be resumed from a checkpoint."""

from collections.abc import Generator
from dataclasses import replace

from deepbelief.core.phases import Place
from deepbelief.core.progress import Epoch, EpochRecord, Midway, State
from deepbelief.core.stopping import EarlyStopping
from deepbelief.errors import ModelError
from deepbelief.estimators.checkpointing import BEST, TrainingLog

WATCHED = "validation_loss"


def best_of(
    epochs: Generator[Epoch | Midway, None, State], beginning: State, place: Place, patience: int, log: TrainingLog
) -> Generator[Epoch | Midway, None, State]:
    """Pass fine-tuning on until the loss on held-out rows no longer falls, and return its best state.

    Parameters
    ----------
    epochs : generator of Epoch and Midway
    beginning : State
        From which fine-tuning starts.
    place : Place
        What is fine-tuned.
    patience : int
        See :class:`~deepbelief.core.stopping.EarlyStopping`.
    log : TrainingLog
        Knows the best state before an interruption, and is told the best.

    Yields
    ------
    Epoch, Midway

    Returns
    -------
    State
    """
    stopping, kept_at = EarlyStopping(WATCHED, patience), replace(place, phase=BEST)
    best = log.pauses.resume(kept_at, beginning)
    if best is not beginning:
        stopping.best = _remembered(best, place, log)
    if not stopping.is_over(log.pauses.resume(place, beginning).epoch):
        for epoch in stopping.watch(epochs):
            if epoch is stopping.best:
                log.states[kept_at] = epoch.state
            yield epoch
    return stopping.best.state if stopping.best else beginning


def _remembered(best: State, place: Place, log: TrainingLog) -> Epoch:
    for entry in log.history:
        record = EpochRecord.of_entry(entry)
        if (record.place, record.epoch) == (place, best.epoch) and WATCHED in entry:
            return Epoch(**vars(record), state=best)
    raise ModelError("The checkpoint does not say how good its best network was; train from the beginning.")
