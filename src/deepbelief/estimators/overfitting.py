"""Which pass of fine-tuning to keep: rows that were held out say whether the later ones learned noise by heart."""

import warnings
from collections.abc import Callable, Generator
from dataclasses import replace

import numpy as np

from deepbelief.core.phases import Place
from deepbelief.core.progress import Epoch, Midway, State
from deepbelief.estimators.checkpointing import BEST, TrainingLog

CERTAIN = 2.0  # standard errors by which an earlier network must be better than the last one
FEWEST = 29  # rows that are asked: of 9, the best of a hundred passes is nothing but luck


def before_overfitting(
    epochs: Generator[Epoch | Midway, None, State],
    beginning: State,
    place: Place,
    losses: Callable[[State], np.ndarray],
    log: TrainingLog,
) -> Generator[Epoch | Midway, None, State]:
    """Pass fine-tuning on, and return its last state, or the best one if that is certainly better on rows held out.

    The best of many passes on a few rows is partly luck. So the last state is returned unless the mean difference of
    the losses of the rows is more than two standard errors, or if there are fewer than 29 rows.

    Parameters
    ----------
    epochs : generator of Epoch and Midway
    beginning : State
        From which fine-tuning starts. It counts as one of the states that may be the best.
    place : Place
        What is fine-tuned.
    losses : callable
        Returns the loss of each row that was held out: an array of shape (n_rows,).
    log : TrainingLog
        Knows the best state before an interruption, and is told the best.

    Yields
    ------
    Epoch, Midway

    Returns
    -------
    State

    Warns
    -----
    UserWarning
        If it is not the last state that is returned.
    """
    kept_at = replace(place, phase=BEST)
    best = log.pauses.resume(kept_at, beginning)
    lowest = losses(best)
    while True:
        try:
            epoch = next(epochs)
        except StopIteration as finished:
            last: State = finished.value
            break
        if isinstance(epoch, Epoch):
            found = losses(epoch.state)
            if found.mean() < lowest.mean():
                best, lowest = epoch.state, found
                log.states[kept_at] = best
        yield epoch
    worse = losses(last) - lowest
    if len(worse) < FEWEST or worse.mean() <= CERTAIN * worse.std() / len(worse) ** 0.5:
        return last
    n_kept, n_made = best.epoch - beginning.epoch, last.epoch - beginning.epoch
    warnings.warn(_sentence(place, n_kept, n_made, len(worse)), stacklevel=2)
    return best


def _sentence(place: Place, n_kept: int, n_made: int, n_rows: int) -> str:
    when = f"after {n_kept}" if n_kept else "before the first"
    return (
        f"Fine-tuning{place.suffix} learned noise by heart: on the {n_rows} rows that were held out, the network was "
        f"better {when} of {n_made} passes than in the end. So the network of then is kept. With more weight decay, "
        "such as finetune_weight_decay=0.005, it may become better still."
    )
