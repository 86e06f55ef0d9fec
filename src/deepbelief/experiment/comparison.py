"""Compare models: every one learns from the same rows and is measured on the same others."""

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepbelief import datasets
from deepbelief.annotations import JsonObject, Settings
from deepbelief.core.devices import check_device, check_precision
from deepbelief.core.randomness import RandomStreams, Stream
from deepbelief.errors import DataError
from deepbelief.estimators import declared
from deepbelief.estimators.dbn import STACK_PASSES
from deepbelief.estimators.feedforward import TOP_PASSES
from deepbelief.estimators.fine_tuning import finetuning_passes
from deepbelief.estimators.holding_out import hold_out, hold_out_any
from deepbelief.estimators.settings import batch_size, n_passes
from deepbelief.experiment.contenders import (
    Contender,
    check_names,
    contenders,
    names_for,
    regression_contenders,
)
from deepbelief.experiment.measures import Measured, Pair, measure, tested_pairs
from deepbelief.experiment.provenance import versions
from deepbelief.experiment.regression_measures import (
    MeasuredRegression,
    RegressionPair,
    measure_regression,
    tested_regressions,
)
from deepbelief.experiment.sources import (
    OF_WHOLE_NUMBERS,
    learnable_labels,
    naming,
    require_learnable,
    task_of,
    with_values,
)
from deepbelief.experiment.statistics import LEVEL
from deepbelief.experiment.trials import Split, Trial, expected_seconds, watched

_TOO_FEW = "leave out the classes that have few"
_LEAST_ROWS = 4  # half of them to measure numbers on: one has no variance to be explained


@dataclass(frozen=True)
class ComparisonSettings:
    """What to compare, and on what.

    Parameters
    ----------
    data : str
        See :func:`deepbelief.datasets.load`.
    models : tuple of str, optional
        Names out of :data:`deepbelief.experiment.contenders.NAMES`, or, of numbers to be predicted, out of
        ``REGRESSORS``; all of them if None.
    test_fraction : float
        Share of the rows with a label or target to measure on; the models learn from the others.
    seed : int
        Of the split and of each random model's first run.
    seeds : int
        Runs of each random model: `seed`, `seed` + 1, …
    network, reading : mapping of str
        See :class:`~deepbelief.experiment.TrainingSettings`.
    """

    data: str = "digits"
    models: tuple[str, ...] | None = None
    test_fraction: float = 0.5
    seed: int = 0
    seeds: int = 3
    network: Settings = field(default_factory=dict)
    reading: Settings = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """A run that begins or goes on.

    Parameters
    ----------
    model : str
    run, n_runs : int
        Which run of the model it is, counted from 1, and how many there are.
    seconds : float
        Since the run began; 0 when it begins.
    seconds_left : float or None
        Roughly how long the run still takes, where that is known.
    """

    model: str
    run: int
    n_runs: int
    seconds: float
    seconds_left: float | None


@dataclass(frozen=True)
class Failure:
    """A model that could not be measured.

    Parameters
    ----------
    model : str
    reason : str
        Why, in a sentence.
    """

    model: str
    reason: str


@dataclass(frozen=True)
class ComparisonResult:
    """What a comparison came to.

    Parameters
    ----------
    task : {"classify", "regress"}
    models : tuple of Measured or of MeasuredRegression
        The best first: by accuracy, or by R².
    level_with_best : tuple of str
        The models that the corrected test cannot tell from the first one, at the 5 % level.
    pairs : tuple of Pair or of RegressionPair
    failures : tuple of Failure
    n_train, n_test, n_skipped : int
        Rows learned from, rows measured on, rows left out because they have no label.
    n_duplicates : int
        Rows measured on that are the same as a row learned from.
    classes : list
        Of the rows and columns of the confusion matrices; empty where numbers are predicted.
    settings : dict
        Of the comparison and of its networks, all of them, by name.
    versions : dict of str
    """

    task: str
    models: tuple[Measured | MeasuredRegression, ...]
    level_with_best: tuple[str, ...]
    pairs: tuple[Pair | RegressionPair, ...]
    failures: tuple[Failure, ...]
    n_train: int
    n_test: int
    n_skipped: int
    n_duplicates: int
    classes: list[Any]
    settings: JsonObject
    versions: dict[str, str]


class Comparison:
    """One comparison: refuses bad input when it is made, measures while it is iterated, then holds its `result`.

    Iterating yields :class:`Progress` while a model is at work, then its :class:`Measured`,
    :class:`MeasuredRegression` or :class:`Failure`.

    Parameters
    ----------
    settings : ComparisonSettings

    Attributes
    ----------
    result : ComparisonResult
        Once iteration is over.

    Raises
    ------
    DataError
        If the data cannot be read, learned from or split.
    ValueError
        If there is no such model or device, or no network can have these settings.
    """

    result: ComparisonResult

    def __init__(self, settings: ComparisonSettings) -> None:
        self.settings = settings
        check_names(settings.models or ())
        declared.require(settings.network)
        shared = declared.used(settings.network)
        check_device(shared["device"])
        check_precision(shared["precision"], shared["device"])
        keep = settings.network.get("visible") in OF_WHOLE_NUMBERS
        dataset = with_values(datasets.load(settings.data, split="train", keep_integers=keep, **settings.reading))
        self._task = task_of(dataset, settings.data, settings.reading)
        if self._task == "features":
            raise DataError(
                f"{settings.data}: there is nothing to be predicted, which compare needs; add labels or numbers to the "
                "data, name their column with --target, or train a model and look at what score and diagnose say of it"
            )
        self._names = names_for(self._task, settings.models)
        self._network = declared.arguments(settings.network, self._task)
        require_learnable(dataset, settings.data)
        self._classes, self._n_skipped = np.empty(0), 0
        truth, train, test = (self._labelled if self._task == "classify" else self._targeted)(dataset)
        images = dataset.images
        self._has_holes = bool(np.isnan(images).any())
        self._is_duplicate = np.isin(dataset.row_hashes[test], dataset.row_hashes[train])
        self._split = Split(images[train], truth[train], images[test], truth[test])

    def _labelled(self, dataset: datasets.Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the labels of all rows, the rows to learn from and those to measure on, which have one."""
        data = self.settings.data
        labels = learnable_labels(dataset, data, self._network["unlabelled"])
        labels.warn_if_doubtful()
        with naming(data):
            kept, held_out = hold_out(labels.values, self.settings.test_fraction, self._stream(), otherwise=_TOO_FEW)
        self._classes, self._n_skipped = labels.classes, labels.n_unlabelled
        truth = np.empty(labels.n_rows, labels.values.dtype)
        truth[labels.known] = labels.values
        return truth, labels.known[kept], labels.known[held_out]

    def _targeted(self, dataset: datasets.Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the numbers to be predicted of all rows, the rows to learn from and those to measure on."""
        assert dataset.targets is not None
        n_rows = len(dataset.targets)
        kept, held_out = hold_out_any(n_rows, math.ceil(self.settings.test_fraction * n_rows), self._stream())
        if min(len(kept), len(held_out)) < _LEAST_ROWS // 2:
            raise DataError(
                f"{self.settings.data}: {n_rows} rows are too few to learn from some and to measure on the others; add "
                f"rows, until there are at least {_LEAST_ROWS}, and hold out half of them (--test-fraction 0.5)"
            )
        return dataset.targets, kept, held_out

    def _stream(self) -> Stream:
        return RandomStreams(self.settings.seed).stream("comparison")

    def __iter__(self) -> Iterator[Progress | Measured | MeasuredRegression | Failure]:
        zoo = self._contenders()
        predicted: dict[str, np.ndarray] = {}
        measured: list[Any] = []
        failures: list[Failure] = []
        for name in dict.fromkeys(self._names):
            try:
                trials = yield from self._trials(name, zoo[name])
                measured.append(self._measured(name, trials))
            except Exception as error:  # whatever it is, it is this model's alone: the others go on
                failures.append(Failure(name, " ".join(str(error).split()) or type(error).__name__))
                yield failures[-1]
            else:
                predicted[name] = trials[0].predicted
                yield measured[-1]
        self.result = self._finish(measured, failures, predicted)

    def _contenders(self) -> dict[str, Contender]:
        # Steps are as large, and passes as many, when the time is estimated on a few rows as they are on all.
        n_rows = len(self._split.train_labels)
        network = {**self._network, "batch_size": batch_size(self._network["batch_size"], n_rows)}
        kind = declared.TASKS[self._task]
        passes = {"pretrain_epochs": STACK_PASSES, "softmax_epochs": TOP_PASSES, "output_epochs": TOP_PASSES}
        for name in passes.keys() & network.keys():
            network[name] = n_passes(kind(**network), network[name], passes[name], n_rows)
        network["finetune_epochs"] = finetuning_passes(kind(**network), n_rows)
        return (contenders if self._task == "classify" else regression_contenders)(network, self._has_holes)

    def _trials(self, name: str, contender: Contender) -> Generator[Progress, None, list[Trial]]:
        """Run a model with each of its seeds."""
        n_runs = self.settings.seeds if contender.is_random else 1
        expected = expected_seconds(contender.make(self.settings.seed), contender.growth, self._split)
        trials: list[Trial] = []
        for run in range(n_runs):
            yield Progress(name, run + 1, n_runs, 0.0, expected)
            trial = watched(contender.make((self.settings.seed + run) % 2**32), self._split)
            trials.append((yield from _reported(trial, name, run + 1, n_runs, expected)))
            expected = trials[0].seconds_fit + trials[0].seconds_predict
        return trials

    def _measured(self, name: str, trials: list[Trial]) -> Measured | MeasuredRegression:
        seed, truth, others = self.settings.seed, self._split.test_labels, ~self._is_duplicate
        if self._task == "classify":
            return measure(name, trials, seed, truth, self._classes, others)
        return measure_regression(name, trials, seed, truth, others)

    def _ranked(
        self, measured: list[Any], predicted: dict[str, np.ndarray]
    ) -> tuple[list[Any], tuple[Pair | RegressionPair, ...]]:
        """Return the models with the best first, and the tests of every two of them."""
        truth = self._split.test_labels
        if self._task == "classify":
            ranked = sorted(measured, key=lambda model: -model.accuracy)
            return ranked, tested_pairs({model.model: predicted[model.model] == truth for model in ranked})
        ranked = sorted(measured, key=lambda model: -model.r2)
        return ranked, tested_regressions({model.model: np.square(predicted[model.model] - truth) for model in ranked})

    def _finish(
        self, measured: list[Any], failures: list[Failure], predicted: dict[str, np.ndarray]
    ) -> ComparisonResult:
        ranked, pairs = self._ranked(measured, predicted)
        own = {name: value for name, value in vars(self.settings).items() if name not in ("network", "reading")}
        of_the_comparison = {**self.settings.reading, **own}
        return ComparisonResult(
            task=self._task,
            models=tuple(ranked),
            level_with_best=tuple(
                pair.second for pair in pairs if pair.first == ranked[0].model and pair.p_corrected >= LEVEL
            ),
            pairs=pairs,
            failures=tuple(failures),
            n_train=len(self._split.train_labels),
            n_test=len(self._split.test_labels),
            n_skipped=self._n_skipped,
            n_duplicates=int(self._is_duplicate.sum()),
            classes=self._classes.tolist(),
            settings={**self._network, **of_the_comparison, "models": list(self._names)},
            versions=versions(),
        )


def _reported(
    trial: Generator[float, None, Trial], name: str, run: int, n_runs: int, expected: float | None
) -> Generator[Progress, None, Trial]:
    """Go on with a trial, saying how far it has come."""
    while True:
        try:
            seconds = next(trial)
        except StopIteration as finished:
            return finished.value
        yield Progress(name, run, n_runs, seconds, None if expected is None else max(expected - seconds, 0.0))
