"""Rows that are learned from without a label, and come from other files than those with labels."""

from dataclasses import replace
from typing import Any

import numpy as np

from deepbelief import datasets
from deepbelief.datasets import Dataset
from deepbelief.errors import DataError
from deepbelief.experiment.sources import OF_WHOLE_NUMBERS, require_taken
from deepbelief.run_settings import TrainingSettings

_FLAG = "--unlabelled-data"


def unlabelled_rows(settings: TrainingSettings, dataset: Dataset, task: str, unlabelled: object) -> np.ndarray:
    """Read the rows without labels that a run is to learn from, as its other data were read.

    Parameters
    ----------
    settings : TrainingSettings
        Whose `unlabelled_data` are read.
    dataset : Dataset
        The other rows.
    task : {"classify", "regress", "features"}
    unlabelled : "auto", number, str or None
        The setting of the classifier.

    Returns
    -------
    ndarray of float32, shape (n_rows, n_features)
        No rows if there are no such data.

    Raises
    ------
    DataError
        If they cannot be read, are of another kind than the other rows, or cannot be learned from in this task.
    """
    sources = settings.unlabelled_data
    if sources and task == "regress":
        raise DataError(
            f"{sources[0]}: rows without a number cannot be learned from where numbers are predicted; leave out "
            f"{_FLAG}, or learn features alone, with --task features"
        )
    if sources and task == "classify" and unlabelled is None:
        raise DataError(
            f"{sources[0]}: unlabelled=none says that every row has a label, and {_FLAG} adds rows without one; leave "
            "one of both out"
        )
    parts = [_read(source, settings, dataset) for source in sources]
    return np.concatenate([dataset.images[:0], *parts])


def _read(source: str, settings: TrainingSettings, dataset: Dataset) -> np.ndarray:
    shape, visible = dataset.image_shape, settings.network.get("visible")
    how: dict[str, Any] = {"skip_bad": settings.reading.get("skip_bad", False)}
    if dataset.schema is None:
        how |= {"task": "features", "image_size": None if shape is None else shape[:2]}
    else:
        how |= {"schema": replace(dataset.schema, task="features")}
    n_features = dataset.images.shape[1]
    more = datasets.load(source, split="train", n_features=n_features, keep_integers=visible in OF_WHOLE_NUMBERS, **how)
    if more.images.shape[1] != n_features or (shape and more.image_shape and shape != more.image_shape):
        raise DataError(
            f"{source}: these rows are {_kind(more)}, and those of {settings.data} are {_kind(dataset)}; use rows of "
            "the same kind"
        )
    require_taken(more, source, visible)
    return more.images


def _kind(dataset: Dataset) -> str:
    """Say what rows are, in a few words."""
    if dataset.image_shape is None:
        return f"of {dataset.images.shape[1]} features"
    height, width, *colours = dataset.image_shape
    return f"pictures of {height} x {width} pixels" + (" in colour" if colours else "")
