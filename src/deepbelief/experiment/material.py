"""What a run learns from: data and settings, turned into examples and a classifier that is not fitted yet."""

from pathlib import Path

import numpy as np

from deepbelief import datasets
from deepbelief.core.randomness import RandomStreams
from deepbelief.estimators import DBNClassifier, declared
from deepbelief.estimators.labels import hold_out, labelled_rows
from deepbelief.experiment.records import TrainingSettings
from deepbelief.experiment.sources import learnable_labels, naming


class Material:
    """The data of a run, split into rows to learn from and rows to measure on.

    Parameters
    ----------
    settings : TrainingSettings

    Attributes
    ----------
    dataset : Dataset
    labels : ndarray
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
        self.dataset = datasets.load(settings.data, split="train")
        self.labels = learnable_labels(self.dataset, settings.data)
        rows, labelled = np.arange(len(self.labels)), labelled_rows(self.labels)
        self.kept, self.held_out = rows, rows[:0]
        if settings.validation_fraction:
            stream = RandomStreams(settings.seed).stream("validation")
            with naming(settings.data):
                _, held_out = hold_out(self.labels[labelled], settings.validation_fraction, stream)
            self.kept, self.held_out = np.delete(rows, labelled[held_out]), labelled[held_out]

    @property
    def validation(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The rows to measure on, if there are any, with their labels."""
        held_out = self.held_out
        return (self.dataset.images[held_out], self.labels[held_out]) if len(held_out) else None

    @property
    def examples(self) -> tuple[np.ndarray, np.ndarray]:
        """The rows to learn from, with their labels; without held-out rows no copy is made of what may be large."""
        if not len(self.held_out):
            return self.dataset.images, self.labels
        return self.dataset.images[self.kept], self.labels[self.kept]


def classifier_for(settings: TrainingSettings, checkpoint: Path | None = None) -> DBNClassifier:
    """Return the classifier that the settings describe; it keeps checkpoints in `checkpoint`.

    Raises
    ------
    ValueError
        If no network can have these settings.
    """
    declared.require(settings.network)
    return DBNClassifier(
        **settings.network,
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
    material = Material(settings)
    for _ in classifier_for(settings).fit_epochs(*material.examples, validation=material.validation):
        pass
