"""A table of text with its holes filled: every other letter of the file stays, in whatever dialect it is written."""

import gzip
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from deepbelief.datasets.cells import MARKS, MISSING
from deepbelief.datasets.dialect import SNIFFED, Dialect, dialect_of
from deepbelief.datasets.filled_columns import Filling
from deepbelief.datasets.places import place
from deepbelief.datasets.streams import is_gzip, open_text
from deepbelief.errors import DataError

# The marks of byte order, and the encodings that are then written without one.
_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_FALSE_AND_TRUE = ("false", "true")


def filled_text(path: Path, fillings_of: Callable[[Sequence[str]], dict[int, Filling]]) -> bytes:
    """Return the content of a table of text with its holes filled, compressed with gzip if it was.

    Parameters
    ----------
    path : Path
        A table that has been read without an error.
    fillings_of : callable
        From the names of all columns to what those with holes are filled with, by their numbers.

    Returns
    -------
    bytes

    Raises
    ------
    DataError
        If its rows are not the ones that were read.
    """
    with open_text(path) as stream:
        content = stream.read()
    dialect = dialect_of(path, content[:SNIFFED])
    mark, encoding = next(((mark, name) for mark, name in _MARKS.items() if content.startswith(mark)), (b"", "utf-8"))
    pieces = _pieces(path, content[len(mark) :].decode(encoding), dialect, fillings_of(dialect.names))
    filled = mark + "".join(pieces).encode(encoding)
    return gzip.compress(filled, mtime=0) if is_gzip(path) else filled


def _pieces(path: Path, text: str, dialect: Dialect, fillings: dict[int, Filling]) -> list[str]:
    """Return the text in pieces, cells between what stands between them, holes filled."""
    writers = {index: _Writer(filling, dialect) for index, filling in fillings.items()}
    start = _end_of_lines(text, dialect.n_before)
    pieces, holes, n_rows = [text[:start]], [], 0
    for row in _rows(text, start, dialect.delimiter):
        said = [_bare(found["cell"]) for found in row]
        is_missing = [_is_missing(cell) for cell in said]
        is_blank = all(is_missing)  # such rows the reader leaves out
        for column, found in enumerate(row):
            is_hole = column in writers and not is_blank and fillings[column].is_hole[n_rows]
            if is_hole and (is_missing[column] or _is_mark(said[column], fillings[column])):
                holes.append((len(pieces) + 1, column, n_rows))
            elif column in writers:
                writers[column].see(said[column])
            pieces += [found["lead"], found["cell"], found["end"]]
        n_rows += not is_blank
    if any(n_rows != len(filling.is_hole) for filling in fillings.values()):
        raise DataError(f"{place(path)}: its rows cannot be told apart to fill them in; save the table as Parquet")
    for index, column, row_number in holes:
        pieces[index] = writers[column].written(row_number, pieces[index])
    return pieces


def _rows(text: str, start: int, delimiter: str) -> Iterator[list[re.Match[str]]]:
    """Yield the cells of each row, as the reader takes them: what is before a cell, itself, and what ends it."""
    row: list[re.Match[str]] = []
    for found in _cells(delimiter).finditer(text, start):
        end = found["end"]
        if not row and not found["lead"] and not found["cell"] and not end:
            return  # after the last row
        row.append(found)
        if not end or "\n" in end or "\r" in end or (delimiter == " " and found.end() == len(text)):
            yield row
            row = []


class _Writer:
    """Writes what a column is filled with as the column writes its values."""

    def __init__(self, filling: Filling, dialect: Dialect) -> None:
        self._filling, self._dialect = filling, dialect
        self._example = ""  # of the words true and false, if the column holds them

    def see(self, cell: str) -> None:
        """Learn from a cell how false and true are written, where bits are."""
        if self._filling.is_whole and cell.lower() in _FALSE_AND_TRUE:
            self._example = cell

    def written(self, row: int, hole: str) -> str:
        """Return the value of a row, in the place of a cell that says that it is missing."""
        value, core = self._filling.values[row], hole.strip()
        text = value if isinstance(value, str) else self._number(float(value))
        if self._is_unsafe(text) or core.startswith('"'):
            text = '"' + text.replace('"', '""') + '"'
        return hole.replace(core, text, 1) if core else text

    def _number(self, value: float) -> str:
        if not self._filling.is_whole:
            return str(np.float32(value)).replace(".", self._dialect.decimal)
        if not self._example:
            return str(round(value))
        word = _FALSE_AND_TRUE[round(value)]
        return word.upper() if self._example.isupper() else word.title() if self._example.istitle() else word

    def _is_unsafe(self, text: str) -> bool:
        """Tell whether a text would be read as anything else without quotation marks."""
        delimiter = self._dialect.delimiter
        return delimiter in text or any(sign in text for sign in '"\r\n') or text != text.strip() or not text


def _cells(delimiter: str) -> re.Pattern[str]:
    """Return what a cell is, with the blanks before it and what ends it, as the reader takes them."""
    quoted = '"(?:[^"]|"")*"'
    if delimiter == " ":
        return re.compile(rf"(?P<lead>[ \t]*)(?P<cell>{quoted}[^\s]*|[^\s]*)(?P<end>[ \t]*(?:\r\n|\n|\r|\Z)|[ \t]+)")
    sign = re.escape(delimiter)
    rest = rf"[^{sign}\r\n]*"
    return re.compile(rf"(?P<lead> *)(?P<cell>{quoted}{rest}|{rest})(?P<end>{sign}|\r\n|\n|\r|\Z)")


def _bare(cell: str) -> str:
    """Return what a cell says, without quotation marks and blanks."""
    cell = cell.strip().removeprefix("\ufeff")
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        cell = cell[1:-1].replace('""', '"').strip()
    return cell


def _is_missing(text: str) -> bool:
    from pandas._libs.parsers import STR_NA_VALUES

    return text in STR_NA_VALUES or text in MISSING


def _is_mark(text: str, filling: Filling) -> bool:
    """Tell whether a text such as "-" stands for a missing number."""
    return text.casefold() in MARKS and filling.values.dtype.kind != "O"


def _end_of_lines(text: str, n_lines: int) -> int:
    """Return where so many lines end."""
    end = 0
    for _ in range(n_lines):
        found = re.compile(r"[^\r\n]*(\r\n|\n|\r|\Z)").match(text, end)
        end = found.end() if found else end
    return end
