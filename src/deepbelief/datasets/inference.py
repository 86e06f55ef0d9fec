"""What the columns of a table are: numbers, bits, categories, the target, or nothing to learn from.

The rules, in this order, for a column that no option speaks of:

1. A column without any cell is *empty*, and left out.
2. A column that counts the rows from 0 or 1 is an *index*, and left out.
3. 0 and 1, truth values, and two different words are a *bit*; other numbers are *numbers*.
4. Words that look like dates, and text of which nearly every cell is another one, are refused with advice. One that is
   short and without spaces, or a whole number under a name like ``id``, is an *identifier*, and left out.
5. All other words are *categories*.

The target is the column called label, class, target or y; else the only column of words, if it is the first or the
last; else there is none.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches

import numpy as np

from deepbelief.datasets.cells import Cells, Words, typed
from deepbelief.datasets.options import ReadOptions
from deepbelief.datasets.places import excerpt, place
from deepbelief.errors import DataError
from deepbelief.table_schema import MOST_CATEGORIES, Column

LABELS = ("label", "class", "labels", "classes", "digit")
TARGETS = (*LABELS, "target", "y", "targets")
UNNAMED = re.compile(r"unnamed: \d+|column1|index|idx|row|row_?(id|number|names?)|rownames?", re.IGNORECASE)
_IDENTIFIER = re.compile(r"id|.*[ _.-]id|.*[a-z]I[Dd]|uuid|guid|key", re.IGNORECASE)
_AMOUNT = re.compile(r"[€$£¥]? ?[-+]?\d+([.,']\d{3})*([.,]\d+)? ?[€$£¥%]?")
_DATE = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?([T ]\d\d?:\d\d.*)?|\d\d?[-/.]\d\d?[-/.](\d{4}|\d\d)([T ]\d\d?:\d\d.*)?")
_FEWEST_COUNTED = 10  # rows, for a column to be an index although it is called something
_FEW = 20  # different words that are categories in any table
_ALL_DIFFERENT = 0.95  # share of different words from which a column is text


def target_of(cells: Cells, options: ReadOptions) -> int | None:
    """Return the column that is to be predicted; None if there is none.

    Parameters
    ----------
    cells : Cells
        The cells of the table.
    options : ReadOptions
        What the user said of the data.

    Returns
    -------
    int or None

    Raises
    ------
    DataError
        If the one that was named is not there.
    """
    if options.target is not None:
        return _named(cells, options.target, "--target")
    kept = [index for index, name in enumerate(cells.names) if name not in options.drop]
    lowered = {cells.names[index].lower(): index for index in reversed(kept)}
    for name in TARGETS:
        if name in lowered:
            return lowered[name]
    of_words = [index for index in kept if index in cells.words and cells.names[index] not in options.categorical]
    if len(kept) > 1 and len(of_words) == 1 and of_words[0] in (kept[0], kept[-1]):
        words = cells.words[of_words[0]]
        if 1 < len(words.known) <= min(_FEW, words.n_cells / 2) and not _mixed(cells, of_words[0]):
            return of_words[0]
    return None


def columns_of(cells: Cells, options: ReadOptions) -> list[Column]:
    """Return what each column is.

    Parameters
    ----------
    cells : Cells
        The cells of the table.
    options : ReadOptions
        What the user said of the data.

    Returns
    -------
    list of Column

    Raises
    ------
    DataError
        If an option names a column that is not there, or a column holds what cannot be learned from.
    """
    for option, names in (("--drop", options.drop), ("--categorical", options.categorical)):
        for name in names:
            _named(cells, name, option)
    target = target_of(cells, options)
    found, dates, amounts, texts = [], [], [], []
    for index, name in enumerate(cells.names):
        if name in options.drop and index != target:
            found.append(Column(name, "dropped"))
        elif index == target:
            refuse_mixed_target(cells, index)  # at once: to look at all other columns takes memory
            found.append(Column(name, "target"))
        elif name in options.categorical:
            found.append(_category(cells, index))
        elif index in cells.dates or (index in cells.words and _are_dates(cells.words[index])):
            dates.append(index)
        elif _are_amounts(cells, index):
            amounts.append(index)
        elif _is_text(cells, index):
            texts.append(index)
        else:
            found.append(_inferred(cells, index))
    if dates:
        raise _refused(cells, dates, "dates", "or write numbers instead, such as the day of the year")
    if amounts:
        raise _refused(cells, amounts, "amounts", "or write numbers alone, without signs and marks of thousands")
    if texts:
        otherwise = f"or read as categories with {typed('--categorical', [cells.names[index] for index in texts])}"
        raise _refused(cells, texts, "text, of which hardly any two cells are the same", otherwise)
    return found


def nearest(name: str, names: Iterable[str]) -> str:
    """Return words that name the columns which are spelled most like a name, or the first ones.

    Parameters
    ----------
    name : str
    names : iterable of str

    Returns
    -------
    str
    """
    names = list(names)
    lowered = {other.lower(): other for other in names}
    alike = [lowered[other] for other in get_close_matches(name.lower(), lowered, 1)]
    shown = ", ".join(excerpt(other.encode()) for other in (alike or names[:5]))
    return f"did you mean {shown}?" if alike else f"the table has {shown}" + (", …" if len(names) > 5 else "")


def refuse_mixed_target(cells: Cells, index: int) -> None:
    """Refuse a target of which most cells are numbers and some are words.

    Parameters
    ----------
    cells : Cells
        The cells of the table.
    index : int
        Of the column, counted from 0.

    Raises
    ------
    DataError
        If the column holds both.
    """
    words = cells.words.get(index)
    if words is not None and cells.names[index] not in cells.as_words:
        n_numbers = int((~np.isnan(cells.numbers(index))).sum())
        if words.n_cells < n_numbers:
            raise mixed_refusal(cells, index)


def mixed_refusal(cells: Cells, index: int) -> DataError:
    """Return what is said of a column of numbers, some cells of which are words.

    Parameters
    ----------
    cells : Cells
        The cells of the table.
    index : int
        Of the column, counted from 0.

    Returns
    -------
    DataError
    """
    words, name = cells.words[index], cells.names[index]
    where = place(cells.path, words.first_row, index + 1, name)
    return DataError(
        f"{where}: {excerpt(words.first.encode())} among numbers; correct or empty the cell, or read the column as "
        f"categories with {typed('--categorical', [name])}"
    )


def _named(cells: Cells, name: str, option: str) -> int:
    if name not in cells.names:
        raise DataError(
            f"{place(cells.path)}: {option} {excerpt(name.encode())} is no column; {nearest(name, cells.names)}"
        )
    return cells.names.index(name)


def _mixed(cells: Cells, index: int) -> bool:
    return index in cells.words and bool((~np.isnan(cells.numbers(index))).any())


def _inferred(cells: Cells, index: int) -> Column:
    name = cells.names[index]
    if index in cells.words:
        if _mixed(cells, index):
            raise mixed_refusal(cells, index)
        words = cells.words[index]
        if words.n_cells == len(words.known) > 2:
            return Column(name, "identifier")
        categories = tuple(sorted(words.known))
        return Column(name, "bit" if len(categories) == 2 else "category", categories)
    values = cells.numbers(index)
    known = values[~np.isnan(values)]
    if not len(known):
        return Column(name, "empty")
    if _is_index(name, index, values):
        return Column(name, "index")
    is_whole = bool((known == np.round(known)).all())
    if _IDENTIFIER.fullmatch(name) and is_whole and len(known) > 2 and len(np.unique(known)) == len(known):
        return Column(name, "identifier")
    return Column(name, "bit" if set(np.unique(known)) <= {0.0, 1.0} else "number")


def _is_index(name: str, index: int, values: np.ndarray) -> bool:
    """Tell whether a column counts the rows."""
    if len(values) < 2 or values[0] not in (0, 1) or (np.diff(values) != 1).any():
        return False
    return bool(UNNAMED.fullmatch(name)) or (index == 0 and len(values) >= _FEWEST_COUNTED)


def _category(cells: Cells, index: int) -> Column:
    name, words = cells.names[index], cells.words.get(index)
    if words is None:
        return Column(name, "empty")
    if len(words.known) > MOST_CATEGORIES:
        raise DataError(
            f"{place(cells.path, None, index + 1, name)}: {len(words.known)} different values, and a column may have "
            f"{MOST_CATEGORIES} categories; leave it out with {typed('--drop', [name])}"
        )
    return Column(name, "category", tuple(sorted(words.known)))


def _are_dates(words: Words) -> bool:
    some = list(words.known)[:1000]
    return sum(bool(_DATE.fullmatch(word)) for word in some) >= _ALL_DIFFERENT * len(some)


def _are_amounts(cells: Cells, index: int) -> bool:
    """Tell whether a column holds numbers with marks of thousands, percent or a currency, and hardly any twice."""
    if index not in cells.words or _mixed(cells, index):
        return False
    words = cells.words[index]
    some = list(words.known)[:1000]
    matching = sum(bool(_AMOUNT.fullmatch(word)) for word in some)
    return len(words.known) > max(2, words.n_cells / 2) and matching >= _ALL_DIFFERENT * len(some)


def _is_text(cells: Cells, index: int) -> bool:
    """Tell whether a column holds words of which there are too many different ones for categories."""
    if index not in cells.words or _mixed(cells, index):
        return False
    words = cells.words[index]
    n_different = len(words.known)
    if n_different == words.n_cells > 2 and all(" " not in word and len(word) <= 40 for word in words.known):
        return False  # an identifier
    if n_different <= _FEW and n_different < words.n_cells:
        return False
    return n_different > min(MOST_CATEGORIES, max(2, words.n_cells / 2))


def _refused(cells: Cells, columns: list[int], what: str, otherwise: str) -> DataError:
    names = [cells.names[index] for index in columns]
    first = place(cells.path, None, columns[0] + 1, names[0])
    more = f" (so do {len(names) - 1} more)" if len(names) > 1 else ""
    example = f", such as {excerpt(cells.words[columns[0]].first.encode())}" if columns[0] in cells.words else ""
    return DataError(f"{first} holds {what}{example}{more}; leave out with {typed('--drop', names)}, {otherwise}")
