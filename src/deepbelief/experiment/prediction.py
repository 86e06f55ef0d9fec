"""Use a trained network: measure it on data whose labels or targets are known, or predict them."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix

from deepbelief.annotations import JsonObject
from deepbelief.datasets import Dataset
from deepbelief.errors import DataError, ModelError
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
    classes : list, optional
        The classes that `probabilities` are of.
    probabilities : list of list of float, optional
        Of each row, those of the classes.
    """

    labels: list[object]
    intervals: tuple[list[float], list[float]] | None = None
    identifiers: tuple[str, tuple[str, ...]] | None = None
    is_number: bool = False
    classes: list[object] = field(default_factory=list)
    probabilities: list[list[float]] | None = None


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


def predict(model: Path, data: str, others: Sequence[Path] = (), *, with_probabilities: bool = False) -> Predictions:
    """Predict the labels or the numbers of data with a model, or with the mean of several.

    The errors of networks that were trained from other random numbers differ, so that their mean has fewer (Hansen &
    Salamon, *Neural network ensembles*, 1990). Of classifiers it is the mean of their probabilities.

    Parameters
    ----------
    model : Path
        A model file, or the directory of a run.
    data : str
        See :func:`deepbelief.datasets.load`; labels and targets in it are ignored.
    others : sequence of Path, optional
        More models that predict the same.
    with_probabilities : bool, default=False
        Return what a classifier says of each class.

    Returns
    -------
    Predictions

    Raises
    ------
    DataError, ModelError
        If either cannot be used, or they do not fit together.
    """
    paths = (model, *others)
    networks = [open_network(path) for path in paths]
    network = networks[0]
    for path, other in zip(others, networks[1:], strict=True):
        _require_alike(network, other, model, path)
    if with_probabilities and not isinstance(network, DBNClassifier):
        raise ModelError(
            f"{model}: this model predicts numbers, which have no probabilities; leave out --probabilities"
        )
    datasets = [open_data_for(one, path, data, with_target=False) for one, path in zip(networks, paths, strict=True)]
    identifiers, images = datasets[0].identifiers, [dataset.images for dataset in datasets]
    if isinstance(network, DBNClassifier):
        mean = np.mean([one.predict_proba(x) for one, x in zip(networks, images, strict=True)], axis=0)
        labels = network.classes_[mean.argmax(axis=1)] if others else network.predict(images[0])
        return Predictions(
            labels.tolist(),
            # Kaggle wants the numbers of rows, also of a table that names its rows; pictures in a folder have none.
            identifiers=identifiers if datasets[0].schema is None else None,
            classes=network.classes_.tolist(),
            probabilities=mean.tolist() if with_probabilities else None,
        )
    mean = np.mean([one.predict(x) for one, x in zip(networks, images, strict=True)], axis=0)
    # What was held out of the training of each model says nothing of the errors of their mean.
    interval = None if others else interval_of(network, images[0])
    intervals = None if interval is None else (interval[0].tolist(), interval[1].tolist())
    return Predictions(mean.tolist(), intervals, identifiers, is_number=True)


def _require_alike(network: Any, other: Any, model: Path, path: Path) -> None:
    """Refuse models of which there is no mean."""
    if isinstance(network, DBNClassifier) != isinstance(other, DBNClassifier):
        kinds = ("numbers", "classes") if isinstance(network, DBNClassifier) else ("classes", "numbers")
        raise ModelError(f"{path}: this model predicts {kinds[0]}, but {model} predicts {kinds[1]}; name another")
    if isinstance(network, DBNClassifier) and not np.array_equal(network.classes_, other.classes_):
        raise ModelError(f"{path}: this model has other classes than {model}; name one that was trained on the same")


def submission(predictions: Predictions) -> str:
    """Return predictions as a CSV: of classes as Kaggle takes it, ``ImageId,Label``, the first image being 1.

    With probabilities, there is a column of them for each class, under its name. Of numbers it is
    ``row,prediction,low,high``, with the last two for the 90 % interval. Where predictions have
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
        says = predictions.probabilities or [[]] * len(predictions.labels)
        writer.writerow(("ImageId", "Label", *(predictions.classes if predictions.probabilities else ())))
        for name, label, row in zip(names, predictions.labels, says, strict=True):
            writer.writerow((name, label, *(f"{one:.7g}" for one in row)))
        return text.getvalue()
    ends = predictions.intervals or ()
    writer.writerow([called, "prediction", *("low", "high")[: len(ends)]])
    writer.writerows(zip(names, predictions.labels, *ends, strict=True))
    return text.getvalue()
