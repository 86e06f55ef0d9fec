"""Say what is wrong with a trained model."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepbelief.core.finding import Finding
from deepbelief.datasets import Dataset
from deepbelief.estimators import DBNClassifier, DBNRegressor
from deepbelief.estimators.diagnosing import diagnose as findings_of
from deepbelief.estimators.labels import labels_for
from deepbelief.experiment.opening import Estimator, open_data_for, open_model
from deepbelief.experiment.overlap import Overlap, overlap_with
from deepbelief.experiment.sources import naming


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a model.

    Parameters
    ----------
    healthy : bool
        There is no finding.
    findings : tuple of Finding
    n_rows : int
        Rows of data looked at.
    overlap : Overlap or None
        How many of the rows the model learned from; of the labelled ones for a classifier, with its accuracy on the
        others. None if the model's file does not say which rows it learned from.
    """

    healthy: bool
    findings: tuple[Finding, ...]
    n_rows: int
    overlap: Overlap | None


def diagnose(model: Path, data: str) -> Diagnosis:
    """Diagnose a model by data of the kind that it was trained on.

    Parameters
    ----------
    model : Path
        A model file, or the directory of a run.
    data : str
        See :func:`deepbelief.datasets.load`.

    Returns
    -------
    Diagnosis

    Raises
    ------
    DataError, ModelError
        If either cannot be used, or they do not fit together.
    """
    estimator = open_model(model)
    dataset = open_data_for(estimator, model, data)
    with naming(data):
        return diagnose_loaded(estimator, dataset)


def diagnose_loaded(estimator: Estimator, dataset: Dataset) -> Diagnosis:
    """Diagnose a model that was loaded from a file.

    A network is judged by the rows that it did not learn from, if it is known of any of them what is right: it may know
    the others by heart.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    dataset : Dataset

    Returns
    -------
    Diagnosis

    Raises
    ------
    DataError
        If the data cannot be used.
    """
    images, hashes, learned_from = dataset.images, dataset.row_hashes, estimator.metadata_["learned_from"]
    validation = right = known_labels = None
    if isinstance(estimator, DBNClassifier) and dataset.labels is not None:
        labels = labels_for(estimator, dataset.labels, len(images))
        known, others = labels.known, np.zeros(0, bool)
        if learned_from is not None:
            _, others = learned_from.told_apart(hashes[known])
        if others.any():
            validation = images[known[others]], labels.values[others]
        else:
            known_labels = dataset.labels
        if len(known):
            hashes, right = hashes[known], estimator.predict(images[known]) == labels.values
    if isinstance(estimator, DBNRegressor) and dataset.targets is not None:
        judged = np.arange(len(images))
        if learned_from is not None:
            _, others = learned_from.told_apart(hashes)
            judged = np.flatnonzero(others) if others.sum() > 1 else judged
        validation = images[judged], dataset.targets[judged]
    findings = findings_of(estimator, images, known_labels, validation=validation)
    return Diagnosis(not findings, tuple(findings), len(images), overlap_with(learned_from, hashes, right))
