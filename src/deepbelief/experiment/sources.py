"""Errors about data that came from a file name the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from deepbelief.annotations import Settings
from deepbelief.core.units import UNITS
from deepbelief.datasets import Dataset
from deepbelief.errors import DataError
from deepbelief.estimators import DBNClassifier
from deepbelief.estimators.labels import Labels, checked_labels, labels_for
from deepbelief.estimators.matrices import ANY_NUMBERS, first_refused
from deepbelief.estimators.scaling import RESCALED
from deepbelief.estimators.tables import is_table_setting

# The visible units that take whole numbers, which are no pixels then; of mixed ones some do.
OF_WHOLE_NUMBERS = frozenset({"binomial", "categorical", "mixed", "poisson", "replicated-softmax"})


@contextmanager
def naming(data: str) -> Iterator[None]:
    """Begin what is said about data with their name, as the user gave it.

    Parameters
    ----------
    data : str
        See :func:`deepbelief.datasets.load`.
    """
    try:
        yield
    except ValueError as error:  # DataError, or scikit-learn's own
        raise DataError(f"{data}: {error}") from error


def checked_labels_of(dataset: Dataset, data: str, classifier: DBNClassifier) -> Labels:
    """Return what the labels of data, which have some, say to a fitted classifier.

    Parameters
    ----------
    dataset : Dataset
    data : str
        See :func:`deepbelief.datasets.load`.
    classifier : DBNClassifier
        Fitted.

    Returns
    -------
    Labels

    Raises
    ------
    DataError
        See :func:`deepbelief.estimators.labels.checked_labels`.
    """
    with naming(data):
        return labels_for(classifier, dataset.labels, len(dataset.images))


def task_of(dataset: Dataset, data: str, reading: Settings) -> str:
    """Return what data are used for: "classify", "regress" or "features".

    Parameters
    ----------
    dataset : Dataset
    data : str
        See :func:`deepbelief.datasets.load`.
    reading : mapping of str
        Options of reading, as the user gave them.

    Returns
    -------
    {"classify", "regress", "features"}

    Raises
    ------
    DataError
        If a task was asked for that needs what the data do not have.
    """
    asked = reading.get("task", "auto")
    if dataset.labels is None and dataset.targets is None:
        if asked in ("classify", "regress"):
            how = "name its column with --target" if dataset.schema is not None else "add it to the data"
            raise DataError(f"{data}: no target is known, so there is nothing to {asked}; {how}, or leave out --task")
        return "features"
    if asked == "regress" and dataset.targets is None:
        raise DataError(f"{data}: what is to be predicted are classes, which cannot be regressed; leave out --task")
    return "classify" if dataset.targets is None else "regress"


def with_values(dataset: Dataset) -> Dataset:
    """Return data without the rows that have no value in any column: nothing can be learned from them.

    Parameters
    ----------
    dataset : Dataset

    Returns
    -------
    Dataset
        With a note that says how many rows were left out. The same one if no row is empty, or if all are.
    """
    suspects = np.flatnonzero(np.isnan(dataset.images[:, 0]))  # few, and the others need not be looked at
    is_empty = np.zeros(len(dataset.images), bool)
    is_empty[suspects] = np.isnan(dataset.images[suspects]).all(axis=1)
    n_empty = int(is_empty.sum())
    if n_empty in (0, len(is_empty)):
        return dataset
    rows, first = np.flatnonzero(~is_empty), int(is_empty.argmax()) + 1
    which = f"row {first}" if n_empty == 1 else f"{n_empty} rows, row {first} first"
    called, names = dataset.identifiers or ("", ())
    return replace(
        dataset,
        images=dataset.images[rows],
        labels=None if dataset.labels is None else dataset.labels[rows],
        targets=None if dataset.targets is None else dataset.targets[rows],
        notes=(*dataset.notes, f"left out: {which}, without any value"),
        identifiers=(called, tuple(names[row] for row in rows)) if names else None,
    )


def require_learnable(dataset: Dataset, data: str) -> None:
    """Refuse data that nothing can be learned from.

    Parameters
    ----------
    dataset : Dataset
    data : str
        See :func:`deepbelief.datasets.load`.

    Raises
    ------
    DataError
        If there is one row only, or no two different values.
    """
    if len(dataset.images) < 2:
        raise DataError(f"{data}: there is one row only, and no two to compare; add rows")
    if not np.nanmin(dataset.images) < np.nanmax(dataset.images):
        raise DataError(
            f"{data}: every pixel of every image has the same value; there is nothing to learn from: check "
            "how the file was written"
        )


def require_taken(dataset: Dataset, data: str, visible: object) -> None:
    """Refuse data with a value that visible units cannot have, by its place in the data, whichever rows are held out.

    Parameters
    ----------
    dataset : Dataset
    data : str
        See :func:`deepbelief.datasets.load`.
    visible : object
        The setting of that name.

    Raises
    ------
    DataError
    """
    # Some take any numbers; those of tables are looked at column by column.
    if visible not in UNITS or visible in RESCALED or is_table_setting(visible):
        return
    units = UNITS[str(visible)]
    units = units.fitted(units.number_of(dataset.images)) if units.number else units
    refused = first_refused(dataset.images, units)
    if refused is not None:
        row, column, value = refused
        name = column + 1 if dataset.feature_names is None else repr(dataset.feature_names[column])
        raise DataError(
            f"{data}, row {row + 1} of the data, column {name}: {value:g} is no value of {visible} units, which take "
            f"{units.values}; {ANY_NUMBERS}"
        )


def learnable_labels(dataset: Dataset, data: str, unlabelled: object) -> Labels:
    """Return the labels of data, which have some, that a classifier with this setting of `unlabelled` can learn from.

    Parameters
    ----------
    dataset : Dataset
    data : str
        See :func:`deepbelief.datasets.load`.
    unlabelled : "auto", number, str or None
        The setting of the classifier.

    Returns
    -------
    Labels

    Raises
    ------
    DataError
        If there are no two classes.
    """
    with naming(data):
        labels = checked_labels(dataset.labels, len(dataset.images), unlabelled)
    try:
        labels.require_classes(data)
    except DataError as error:
        raise DataError(f"{str(error).rstrip('.')}, or learn features without labels, with --task features") from None
    return labels
