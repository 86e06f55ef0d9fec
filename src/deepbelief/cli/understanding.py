"""What data were taken for, in lines of text."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from deepbelief.cli.tables import table_lines

if TYPE_CHECKING:
    from deepbelief.datasets import Dataset

_MOST_COLUMNS = 40
_MOST_CATEGORIES = 6


def understood(dataset: "Dataset") -> Iterator[str]:
    """Yield what the data are, how each column of a table was understood, and what was left out."""
    yield f"{len(dataset.images)} rows from {dataset.source}"
    yield from dataset.notes
    if dataset.schema is None:
        return
    rows = [["column", "taken for", "values", "missing"]]
    for column, features in list(dataset.schema.slices)[:_MOST_COLUMNS]:
        values = dataset.images[:, features]
        missing = int(np.isnan(values[:, 0]).sum())
        shown = ", ".join(column.categories[:_MOST_CATEGORIES]) + (
            f", … ({len(column.categories)})" if len(column.categories) > _MOST_CATEGORIES else ""
        )
        known = values[~np.isnan(values)]
        span = f"{known.min():g} to {known.max():g}" if len(known) else ""
        rows.append([column.name, column.kind, shown or span, str(missing or "")])
    yield ""
    yield from table_lines(rows)
    hidden = len(dataset.schema.features) - _MOST_COLUMNS
    if hidden > 0:
        yield f"and {hidden} more columns"
    yield ""
