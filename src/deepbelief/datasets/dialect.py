"""How a table is written as text: encoding, delimiter, decimal sign, and whether its first row names the columns."""

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deepbelief.datasets.places import place
from deepbelief.errors import DataError

SNIFFED = 1 << 20  # bytes that are looked at, at most
_SNIFFED_ROWS = 100
_DELIMITERS = (",", ";", "\t", "|", " ")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MISSING = {"", "?", "na", "n/a", "nan", "null", "none", "<na>", "#n/a", "-nan"}
_COMMA_NUMBER = re.compile(r"\s*[-+]?\d+,\d+(e[-+]?\d+)?\s*", re.IGNORECASE)
_POINT_NUMBER = re.compile(r"\s*[-+]?\d*\.\d+(e[-+]?\d+)?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """How a table is written.

    Parameters
    ----------
    encoding : str
    delimiter : str
    decimal : str
        "." or ",".
    names : tuple of str
        Of the columns; made up if there is no header.
    has_header : bool
    n_before : int
        Lines above the first row of values: blank ones, and the header.
    first : tuple of tuple of str
        The first rows of values, as text.
    """

    encoding: str
    delimiter: str
    decimal: str
    names: tuple[str, ...]
    has_header: bool
    n_before: int
    first: tuple[tuple[str, ...], ...]

    @property
    def described(self) -> str:
        """The dialect in words, where it differs from a CSV with a header."""
        delimiters = {",": "CSV", ";": "CSV with semicolons", "\t": "TSV", "|": "table with bars"}
        said = [delimiters.get(self.delimiter, "table with spaces")]
        said += ["decimal commas"] if self.decimal == "," else []
        said += (
            [self.encoding.upper().removesuffix("-SIG") + " with a byte-order mark"] if self.encoding != "utf-8" else []
        )
        said += [] if self.has_header else ["no header"]
        return ", ".join(said)


def encoding_of(head: bytes) -> str:
    """Return how text is encoded, as its first bytes say.

    Parameters
    ----------
    head : bytes
        The first bytes of the file, decompressed if it is gzip.

    Returns
    -------
    str
    """
    return next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")


def is_text(head: bytes) -> bool:
    """Tell whether bytes look like text in a known encoding: no control bytes but tabs and line ends.

    Parameters
    ----------
    head : bytes
        The first bytes of the file, decompressed if it is gzip.

    Returns
    -------
    bool
    """
    if encoding_of(head) == "utf-16":
        return True
    return not any(byte < 32 and byte not in b"\t\r\n" for byte in head.partition(b"\n")[0])


def delimiter_of(lines: Sequence[str]) -> str | None:
    """Return the sign that cuts most lines into the same number of cells, two or more; None if none does.

    Parameters
    ----------
    lines : sequence of str

    Returns
    -------
    str or None
    """
    best, most = None, 1
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in _rows(lines, delimiter) if row]
        if not widths or (delimiter == " " and best is not None):
            continue
        width = max(set(widths), key=widths.count)
        # The first row is the header, which has a cell for every column whatever the others lack.
        agree = widths.count(width) > len(widths) / 2 or (delimiter != " " and min(widths) > 1)
        if widths[0] >= 2 and (width > most or widths[0] > most) and agree:
            best, most = delimiter, max(width, widths[0])
    return best


def dialect_of(path: Path, content: bytes) -> Dialect:
    """Find out how a table is written.

    Parameters
    ----------
    path : Path
        What messages name.
    content : bytes
        The beginning of the file.

    Returns
    -------
    Dialect

    Raises
    ------
    DataError
        If it is no text, there is nothing but a header, or a name is none.
    """
    if len(content) == SNIFFED and b"\n" not in content and b"\r" not in content:
        raise DataError(
            f"{place(path, 1)}: the row is longer than {SNIFFED} bytes; save the table with numpy.savez(X=…)"
        )
    encoding = encoding_of(content)
    try:
        text = content.decode(encoding, "strict" if len(content) < SNIFFED else "ignore")
    except UnicodeDecodeError as error:
        raise not_utf8(path, content[: error.start].count(b"\n") + 1) from error
    lines = io.StringIO(text, newline=None).read().split("\n")
    n_blank = next((index for index, line in enumerate(lines) if line.strip()), 0)
    shown = [line for line in lines[n_blank : n_blank + _SNIFFED_ROWS + 1] if line.strip()]
    delimiter = delimiter_of(shown) or ","
    rows = [[cell.strip() for cell in row] for row in _rows(shown, delimiter) if row]
    if not rows:
        raise DataError(f"{place(path)}: the file holds nothing but blank lines; copy it again")
    has_header = _has_header(rows)
    names = rows[0] if has_header else [f"column{index}" for index in range(1, len(rows[0]) + 1)]
    body = rows[1:] if has_header else rows
    decimal = "," if delimiter == ";" and _has_decimal_commas(body) else "."
    n_before = n_blank + has_header
    return Dialect(encoding, delimiter, decimal, _named(names, body), has_header, n_before, tuple(map(tuple, body)))


def not_utf8(path: Path, row: int) -> DataError:
    """Return what is said of text in another encoding than UTF-8.

    Parameters
    ----------
    path : Path
        The file.
    row : int
        Counted from 1.

    Returns
    -------
    DataError
    """
    return DataError(f"{place(path, row)}: the row is not UTF-8; save the file as UTF-8 (Excel: CSV UTF-8)")


def is_number(cell: str) -> bool:
    """Tell whether a cell is a number; what stands for a missing one is none.

    Parameters
    ----------
    cell : str

    Returns
    -------
    bool
    """
    if not cell:  # a million of them may stand in one row
        return False
    try:
        return "_" not in cell and not math.isnan(
            float(cell.replace(",", ".") if _COMMA_NUMBER.fullmatch(cell) else cell)
        )
    except ValueError:
        return False


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    rows = []
    try:
        for row in reader:
            rows.append(row[:-1] if delimiter == " " and row and not row[-1] else row)
    except csv.Error:  # a cell longer than csv takes, or NUL: another reader says where
        pass
    return rows


def _has_header(rows: list[list[str]]) -> bool:
    first, others = rows[0], rows[1:]
    numbers = [cell for cell in first if is_number(cell)]
    if not others or not numbers:
        if any(is_number(cell) for row in others for cell in row) or not others:
            return True
        # Words everywhere: a header has names that are not among the values of their columns.
        values: list[set[str]] = [set() for _ in first]
        for row in others:
            for seen, cell in zip(values, row, strict=False):
                seen.add(cell)
        return sum(cell in seen for cell, seen in zip(first, values, strict=True)) < len(first) / 2
    # Names may be numbers too, 0, 1, 2, … as pandas writes them, beside names that are words.
    counted = [cell for cell in first if re.fullmatch(r"[0-9]{1,9}", cell)]
    is_counted = len(counted) == len(numbers) and [int(cell) - int(counted[0]) for cell in counted] == list(
        range(len(counted))
    )
    return is_counted and len(counted) > 2 and int(counted[0]) in (0, 1) and len(numbers) >= len(first) - 2


def _has_decimal_commas(rows: list[list[str]]) -> bool:
    cells = [cell for row in rows for cell in row]
    return any(map(_COMMA_NUMBER.fullmatch, cells)) and not any(map(_POINT_NUMBER.fullmatch, cells))


def _named(names: list[str], body: list[list[str]]) -> tuple[str, ...]:
    """Return the names of all columns; one that has none is called after its number."""
    while len(names) > 1 and not names[-1] and all(len(cells) < len(names) or not cells[-1] for cells in body):
        names = names[:-1]  # a delimiter at the end of each row
        body = [cells[: len(names)] for cells in body]
    return tuple(name or f"column{column}" for column, name in enumerate(names, 1))
