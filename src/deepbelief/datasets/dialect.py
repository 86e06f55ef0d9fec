"""How a table is written as text: encoding, delimiter, decimal sign, and whether its first row names the columns."""

import io
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from deepbelief.datasets.delimiting import COMMA_NUMBER, SNIFFED_ROWS, is_number, rows_of, table_in
from deepbelief.datasets.places import place
from deepbelief.errors import DataError

FEWEST_POSITIONS = 3  # columns with a number in the header, and rows below it
MANY = 8  # numbers in uneven steps, which all rise or all fall by chance once in 20,000 rows
SNIFFED = 1 << 20  # bytes that are looked at, at most
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MISSING = {"", "?", "na", "n/a", "nan", "null", "none", "<na>", "#n/a", "-nan"}
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
        Lines above the first row of values: blank ones, comments, titles, and the header.
    n_left_out : int
        Those of these lines that say something and are no part of the table.
    first : tuple of tuple of str
        The first rows of values, as text.
    """

    encoding: str
    delimiter: str
    decimal: str
    names: tuple[str, ...]
    has_header: bool
    n_before: int
    n_left_out: int
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
        said += ["the first row taken for names"] if self.has_header and any(map(is_number, self.names)) else []
        if self.n_left_out:
            said.append(f"{self.n_left_out} line{'s' if self.n_left_out > 1 else ''} above it left out")
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
    start, delimiter = table_in(lines) if text.strip() else (0, None)
    delimiter = delimiter or ","
    shown = [line for line in lines[start : start + SNIFFED_ROWS + 1] if line.strip()]
    rows = [[cell.strip() for cell in row] for row in rows_of(shown, delimiter) if row]
    if not rows:
        raise DataError(f"{place(path)}: the file holds nothing but blank lines; copy it again")
    above = [line for line in lines[:start] if line.strip()]
    names = _names_in_comment(above[-1], rows, delimiter) if above else None
    n_left_out, n_before, body = len(above), start, rows
    if names is not None:
        n_left_out -= 1
    elif _has_header(rows):
        n_before += 1
        names, body = [rows[0][0].removeprefix("# "), *rows[0][1:]], rows[1:]
    has_header = names is not None
    named = _named(names or [f"column{index}" for index in range(1, len(rows[0]) + 1)], body)
    decimal = "," if delimiter == ";" and _has_decimal_commas(body) else "."
    return Dialect(encoding, delimiter, decimal, named, has_header, n_before, n_left_out, tuple(map(tuple, body)))


def _names_in_comment(comment: str, rows: list[list[str]], delimiter: str) -> list[str] | None:
    """Return the names in a comment above rows that have no header, as NumPy writes them: ``# length weight``."""
    if not comment.lstrip().startswith("#") or _has_header(rows):
        return None
    cells = rows_of([comment.lstrip().lstrip("#").strip()], delimiter)
    names = [cell.strip() for cell in cells[0]] if cells else []
    return names if len(names) == len(rows[0]) and not any(map(is_number, names)) else None


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
    is_counted = is_counted and len(counted) > 2 and int(counted[0]) in (0, 1) and len(numbers) >= len(first) - 2
    return is_counted or _are_positions(first, others)


def _are_positions(first: list[str], others: list[list[str]]) -> bool:
    """Tell whether the first row names its columns by what was measured at, such as years or wavelengths.

    These are evenly spaced, or many that rise or fall, as the numbers of no other row are and do, and most lie outside
    the numbers of their column.
    """
    columns = [index for index, cell in enumerate(first) if is_number(cell)]
    if len(columns) < max(FEWEST_POSITIONS, len(first) - 2) or len(others) < FEWEST_POSITIONS:
        return False
    try:
        positions = [float(first[index]) for index in columns]
        values = [[float(row[index]) for index in columns if is_number(row[index])] for row in others]
    except (ValueError, IndexError):  # decimal commas, and rows of another length
        return False
    is_like = _is_even if _is_even(positions) else _is_ordered
    if is_like is _is_ordered and (len(columns) <= MANY or not _is_ordered(positions)):
        return False
    if any(map(is_like, values)):
        return False
    by_column = list(zip(*(row for row in values if len(row) == len(columns)), strict=True))
    outside = [
        not min(column) <= position <= max(column) for position, column in zip(positions, by_column, strict=False)
    ]
    return sum(outside) > len(columns) / 2


def _is_even(numbers: list[float]) -> bool:
    """Tell whether each number is as far from the one before as the next is from it."""
    steps = [after - before for before, after in pairwise(numbers)]
    return len(steps) > 1 and max(steps) - min(steps) < 1e-6 * abs(steps[0])


def _is_ordered(numbers: list[float]) -> bool:
    """Tell whether numbers only rise, or only fall."""
    steps = [after - before for before, after in pairwise(numbers)]
    return len(steps) > 1 and (min(steps) > 0 or max(steps) < 0)


def _has_decimal_commas(rows: list[list[str]]) -> bool:
    cells = [cell for row in rows for cell in row]
    return any(map(COMMA_NUMBER.fullmatch, cells)) and not any(map(_POINT_NUMBER.fullmatch, cells))


def _named(names: list[str], body: list[list[str]]) -> tuple[str, ...]:
    """Return the names of all columns; one that has none is called after its number."""
    while len(names) > 1 and not names[-1] and all(len(cells) < len(names) or not cells[-1] for cells in body):
        names = names[:-1]  # a delimiter at the end of each row
        body = [cells[: len(names)] for cells in body]
    return tuple(name or f"column{column}" for column, name in enumerate(names, 1))
