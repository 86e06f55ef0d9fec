"""Rows that are learned from without a label, and come from other files than those with labels."""

import warnings
from dataclasses import replace

import numpy as np

from deepbelief import datasets
from deepbelief.datasets import Dataset
from deepbelief.datasets.table import UNNAMED_TARGET
from deepbelief.errors import DataError
from deepbelief.experiment.sources import OF_WHOLE_NUMBERS, require_taken, with_values
from deepbelief.run_settings import TrainingSettings

_FLAG = "--unlabelled-data"
DISTINCT = 0.9  # share of rows that are different from all others, where it is no chance that rows are the same
UNITS_APART = 10.0  # times as large as the largest value of the other rows, or as small
DEVIATIONS_APART, FEWEST_ROWS, SHOWN = 5.0, 10, 3  # of a typical value of a column from the mean of the other rows


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
    how = {name: settings.reading[name] for name in ("image_size", "skip_bad") if name in settings.reading}
    if dataset.schema is None:
        how |= {"task": "features"}
    else:
        how |= {"schema": replace(dataset.schema, task="features")}
    n_features, keep = dataset.images.shape[1], visible in OF_WHOLE_NUMBERS
    try:
        more = datasets.load(source, split="train", n_features=n_features, keep_integers=keep, **how)
    except DataError as error:
        if UNNAMED_TARGET not in dataset.notes:
            raise
        raise DataError(
            f"{error}; no column of {settings.data} was taken for a target: if one is, name it with --target"
        ) from error
    if more.images.shape[1] != n_features or (shape and more.image_shape and shape != more.image_shape):
        raise DataError(
            f"{source}: these rows are {_kind(more)}, and those of {settings.data} are {_kind(dataset)}; use rows of "
            "the same kind"
        )
    require_taken(more, source, visible)
    _warn_of_copies(more, source, dataset, settings.data)
    _warn_of_units(more, source, dataset, settings.data)
    return with_values(more).images


def _warn_of_copies(more: Dataset, source: str, dataset: Dataset, data: str) -> None:
    n_distinct = len(np.unique(dataset.row_hashes))
    n_same = int(np.isin(more.row_hashes, dataset.row_hashes).sum())
    # Rows of few values are the same by chance, and then there are copies of rows in the data too.
    if 2 * n_same >= len(more.images) and n_distinct > DISTINCT * len(dataset.images):
        warnings.warn(
            f"{source}: {n_same} of its {len(more.images)} rows are in {data} too, so they are learned from twice, "
            f"and held-out ones may be among them; name other rows, or leave out {_FLAG}",
            UserWarning,
            stacklevel=2,
        )


def _warn_of_units(more: Dataset, source: str, dataset: Dataset, data: str) -> None:
    largest, usual = (float(np.nanmax(abs(one.images), initial=0)) for one in (more, dataset))
    if largest > UNITS_APART * usual or usual > UNITS_APART * largest:
        _say_units(f"{source}: its largest value is {largest:.4g}, and that of {data} is {usual:.4g}")
    elif dataset.image_shape is None and len(more.images) >= FEWEST_ROWS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of columns without any value
            mean, deviation = np.nanmean(dataset.images, axis=0), np.nanstd(dataset.images, axis=0)
            distances = abs(np.nanmedian(more.images, axis=0) - mean) / np.where(deviation > 0, deviation, np.inf)
        far = np.flatnonzero(distances > DEVIATIONS_APART)
        if len(far):
            names = dataset.feature_names
            called = ", ".join(f"column {index + 1}" if names is None else names[index] for index in far[:SHOWN])
            _say_units(
                f"{source}: in {called}{', …' if len(far) > SHOWN else ''}, half of the values lie more than "
                f"{DEVIATIONS_APART:g} standard deviations from the mean in {data}"
            )


def _say_units(problem: str) -> None:
    warnings.warn(f"{problem}; if they are in different units, write both in the same", UserWarning, stacklevel=2)


def _kind(dataset: Dataset) -> str:
    """Say what rows are, in a few words."""
    if dataset.image_shape is None:
        return f"of {dataset.images.shape[1]} features"
    height, width, *colours = dataset.image_shape
    return f"pictures of {height} x {width} pixels" + (" in colour" if colours else "")
