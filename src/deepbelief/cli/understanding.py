"""What data were taken for, in lines of text."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from deepbelief.cli.tables import table_lines

if TYPE_CHECKING:
    from deepbelief.datasets import Dataset

_MOST_COLUMNS = 40


def understood(dataset: "Dataset") -> Iterator[str]:
    """Yield what the data are, how each column of a table was understood, and what was left out."""
    from deepbelief.datasets.description import described_columns

    yield f"{len(dataset.images)} rows from {dataset.source}"
    yield from dataset.notes
    columns = list(described_columns(dataset))
    if not columns:
        return
    shown = [[column.name, column.kind, column.values, str(column.n_missing or "")] for column in columns]
    yield ""
    yield from table_lines([["column", "taken for", "values", "missing"], *shown[:_MOST_COLUMNS]])
    if len(columns) > _MOST_COLUMNS:
        yield f"and {len(columns) - _MOST_COLUMNS} more columns"
    yield ""
