"""Parquet and Feather files, read by pyarrow a batch of rows at a time (extra ``[tables]``).

Rules: no more values than the file's own size allows, see :mod:`~deepbelief.datasets.streams`; every batch is checked
before it is looked at.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deepbelief.datasets.cells import Cells
from deepbelief.datasets.dataset import Dataset
from deepbelief.datasets.options import ReadOptions
from deepbelief.datasets.places import place
from deepbelief.datasets.streams import MOST_GROWTH, SMALL, is_bomb
from deepbelief.datasets.table import dataset_of_cells, words_asked_for
from deepbelief.errors import DataError
from deepbelief.table_schema import MOST_COLUMNS

_PARQUET, _FEATHER, _FEATHER_1 = b"PAR1", b"ARROW1", b"FEA1"
_ROWS_AT_ONCE = 4096


def recognises(path: Path, head: bytes) -> bool:
    """Tell whether a file begins like Parquet or Feather.

    Parameters
    ----------
    path : Path
        The file.
    head : bytes
        The first bytes of the file, decompressed if it is gzip.

    Returns
    -------
    bool
    """
    return head.startswith((_PARQUET, _FEATHER, _FEATHER_1))


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read a Parquet or Feather file.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        What the user said of the data.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If it is damaged, holds more than it should, or a column cannot be learned from.
    """
    with path.open("rb") as file:
        magic = file.read(6)
    if magic.startswith(_FEATHER_1):
        raise DataError(f"{place(path)}: the first version of Feather is no longer read; save it again with pandas")
    try:
        import pyarrow
    except ImportError as error:
        raise DataError(
            f"{place(path)}: Parquet and Feather need pyarrow; pip install 'deepbelief[tables]', or save it as CSV"
        ) from error
    is_parquet = magic.startswith(_PARQUET)
    kind = "Parquet" if is_parquet else "Feather"
    cells = None
    try:
        for frame in (_parquet if is_parquet else _feather)(path, pyarrow):
            if cells is None:
                cells = Cells(path, [str(name) for name in frame.columns], 1, words_asked_for(options))
            cells.add(frame)
    except DataError:
        raise
    # What a damaged file makes of pyarrow, whose errors are of many kinds.
    except Exception as error:
        raise DataError(f"{place(path)}: the {kind} file is truncated or damaged; save or copy it again") from error
    if cells is None:
        raise DataError(f"{place(path)}: the table has no rows; add at least one")
    return dataset_of_cells(cells, kind, options)


def _parquet(path: Path, pyarrow: Any) -> Iterator[Any]:
    from pyarrow import parquet

    pool = pyarrow.system_memory_pool()
    with parquet.ParquetFile(str(path), memory_map=False, page_checksum_verification=True) as file:
        about = file.metadata
        _require_bounded(path, about.num_rows, len(file.schema_arrow.names))
        for batch in file.iter_batches(_ROWS_AT_ONCE, use_threads=False):
            yield from _checked(batch, pool)


def _feather(path: Path, pyarrow: Any) -> Iterator[Any]:
    pool = pyarrow.system_memory_pool()
    with pyarrow.OSFile(str(path)) as source, pyarrow.ipc.open_file(source) as file:
        n_rows = 0
        for index in range(file.num_record_batches):
            batch = file.get_batch(index)
            n_rows += batch.num_rows
            _require_bounded(path, n_rows, batch.num_columns)
            yield from _checked(batch, pool)


def _checked(batch: Any, pool: Any) -> Iterator[Any]:
    batch.validate(full=True)
    for start in range(0, batch.num_rows, _ROWS_AT_ONCE):
        part = batch.slice(start, _ROWS_AT_ONCE)
        yield part.to_pandas(memory_pool=pool, use_threads=False, strings_to_categorical=False)


def _require_bounded(path: Path, n_rows: int, n_columns: int) -> None:
    if n_columns > MOST_COLUMNS:
        raise DataError(
            f"{place(path)}: {n_columns} columns, and a table may have {MOST_COLUMNS}; save it with "
            "numpy.savez(X=…, y=…)"
        )
    if is_bomb(4 * n_rows * n_columns, path.stat().st_size):
        raise _bomb(path, f"{n_rows} rows of {n_columns} columns")


def _bomb(path: Path, what: str) -> DataError:
    return DataError(
        f"{place(path)}: {what} take more than {SMALL} bytes and more than {MOST_GROWTH} times the size of the file; "
        "if you trust it, save it as CSV"
    )
