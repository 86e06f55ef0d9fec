"""The cells of a table, gathered piece by piece in little memory: numbers as numbers, words as numbers of words.

Pandas reads the pieces and says which cells are numbers. What the columns mean is for
:mod:`~deepbelief.datasets.inference` to find out.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepbelief.datasets.places import excerpt, place
from deepbelief.errors import DataError
from deepbelief.table_schema import LONGEST_NAME, MOST_COLUMNS

MISSING = ("?",)  # beside what pandas takes for missing: "", NA, N/A, nan, null, None and the like
# What stands for a missing number in tables of other programs. Among words, each of these may be a category.
MARKS = frozenset({"-", "--", "---", "\u2013", "\u2014", ".", "..", "none", "missing", "unknown", "n.a.", "n/d", "nd"})
_MOST_WORDS = 100_000  # different ones in all columns: more are no categories
_LONGEST_WORD = 200
_LARGEST = float(np.finfo(np.float32).max) / 2


class Words:
    """The words of one column.

    Parameters
    ----------
    n_rows_before : int
        Rows of the table before the first word.
    first_row : int
        The row of the first word.

    Attributes
    ----------
    known : dict of str to int
        Each different word, with its number; cut off after 200 letters.
    first_row : int
        The row of the first word.
    n_cells : int
    """

    def __init__(self, n_rows_before: int, first_row: int) -> None:
        self.known: dict[str, int] = {}
        self.first_row = first_row
        self.n_cells = 0
        self._pieces = [np.full(n_rows_before, -1, np.int32)] if n_rows_before else []

    def add(self, cells: npt.NDArray[Any], are_words: npt.NDArray[np.bool_]) -> None:
        """Add the next cells, some of which are words.

        Parameters
        ----------
        cells : ndarray, shape (n_rows,)
        are_words : ndarray of bool, shape (n_rows,)
        """
        codes = np.full(len(cells), -1, np.int32)
        words = [_shown(str(cell).strip()) for cell in cells[are_words]]
        codes[are_words] = [self.known.setdefault(word, len(self.known)) for word in words]
        self.n_cells += len(words)
        self._pieces.append(codes)

    def skip(self, n_rows: int) -> None:
        """Add rows without a word.

        Parameters
        ----------
        n_rows : int
        """
        self._pieces.append(np.full(n_rows, -1, np.int32))

    def keep(self, rows: npt.NDArray[np.bool_]) -> None:
        """Keep only these of the rows that were added last.

        Parameters
        ----------
        rows : ndarray of bool
            One for each row that was added last.
        """
        self._pieces[-1] = self._pieces[-1][rows]

    @property
    def codes(self) -> npt.NDArray[np.int32]:
        """The number of the word in each row, -1 where there is none; of shape (n_rows,)."""
        return np.concatenate(self._pieces) if self._pieces else np.empty(0, np.int32)

    @property
    def first(self) -> str:
        """The first word of the column."""
        return next(iter(self.known))


class Cells:
    """All cells of a table.

    Parameters
    ----------
    path : Path
        What messages name.
    names : sequence of str
        Of the columns.
    first_row : int
        The number that messages give the first row.
    as_words : collection of str
        Columns whose cells are words even if they look like numbers.
    header_row : int, default=1
        The number that messages give the row of the names.

    Attributes
    ----------
    words : dict of int to Words
        By column; columns without words are missing.
    bools, dates : set of int
        Columns with truth values, and with dates that are no text.
    n_blank : int
        Rows without any cell, which are left out.

    Raises
    ------
    DataError
        If there are too many columns, or two of one name.
    """

    def __init__(
        self, path: Path, names: Sequence[str], first_row: int = 1, as_words: Collection[str] = (), header_row: int = 1
    ) -> None:
        self.path, self.names, self.as_words = path, list(names), set(as_words)
        self.words: dict[int, Words] = {}
        self.bools: set[int] = set()
        self.dates: set[int] = set()
        self.n_blank = 0
        self._next_row = first_row
        self._n_kept = 0
        self._numbers: list[npt.NDArray[Any]] = []
        self._rows: list[Sequence[int]] = []
        if len(self.names) > MOST_COLUMNS:
            raise DataError(
                f"{place(path)}: {len(self.names)} columns, and a table may have {MOST_COLUMNS}; save it with "
                "numpy.savez(X=…, y=…)"
            )
        seen: dict[str, int] = {}
        for column, name in enumerate(self.names, 1):
            if not name.isprintable() or len(name) > LONGEST_NAME:
                where = place(path, header_row, column)
                raise DataError(f"{where}: {excerpt(name.encode())} is no name; write a short one in plain text")
            first = seen.setdefault(name, column)
            if first != column:
                raise DataError(
                    f"{place(path, header_row, column, name)}: the name is taken by column {first}; give every column "
                    "its own name"
                )

    def __len__(self) -> int:
        return self._n_kept

    def add(self, frame: Any) -> None:
        """Add the next rows, a pandas DataFrame with the columns of the table.

        Parameters
        ----------
        frame : DataFrame
        """
        n_rows = len(frame)
        kinds = [getattr(dtype, "kind", "O") for dtype in frame.dtypes]
        is_word = np.zeros(n_rows, bool)
        is_plain = set(kinds) <= set("iuf") and not self.words and not self.as_words
        numbers = frame.to_numpy(np.float64) if is_plain else np.full((n_rows, len(self.names)), np.nan)
        for column, kind in enumerate(() if is_plain else kinds):
            series = frame.iloc[:, column]
            if kind in "iuf" and self.names[column] not in self.as_words:
                numbers[:, column] = series.to_numpy(np.float64, na_value=np.nan)
            elif kind == "b":
                self.bools.add(column)
                numbers[:, column] = series.to_numpy(np.float64, na_value=np.nan)
            elif kind in "mM":
                self.dates.add(column)
                numbers[:, column] = np.where(series.isna(), np.nan, 0.0)
            else:
                is_word |= self._add_words(column, series, numbers[:, column])
                continue
            if column in self.words:
                self.words[column].skip(n_rows)
        self._refuse_infinity(numbers)
        rows: Sequence[int] = range(self._next_row, self._next_row + n_rows)
        self._next_row += n_rows
        is_blank = ~is_word & np.isnan(numbers).all(axis=1)
        if is_blank.any():
            self.n_blank += int(is_blank.sum())
            numbers, rows = numbers[~is_blank], [row for row, blank in zip(rows, is_blank, strict=True) if not blank]
            for words in self.words.values():
                words.keep(~is_blank)
        self._n_kept += len(rows)
        self._numbers.append(_compact(numbers))
        self._rows.append(rows)
        if sum(len(words.known) for words in self.words.values()) > _MOST_WORDS:
            most = max(self.words, key=lambda column: len(self.words[column].known))
            raise DataError(
                f"{place(self.path, None, most + 1, self.names[most])}: text, of which hardly any two cells are the "
                f"same; leave it out with {typed('--drop', [self.names[most]])}"
            )

    def marks_as_missing(self) -> dict[str, str]:
        """Take words such as "-" for missing values, in columns of numbers that have no other words.

        Returns
        -------
        dict of str to str
            Names of these columns, and the first of their marks.
        """
        found = {}
        for column, words in list(self.words.items()):
            are_marks = all(word.casefold() in MARKS for word in words.known)
            if are_marks and self.names[column] not in self.as_words and not np.isnan(self.numbers(column)).all():
                found[self.names[column]] = words.first
                del self.words[column]
        return found

    def numbers(self, column: int) -> npt.NDArray[np.float64]:
        """Return the numbers of a column, NaN where there is none; of shape (n_rows,).

        Parameters
        ----------
        column : int
            Counted from 0.

        Returns
        -------
        ndarray of float64, shape (n_rows,)
        """
        if not self._numbers:
            return np.empty(0)
        return np.concatenate([piece[:, column] for piece in self._numbers]).astype(np.float64, copy=False)

    def row(self, index: int) -> int:
        """Return the number that messages give a row.

        Parameters
        ----------
        index : int
            Counted from 0.

        Returns
        -------
        int
        """
        for rows in self._rows:
            if index < len(rows):
                return rows[index]
            index -= len(rows)
        raise IndexError(index)

    def _add_words(self, column: int, series: Any, numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Add a column with cells that are no numbers; put those that are into `numbers`, and tell where words are."""
        import pandas as pd

        cells = series.to_numpy(object)
        known = series.notna().to_numpy(bool) & np.array([str(cell).strip() != "" for cell in cells], bool)
        are_words = known.copy()
        if self.names[column] not in self.as_words:
            are_bools = np.array([isinstance(cell, bool | np.bool_) for cell in cells], bool)
            if are_bools.any():
                self.bools.add(column)
            texts = pd.Series([str(float(cell)) if flag else cell for cell, flag in zip(cells, are_bools, strict=True)])
            parsed = pd.to_numeric(texts, errors="coerce").to_numpy(np.float64, na_value=np.nan)
            are_words &= np.isnan(parsed)
            numbers[:] = np.where(are_words, np.nan, parsed)
        if column not in self.words and are_words.any():
            self.words[column] = Words(self._n_kept, self._next_row + int(are_words.argmax()))
        if column in self.words:
            self.words[column].add(cells, are_words)
        return are_words

    def _refuse_infinity(self, numbers: npt.NDArray[np.float64]) -> None:
        with np.errstate(invalid="ignore"):
            too_large = abs(numbers) > _LARGEST
        if too_large.any():
            row, column = (int(index) for index in np.argwhere(too_large)[0])
            where = place(self.path, self._next_row + row, column + 1, self.names[column])
            raise DataError(f"{where}: {numbers[row, column]:g} does not fit into float32; correct or remove the row")


def _shown(word: str) -> str:
    """Return a word as it can be shown: cut off, and with every unprintable letter escaped."""
    word = word[:_LONGEST_WORD]
    return word if word.isprintable() else ascii(word)[1:-1]


def typed(option: str, names: Sequence[str]) -> str:
    """Return what to type to give an option for columns.

    Parameters
    ----------
    option : str
    names : sequence of str
        Of the columns.

    Returns
    -------
    str
    """
    import shlex

    return " ".join(f"{option} {shlex.quote(name)}" for name in names)


def _compact(numbers: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    """Return the same numbers in the smallest type that holds them."""
    with np.errstate(invalid="ignore", over="ignore"):
        for smaller in (np.uint8, np.float32):
            if smaller is np.uint8 and not bool(((numbers >= 0) & (numbers <= 255)).all()):
                continue
            small = numbers.astype(smaller)
            if np.array_equal(small, numbers, equal_nan=True):
                return small
    return numbers
