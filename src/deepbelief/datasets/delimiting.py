"""Where a table begins in lines of text, and which sign cuts its lines into cells."""

import csv
import math
import re
from collections.abc import Sequence

SNIFFED_ROWS = 100
_MOST_TITLES = 20  # lines above a table, that are no part of it
_DELIMITERS = (",", ";", "\t", "|", " ")
COMMA_NUMBER = re.compile(r"\s*[-+]?\d+,\d+(e[-+]?\d+)?\s*", re.IGNORECASE)


def table_in(lines: Sequence[str]) -> tuple[int, str | None]:
    """Return at which line a table begins, and the sign between its cells.

    Above it may be blank lines, comments, which begin with #, and titles: lines that the sign does not cut. A line that
    begins with # and has as many cells as the rows below is the header, unless the next one is.

    Parameters
    ----------
    lines : sequence of str
        One of them at least is not blank.

    Returns
    -------
    start : int
    delimiter : str or None
        None if there is one column.
    """
    filled = [index for index, line in enumerate(lines) if line.strip()][: SNIFFED_ROWS + _MOST_TITLES]
    n_comments = next((n for n, index in enumerate(filled) if not lines[index].lstrip().startswith("#")), 0)
    body = [lines[index] for index in filled[n_comments:]]
    delimiter = delimiter_of(body[:SNIFFED_ROWS])
    if n_comments:
        rows = rows_of(body, delimiter or ",") or [[]]
        last = rows_of([lines[filled[n_comments - 1]]], delimiter or ",")
        is_next = not any(map(is_number, rows[0])) and any(is_number(cell) for row in rows[1:] for cell in row)
        is_header = bool(last) and len(last[0]) == _usual_width(rows) > 1 and not is_next
        return filled[n_comments - is_header], delimiter
    if delimiter is None or not _is_as_wide_as_others(body, delimiter):
        for n_titles in range(1, min(_MOST_TITLES, len(body) - 1) + 1):
            below = body[n_titles:]
            cut = delimiter_of(below)
            if cut is None or cut == " " or not _is_as_wide_as_others(below, cut):
                continue
            if all(len(row) == 1 for row in rows_of(body[:n_titles], cut)):
                return filled[n_titles], cut
    return filled[0], delimiter


def _is_as_wide_as_others(lines: list[str], delimiter: str) -> bool:
    """Tell whether the first line has as many cells as most lines have."""
    rows = rows_of(lines, delimiter)
    return bool(rows) and len(rows[0]) == _usual_width(rows)


def _usual_width(rows: list[list[str]]) -> int:
    widths = [len(row) for row in rows]
    return max(set(widths), key=widths.count)


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
        widths = [len(row) for row in rows_of(lines, delimiter) if row]
        if not widths or (delimiter == " " and best is not None):
            continue
        width = max(set(widths), key=widths.count)
        # The first row is the header, which has a cell for every column whatever the others lack.
        agree = widths.count(width) > len(widths) / 2 or (delimiter != " " and min(widths) > 1)
        if widths[0] >= 2 and (width > most or widths[0] > most) and agree:
            best, most = delimiter, max(width, widths[0])
    return best


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
            float(cell.replace(",", ".") if COMMA_NUMBER.fullmatch(cell) else cell)
        )
    except ValueError:
        return False


def rows_of(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Cut lines into cells, without the empty cell behind a space at the end.

    Parameters
    ----------
    lines : sequence of str
    delimiter : str

    Returns
    -------
    list of list of str
        Up to the first line that cannot be cut.
    """
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    rows = []
    try:
        for row in reader:
            rows.append(row[:-1] if delimiter == " " and row and not row[-1] else row)
    except csv.Error:  # a cell longer than csv takes, or NUL: another reader says where
        pass
    return rows
