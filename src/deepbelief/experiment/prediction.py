"""Use a trained network: measure it on data whose labels or targets are known, or predict them."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix

from deepbelief.annotations import JsonObject
from deepbelief.datasets import Dataset
from deepbelief.errors import DataError
from deepbelief.estimators import DBNClassifier, DBNRegressor
from deepbelief.estimators.labels import many_classes_allowed
from deepbelief.experiment.opening import open_data_for, open_network
from deepbelief.experiment.overlap import Overlap, overlap_with
from deepbelief.experiment.regression import RegressionScores, interval_of, regression_scores
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
    classification_report: JsonObject
    classification_report_text: str
    confusion_matrix: list[list[int]]
    classes: list[object]
    overlap: Overlap | None


@dataclass(frozen=True)
class RegressionEvaluation:
    """How well a model predicts numbers that are known.

    Parameters
    ----------
    scores : RegressionScores
        On all rows, whether the model learned from them or not.
    overlap : Overlap or None
        How many of the rows the model learned from; None if its file does not say which rows it learned from.
    scores_on_others : RegressionScores or None
        On the rows that it did not learn from, if it learned from some of them, and there are two others.
    """

    scores: RegressionScores
    overlap: Overlap | None
    scores_on_others: RegressionScores | None


@dataclass(frozen=True)
class Predictions:
    """What a model predicts of rows, in their order.

    Parameters
    ----------
    labels : list
        Classes, or numbers.
    intervals : tuple of list, or None
        The lower and the upper end of the 90 % interval of each number.
    identifiers : tuple of (str, tuple of str), or None
        What says which row is which: the names of pictures, or a column of a table, beside numbers.
    is_number : bool
    """

    labels: list[object]
    intervals: tuple[list[float], list[float]] | None = None
    identifiers: tuple[str, tuple[str, ...]] | None = None
    is_number: bool = False


def evaluate(model: Path, data: str) -> Evaluation | RegressionEvaluation:
    """Measure a model on data whose labels or targets are known.

    Parameters
    ----------
    model : Path
        A model file, or the directory of a run.
    data : str
        See :func:`deepbelief.datasets.load`.

    Returns
    -------
    Evaluation or RegressionEvaluation

    Raises
    ------
    DataError, ModelError
        If either cannot be used, or they do not fit together.
    """
    network = open_network(model)
    dataset = open_data_for(network, model, data)
    if isinstance(network, DBNRegressor):
        return _evaluate_regressor(network, dataset, data)
    return _evaluate_classifier(network, dataset, data)


def _evaluate_regressor(regressor: DBNRegressor, dataset: Dataset, data: str) -> RegressionEvaluation:
    if dataset.targets is None:
        raise DataError(f"{data}: there are no numbers to compare predictions with; add them, or use predict")
    images, targets = dataset.images, dataset.targets
    learned_from, others = regressor.metadata_["learned_from"], np.zeros(len(images), bool)
    if learned_from is not None:
        _, others = learned_from.told_apart(dataset.row_hashes)
    is_mixed = 2 <= others.sum() < len(images)
    return RegressionEvaluation(
        scores=regression_scores(regressor, images, targets),
        overlap=overlap_with(learned_from, dataset.row_hashes),
        scores_on_others=regression_scores(regressor, images[others], targets[others]) if is_mixed else None,
    )


def _evaluate_classifier(classifier: DBNClassifier, dataset: Dataset, data: str) -> Evaluation:
    if dataset.labels is None:
        raise DataError(f"{data}: there are no labels to measure accuracy with; add them, or use predict")
    labels = checked_labels_of(dataset, data, classifier)
    labels.require_some(data, ", or use predict")
    truth, known = labels.values, labels.known
    predicted = classifier.predict(dataset.images[known] if labels.n_unlabelled else dataset.images)
    right = truth == predicted
    classes = np.union1d(classifier.classes_, truth)
    names = [str(label) for label in classes.tolist()]

    def report(**form: object) -> Any:
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
    """Predict the labels or the numbers of data with a model.

    Parameters
    ----------
    model : Path
        A model file, or the directory of a run.
    data : str
        See :func:`deepbelief.datasets.load`; labels and targets in it are ignored.

    Returns
    -------
    Predictions

    Raises
    ------
    DataError, ModelError
        If either cannot be used, or they do not fit together.
    """
    network = open_network(model)
    dataset = open_data_for(network, model, data, with_target=False)
    labels = network.predict(dataset.images).tolist()
    if isinstance(network, DBNClassifier):
        # Kaggle wants the numbers of rows, also of a table that names its rows; pictures in a folder have no numbers.
        return Predictions(labels, identifiers=dataset.identifiers if dataset.schema is None else None)
    interval = interval_of(network, dataset.images)
    intervals = None if interval is None else (interval[0].tolist(), interval[1].tolist())
    return Predictions(labels, intervals, dataset.identifiers, is_number=True)


def submission(predictions: Predictions) -> str:
    """Return predictions as a CSV: of classes as Kaggle takes it, ``ImageId,Label``, the first image being 1.

    Of numbers it is ``row,prediction,low,high``, with the last two for the 90 % interval. Where predictions have
    identifiers, these stand instead of the numbers of the rows.

    Parameters
    ----------
    predictions : Predictions

    Returns
    -------
    str
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    called, names = predictions.identifiers or ("row", range(1, len(predictions.labels) + 1))
    if not predictions.is_number:
        writer.writerow(("ImageId", "Label"))
        writer.writerows(zip(names, predictions.labels, strict=True))
        return text.getvalue()
    ends = predictions.intervals or ()
    writer.writerow([called, "prediction", *("low", "high")[: len(ends)]])
    writer.writerows(zip(names, predictions.labels, *ends, strict=True))
    return text.getvalue()
