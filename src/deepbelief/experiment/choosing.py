"""Which of several networks suits the data: each learns from a part of the rows and is measured on the others."""

import dataclasses
import json
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
from deepbelief.datasets import row_hashes
from deepbelief.errors import DivergedError, ParallelError
from deepbelief.estimators import declared
from deepbelief.estimators.annotations import Matrix
from deepbelief.estimators.matrices import is_sparse
from deepbelief.experiment.choice_file import ChoiceFile
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


def possible(settings: TrainingSettings, data: TrainingData) -> list[dict[str, Any]]:
    """Return the networks that a preset may stand for on these data.

    Parameters
    ----------
    settings : TrainingSettings
        With those of the network that were given.
    data : TrainingData

    Returns
    -------
    list of dict
        Their settings by name, all of them different.

    Raises
    ------
    TooLargeError
        If memory has no room for one of the networks.
    ParallelError
        If several processes cannot have equal shares of a batch, or would have to choose.
    """
    used = declared.used(settings.network)
    given = {name: used[name] for name in settings.network}  # in the form in which a run that goes on has them, too
    found: list[dict[str, Any]] = []
    for network in networks(settings.preset, data.n_labelled, data.n_rows):
        merged = declared.of_task(network, data.task) | given
        if merged not in found:
            found.append(merged)
    for network in found:
        require_trainable(dataclasses.replace(settings, network=network), data)
    if len(found) > 1 and current_group().size > 1:
        raise ParallelError(
            "--preset accurate compares networks, which one process does; start it without torchrun, or leave out "
            "--preset."
        )
    return found


def chosen(
    settings: TrainingSettings, found: list[dict[str, Any]], data: TrainingData, told: Told, memory: ChoiceFile
) -> tuple[Choice | None, TrainingSettings]:
    """Find out which network a preset stands for on these data.

    Parameters
    ----------
    settings : TrainingSettings
    found : list of dict
        See :func:`possible`.
    data : TrainingData
    told : callable
    memory : ChoiceFile
        Where it is kept what was measured.

    Returns
    -------
    choice : Choice or None
        None if there was nothing to choose from, or nothing to compare networks on.
    settings : TrainingSettings
        With all settings of the network that is to be trained.

    Raises
    ------
    ModelError
        If what was measured earlier cannot be read, or belongs to other data.
    """

    def with_network(network: dict[str, Any]) -> TrainingSettings:
        return dataclasses.replace(settings, network=network)

    def estimator_of(network: dict[str, Any]) -> Trained:
        one = with_network(network | {"n_networks": 1})  # of several that are alike one tells enough
        return with_pictures(estimator_for(one, data.task), data.dataset, settings.data)

    choice = choose(found, estimator_of, *data.labelled, settings.seed, told, memory) if len(found) > 1 else None
    return choice, with_network(found[choice.taken if choice else 0])


def choose(
    candidates: Sequence[dict[str, Any]],
    estimator_of: Callable[[dict[str, Any]], Trained],
    x: Matrix,
    y: np.ndarray,
    seed: int,
    told: Told,
    memory: ChoiceFile | None = None,
) -> Choice | None:
    """Compare networks by cross-validation with three folds, or on one fold of them where rows are many.

    Another network than the first is taken if it is better by more than the standard error of the difference between
    both, row by row: so equal networks lead to the first, and noise seldom to a worse one. Rows that are there several
    times are learned from together, or measured on together. Else a network that learns rows by heart would seem good.

    Parameters
    ----------
    candidates : sequence of dict
        Settings of networks by name, all of them different.
    estimator_of : callable
        Makes an estimator that has such settings.
    x : ndarray or sparse matrix, shape (n_rows, n_features)
    y : ndarray, shape (n_rows,) or (n_rows, n_targets)
        Labels, all of them known, or numbers to be predicted.
    seed : int
        Of the random numbers by which rows are dealt to the folds.
    told : callable
    memory : ChoiceFile, optional
        Where it is kept what was measured. What is there already is not measured again.

    Returns
    -------
    Choice or None
        None if the rows are too few to compare anything on.

    Raises
    ------
    ModelError
        If what was measured earlier cannot be read, or belongs to other data.
    """
    classified = is_classifier(estimator_of(candidates[0]))
    some = np.random.default_rng(seed).permutation(len(y))[:ROWS]
    hashes = row_hashes(x[some].toarray() if is_sparse(x) else x[some])
    different, copy_of = _different(hashes)
    most = np.unique(y[some][different], return_counts=True)[1].max() if classified else len(different)
    if len(different) < FEWEST_ROWS or most < FOLDS:
        return None
    folds = (StratifiedKFold if classified else KFold)(FOLDS, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes with fewer rows than folds
        held_out = [held for _, held in folds.split(different, y[some][different] if classified else None)]
    held_out = held_out[:1] if len(some) == ROWS else held_out
    parts = [(some[~is_held], some[is_held]) for is_held in (np.isin(copy_of, held) for held in held_out)]
    jobs = [(network, kept, held) for network in candidates for kept, held in parts]
    subject = json.dumps([list(candidates), seed, hashes.tolist(), y[some].tolist()], sort_keys=True)
    errors = memory.recall(subject, [len(held) for _, _, held in jobs]) if memory else []
    begin, n_known = time.perf_counter(), len(errors)
    for done, (network, kept, held) in list(enumerate(jobs))[n_known:]:
        spent, now_done = time.perf_counter() - begin, done - n_known
        told(done, len(jobs), spent / now_done * (len(jobs) - done) if now_done else math.nan)
        errors.append(_errors(estimator_of(network), x[kept], y[kept], x[held], y[held]))
        if memory:
            memory.keep(subject, errors)
    told(len(jobs), len(jobs), 0.0)
    of_rows = [np.concatenate(errors[first : first + len(parts)]) for first in range(0, len(jobs), len(parts))]
    means = [float(one.mean()) for one in of_rows]
    measured = tuple((1 - mean if classified else mean) if math.isfinite(mean) else None for mean in means)
    measure = MEASURES[0 if classified else 1]
    simplest = _simplest(y[np.concatenate([held for _, held in parts])], classified=classified)
    return Choice(measure, len(of_rows[0]), tuple(candidates), measured, _best(of_rows), simplest)


def _different(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where rows are for the first time, in their order, and which of these each row is a copy of."""
    _, first, of_value = np.unique(hashes, return_index=True, return_inverse=True)
    return np.sort(first), np.argsort(np.argsort(first))[of_value]


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
