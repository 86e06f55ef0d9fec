"""Copies of files in which the missing values are filled in, and nothing else is changed.

Rules: the copy has the format of the original. Only what the reader took for missing is replaced: a category that the
model does not know is missing to the model, but it stands in the file, and stays.
"""

from pathlib import Path
from types import ModuleType

import numpy as np

from deepbelief.datasets import arrow, csv_table, npy, npz
from deepbelief.datasets.dataset import Dataset
from deepbelief.datasets.filled_arrays import filled_npy, filled_npz
from deepbelief.datasets.filled_arrow import filled_arrow
from deepbelief.datasets.filled_columns import fillings
from deepbelief.datasets.filled_text import filled_text
from deepbelief.datasets.options import Split
from deepbelief.datasets.places import place
from deepbelief.datasets.streams import open_plain_or_gzip
from deepbelief.errors import DataError

_SNIFFED = 2**16  # bytes: titles and the header of a table of thousands of columns


def filled_copy(path: Path, dataset: Dataset, completed: np.ndarray, split: Split) -> bytes:
    """Return the content of a file with its holes filled.

    Parameters
    ----------
    path : Path
        Where the data were read from: a table of text, Parquet or Feather, an npz or npy.
    dataset : Dataset
        What was read.
    completed : ndarray, shape (n_rows, n_features)
        Its `images` without holes.
    split : {"train", "test"}
        Which part was read of a file that holds both.

    Returns
    -------
    bytes

    Raises
    ------
    DataError
        If the file is of another kind, see :func:`fillable`.
    """
    reader, is_hole = fillable(path), np.isnan(dataset.images)
    if reader is npz:
        return filled_npz(path, split, is_hole, completed)
    if reader is npy:
        return filled_npy(path, is_hole, completed)
    write = filled_arrow if reader is arrow else filled_text
    return write(path, lambda names: fillings(names, dataset, completed))


def holds_arrays(path: Path) -> bool:
    """Tell whether a file is an npz or npy, whose numbers can be written in other ways too.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bool
    """
    return fillable(path) in (npz, npy)


def fillable(path: Path) -> ModuleType:
    """Return the reader of a file whose holes can be filled.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    module

    Raises
    ------
    DataError
        If the file is of another kind.
    """
    with open_plain_or_gzip(path) as stream:
        head = stream.read(_SNIFFED)
    for reader in (npz, npy, arrow, csv_table):
        if reader.recognises(path, head):
            return reader
    raise DataError(
        f"{place(path)}: holes are filled in tables (CSV, TSV, Parquet, Feather), .npz and .npy; save the data as one"
    )
