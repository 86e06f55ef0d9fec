"""Errors about data that came from a file name the file."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from deepbelief.datasets import Dataset
from deepbelief.errors import DataError
from deepbelief.estimators.labels import checked_labels, labelled_rows, require_classes


@contextmanager
def naming(data: str) -> Iterator[None]:
    """Begin what is said about data with their name, as the user gave it."""
    try:
        yield
    except ValueError as error:  # DataError, or scikit-learn's own
        raise DataError(f"{data}: {error}") from error


def checked_labels_of(dataset: Dataset, data: str) -> np.ndarray:
    """Return the labels of data that have some; see :func:`deepbelief.estimators.labels.checked_labels`.

    Raises
    ------
    DataError
        If they are no classes.
    """
    with naming(data):
        return checked_labels(dataset.labels, len(dataset.images))


def learnable_labels(dataset: Dataset, data: str) -> np.ndarray:
    """Return the labels of data that a classifier can learn from.

    Raises
    ------
    DataError
        If there are no labels, no two classes, or no two different pixels.
    """
    if dataset.labels is None:
        raise DataError(f"{data}: there are no labels to learn from; add them, with -1 for rows that have none")
    if dataset.images.min() == dataset.images.max():
        raise DataError(
            f"{data}: every pixel of every image has the same value; there is nothing to learn from: check "
            "how the file was written"
        )
    labels = checked_labels_of(dataset, data)
    require_classes(np.unique(labels[labelled_rows(labels)]), data)
    return labels
