"""Tables as text: CSV in all its dialects, read by pandas a piece at a time; plain or gzip-compressed.

Tables of pixels in whole numbers, which are long, take a faster way if they can.
"""

import csv
import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from deepbelief.datasets.cells import MISSING, Cells, typed
from deepbelief.datasets.dataset import Dataset, square_shape
from deepbelief.datasets.delimiting import table_in
from deepbelief.datasets.dialect import SNIFFED, Dialect, dialect_of, encoding_of, is_text, not_utf8
from deepbelief.datasets.inference import TARGETS
from deepbelief.datasets.options import ReadOptions
from deepbelief.datasets.pixel_csv import read_whole_numbers
from deepbelief.datasets.pixels import NAMED, are_bright, brightnesses, could_be_pixels
from deepbelief.datasets.places import excerpt, place, short_name
from deepbelief.datasets.streams import open_text
from deepbelief.datasets.table import dataset_of_cells, words_asked_for
from deepbelief.datasets.targets import labels_or_targets
from deepbelief.errors import DataError

_CELLS_AT_ONCE = 1_000_000
_MORE = "\0more"  # a column that no row may reach
_TOO_LONG = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")


def recognises(path: Path, head: bytes) -> bool:
    """Tell whether a file begins like lines of several cells, or like a column of labels alone.

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
    if not is_text(head):
        return False
    text = head.decode(encoding_of(head), "ignore")
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and len(text) > 4000:
        lines = lines[:-1]  # which is cut off
    if not lines:
        return False
    start, delimiter = table_in(lines)
    return delimiter is not None or lines[start].strip('" ').lower() in TARGETS


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read a table.

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
        If a row or a cell is not what it should be; the message names it.
    """
    with open_text(path) as stream:
        dialect = dialect_of(path, stream.read(SNIFFED))
    with open_text(path) as stream:
        pixels = _pixels(path, stream, dialect, options)
    if pixels is not None:
        return pixels
    first_row = dialect.n_before + 1
    header_row = max(1, dialect.n_before)
    cells = Cells(path, dialect.names, first_row, words_asked_for(options), header_row)
    n_first = len(dialect.first[0]) if dialect.first else 0
    if n_first > len(dialect.names) + 1:  # pandas would make as many columns
        raise _wrong_length(path, first_row, str(n_first), dialect)
    with open_text(path) as stream:
        for frame in _frames(path, stream, dialect, cells):
            cells.add(frame)
    dataset = dataset_of_cells(cells, dialect.described, options)
    return (
        dataset if options.schema is not None else replace(dataset, notes=(*dataset.notes, *_codes(dataset, dialect)))
    )


def _codes(dataset: Dataset, dialect: Dialect) -> Iterator[str]:
    """Say which columns of numbers may hold codes, such as post codes: all equally long, some with a zero first."""
    for index, name in enumerate(dialect.names):
        cells = [row[index] for row in dialect.first if len(row) > index and row[index]]
        zero_first = [cell for cell in cells if cell[0] == "0" and len(cell) > 1]
        is_number = dataset.schema is not None and dataset.schema.by_name[name].kind == "number"
        if is_number and zero_first and len({len(cell) for cell in cells}) == 1 and "".join(cells).isdecimal():
            yield (
                f"{excerpt(name.encode())}: {zero_first[0]} and the like are learned from as numbers; if they are "
                f"codes, give them with {typed('--categorical', [name])}, or leave them out with --drop"
            )


def _pixels(path: Path, stream: IO[bytes], dialect: Dialect, options: ReadOptions) -> Dataset | None:
    """Read a table of pixels in whole numbers the fast way; None if it is none."""
    names = [name.lower() for name in dialect.names]
    label = next((names.index(name) for name in TARGETS if name in names), None)
    if not dialect.has_header and label is None and could_be_pixels(names[1:]):
        label = 0
    others = [name for index, name in enumerate(names) if index != label]
    is_named = bool(others) and all(map(NAMED.fullmatch, others))
    is_plain = dialect.encoding == "utf-8" and dialect.delimiter == "," and len(set(names)) == len(names)
    is_overruled = bool(options.about_columns) or options.schema is not None
    if is_overruled or not is_plain or not (is_named or could_be_pixels(others)):
        return None
    for _ in range(dialect.n_before):
        stream.readline()
    found = read_whole_numbers(stream, len(names), label)
    if found is None or not (is_named or are_bright(found[0])):
        return None
    pixels, values = found
    labels = targets = None
    if values is not None and label is not None:
        labels, targets = labels_or_targets(place(path, None, label + 1, dialect.names[label]), values, options.task)
    images, scaling = brightnesses(pixels)
    kind = "Kaggle CSV " if dialect.has_header else f"{dialect.described}, "
    said = "without labels" if labels is None and targets is None else "with labels"
    notes = () if dialect.has_header or label is None else ("the first column was taken for labels",)
    shape = square_shape(len(others))
    return Dataset(images, labels, shape, f"{path} ({kind}{said}, {scaling})", short_name(path), targets, None, notes)


def _frames(path: Path, stream: IO[bytes], dialect: Dialect, cells: Cells) -> Iterator[Any]:
    """Yield the table as pandas DataFrames of some rows each.

    Raises
    ------
    DataError
        If a row has more or fewer cells than there are columns, a quotation never ends, or it is no UTF-8.
    """
    import pandas as pd

    names = [*dialect.names, _MORE]
    n_read = 0
    short = None
    try:
        with warnings.catch_warnings(), pd.option_context("mode.string_storage", "python"):
            # A first row with too many cells: pandas would only warn, and cut it off.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            reader = pd.read_csv(
                stream,
                sep=r"\s+" if dialect.delimiter == " " else dialect.delimiter,
                header=None,
                names=names,
                index_col=False,
                skiprows=dialect.n_before,
                skip_blank_lines=False,
                skipinitialspace=True,
                decimal=dialect.decimal,
                na_values=list(MISSING),
                dtype=dict.fromkeys(cells.as_words, object),
                encoding=dialect.encoding,
                low_memory=False,
                chunksize=max(1, _CELLS_AT_ONCE // len(names)),
            )
            with reader as pieces:
                for frame in pieces:
                    more = frame.pop(_MORE)
                    if more.notna().any():
                        row = dialect.n_before + n_read + int(more.notna().to_numpy().argmax()) + 1
                        raise _wrong_length(path, row, "more", dialect)
                    short = short or bool(frame.iloc[:, -1].isna().any())
                    n_read += len(frame)
                    yield frame
    except pd.errors.ParserWarning as error:
        raise _wrong_length(path, dialect.n_before + 1, "more", dialect) from error
    except pd.errors.EmptyDataError:
        return
    except pd.errors.ParserError as error:
        found = _TOO_LONG.search(str(error))
        if found:
            raise _wrong_length(path, int(found[2]), found[3], dialect) from error
        if "EOF inside string" in str(error):
            row = int(re.findall(r"\d+", str(error))[-1]) + 1
            raise DataError(
                f"{place(path, row)}: a quotation begins here and never ends; add or remove a quotation mark"
            ) from error
        raise DataError(f"{place(path)}: the table cannot be read; save it again as CSV") from error
    except UnicodeError as error:
        raise _undecodable(path, dialect) from error
    if short:
        _refuse_short_rows(path, dialect)


def _refuse_short_rows(path: Path, dialect: Dialect) -> None:
    """Look for a row with fewer cells than there are columns, which pandas would fill up."""
    if dialect.delimiter == " ":
        return
    with open_text(path) as stream:
        text = io.TextIOWrapper(stream, dialect.encoding, "replace", newline="")
        try:
            for row in (reader := csv.reader(text, delimiter=dialect.delimiter, skipinitialspace=True)):
                is_body = reader.line_num > dialect.n_before
                if is_body and any(cell.strip() for cell in row) and len(row) < len(dialect.names):
                    raise _wrong_length(path, reader.line_num, str(len(row)), dialect)
        except csv.Error:
            return
        finally:
            text.detach()


def _wrong_length(path: Path, row: int, n_found: str, dialect: Dialect) -> DataError:
    said = f"{n_found} values where {'the header names' if dialect.has_header else 'other rows have'}"
    return DataError(f"{place(path, row)}: {said} {len(dialect.names)} columns; correct or remove the row")


def _undecodable(path: Path, dialect: Dialect) -> DataError:
    """Find the first row that is not in the encoding of the table."""
    with open_text(path) as stream:
        for row, line in enumerate(stream, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return not_utf8(path, row)
    return not_utf8(path, 1)
