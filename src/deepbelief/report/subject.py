"""What a report is about: an estimator, data to look at it with, and what is known of how it was trained."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from deepbelief import experiment
from deepbelief.core.diagnosis import Finding
from deepbelief.core.phases import FINETUNE
from deepbelief.datasets import Dataset
from deepbelief.estimators import RBM, DBNClassifier, DBNRegressor
from deepbelief.estimators.beside import Beside, samples_beside
from deepbelief.estimators.fitted import fitted_stack, was_pretrained
from deepbelief.estimators.labels import Labels
from deepbelief.estimators.learned_rows import LearnedRows
from deepbelief.experiment.diagnosing import diagnose_loaded
from deepbelief.experiment.likelihood import least_likely
from deepbelief.experiment.opening import Estimator
from deepbelief.experiment.regression import interval_of, regression_scores
from deepbelief.experiment.sources import checked_labels_of
from deepbelief.report.reading import recorded_run
from deepbelief.report.scoring import Record

SWEEPS = 300  # of the chains that are shown


@dataclass(frozen=True, eq=False)
class Subject:
    """What a report is about.

    Parameters
    ----------
    estimator : DBNClassifier, DBNRegressor, DBN or RBM
        Fitted.
    dataset : Dataset
        What it is looked at with.
    rows : ndarray of int
        Indices of the rows, with a label or a target, that are measured; none if there is nothing to measure on.
    measured_on : str
        Words for these rows, to follow a number: "held-out rows".
    run : dict or None
        The record of the training run, as in ``result.json``.
    findings : sequence of Finding
        What the diagnosis found.
    image_shape : (int, int), optional
        Height and width of the images, where neither the data nor the model say.
    comparison : dict, optional
        The record of a comparison with other models, as ``deepbelief compare --json`` prints it.
    learned_from : LearnedRows, optional
        What the estimator learned from.
    """

    estimator: Estimator
    dataset: Dataset
    rows: np.ndarray
    measured_on: str
    run: Record | None = None
    findings: Sequence[Finding] = field(default=())
    image_shape: tuple[int, ...] | None = None
    comparison: Record | None = None
    learned_from: LearnedRows | None = None

    @cached_property
    def images(self) -> np.ndarray:
        """The rows that pictures are made of: those measured, or all of them if none are."""
        return self.dataset.images[self.rows] if len(self.rows) else self.dataset.images

    @property
    def is_classifier(self) -> bool:
        """Whether rows are classified."""
        return isinstance(self.estimator, DBNClassifier)

    @property
    def n_networks(self) -> int:
        """Of how many networks the mean is predicted."""
        return getattr(self.estimator, "n_networks_", 1)

    @property
    def is_regressor(self) -> bool:
        """Whether numbers are predicted."""
        return isinstance(self.estimator, DBNRegressor)

    @cached_property
    def rbms(self) -> list[RBM]:
        """The layers, from the bottom up, as pretraining left them."""
        return fitted_stack(self.estimator).rbms

    @cached_property
    def labels(self) -> Labels | None:
        """What the labels of the data say to a classifier; None if the data have none, or it is none."""
        if self.dataset.labels is None or not self.is_classifier:
            return None
        return checked_labels_of(self.dataset, self.dataset.name, self.estimator)

    @cached_property
    def truth(self) -> np.ndarray:
        """The labels, or the targets, of the rows that are measured."""
        if self.is_regressor and self.dataset.targets is not None:
            return self.dataset.targets[self.rows]
        return np.empty(0) if self.labels is None else self.labels.at(self.rows)

    @cached_property
    def predicted(self) -> np.ndarray:
        """The classes, or the numbers, that are predicted of the rows that are measured."""
        return self.estimator.predict(self.images) if len(self.rows) else self.truth

    @cached_property
    def regression(self) -> experiment.RegressionScores | None:
        """How well numbers are predicted of the rows that are measured; None if there are none."""
        if not self.is_regressor or not len(self.rows):
            return None
        return regression_scores(self.estimator, self.images, self.truth)

    @cached_property
    def interval(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The 90 % intervals of the numbers that are predicted; None if there are none."""
        return interval_of(self.estimator, self.images) if self.is_regressor and len(self.rows) else None

    @cached_property
    def unlikely(self) -> experiment.Scores | None:
        """The least likely rows of the data, where features are all that was learned."""
        if self.is_classifier or self.is_regressor:
            return None
        return least_likely(self.estimator, self.dataset.images)

    @cached_property
    def drawn(self) -> Beside | None:
        """Samples of the net beside the rows that it learned from; None if it learned nothing that can be drawn."""
        if not self.pretrained:
            return None
        beside = samples_beside(fitted_stack(self.estimator), self.learned_images, n_steps=SWEEPS)
        return beside if np.isfinite(beside.drawn.samples).all() else None

    @cached_property
    def learned_images(self) -> np.ndarray:
        """The rows that the net learned from, as far as that is known; else all of them."""
        learned, _ = self._told_apart
        return self.dataset.images[learned] if learned.any() else self.dataset.images

    @cached_property
    def new_images(self) -> np.ndarray | None:
        """Rows that the net did not learn from; None if there are none that are known to be such."""
        learned, others = self._told_apart
        return self.dataset.images[others] if learned.any() and others.any() else None

    @cached_property
    def _told_apart(self) -> tuple[np.ndarray, np.ndarray]:
        if self.learned_from is None:
            nothing = np.zeros(len(self.dataset.images), bool)
            return nothing, nothing
        return self.learned_from.told_apart(self.dataset.row_hashes)

    @property
    def pretrained(self) -> bool:
        """Whether the layers learned without labels before the network learned with them."""
        return was_pretrained(self.estimator)

    @property
    def finetuned(self) -> bool:
        """Whether the labels or targets have changed more than the layer on top."""
        return any(entry["phase"] == FINETUNE.name for entry in self.estimator.history_)

    @cached_property
    def overlap(self) -> experiment.Overlap | None:
        """How many of the measured rows it learned from, and its accuracy on the others."""
        hashes = self.dataset.row_hashes[self.rows]
        right = self.predicted == self.truth if self.is_classifier else None
        return experiment.overlap_with(self.learned_from, hashes, right)

    @cached_property
    def overlap_of_all(self) -> experiment.Overlap | None:
        """How many of all rows of the data it learned from."""
        return experiment.overlap_with(self.learned_from, self.dataset.row_hashes)


def subject_of_pair(
    model: Path, data: str, image_shape: tuple[int, ...] | None = None, comparison: Record | None = None
) -> Subject:
    """Load a model and data, and diagnose the one with the other.

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
    estimator = experiment.open_model(model)
    dataset = experiment.open_data_for(estimator, model, data)
    rows = _labelled(estimator, dataset, data)
    findings = diagnose_loaded(estimator, dataset).findings
    run = recorded_run(model if model.is_dir() else model.parent)
    learned_from = estimator.metadata_["learned_from"]
    which = "labelled rows" if isinstance(estimator, DBNClassifier) else "rows"
    return Subject(estimator, dataset, rows, which, run, findings, image_shape, comparison, learned_from)


def subject_of_training(training: experiment.Training) -> Subject:
    """Return a run that has just come to its end, to be looked at with the rows it held out."""
    result = training.result
    rows = np.asarray(training.held_out) if training.task != "features" else np.arange(0)
    return Subject(
        training.estimator,
        training.dataset,
        rows,
        "held-out rows",
        asdict(result),
        result.findings,
        learned_from=training.learned_from,
    )


def _labelled(estimator: Estimator, dataset: Dataset, data: str) -> np.ndarray:
    """Return the rows of which it is known what is right."""
    if isinstance(estimator, DBNRegressor) and dataset.targets is not None:
        return np.arange(len(dataset.images))
    if not isinstance(estimator, DBNClassifier) or dataset.labels is None:
        return np.arange(0)
    return checked_labels_of(dataset, data, estimator).known
