"""Use a trained classifier: measure it on labelled data, or label data with it."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix

from deepbelief.errors import DataError
from deepbelief.estimators.labels import many_classes_allowed
from deepbelief.experiment.opening import open_pair
from deepbelief.experiment.overlap import Overlap, overlap_with
from deepbelief.experiment.sources import checked_labels_of
from deepbelief.experiment.statistics import wilson_interval


@dataclass(frozen=True)
class Evaluation:
    """How well a model labels data whose labels are known.

    Parameters
    ----------
    accuracy : float
        On all rows that have a label, whether the model learned from them or not.
    interval : tuple of float
        Wilson's 95 % interval of the accuracy, for the choice of the rows.
    n_rows, n_skipped : int
        Rows measured on, and rows left out because they have no label.
    classification_report : dict
        scikit-learn's.
    classification_report_text : str
        The same as a table.
    confusion_matrix : list of list of int
        One row for each true class, one column for each predicted class.
    classes : list
        The classes of the rows and columns: the model's, and any others that the data hold.
    overlap : Overlap or None
        How many of the rows measured on the model learned from, and its accuracy on the others; None if the model's
        file does not say which rows it learned from.
    """

    accuracy: float
    interval: tuple[float, float]
    n_rows: int
    n_skipped: int
    classification_report: dict[str, Any]
    classification_report_text: str
    confusion_matrix: list[list[int]]
    classes: list[Any]
    overlap: Overlap | None


@dataclass(frozen=True)
class Predictions:
    """The labels that a model gives to images, in their order."""

    labels: list[Any]


def evaluate(model: Path, data: str) -> Evaluation:
    """Measure a model on data whose labels are known.

    Parameters
    ----------
    model : Path
        A model file, or the directory of a run.
    data : str
        See :func:`deepbelief.datasets.load`.

    Raises
    ------
    DataError, ModelError
        If either cannot be used, or they do not fit together.
    """
    classifier, dataset = open_pair(model, data)
    if dataset.labels is None:
        raise DataError(f"{data}: there are no labels to measure accuracy with; add them, or use predict")
    labels = checked_labels_of(dataset, data, classifier)
    labels.require_some(data, ", or use predict")
    truth, known = labels.values, labels.known
    predicted = classifier.predict(dataset.images[known] if labels.n_unlabelled else dataset.images)
    right = truth == predicted
    classes = np.union1d(classifier.classes_, truth)
    names = [str(label) for label in classes.tolist()]

    def report(**form: Any) -> Any:
        # A class that is absent from the data, or never predicted, scores 0.
        return classification_report(truth, predicted, labels=classes, target_names=names, zero_division=0.0, **form)

    with many_classes_allowed():
        return Evaluation(
            accuracy=float(accuracy_score(truth, predicted)),
            interval=wilson_interval(int(right.sum()), len(truth)),
            n_rows=len(truth),
            n_skipped=labels.n_unlabelled,
            classification_report=report(output_dict=True),
            classification_report_text=report(digits=3),
            confusion_matrix=confusion_matrix(truth, predicted, labels=classes).tolist(),
            classes=classes.tolist(),
            overlap=overlap_with(classifier.metadata_["learned_from"], dataset.row_hashes[known], right),
        )


def predict(model: Path, data: str) -> Predictions:
    """Label data with a model.

    Parameters
    ----------
    model : Path
        A model file, or the directory of a run.
    data : str
        See :func:`deepbelief.datasets.load`; labels in it are ignored.

    Raises
    ------
    DataError, ModelError
        If either cannot be used, or they do not fit together.
    """
    classifier, dataset = open_pair(model, data)
    return Predictions(classifier.predict(dataset.images).tolist())


def submission(predictions: Predictions) -> str:
    """Return predictions as the CSV that Kaggle takes: ``ImageId,Label``, the first image being 1."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("ImageId", "Label"))
    writer.writerows(enumerate(predictions.labels, 1))
    return text.getvalue()
