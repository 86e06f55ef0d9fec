"""Whole numbers from a CSV, fast: what Kaggle's "Digit Recognizer" and other tables of pixels are made of.

Rules: commas, LF or CRLF; every cell is a bare whole number, in at most three digits; labels 0 or more, or -1 for a row
without one. Blank lines only at the end. A file that does not follow them is no error: another reader takes it.

A block of lines is read with a handful of array operations.
"""

import re
from collections.abc import Iterator
from typing import IO

import numpy as np
import numpy.typing as npt

# A quarter mebibyte of text makes about 5 MB of intermediate arrays: next to nothing beside the data.
_BLOCK = 1 << 18
_LABEL = re.compile(rb"-1|[0-9]{1,18}")

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]


def read_whole_numbers(stream: IO[bytes], n_columns: int, label: int | None) -> tuple[Pixels, Numbers | None] | None:
    """Read all rows of a stream.

    Parameters
    ----------
    stream : file
        At the beginning of the first row of numbers.
    n_columns : int
    label : int or None
        The index of the column of labels, if there is one.

    Returns
    -------
    pixels : ndarray of uint8, shape (n_rows, n_pixels)
        All other columns.
    labels : ndarray of int64, shape (n_rows,), or None

    None instead of both if there is no row, or any cell breaks the rules of this module.
    """
    pieces = []
    longest_row = 4 * n_columns + 18
    for block in _blocks(stream, longest_row):
        parsed = _parse(block, n_columns, label)
        if parsed is None:
            return None
        pieces.append(parsed)
    if not pieces:
        return None
    pixels, labels = zip(*pieces, strict=True)
    return np.concatenate(pixels), None if label is None else np.concatenate(labels)


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
        # Longer than a row can be, so it breaks the rules already: hand it over instead of gathering the whole file.
        if len(rest) > longest_row + 1:
            yield rest + b"\n"
            rest = b""
    if rest.strip(b"\n"):
        yield rest + b"\n"


def _parse(block: bytes, n_columns: int, label: int | None) -> tuple[Pixels, Numbers] | None:
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
    return values.astype(np.uint8).reshape(n_lines, -1), np.array(labels, np.int64)
