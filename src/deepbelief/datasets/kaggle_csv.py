"""Kaggle's "Digit Recognizer" CSV: a header, then one image a row; `label` is a column like any other, or absent.

Rules: commas, LF or CRLF. Every cell is a bare whole number: pixels 0 to 255 in at most three digits; labels 0 or more,
or -1 for a row without one. Blank lines only at the end. Anything else is refused, with its row and column.

A block of lines is read with a handful of array operations (`_parse`); a block that does not follow the rules is
gone through again, cell by cell, only to say where it does not (`_first_offence`).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from deepbelief.datasets.csv_header import Columns, read_header
from deepbelief.datasets.dataset import Dataset, Images, Labels, images_from_bytes, square_shape
from deepbelief.datasets.places import excerpt, place, short_name
from deepbelief.errors import DataError

# A quarter mebibyte of text makes about 5 MB of intermediate arrays: next to nothing beside the data.
_BLOCK = 1 << 18
_LABEL = re.compile(rb"-1|[0-9]{1,18}")
_PIXEL = re.compile(rb"[0-9]{1,3}")


def read_kaggle_csv(path: Path) -> Dataset:
    """Read a Kaggle CSV.

    Raises
    ------
    DataError
        If the file breaks one of this module's rules; the message names the row and the column.
    """
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        columns = read_header(path, stream)
        images, labels = _read_rows(path, stream, size, columns)
    described = "Kaggle CSV with labels" if labels is not None else "Kaggle CSV without labels"
    return Dataset(images, labels, square_shape(images.shape[1]), f"{path} ({described})", short_name(path))


def _read_rows(path: Path, stream: IO[bytes], size: int, columns: Columns) -> tuple[Images, Labels | None]:
    n_columns = len(columns.names)
    n_pixels = n_columns - (columns.label is not None)
    # A cell takes two bytes or more, so this is as many rows as the file can hold. Pixels stay bytes until all are
    # read: a file that is bad at its end has then cost about twice its size at most, and most files half of it.
    capacity = (size - stream.tell() + 1) // (2 * n_columns)
    pixels = np.empty((capacity, n_pixels), np.uint8)
    labels = np.empty(capacity, np.int64)
    n_rows = 0
    for block in _blocks(stream, columns.longest_row):
        parsed = _parse(block, n_columns, columns.label)
        if parsed is None:
            raise _first_offence(path, block, n_rows + 2, columns)
        end = n_rows + len(parsed[0])
        if end > capacity:
            raise DataError(f"{place(path)}: the file grew while it was read; try again when its writer is done")
        pixels[n_rows:end] = parsed[0]
        if columns.label is not None:
            labels[n_rows:end] = parsed[1]
        n_rows = end
    if n_rows == 0:
        raise DataError(f"{place(path, 2)}: the file ends after its header; add at least one row of pixels")
    return images_from_bytes(pixels[:n_rows]), None if columns.label is None else labels[:n_rows].copy()


def _blocks(stream: IO[bytes], longest_row: int) -> Iterator[bytes]:
    """Yield pieces of whole lines, each ended by one LF; blank lines at the end of the file are left out."""
    rest = b""
    while piece := stream.read(_BLOCK):
        text = (rest + piece).replace(b"\r\n", b"\n")
        # Line ends before the cut wait for what follows: only at the end of the file are blank lines allowed.
        lines = text[: text.rfind(b"\n") + 1].rstrip(b"\n")
        if lines:
            yield lines + b"\n"
        rest = text[len(lines) + 1 :] if lines else text
        # Longer than a row can be, so an offence already: hand it over instead of gathering the whole file.
        if len(rest) > longest_row + 1:
            yield rest + b"\n"
            rest = b""
    if rest.strip(b"\n"):
        yield rest + b"\n"


def _parse(block: bytes, n_columns: int, label: int | None) -> tuple[npt.NDArray[np.uint8], list[int]] | None:
    """Read a block of lines: pixels (n_lines, n_pixels) and labels; None if any cell breaks the rules."""
    text = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero((text == ord(",")) | (text == ord("\n")))
    n_lines = block.count(b"\n")
    if len(ends) != n_lines * n_columns or (text[ends[n_columns - 1 :: n_columns]] != ord("\n")).any():
        return None
    starts = np.concatenate(([0], ends[:-1] + 1))
    labels: list[int] = []
    if label is not None:
        cells = [block[a:b] for a, b in zip(starts[label::n_columns], ends[label::n_columns], strict=True)]
        if not all(_LABEL.fullmatch(cell) for cell in cells):
            return None
        labels = [int(cell) for cell in cells]
        starts, ends = (np.delete(a.reshape(n_lines, n_columns), label, axis=1).ravel() for a in (starts, ends))
    lengths = ends - starts
    if lengths.min() < 1 or lengths.max() > 3:
        return None
    digits = text - np.uint8(ord("0"))  # wraps around: whatever is no digit becomes 10 or more
    ones = digits[ends - 1]
    # A digit that a short cell lacks is looked up at the cell's start instead, then counted as 0.
    tens = digits[np.maximum(ends - 2, starts)] * (lengths > 1)
    hundreds = digits[starts] * (lengths > 2)
    if max(ones.max(), tens.max(), hundreds.max()) > 9:
        return None
    values = hundreds * np.uint16(100) + tens * np.uint8(10) + ones
    if values.max() > 255:
        return None
    return values.astype(np.uint8).reshape(n_lines, -1), labels


def _first_offence(path: Path, block: bytes, first_row: int, columns: Columns) -> DataError:
    """Find the first cell or row of a block that breaks the rules, and say so."""
    n_columns = len(columns.names)
    for row, line in enumerate(block.split(b"\n")[:-1], first_row):
        if not line:
            return DataError(f"{place(path, row)}: the row is blank; remove it")
        if len(line) > columns.longest_row:
            return DataError(
                f"{place(path, row)}: the row is longer than {n_columns} numbers can be; correct or remove it"
            )
        cells = line.split(b",")
        if len(cells) != n_columns:
            return DataError(
                f"{place(path, row)}: {len(cells)} values where the header names {n_columns} columns; "
                "correct or remove the row"
            )
        for column, cell in enumerate(cells):
            of_label = column == columns.label
            right = _LABEL.fullmatch(cell) if of_label else _PIXEL.fullmatch(cell) and int(cell) <= 255
            if not right:
                wanted = "a whole number from 0, or -1 for no label" if of_label else "a whole number from 0 to 255"
                found = f"{excerpt(cell)} is not" if cell else "the cell is empty, not"
                where = place(path, row, column + 1, columns.names[column])
                return DataError(f"{where}: {found} {wanted}; correct or remove the row")
    raise AssertionError("a block that could not be read breaks no rule")
