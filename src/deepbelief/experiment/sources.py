"""Errors about data that came from a file name the file."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from deepbelief.datasets import Dataset
from deepbelief.errors import DataError
from deepbelief.estimators.labels import checked_labels


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
