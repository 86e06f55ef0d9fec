"""Compare classifiers: every model learns from the same rows and is measured on the same others."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepbelief import datasets
from deepbelief.core.arrays import check_device, check_precision
from deepbelief.core.randomness import RandomStreams
from deepbelief.errors import DataError
from deepbelief.estimators import DBNClassifier, declared
from deepbelief.estimators.dbn import STACK_PASSES
from deepbelief.estimators.feedforward import FINETUNING_PASSES, TOP_PASSES
from deepbelief.estimators.holding_out import hold_out
from deepbelief.estimators.settings import batch_size, n_passes
from deepbelief.experiment.contenders import NAMES, Contender, check_names, contenders
from deepbelief.experiment.measures import Measured, Pair, measure, tested_pairs
from deepbelief.experiment.sources import learnable_labels, naming, require_learnable
from deepbelief.experiment.statistics import LEVEL
from deepbelief.experiment.training import versions
from deepbelief.experiment.trials import Split, Trial, expected_seconds, watched

_TOO_FEW = "leave out the classes that have few"


@dataclass(frozen=True)
class ComparisonSettings:
    """What to compare, and on what.

    Parameters
    ----------
    data : str
        See :func:`deepbelief.datasets.load`.
    models : tuple of str
        Names out of :data:`deepbelief.experiment.contenders.NAMES`.
    test_fraction : float
        Share of the labelled rows to measure on; the models learn from the others.
    seed : int
        Of the split and of each random model's first run.
    seeds : int
        Runs of each random model: `seed`, `seed` + 1, …
    network, reading : mapping of str
        See :class:`~deepbelief.experiment.TrainingSettings`.
    """

    data: str = "digits"
    models: tuple[str, ...] = NAMES
    test_fraction: float = 0.5
    seed: int = 0
    seeds: int = 3
    network: Mapping[str, Any] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)


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
    models : tuple of Measured
        The most accurate first.
    level_with_best : tuple of str
        The models that the corrected test cannot tell from the first one, at the 5 % level.
    pairs : tuple of Pair
    failures : tuple of Failure
    n_train, n_test, n_skipped : int
        Rows learned from, rows measured on, rows left out because they have no label.
    n_duplicates : int
        Rows measured on that are the same as a row learned from.
    classes : list
        Of the rows and columns of the confusion matrices.
    settings : dict
        Of the comparison and of its networks, all of them, by name.
    versions : dict of str
    """

    models: tuple[Measured, ...]
    level_with_best: tuple[str, ...]
    pairs: tuple[Pair, ...]
    failures: tuple[Failure, ...]
    n_train: int
    n_test: int
    n_skipped: int
    n_duplicates: int
    classes: list[Any]
    settings: dict[str, Any]
    versions: dict[str, str]


class Comparison:
    """One comparison: refuses bad input when it is made, measures while it is iterated, then holds its `result`.

    Iterating yields :class:`Progress` while a model is at work, then its :class:`Measured` or :class:`Failure`.

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
        check_names(settings.models)
        declared.require(settings.network)
        self._network = declared.arguments(settings.network, "classify")
        check_device(self._network["device"])
        check_precision(self._network["precision"], self._network["device"])
        dataset = datasets.load(settings.data, split="train", **settings.reading)
        if dataset.labels is None:
            raise DataError(
                f"{settings.data}: there are no labels to learn from, and compare compares classifiers; add them, or "
                "train a model and look at what evaluate or diagnose say of it"
            )
        require_learnable(dataset, settings.data)
        labels = learnable_labels(dataset, settings.data, self._network["unlabelled"])
        labels.warn_if_doubtful()
        known = labels.known
        stream = RandomStreams(settings.seed).stream("comparison")
        with naming(settings.data):
            kept, held_out = hold_out(labels.values, settings.test_fraction, stream, otherwise=_TOO_FEW)
        train, test = known[kept], known[held_out]
        self._is_duplicate = np.isin(dataset.row_hashes[test], dataset.row_hashes[train])
        self._split = Split(dataset.images[train], labels.at(train), dataset.images[test], labels.at(test))
        self._classes = labels.classes
        self._n_skipped = labels.n_unlabelled

    def __iter__(self) -> Iterator[Progress | Measured | Failure]:
        zoo = self._contenders()
        right: dict[str, np.ndarray] = {}
        measured: list[Measured] = []
        failures: list[Failure] = []
        for name in dict.fromkeys(self.settings.models):
            try:
                trials = yield from self._trials(name, zoo[name])
                measured.append(self._measured(name, trials))
            except Exception as error:  # whatever it is, it is this model's alone: the others go on
                failures.append(Failure(name, " ".join(str(error).split()) or type(error).__name__))
                yield failures[-1]
            else:
                right[name] = trials[0].predicted == self._split.test_labels
                yield measured[-1]
        self.result = self._finish(measured, failures, right)

    def _contenders(self) -> dict[str, Contender]:
        # Steps are as large, and passes as many, when the time is estimated on a few rows as they are on all.
        n_rows = len(self._split.train_labels)
        network = {**self._network, "batch_size": batch_size(self._network["batch_size"], n_rows)}
        passes = {
            "pretrain_epochs": STACK_PASSES,
            "softmax_epochs": TOP_PASSES,
            "finetune_epochs": FINETUNING_PASSES,
        }
        for name, automatic in passes.items():
            network[name] = n_passes(DBNClassifier(**network), network[name], automatic, n_rows)
        return contenders(network)

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

    def _measured(self, name: str, trials: list[Trial]) -> Measured:
        truth = self._split.test_labels
        return measure(name, trials, self.settings.seed, truth, self._classes, ~self._is_duplicate)

    def _finish(
        self, measured: list[Measured], failures: list[Failure], right: dict[str, np.ndarray]
    ) -> ComparisonResult:
        ranked = sorted(measured, key=lambda model: -model.accuracy)
        pairs = tested_pairs({model.model: right[model.model] for model in ranked})
        own = {name: value for name, value in vars(self.settings).items() if name not in ("network", "reading")}
        of_the_comparison = {**self.settings.reading, **own}
        return ComparisonResult(
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
            settings={**self._network, **of_the_comparison, "models": list(self.settings.models)},
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
