"""Train a classifier: data in, a run directory out."""

import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import sklearn
from sklearn.metrics import accuracy_score

from deepbelief import datasets
from deepbelief.core.arrays import check_device
from deepbelief.core.randomness import RandomStreams
from deepbelief.estimators import DBNClassifier
from deepbelief.estimators.labels import hold_out, labelled_rows, many_classes_allowed
from deepbelief.experiment.outputs import METRICS_FILE, MODEL_FILE, check_run_directory, create_run_directory, to_json
from deepbelief.experiment.sources import learnable_labels, naming


@dataclass(frozen=True)
class TrainingSettings:
    """What to train on, how, and where the result goes.

    Parameters
    ----------
    data : str
        See :func:`deepbelief.datasets.load`.
    layers : tuple of int
        Hidden units of each layer, from the bottom up.
    pretrain_epochs, softmax_epochs, finetune_epochs : int
        Passes in each phase; `pretrain_epochs` is for each layer.
    batch_size : int or "auto"
    validation_fraction : float
        Share of the labelled rows to hold out and measure on; 0 holds nothing out.
    seed : int
    device : str
    out : Path or None
        Directory of the run; None for the first free one under ``runs``.
    force : bool
        Replace the model and the metrics of an earlier run in `out`.
    """

    data: str = "digits"
    layers: tuple[int, ...] = (500, 500)
    pretrain_epochs: int = 30
    softmax_epochs: int = 10
    finetune_epochs: int = 10
    batch_size: int | str = "auto"
    validation_fraction: float = 0.1
    seed: int = 0
    device: str = "numpy"
    out: Path | None = None
    force: bool = False


@dataclass(frozen=True)
class Phase:
    """A stretch of epochs of one kind: the pretraining of one layer (an index), softmax, or fine-tuning."""

    phase: str
    layer: int
    n_epochs: int


@dataclass(frozen=True)
class EpochRecord:
    """One finished epoch: a line of ``metrics.jsonl``, and an estimate of the time that its phase still takes."""

    phase: str
    layer: int
    epoch: int
    n_epochs: int
    metrics: dict[str, float]
    seconds: float
    seconds_left: float


@dataclass(frozen=True)
class PhaseSummary:
    """What one phase took, and what was measured after its last epoch."""

    phase: str
    layer: int
    epochs: int
    seconds: float
    metrics: dict[str, float]


@dataclass(frozen=True)
class TrainResult:
    """What training came to.

    Parameters
    ----------
    accuracy : float or None
        On the held-out rows; None if there are none.
    training_loss, training_accuracy : float or None
        As measured in the last epoch on the rows that were learned from; None without such an epoch.
    n_train, n_labelled, n_validation : int
        Rows learned from, those among them with a label, and rows held out.
    phases : tuple of PhaseSummary
    epochs : int
    seconds : float
        Of training, without loading and saving.
    out, model : str
        The run directory and the model file in it.
    seed : int
    settings : dict
    versions : dict of str
    """

    accuracy: float | None
    training_loss: float | None
    training_accuracy: float | None
    n_train: int
    n_labelled: int
    n_validation: int
    phases: tuple[PhaseSummary, ...]
    epochs: int
    seconds: float
    out: str
    model: str
    seed: int
    settings: dict[str, Any]
    versions: dict[str, str]


class Training:
    """One training run: refuses bad input when it is made, trains while it is iterated, then holds its `result`.

    Parameters
    ----------
    settings : TrainingSettings

    Attributes
    ----------
    plan : tuple of Phase
        The phases to come.
    out : Path
        The run directory, already created.
    result : TrainResult
        Once iteration is over.

    Raises
    ------
    DataError
        If the data cannot be read or learned from.
    ValueError
        If the device is not there.
    OSError
        If the run directory may not or cannot be written.
    """

    result: TrainResult

    def __init__(self, settings: TrainingSettings) -> None:
        self.settings = settings
        check_device(settings.device)
        if settings.out is not None:
            check_run_directory(settings.out, settings.force)
        self._dataset = datasets.load(settings.data, split="train")
        self._labels = learnable_labels(self._dataset, settings.data)
        self._kept, self._held_out = self._split()
        pretraining = (Phase("pretrain", layer, settings.pretrain_epochs) for layer in range(len(settings.layers)))
        later = (Phase("softmax", 0, settings.softmax_epochs), Phase("finetune", 0, settings.finetune_epochs))
        self.plan = tuple(phase for phase in (*pretraining, *later) if phase.n_epochs)
        self.out = create_run_directory(settings.out, self._dataset.name)
        # An earlier run's metrics stay until there is a model to go with the new ones.
        self._partial_metrics = self.out / f"{METRICS_FILE}.partial"
        self._partial_metrics.write_text("")

    def __iter__(self) -> Iterator[EpochRecord]:
        classifier = self._classifier()
        summaries: dict[tuple[str, int], PhaseSummary] = {}
        with self._partial_metrics.open("w", encoding="utf-8") as log:
            for record in self._records(classifier, summaries):
                log.write(_metrics_line(record))
                log.flush()  # whoever follows the file sees every epoch when it is done
                yield record
        self.result = self._finish(classifier, tuple(summaries.values()))

    def _split(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows to learn from, labelled or not, and the labelled rows to measure on."""
        labelled = labelled_rows(self._labels)
        rows = np.arange(len(self._labels))
        if not self.settings.validation_fraction:
            return rows, rows[:0]
        stream = RandomStreams(self.settings.seed).stream("validation")
        with naming(self.settings.data):
            _, held_out = hold_out(self._labels[labelled], self.settings.validation_fraction, stream)
        return np.delete(rows, labelled[held_out]), labelled[held_out]

    def _classifier(self) -> DBNClassifier:
        settings = self.settings
        return DBNClassifier(
            settings.layers,
            pretrain_epochs=settings.pretrain_epochs,
            softmax_epochs=settings.softmax_epochs,
            finetune_epochs=settings.finetune_epochs,
            batch_size=settings.batch_size,
            random_state=settings.seed,
            device=settings.device,
        )

    def _records(
        self, classifier: DBNClassifier, summaries: dict[tuple[str, int], PhaseSummary]
    ) -> Iterator[EpochRecord]:
        images, labels = self._dataset.images, self._labels
        validation = (images[self._held_out], labels[self._held_out]) if len(self._held_out) else None
        # Without held-out rows no copy is made of what may be large.
        x, y = (images[self._kept], labels[self._kept]) if validation else (images, labels)
        begin = time.perf_counter()
        for epoch in classifier.fit_epochs(x, y, validation=validation):
            seconds = time.perf_counter() - begin
            earlier = summaries.get((epoch.phase, epoch.layer))
            so_far = seconds + (earlier.seconds if earlier else 0.0)
            summary = PhaseSummary(epoch.phase, epoch.layer, epoch.number, so_far, epoch.metrics)
            summaries[epoch.phase, epoch.layer] = summary
            left = so_far / epoch.number * (epoch.n_epochs - epoch.number)
            yield EpochRecord(epoch.phase, epoch.layer, epoch.number, epoch.n_epochs, epoch.metrics, seconds, left)
            begin = time.perf_counter()  # the time that the consumer takes is not training

    def _finish(self, classifier: DBNClassifier, phases: tuple[PhaseSummary, ...]) -> TrainResult:
        from deepbelief.estimators import model_file

        model = self.out / MODEL_FILE
        accuracy = None
        if len(self._held_out):
            predicted = classifier.predict(self._dataset.images[self._held_out])
            with many_classes_allowed():
                accuracy = float(accuracy_score(self._labels[self._held_out], predicted))
        model_file.save(
            classifier,
            model,
            image_shape=self._dataset.image_shape,
            data_fingerprint=self._dataset.fingerprint,
            overwrite=self.settings.force,
        )
        self._partial_metrics.replace(self.out / METRICS_FILE)
        supervised = [phase.metrics for phase in phases if phase.phase != "pretrain"]
        last = supervised[-1] if supervised else {}
        return TrainResult(
            accuracy=accuracy,
            training_loss=last.get("loss"),
            training_accuracy=last.get("accuracy"),
            n_train=len(self._kept),
            n_labelled=len(labelled_rows(self._labels)) - len(self._held_out),
            n_validation=len(self._held_out),
            phases=phases,
            epochs=sum(phase.epochs for phase in phases),
            seconds=sum(phase.seconds for phase in phases),
            out=str(self.out),
            model=str(model),
            seed=self.settings.seed,
            settings=_plain(self.settings),
            versions=versions(),
        )


def _metrics_line(record: EpochRecord) -> str:
    kept = {name: value for name, value in vars(record).items() if name != "seconds_left"}
    return to_json(kept) + "\n"


def _plain(settings: TrainingSettings) -> dict[str, Any]:
    out = None if settings.out is None else str(settings.out)
    return {**vars(settings), "layers": list(settings.layers), "out": out}


def versions() -> dict[str, str]:
    """Return what a result was computed with."""
    from deepbelief import __version__

    return {
        "deepbelief": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
    }
