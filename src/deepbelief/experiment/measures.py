"""The measures of a compared model: scores, a confidence interval, and tests against the other models."""

from dataclasses import dataclass
from itertools import combinations
from statistics import mean, stdev

import numpy as np
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix

from deepbelief.annotations import JsonObject
from deepbelief.estimators.labels import many_classes_allowed
from deepbelief.experiment.statistics import holm, mcnemar, wilson_interval
from deepbelief.experiment.trials import Trial


@dataclass(frozen=True)
class Run:
    """One run of a model.

    Parameters
    ----------
    seed : int
    accuracy : float
    seconds_fit, seconds_predict : float
    """

    seed: int
    accuracy: float
    seconds_fit: float
    seconds_predict: float


@dataclass(frozen=True)
class Measured:
    """What a model achieved: measures of its first run, and all `runs`, whose spread is due to chance.

    Parameters
    ----------
    model : str
    accuracy : float
    interval : tuple of float
        The accuracy's 95 % interval for the choice of rows (Wilson's).
    accuracy_on_others : float or None
        On the rows that are not the same as a row learned from; None if all are.
    precision, recall, f1 : float
        Means over the classes.
    mean_accuracy : float
        Over the runs.
    spread : float or None
        Standard deviation of the runs' accuracies; None for a single run.
    runs : tuple of Run
    classification_report : dict
        scikit-learn's.
    confusion_matrix : list of list of int
        One row for each true class, one column for each predicted class.
    """

    model: str
    accuracy: float
    interval: tuple[float, float]
    accuracy_on_others: float | None
    precision: float
    recall: float
    f1: float
    mean_accuracy: float
    spread: float | None
    runs: tuple[Run, ...]
    classification_report: JsonObject
    confusion_matrix: list[list[int]]


@dataclass(frozen=True)
class Pair:
    """McNemar's test of two models, see :class:`deepbelief.experiment.statistics.Disagreement`.

    Parameters
    ----------
    first, second : str
        The names of the models.
    only_first, only_second : int
        Rows that only this model labels correctly.
    p_value : float
    p_corrected : float
        By Holm's method, for all pairs of the comparison.
    """

    first: str
    second: str
    only_first: int
    only_second: int
    p_value: float
    p_corrected: float


def measure(
    model: str, trials: list[Trial], first_seed: int, truth: np.ndarray, classes: np.ndarray, others: np.ndarray
) -> Measured:
    """Measure the trials of one model, made with `first_seed` and those that follow it.

    Parameters
    ----------
    model : str
    trials : list of Trial
    first_seed : int
    truth : array of shape (n_rows,)
    classes : array of shape (n_classes,)
    others : ndarray of bool, shape (n_rows,)
        The rows that are not the same as a row learned from.

    Returns
    -------
    Measured
    """
    predicted = trials[0].predicted
    with many_classes_allowed():
        runs = tuple(
            Run(seed, float(accuracy_score(truth, trial.predicted)), trial.seconds_fit, trial.seconds_predict)
            for seed, trial in enumerate(trials, first_seed)
        )
        report = classification_report(truth, predicted, labels=classes, output_dict=True, zero_division=0.0)
        matrix = confusion_matrix(truth, predicted, labels=classes)
    overall = report["macro avg"]
    accuracies = [run.accuracy for run in runs]
    return Measured(
        model=model,
        accuracy=accuracies[0],
        interval=wilson_interval(int(matrix.trace()), len(truth)),
        accuracy_on_others=float((predicted == truth)[others].mean()) if others.any() else None,
        precision=overall["precision"],
        recall=overall["recall"],
        f1=overall["f1-score"],
        mean_accuracy=mean(accuracies),
        spread=stdev(accuracies) if len(runs) > 1 else None,
        runs=runs,
        classification_report=report,
        confusion_matrix=matrix.tolist(),
    )


def tested_pairs(right: dict[str, np.ndarray]) -> tuple[Pair, ...]:
    """Test every two models, from which rows each of them labels correctly.

    Parameters
    ----------
    right : dict of ndarray of bool, shape (n_rows,)
        Which rows each model labels correctly, by its name.

    Returns
    -------
    tuple of Pair
    """
    couples = list(combinations(right, 2))
    tests = [mcnemar(right[first], right[second]) for first, second in couples]
    corrected = holm([test.p_value for test in tests])
    return tuple(
        Pair(*couple, test.only_first, test.only_second, test.p_value, p)
        for couple, test, p in zip(couples, tests, corrected, strict=True)
    )
