"""From the cells of a table to a data set: what each column is, and the numbers that it becomes."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from deepbelief.datasets.cells import Cells, Words
from deepbelief.datasets.dataset import Dataset, Images, square_shape
from deepbelief.datasets.inference import LABELS, TARGETS, UNNAMED, columns_of, nearest, refuse_mixed_target
from deepbelief.datasets.options import ReadOptions
from deepbelief.datasets.pixels import are_pixels, checked_pixels
from deepbelief.datasets.places import excerpt, place, short_name
from deepbelief.datasets.targets import Called, are_classes, labels_or_targets
from deepbelief.errors import DataError
from deepbelief.spelling import alike
from deepbelief.table_schema import Column, TableSchema

UNNAMED_TARGET = "no column was taken for a target; name one with --target"
_SHOWN = 6  # names in a note


def words_asked_for(options: ReadOptions) -> set[str]:
    """Return the columns whose cells are words even if they look like numbers.

    Parameters
    ----------
    options : ReadOptions
        What the user said of the data.

    Returns
    -------
    set of str
    """
    if options.schema is None:
        return set(options.categorical)
    return {column.name for column in options.schema.columns if column.categories}


def dataset_of_cells(cells: Cells, described: str, options: ReadOptions) -> Dataset:
    """Return a table as a data set.

    Parameters
    ----------
    cells : Cells
    described : str
        What was recognised in the file.
    options : ReadOptions

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If a column is not what an option or the schema says, or cannot be learned from.
    """
    path = cells.path
    if not len(cells):
        raise DataError(f"{place(path, 2)}: the file ends after its header; add at least one row")
    marks = cells.marks_as_missing()
    columns = columns_of(cells, options) if options.schema is None else _as_before(cells, options.schema)
    asked = options.task if options.schema is None else options.schema.task
    labels, targets, task = _predicted(cells, columns, asked, is_known=options.schema is not None)
    features = [column for column in columns if column.n_features]
    if not features:
        raise DataError(
            f"{place(path)}: labels without images or other columns to learn from; add columns of numbers or categories"
        )
    target = next((column.name for column in columns if column.kind == "target"), None)
    notes = (*_marks_noted(marks), *_notes(cells, columns, target, task), *_unlabelled_noted(target, labels))
    name = short_name(path)
    if options.schema is None and are_pixels(cells, features):
        images, scaling = checked_pixels(cells, features)
        said = f"{described}, {scaling}, {_with(labels, targets)}"
        return Dataset(images, labels, square_shape(len(features)), f"{path} ({said})", name, targets, None, notes)
    schema = TableSchema(tuple(columns), task)
    images = _matrix(cells, schema)
    n_columns = f"{len(features)} column{'s' * (len(features) != 1)} to learn from"
    source = f"{path} ({described}, {n_columns}, {_with(labels, targets)})"
    return Dataset(images, labels, None, source, name, targets, schema, notes, _identifiers(cells, columns))


def _unlabelled_noted(target: str | None, labels: Any) -> Iterator[str]:
    """Say how many rows of a table have no label: a mark such as None may have been meant for a class."""
    if labels is not None and labels.dtype == object:
        n_missing = sum(label is None for label in labels)
        if 0 < n_missing < len(labels):
            yield (
                f"{n_missing} of {len(labels)} rows have no label: their cell of {target!r} is empty, or a mark of "
                "missing values such as NA or None; if that is a class, give it another name"
            )


def _with(labels: object, targets: object) -> str:
    if targets is not None:
        return "with targets"
    return "without labels" if labels is None else "with labels"


def _predicted(cells: Cells, columns: list[Column], task: Any, *, is_known: bool) -> tuple[Any, Any, Any]:
    """Return labels, targets and the task that they are for, which a schema may have said already."""
    target = next((index for index, column in enumerate(columns) if column.kind == "target"), None)
    if target is None or task == "features" or columns[target].name not in cells.names:
        return None, None, task if task in ("classify", "regress") else "features"
    index = cells.names.index(columns[target].name)
    where = place(cells.path, None, index + 1, cells.names[index])
    words, numbers = cells.words.get(index), cells.numbers(index)
    values: np.ndarray
    refuse_mixed_target(cells, index)
    if words is not None:
        # A mark such as -1 beside words stays what it was: a word.
        named = np.array([*words.known, None], object)
        others = np.array([_written(number) for number in numbers], object)
        values = np.where(words.codes >= 0, named[words.codes], others)
        values = values if any(value is None for value in values) else values.astype(str)
    elif index in cells.bools:
        values = _objects(numbers, bool) if np.isnan(numbers).any() else numbers.astype(bool)
    else:
        values = numbers
    if not any(value is not None and value == value for value in values):
        if is_known:  # to be predicted, so nobody has filled it in
            return None, None, task
        raise DataError(f"{where}: the target is empty; name another column with --target, or say --task features")
    called = _called(cells.names[index].lower())
    has_holes = values.dtype.kind == "f" and np.isnan(values).any()
    if has_holes and (task == "regress" or (task == "auto" and not are_classes(values, called))):
        missing = np.flatnonzero(np.isnan(numbers))
        first = place(cells.path, cells.row(int(missing[0])), index + 1, cells.names[index])
        n_others = len(missing) - 1
        lacking = f" ({n_others} other row{' lacks' if n_others == 1 else 's lack'} it, too)" if n_others else ""
        raise DataError(f"{first}: the number to be predicted is missing; write it, or remove the row{lacking}")
    labels, targets = labels_or_targets(where, values, task, called=called)
    if targets is None and labels is not None and labels.dtype.kind == "f":
        known = labels[~np.isnan(labels)]
        if (known == np.round(known)).all() and (abs(known) < 2**53).all():
            labels = _objects(labels, int) if len(known) < len(labels) else labels.astype(np.int64)
    return labels, targets, "regress" if targets is not None else "classify"


def _called(name: str) -> Called:
    if name in LABELS:
        return "labels"
    return "target" if name in TARGETS else "number"


def _identifiers(cells: Cells, columns: list[Column]) -> tuple[str, tuple[str, ...]] | None:
    """Return the column that says which row is which: an identifier, or else an index."""
    for kind in ("identifier", "index"):
        for column in columns:
            if column.kind == kind and column.name in cells.names:
                index = cells.names.index(column.name)
                written = [_written(number) or "" for number in cells.numbers(index)]
                if index in cells.words:
                    words = cells.words[index]
                    known = [*words.known, ""]
                    written = [
                        known[code] if code >= 0 else other for code, other in zip(words.codes, written, strict=True)
                    ]
                return column.name, tuple(written)
    return None


def _objects(numbers: np.ndarray, kind: type) -> np.ndarray:
    return np.array([None if np.isnan(number) else kind(number) for number in numbers], object)


def _written(number: float) -> str | None:
    if np.isnan(number):
        return None
    return str(int(number)) if number == int(number) else str(number)


def _matrix(cells: Cells, schema: TableSchema) -> Images:
    """Return the features of all rows; what is missing, or a category that the schema does not know, is NaN."""
    images = np.empty((len(cells), len(schema.feature_names)), np.float32)
    for column, features in schema.slices:
        index = cells.names.index(column.name)
        if column.categories:
            images[:, features] = _one_hot(cells, index, column)
        else:
            images[:, features] = cells.numbers(index)[:, None]
    return images


def _one_hot(cells: Cells, index: int, column: Column) -> np.ndarray:
    words = cells.words.get(index) or Words(len(cells), 0)
    place_of = {category: number for number, category in enumerate(column.categories)}
    known = np.array([place_of.get(word, -1) for word in words.known] + [-1], np.int32)
    unseen = [word for word in words.known if word not in place_of]
    if unseen:
        shown = ", ".join(excerpt(word.encode()) for word in unseen[:_SHOWN])
        warnings.warn(
            f"{place(cells.path, None, index + 1, column.name)}: {shown} {'is' if len(unseen) == 1 else 'are'} new to "
            "the model, and treated as missing.",
            UserWarning,
            stacklevel=2,
        )
    codes = known[words.codes]
    if column.kind == "bit":
        return np.where(codes < 0, np.nan, codes)[:, None]
    block = (codes[:, None] == np.arange(len(column.categories))).astype(np.float32)
    block[codes < 0] = np.nan
    return block


def _as_before(cells: Cells, schema: TableSchema) -> list[Column]:
    """Return the columns of the schema that are here, in its order, after a check that they are of the same kind.

    Raises
    ------
    DataError
        If one is missing or of another kind.
    """
    for column in schema.features:
        if column.name not in cells.names:
            new = [name for name in cells.names if name not in schema.by_name]
            other = f", or rename the one that holds it ({nearest(column.name, new)})" if new else ""
            raise DataError(
                f"{place(cells.path)}: the column {excerpt(column.name.encode())} is missing, which the rows "
                f"learned from have; add it{other}"
            )
        index = cells.names.index(column.name)
        if not column.categories and (index in cells.words or index in cells.dates):
            if index in cells.dates:
                raise DataError(
                    f"{place(cells.path, None, index + 1, column.name)}: dates, where the model learned from numbers; "
                    "write numbers"
                )
            words = cells.words[index]
            where = place(cells.path, words.first_row, index + 1, column.name)
            raise DataError(
                f"{where}: {excerpt(words.first.encode())} is no number, and the model learned from numbers in this "
                "column; correct or empty the cell"
            )
    new = [name for name in cells.names if name not in schema.by_name]
    if new:
        shown = ", ".join(excerpt(name.encode()) for name in new[:_SHOWN]) + (", …" if len(new) > _SHOWN else "")
        warnings.warn(
            f"{place(cells.path)}: the model knows no column {shown}, which is left out.", UserWarning, stacklevel=2
        )
    return list(schema.columns)


def _marks_noted(marks: dict[str, str]) -> tuple[str, ...]:
    """Return what was taken for a missing value in columns of numbers."""
    columns: dict[str, list[str]] = {}
    for name, mark in marks.items():
        columns.setdefault(mark, []).append(name)
    return tuple(
        f"{excerpt(mark.encode())} among the numbers of {_listed(names)} is taken for a missing value"
        for mark, names in columns.items()
    )


def _listed(names: list[str]) -> str:
    return ", ".join(excerpt(name.encode()) for name in names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")


def _notes(cells: Cells, columns: list[Column], target: str | None, task: str) -> tuple[str, ...]:
    """Return what was left out or taken for something."""
    reasons = {
        "index": ("counts the rows", "count the rows"),
        "identifier": ("is different in every row", "are different in every row"),
        "empty": ("is empty", "are empty"),
        "dropped": ("was dropped", "were dropped"),
    }
    notes = []
    for kind, (reason, several) in reasons.items():
        names = [column.name for column in columns if column.kind == kind]
        if names:
            reason = reason if len(names) == 1 else several
            # It may be the time of a measurement, if its name does not say otherwise.
            is_first = kind == "index" and len(names) == 1 and not UNNAMED.fullmatch(names[0])
            advice = " (to keep it, move it behind another column)" if is_first else ""
            notes.append(f"left out: {_listed(names)}, which {reason}{advice}")
    for column in columns:
        pair = alike(column.categories) if column.kind in ("category", "bit") else None
        if pair is not None:
            notes.append(
                f"{excerpt(column.name.encode())}: {_listed(list(pair))} differ in upper and lower case or in spaces "
                "only, and are two categories; if they are one, write them in the same way"
            )
    if cells.n_blank:
        notes.append(f"left out: {cells.n_blank} blank row{'s' * (cells.n_blank != 1)}")
    if target not in cells.names and task != "features":
        notes.append("there is no column of what is to be predicted")
    elif target is None:
        notes.append(UNNAMED_TARGET)
    elif task == "features":
        notes.append(f"the target {excerpt(target.encode())} is left out")
    else:
        what = "classes" if task == "classify" else "numbers to predict"
        notes.append(f"target: {excerpt(target.encode())}, taken for {what}")
    return tuple(notes)
