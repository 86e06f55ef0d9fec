"""What a report is about: a classifier, data to look at it with, and what is known of how it was trained."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from deepbelief import experiment
from deepbelief.core.diagnosis import Finding
from deepbelief.core.phases import FINETUNE
from deepbelief.datasets import Dataset
from deepbelief.estimators import DBNClassifier
from deepbelief.estimators.labels import Labels
from deepbelief.estimators.learned_rows import LearnedRows
from deepbelief.experiment.sources import checked_labels_of
from deepbelief.report.reading import recorded_run


@dataclass(frozen=True, eq=False)
class Subject:
    """What a report is about.

    Parameters
    ----------
    classifier : DBNClassifier
        Fitted.
    dataset : Dataset
        What it is looked at with.
    rows : ndarray of int
        Indices of the labelled rows that are measured; none if there is nothing to measure on.
    measured_on : str
        Words for these rows, to follow a number: "held-out rows".
    run : dict or None
        The record of the training run, as in ``result.json``.
    findings : sequence of Finding
        What the diagnosis found.
    image_shape : (int, int), optional
        Height and width of the images, where neither the data nor the model say.
    comparison : dict, optional
        The record of a comparison with other classifiers, as ``deepbelief compare --json`` prints it.
    learned_from : LearnedRows, optional
        What the classifier learned from.
    """

    classifier: DBNClassifier
    dataset: Dataset
    rows: np.ndarray
    measured_on: str
    run: dict[str, Any] | None = None
    findings: Sequence[Finding] = field(default=())
    image_shape: tuple[int, ...] | None = None
    comparison: dict[str, Any] | None = None
    learned_from: LearnedRows | None = None

    @cached_property
    def images(self) -> np.ndarray:
        """The rows that pictures are made of: those measured, or all of them if none are."""
        return self.dataset.images[self.rows] if len(self.rows) else self.dataset.images

    @cached_property
    def labels(self) -> Labels | None:
        """What the labels of the data say to the classifier; None if the data have none."""
        if self.dataset.labels is None:
            return None
        return checked_labels_of(self.dataset, self.dataset.name, self.classifier)

    @cached_property
    def truth(self) -> np.ndarray:
        """The labels of the rows that are measured."""
        return np.empty(0) if self.labels is None else self.labels.at(self.rows)

    @cached_property
    def predicted(self) -> np.ndarray:
        """The classes that the classifier gives to the rows that are measured."""
        return self.classifier.predict(self.images) if len(self.rows) else self.truth

    @property
    def pretrained(self) -> bool:
        """Whether the layers learned without labels before the network learned with them."""
        return any(rbm.history_ for rbm in self.classifier.dbn_.rbms_)

    @property
    def finetuned(self) -> bool:
        """Whether the labels have changed more than the softmax layer."""
        return any(entry["phase"] == FINETUNE.name for entry in self.classifier.history_)

    @cached_property
    def overlap(self) -> experiment.Overlap | None:
        """How many of the measured rows the classifier learned from, and its accuracy on the others."""
        hashes = self.dataset.row_hashes[self.rows]
        return experiment.overlap_with(self.learned_from, hashes, self.predicted == self.truth)

    @cached_property
    def overlap_of_all(self) -> experiment.Overlap | None:
        """How many of all rows of the data the classifier learned from."""
        return experiment.overlap_with(self.learned_from, self.dataset.row_hashes)


def subject_of_pair(
    model: Path, data: str, image_shape: tuple[int, ...] | None = None, comparison: dict[str, Any] | None = None
) -> Subject:
    """Load a classifier and data, and diagnose the one with the other.

    Parameters
    ----------
    model : Path
        A model file, or the directory of a run.
    data : str
        See :func:`deepbelief.datasets.load`; every row that has a label is measured.
    image_shape : (int, int), optional
    comparison : dict, optional

    Raises
    ------
    DataError, ModelError
        If either cannot be used, or they do not fit together.
    """
    classifier, dataset = experiment.open_pair(model, data)
    rows = _labelled(classifier, dataset, data)
    findings = experiment.diagnose_loaded(classifier, dataset).findings
    run = recorded_run(model if model.is_dir() else model.parent)
    learned_from = classifier.metadata_["learned_from"]
    return Subject(classifier, dataset, rows, "labelled rows", run, findings, image_shape, comparison, learned_from)


def subject_of_training(training: experiment.Training) -> Subject:
    """Return a run that has just come to its end, to be looked at with the rows it held out."""
    result = training.result
    rows = np.asarray(training.held_out)
    return Subject(
        training.classifier,
        training.dataset,
        rows,
        "held-out rows",
        asdict(result),
        result.findings,
        learned_from=training.learned_from,
    )


def _labelled(classifier: DBNClassifier, dataset: Dataset, data: str) -> np.ndarray:
    """Return the rows with a label that can be compared with the model's classes."""
    if dataset.labels is None:
        return np.arange(0)
    return checked_labels_of(dataset, data, classifier).known
