"""Errors about data that came from a file name the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from deepbelief.datasets import Dataset
from deepbelief.errors import DataError
from deepbelief.estimators import DBNClassifier
from deepbelief.estimators.labels import Labels, checked_labels, labels_for


@contextmanager
def naming(data: str) -> Iterator[None]:
    """Begin what is said about data with their name, as the user gave it."""
    try:
        yield
    except ValueError as error:  # DataError, or scikit-learn's own
        raise DataError(f"{data}: {error}") from error


def checked_labels_of(dataset: Dataset, data: str, classifier: DBNClassifier) -> Labels:
    """Return what the labels of data, which have some, say to a fitted classifier.

    Raises
    ------
    DataError
        See :func:`deepbelief.estimators.labels.checked_labels`.
    """
    with naming(data):
        return labels_for(classifier, dataset.labels, len(dataset.images))


def learnable_labels(dataset: Dataset, data: str, unlabelled: Any) -> Labels:
    """Return the labels of data that a classifier with this setting of `unlabelled` can learn from.

    Raises
    ------
    DataError
        If there are no labels, no two classes, or no two different pixels.
    """
    if dataset.targets is not None:
        raise DataError(
            f"{data}: the target holds numbers to be predicted, for which there is no model yet; name a column of "
            "classes with --target"
        )
    if dataset.labels is None:
        how = "name their column with --target" if dataset.schema is not None else "add them"
        raise DataError(f"{data}: there are no labels to learn from; {how}, with -1 for rows that have none")
    if dataset.images.min() == dataset.images.max():
        raise DataError(
            f"{data}: every pixel of every image has the same value; there is nothing to learn from: check "
            "how the file was written"
        )
    with naming(data):
        labels = checked_labels(dataset.labels, len(dataset.images), unlabelled)
    labels.require_classes(data)
    return labels
