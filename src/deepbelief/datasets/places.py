"""How files and the places in them are named: file, row, column, and the text found there, always on one line."""

from pathlib import Path

_LONGEST_EXCERPT = 24


def place(path: Path, row: int | None = None, column: int | None = None, name: str | None = None) -> str:
    """Name a place: ``train.csv, row 17, column 5 (pixel3)``; rows and columns count from 1.

    Parameters
    ----------
    path : Path
        The file.
    row, column : int, optional
        Counted from 1.
    name : str, optional
        Of the column.

    Returns
    -------
    str
    """
    text = str(path)
    # A file name may hold a line break; a message may not.
    parts = [text if text.isprintable() else ascii(text)]
    if row is not None:
        parts.append(f"row {row}")
    if column is not None:
        parts.append(f"column {column}" + (f" ({_shortened(name)})" if name is not None else ""))
    return ", ".join(parts)


def excerpt(found: bytes) -> str:
    """Quote what was found in a file, shortened and with every unprintable character escaped.

    Parameters
    ----------
    found : bytes

    Returns
    -------
    str
    """
    return repr(_shortened(found[: 4 * _LONGEST_EXCERPT].decode("utf-8", "replace")))


def short_name(path: Path) -> str:
    """Name data after their file or folder, up to the first dot: ``train`` for ``train.csv``.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
    """
    return path.name.split(".")[0] or "data"


def _shortened(text: str) -> str:
    text = text if text.isprintable() else ascii(text)[1:-1]
    return text if len(text) <= _LONGEST_EXCERPT else text[:_LONGEST_EXCERPT] + "…"
