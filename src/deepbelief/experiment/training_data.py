"""What a run learns from: data and settings, turned into examples and a classifier that is not fitted yet."""

from pathlib import Path

import numpy as np

from deepbelief import datasets
from deepbelief.core.randomness import RandomStreams
from deepbelief.estimators import DBNClassifier, declared
from deepbelief.estimators.holding_out import hold_out
from deepbelief.experiment.sources import learnable_labels, naming
from deepbelief.run_settings import TrainingSettings


class TrainingData:
    """The data of a run, split into rows to learn from and rows to measure on.

    Parameters
    ----------
    settings : TrainingSettings

    Attributes
    ----------
    dataset : Dataset
    labels : Labels
    kept : ndarray of int
        The rows to learn from, labelled or not.
    held_out : ndarray of int
        The labelled rows to measure on.

    Raises
    ------
    DataError
        If the data cannot be read or learned from.
    """

    def __init__(self, settings: TrainingSettings) -> None:
        self.dataset = datasets.load(settings.data, split="train", **settings.reading)
        self.labels = learnable_labels(self.dataset, settings.data, classifier_for(settings).unlabelled)
        rows, labelled = np.arange(self.labels.n_rows), self.labels.known
        self.kept, self.held_out = rows, rows[:0]
        if settings.validation_fraction:
            stream = RandomStreams(settings.seed).stream("validation")
            with naming(settings.data):
                _, held_out = hold_out(self.labels.values, settings.validation_fraction, stream)
            self.kept, self.held_out = np.delete(rows, labelled[held_out]), labelled[held_out]

    @property
    def validation(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The rows to measure on, if there are any, with their labels."""
        held_out = self.held_out
        return (self.dataset.images[held_out], self.labels.at(held_out)) if len(held_out) else None

    @property
    def n_labelled(self) -> int:
        """The number of rows to learn from that have a label."""
        return len(self.labels.known) - len(self.held_out)

    @property
    def examples(self) -> tuple[np.ndarray, np.ndarray]:
        """The rows to learn from, with their labels; without held-out rows no copy is made of what may be large."""
        images, labels = self.dataset.images, np.asarray(self.dataset.labels)
        return (images[self.kept], labels[self.kept]) if len(self.held_out) else (images, labels)


def classifier_for(settings: TrainingSettings, checkpoint: Path | None = None) -> DBNClassifier:
    """Return the classifier that the settings describe; it keeps checkpoints in `checkpoint`.

    Raises
    ------
    ValueError
        If no network can have these settings.
    """
    declared.require(settings.network)
    return DBNClassifier(
        **declared.used(settings.network),  # as a run that is resumed has them: one layer of 16 is [16], not 16
        random_state=settings.seed,
        checkpoint=checkpoint,
        checkpoint_interval=settings.checkpoint_interval,
    )


def train_along(settings: TrainingSettings) -> None:
    """Train as one of several processes, of which another writes everything: no word, no file.

    Parameters
    ----------
    settings : TrainingSettings
    """
    data = TrainingData(settings)
    for _ in classifier_for(settings).fit_epochs(*data.examples, validation=data.validation):
        pass
