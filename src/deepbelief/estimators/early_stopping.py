"""Early stopping of fine-tuning, which can be resumed from a checkpoint."""

from collections.abc import Generator

from deepbelief.core.phases import FINETUNE, Place
from deepbelief.core.progress import Epoch, EpochRecord, Midway, State
from deepbelief.core.stopping import EarlyStopping
from deepbelief.errors import ModelError
from deepbelief.estimators.checkpointing import BEST, TrainingLog

WATCHED = "validation_loss"


def best_of(
    epochs: Generator[Epoch | Midway, None, State], beginning: State, patience: int, log: TrainingLog
) -> Generator[Epoch | Midway, None, State]:
    """Pass fine-tuning on until the loss on held-out rows no longer falls, and return its best state.

    Parameters
    ----------
    epochs : generator of Epoch and Midway
    beginning : State
        From which fine-tuning starts.
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
    stopping = EarlyStopping(WATCHED, patience)
    best = log.pauses.resume(BEST, beginning)
    if best is not beginning:
        stopping.best = _remembered(best, log)
    if not stopping.is_over(log.pauses.resume(Place(FINETUNE.name), beginning).epoch):
        for epoch in stopping.watch(epochs):
            if epoch is stopping.best:
                log.states[BEST] = epoch.state
            yield epoch
    return stopping.best.state if stopping.best else beginning


def _remembered(best: State, log: TrainingLog) -> Epoch:
    for entry in log.history:
        if (entry["phase"], entry["epoch"]) == (FINETUNE.name, best.epoch) and WATCHED in entry:
            return Epoch(**vars(EpochRecord.of_entry(entry)), state=best)
    raise ModelError("The checkpoint does not say how good its best network was; train from the beginning.")
