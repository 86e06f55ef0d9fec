"""What the columns of a table were taken for, and what they hold, in words."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from deepbelief.datasets.dataset import Dataset
from deepbelief.table_schema import Column

_MOST_CATEGORIES = 6


@dataclass(frozen=True)
class ColumnDescription:
    """A column that is learned from.

    Parameters
    ----------
    name : str
    kind : str
        See :class:`~deepbelief.table_schema.Column`.
    values : str
        The least and the largest number, or the categories; "" if all cells are missing.
    n_missing : int
    """

    name: str
    kind: str
    values: str
    n_missing: int


def described_columns(dataset: Dataset) -> Iterator[ColumnDescription]:
    """Yield what each column of a table that is learned from was taken for; nothing for images.

    Parameters
    ----------
    dataset : Dataset

    Yields
    ------
    ColumnDescription
    """
    if dataset.schema is None:
        return
    for column, features in dataset.schema.slices:
        cells = dataset.images[:, features]
        yield ColumnDescription(column.name, column.kind, _values(column, cells), int(np.isnan(cells[:, 0]).sum()))


def _values(column: Column, cells: np.ndarray) -> str:
    n_categories = len(column.categories)
    if n_categories:
        more = f", … ({n_categories})" if n_categories > _MOST_CATEGORIES else ""
        return ", ".join(column.categories[:_MOST_CATEGORIES]) + more
    known = cells[~np.isnan(cells)]
    return f"{known.min():g} to {known.max():g}" if len(known) else ""
