"""A Parquet or Feather file with its holes filled: schema, types, other columns and their order stay."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepbelief.datasets.filled_columns import Filling
from deepbelief.datasets.places import place
from deepbelief.errors import DataError


def filled_arrow(path: Path, fillings_of: Callable[[Sequence[str]], dict[int, Filling]]) -> bytes:
    """Return the content of a Parquet or Feather file with its holes filled.

    Parameters
    ----------
    path : Path
        A file that has been read without an error.
    fillings_of : callable
        From the names of all columns to what those with holes are filled with, by their numbers.

    Returns
    -------
    bytes
    """
    from pyarrow import feather, parquet

    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    content = io.BytesIO()
    if is_parquet:
        with parquet.ParquetFile(str(path)) as source:
            about, table = source.metadata, source.read(use_threads=False)
        compression = about.row_group(0).column(0).compression.lower()
        parquet.write_table(
            _filled(path, table, fillings_of(table.column_names)),
            content,
            compression="none" if compression == "uncompressed" else compression,
            row_group_size=about.row_group(0).num_rows,
        )
    else:
        table = feather.read_table(str(path), use_threads=False, memory_map=False)
        feather.write_feather(_filled(path, table, fillings_of(table.column_names)), content)
    return content.getvalue()


def _filled(path: Path, table: Any, fillings: dict[int, Filling]) -> Any:
    is_row = ~_blank(table)
    for index, filling in fillings.items():
        if is_row.sum() != len(filling.is_hole):
            raise DataError(f"{place(path)}: its rows cannot be told apart to fill them in; save the table as CSV")
        column, field = table.column(index), table.schema.field(index)
        holes, values = np.zeros(len(table), bool), np.empty(len(table), filling.values.dtype)
        holes[is_row], values[is_row] = filling.is_hole, filling.values
        holes &= _missing(column)
        table = table.set_column(index, field, _replaced(column, holes, values))
    return table


def _replaced(column: Any, holes: np.ndarray, values: np.ndarray) -> Any:
    """Return a column of Arrow with these values at holes, of the same type."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        held = column.unify_dictionaries().combine_chunks()
        words, used = held.dictionary.to_pylist(), set(values[holes].tolist())
        words += sorted(used - set(words))
        numbers = np.array([words.index(value) if hole else 0 for value, hole in zip(values, holes, strict=True)])
        indices = pc.if_else(pa.array(holes), pa.array(numbers, column.type.index_type), held.indices)
        dictionary = pa.array(words, column.type.value_type)
        return pa.chunked_array([pa.DictionaryArray.from_arrays(indices, dictionary, ordered=column.type.ordered)])
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        values = np.round(values.astype(float)).astype(int)
    if values.dtype.kind == "O":
        new = pa.array([value if hole else None for value, hole in zip(values, holes, strict=True)], pa.string())
    else:
        new = pa.array(values, mask=~holes)
    return pa.chunked_array([pc.if_else(pa.array(holes), new.cast(column.type, safe=False), column.combine_chunks())])


def _missing(column: Any) -> np.ndarray:
    """Tell where a column has no value: null, NaN, or a text of blanks."""
    import pyarrow as pa
    import pyarrow.compute as pc

    is_missing = pc.is_null(column, nan_is_null=True)
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        text = column.cast(kind)
        is_missing = pc.or_kleene(is_missing, pc.fill_null(pc.equal(pc.utf8_trim_whitespace(text), ""), True))
    return np.asarray(is_missing.to_numpy(), bool)


def _blank(table: Any) -> np.ndarray:
    """Tell which rows hold nothing at all, which the reader leaves out."""
    return np.logical_and.reduce([_missing(table.column(index)) for index in range(table.num_columns)])
