"""Which of several networks suits the data: each learns from a part of the rows and is measured on the others."""

import dataclasses
import math
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import KFold, StratifiedKFold

from deepbelief.core.parallel import current_group
from deepbelief.errors import DivergedError, ParallelError
from deepbelief.estimators import declared
from deepbelief.experiment.training_data import (
    Trained,
    TrainingData,
    estimator_for,
    require_trainable,
    with_pictures,
)
from deepbelief.presets import networks
from deepbelief.run_settings import TrainingSettings

ROWS = 3_000  # that are compared on at most
FEWEST_ROWS = 60  # on fewer, chance decides
FOLDS = 3
MEASURES = ("accuracy", "squared_error")
# Is told how many of how many trainings are done, and for how many seconds the others will go on.
Told = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Choice:
    """Several networks, and the one that was taken.

    Parameters
    ----------
    measure : {"accuracy", "squared_error"}
    n_rows : int
        That the networks were measured on.
    networks : tuple of dict
        Settings by name.
    measured : tuple of float or None
        Of each network, over these rows; None for one that cannot be trained on them.
    taken : int
        The index of the network that was taken.
    simplest : float
        What is measured where the answer is always the most frequent class, or the mean, of these rows.
    """

    measure: str
    n_rows: int
    networks: tuple[dict[str, Any], ...]
    measured: tuple[float | None, ...]
    taken: int
    simplest: float


def chosen(settings: TrainingSettings, data: TrainingData, told: Told) -> tuple[Choice | None, TrainingSettings]:
    """Find out which network a preset stands for on these data.

    Parameters
    ----------
    settings : TrainingSettings
        With those of the network that were given.
    data : TrainingData
    told : callable

    Returns
    -------
    choice : Choice or None
        None if there was nothing to choose from, or nothing to compare networks on.
    settings : TrainingSettings
        With all settings of the network that is to be trained.

    Raises
    ------
    TooLargeError
        If memory has no room for one of the networks.
    ParallelError
        If several processes cannot have equal shares of a batch, or would have to choose.
    """
    found: list[dict[str, Any]] = []
    for network in networks(settings.preset, data.n_labelled, data.n_rows):
        merged = declared.of_task(network, data.task) | dict(settings.network)
        if merged not in found:
            found.append(merged)

    def with_network(network: dict[str, Any]) -> TrainingSettings:
        return dataclasses.replace(settings, network=network)

    def estimator_of(network: dict[str, Any]) -> Trained:
        return with_pictures(estimator_for(with_network(network), data.task), data.dataset, settings.data)

    for network in found:
        require_trainable(with_network(network), data)
    choice = choose(found, estimator_of, *data.labelled, settings.seed, told) if len(found) > 1 else None
    return choice, with_network(found[choice.taken if choice else 0])


def choose(
    candidates: Sequence[dict[str, Any]],
    estimator_of: Callable[[dict[str, Any]], Trained],
    x: np.ndarray,
    y: np.ndarray,
    seed: int,
    told: Told,
) -> Choice | None:
    """Compare networks by cross-validation with three folds, or on one fold of them where rows are many.

    Another network than the first is taken if it is better by more than the standard error of the difference between
    both, row by row: so equal networks lead to the first, and noise seldom to a worse one.

    Parameters
    ----------
    candidates : sequence of dict
        Settings of networks by name, all of them different.
    estimator_of : callable
        Makes an estimator that has such settings.
    x : ndarray, shape (n_rows, n_features)
    y : ndarray, shape (n_rows,) or (n_rows, n_targets)
        Labels, all of them known, or numbers to be predicted.
    seed : int
        Of the random numbers by which rows are dealt to the folds.
    told : callable

    Returns
    -------
    Choice or None
        None if the rows are too few to compare anything on.

    Raises
    ------
    ParallelError
        In one of several processes.
    """
    classified = is_classifier(estimator_of(candidates[0]))
    most = np.unique(y, return_counts=True)[1].max() if classified else len(y)
    if len(y) < FEWEST_ROWS or most < FOLDS:
        return None
    if current_group().size > 1:
        raise ParallelError(
            "--preset accurate compares networks, which one process does; start it without torchrun, or leave out "
            "--preset."
        )
    some = np.random.default_rng(seed).permutation(len(y))[:ROWS]
    folds = (StratifiedKFold if classified else KFold)(FOLDS, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes with fewer rows than folds
        parts = list(folds.split(some, y[some] if classified else None))
    parts = parts[:1] if len(some) == ROWS else parts
    jobs = [(network, some[kept], some[held]) for network in candidates for kept, held in parts]
    errors, begin = [], time.perf_counter()
    for done, (network, kept, held) in enumerate(jobs):
        spent = time.perf_counter() - begin
        told(done, len(jobs), spent / done * (len(jobs) - done) if done else math.nan)
        errors.append(_errors(estimator_of(network), x[kept], y[kept], x[held], y[held]))
    told(len(jobs), len(jobs), 0.0)
    of_rows = [np.concatenate(errors[first : first + len(parts)]) for first in range(0, len(jobs), len(parts))]
    means = [float(one.mean()) for one in of_rows]
    measured = tuple((1 - mean if classified else mean) if math.isfinite(mean) else None for mean in means)
    measure = MEASURES[0 if classified else 1]
    simplest = _simplest(y[np.concatenate([some[held] for _, held in parts])], classified=classified)
    return Choice(measure, len(of_rows[0]), tuple(candidates), measured, _best(of_rows), simplest)


def _simplest(y: np.ndarray, *, classified: bool) -> float:
    """Return the accuracy of the most frequent class, or the squared error of the mean."""
    return float(np.unique(y, return_counts=True)[1].max() / len(y) if classified else y.var(axis=0).mean())


def _best(errors: list[np.ndarray]) -> int:
    """Return which network is taken, from the errors of each at the same rows."""
    possible = [index for index, one in enumerate(errors) if np.isfinite(one).all()] or [0]
    best, least = possible[0], 0.0
    for index in possible[1:]:
        difference = errors[index] - errors[possible[0]]
        if difference.mean() < min(least, -difference.std(ddof=1) / math.sqrt(len(difference))):
            best, least = index, difference.mean()
    return best


def _errors(estimator: Trained, x: np.ndarray, y: np.ndarray, x_held: np.ndarray, y_held: np.ndarray) -> np.ndarray:
    """Return the error at each of the held-out rows: infinite if the network cannot be trained."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is wrong with a network that is not taken concerns nobody
        try:
            answers = estimator.fit(x, y).predict(x_held)
        except (ValueError, DivergedError, MemoryError):
            return np.full(len(x_held), np.inf)
    if is_classifier(estimator):
        return (answers != y_held).astype(float)
    return ((answers - y_held) ** 2).reshape(len(x_held), -1).mean(axis=1)
