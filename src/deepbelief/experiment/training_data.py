"""What a run learns from: data and settings, turned into examples and an estimator that is not fitted yet."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from deepbelief import datasets
from deepbelief.core.memory import require_room
from deepbelief.core.randomness import RandomStreams
from deepbelief.errors import DataError
from deepbelief.estimators import DBN, DBNClassifier, DBNRegressor, declared
from deepbelief.estimators.holding_out import hold_out, hold_out_any
from deepbelief.estimators.settings import layer_sizes, n_chains, training_group
from deepbelief.experiment.code_columns import with_note_of_codes
from deepbelief.experiment.sources import (
    OF_WHOLE_NUMBERS,
    learnable_labels,
    naming,
    require_learnable,
    require_taken,
    task_of,
    with_values,
)
from deepbelief.experiment.unlabelled_data import unlabelled_rows
from deepbelief.run_settings import TrainingSettings

Trained = DBNClassifier | DBNRegressor | DBN


class TrainingData:
    """The data of a run, split into rows to learn from and rows to measure on.

    Parameters
    ----------
    settings : TrainingSettings

    Attributes
    ----------
    dataset : Dataset
    task : {"classify", "regress", "features"}
    labels : Labels or None
        Where rows are classified.
    kept : ndarray of int
        The rows to learn from, labelled or not.
    held_out : ndarray of int
        The rows to measure on; where rows are classified they have a label.
    unlabelled : ndarray of float32, shape (n_unlabelled, n_features)
        More rows to learn from, which come from other files and have no label.

    Raises
    ------
    DataError
        If the data cannot be read or learned from.
    ValueError
        If the settings are those of another task.
    """

    def __init__(self, settings: TrainingSettings) -> None:
        data, fraction = settings.data, settings.validation_fraction
        keep = settings.network.get("visible") in OF_WHOLE_NUMBERS
        self.dataset = with_values(datasets.load(data, split="train", keep_integers=keep, **settings.reading))
        self.task = task_of(self.dataset, data, settings.reading)
        require_learnable(self.dataset, data)
        require_taken(self.dataset, data, settings.network.get("visible"))
        arguments = declared.arguments(settings.network, self.task)
        is_classified = self.task == "classify"
        mark = arguments.get("unlabelled")
        self.labels = learnable_labels(self.dataset, data, mark) if is_classified else None
        self.unlabelled = unlabelled_rows(settings, self.dataset, self.task, mark)
        self._hold_out(fraction, settings)
        if self.task != "features":
            self.dataset = with_note_of_codes(self.dataset, *self.labelled, is_classified=is_classified)

    def _hold_out(self, fraction: float, settings: TrainingSettings) -> None:
        rows = np.arange(len(self.dataset.images))
        self.kept, self.held_out = rows, rows[:0]
        if not fraction:
            return
        stream = RandomStreams(settings.seed).stream("validation")
        if self.labels is None:
            self.kept, self.held_out = hold_out_any(len(rows), math.ceil(fraction * len(rows)), stream)
        else:
            with naming(settings.data):
                _, held_out = hold_out(self.labels.values, fraction, stream)
            self.held_out = self.labels.known[held_out]
            self.kept = np.delete(rows, self.held_out)

    @property
    def truth(self) -> np.ndarray:
        """What is to be predicted of the rows to measure on: labels or numbers; empty where that is nothing."""
        if self.labels is not None:
            return self.labels.at(self.held_out)
        return np.empty(0) if self.dataset.targets is None else self.dataset.targets[self.held_out]

    @property
    def validation(self) -> Any:
        """The rows to measure on, with what is to be predicted of them, as the estimator takes them; None if none."""
        if not len(self.held_out):
            return None
        images = self.dataset.images[self.held_out]
        return images if self.task == "features" else (images, self.truth)

    @property
    def n_rows(self) -> int:
        """The number of rows to learn from."""
        return len(self.kept) + len(self.unlabelled)

    @property
    def row_hashes(self) -> np.ndarray:
        """The hashes of the rows to learn from."""
        return np.concatenate([self.dataset.row_hashes[self.kept], datasets.row_hashes(self.unlabelled)])

    @property
    def n_labelled(self) -> int:
        """The number of rows to learn from of which it is known what is to be predicted."""
        if self.labels is not None:
            return len(self.labels.known) - len(self.held_out)
        return 0 if self.task == "features" else len(self.kept)

    @property
    def labelled(self) -> tuple[np.ndarray, np.ndarray]:
        """Those of the rows to learn from of which it is known what is to be predicted, and what that is."""
        if self.labels is None:
            rows = self.kept
            return self.dataset.images[rows], np.asarray(self.dataset.targets)[rows]
        rows = np.setdiff1d(self.labels.known, self.held_out)
        return self.dataset.images[rows], self.labels.at(rows)

    @property
    def examples(self) -> tuple[np.ndarray, ...]:
        """The rows to learn from, and what is to be predicted of them.

        If all rows of the data are learned from and no others, no copy is made of what may be large.
        """
        predicted = self.dataset.labels if self.dataset.targets is None else self.dataset.targets
        arrays = [self.dataset.images, *([] if self.task == "features" else [np.asarray(predicted)])]
        if len(self.held_out):
            arrays = [array[self.kept] for array in arrays]
        if len(self.unlabelled):
            arrays[0] = np.concatenate([arrays[0], self.unlabelled])
        if len(self.unlabelled) and self.task == "classify":  # missing labels, since any number may be a class
            arrays[1] = np.concatenate([arrays[1].astype(object), np.full(len(self.unlabelled), None)])
        return tuple(arrays)


def estimator_for(settings: TrainingSettings, task: str, checkpoint: Path | None = None) -> Trained:
    """Return the estimator that the settings describe; it keeps checkpoints in `checkpoint`.

    Parameters
    ----------
    settings : TrainingSettings
        With all settings of the network that are not at their defaults, whatever the preset.
    task : {"classify", "regress", "features"}
    checkpoint : Path, optional

    Returns
    -------
    DBN, DBNClassifier or DBNRegressor

    Raises
    ------
    ValueError
        If no network can have these settings.
    """
    declared.require(settings.network)
    estimator: Trained = declared.TASKS[task](
        **declared.arguments(settings.network, task),
        random_state=settings.seed,
        checkpoint=checkpoint,
        checkpoint_interval=settings.checkpoint_interval,
    )
    return estimator


def with_pictures(estimator: Trained, dataset: datasets.Dataset, data: str) -> Trained:
    """Tell an estimator that is to distort pictures their size, as the data say it.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    dataset : Dataset
    data : str
        See :func:`deepbelief.datasets.load`.

    Returns
    -------
    Trained

    Raises
    ------
    DataError
        If the data are no pictures in grey.
    """
    if getattr(estimator, "augment", None) != "auto":
        return estimator
    shape = dataset.image_shape
    if shape is None or len(shape) != 2:
        kind = "pictures in colour" if shape else "no pictures"
        raise DataError(f"{data}: these are {kind}, and only pictures in grey are distorted; leave out --augment")
    estimator.set_params(augment=f"{shape[0]}x{shape[1]}")
    return estimator


def require_trainable(settings: TrainingSettings, data: TrainingData) -> None:
    """Refuse a network that memory cannot hold, and batches of which several processes cannot have equal shares.

    Parameters
    ----------
    settings : TrainingSettings
    data : TrainingData

    Raises
    ------
    TooLargeError
        If memory has no room for the layers.
    ParallelError
        If several processes cannot have equal shares of a batch.
    """
    estimator = with_pictures(estimator_for(settings, data.task), data.dataset, settings.data)
    training_group(estimator, data.n_rows)
    n_rows, n_features = len(data.dataset.images) + len(data.unlabelled), data.dataset.images.shape[1]
    n_classes = len(data.labels.classes) if data.labels else 0
    require_room(
        [n_features, *layer_sizes(estimator.hidden_layer_sizes)],
        n_rows,
        data.dataset.images.dtype.type,
        estimator.device,
        n_chains=n_chains(estimator, data.n_rows),
        n_outputs={"classify": n_classes, "regress": 2, "features": 0}[data.task],
        n_networks=getattr(estimator, "n_networks", 1),
    )


def train_along(settings: TrainingSettings) -> None:
    """Train as one of several processes, of which another writes everything: no word, no file.

    Parameters
    ----------
    settings : TrainingSettings
    """
    data = TrainingData(settings)
    estimator = with_pictures(estimator_for(settings, data.task), data.dataset, settings.data)
    for _ in estimator.fit_epochs(*data.examples, validation=data.validation):
        pass
