"""DataFrames of pandas and polars, in Python."""

from pathlib import Path
from typing import Any

from deepbelief.datasets.cells import Cells
from deepbelief.datasets.dataset import Dataset
from deepbelief.datasets.options import ReadOptions
from deepbelief.datasets.table import dataset_of_cells, words_asked_for


def is_frame(source: object) -> bool:
    """Tell whether something is a DataFrame.

    Parameters
    ----------
    source : object

    Returns
    -------
    bool
    """
    return hasattr(source, "columns") and hasattr(source, "shape") and hasattr(source, "__getitem__")


def read_frame(frame: Any, options: ReadOptions) -> Dataset:
    """Read a DataFrame, the rows of which count from 1 in messages.

    Parameters
    ----------
    frame : DataFrame
        Of pandas or polars.
    options : ReadOptions
        What the user said of the data.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If a column cannot be learned from; see :func:`~deepbelief.datasets.table.dataset_of_cells`.
    """
    import pandas as pd

    names = [str(name) for name in frame.columns]
    cells = Cells(Path("DataFrame"), names, 1, words_asked_for(options))
    if isinstance(frame, pd.DataFrame):
        cells.add(frame)
    else:
        cells.add(pd.DataFrame({name: frame[name].to_numpy() for name in names}))
    return dataset_of_cells(cells, f"{type(frame).__module__.split('.')[0]} DataFrame", options)
