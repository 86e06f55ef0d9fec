"""Labels as users hand them over, in arrays whose types say what they are.

Numbers, booleans and words come as arrays, as lists, or as objects with missing values among them: pandas keeps most of
its columns in that way.
"""

import sys
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.validation import column_or_1d

from deepbelief.errors import DataError


def shown(label: object) -> str:
    """Return a class label as a plain Python object instead of a NumPy scalar.

    Parameters
    ----------
    label : object

    Returns
    -------
    object
        A Python object instead of a NumPy scalar.
    """
    return repr(label.item() if isinstance(label, np.generic) else label)


def column(y: Any, name: str) -> np.ndarray:
    """Return labels of any type as a vector.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
    name : str
        What messages call it.

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    if isinstance(y, np.ma.MaskedArray):
        masked, y = np.ma.getmaskarray(y), np.ma.getdata(y).astype(object)
        y[masked] = None
    elif isinstance(y, list | tuple) and not all(isinstance(label, str) for label in y):
        y = np.asarray(y, dtype=object)  # of numbers among words NumPy would make words
    elif not isinstance(getattr(y, "dtype", None), np.dtype | None) and hasattr(y, "astype"):
        y = y.astype(object)  # of pandas' own whole numbers with missing values among them NumPy would make fractions
    y = np.asarray(y)
    if y.dtype.kind == "S":
        raise DataError(f"{name} holds bytes; make them words with {name}.astype(str).")
    if y.dtype.kind in "cV":
        raise DataError(f"{name} holds {y.dtype.name} values; a label is a whole number, a boolean or a word.")
    if y.dtype.kind == "T":  # NumPy's strings of any length, which scikit-learn does not know
        y = y.astype(object)
    return column_or_1d(y, warn=True)


def is_missing(y: np.ndarray) -> np.ndarray:
    """Tell which labels are missing: None, NaN, pd.NA or NaT.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)

    Returns
    -------
    ndarray of bool, shape (n_rows,)
    """
    if y.dtype.kind != "O":
        return y != y
    pandas = sys.modules.get("pandas")  # without it nobody can have its missing values
    none = (None, getattr(pandas, "NA", None), getattr(pandas, "NaT", None))
    values = y.tolist()
    return np.array(
        [any(value is one for one in none) or (isinstance(value, Real) and value != value) for value in values], bool
    )


def require_scalars(present: np.ndarray, rows: np.ndarray, name: str) -> None:
    """Refuse objects that are neither numbers, booleans nor words; `rows` are their indices in what was handed over.

    Parameters
    ----------
    present : ndarray of shape (n_labels,)
        Labels that are there.
    rows : ndarray of int, shape (n_labels,)
    name : str
        What messages call it.

    Raises
    ------
    DataError
        If an object is of another kind; the message names its row.
    """
    if present.dtype.kind != "O":
        return
    for label, row in zip(present, rows, strict=True):
        if not isinstance(label, str | Real | np.bool_):
            raise DataError(
                f"{name} holds a {type(label).__name__} at row {row}; a label is a whole number, a boolean or a word."
            )


def is_mark(labels: np.ndarray, mark: object) -> np.ndarray:
    """Tell which labels are the mark of unlabelled rows, also as a word: NumPy turns numbers among words into words.

    Parameters
    ----------
    labels : ndarray of shape (n_rows,)
    mark : object
        What marks a row without a label.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
    """
    if mark is not None and labels.dtype.kind == "O":
        return np.array([label == mark or label == str(mark) for label in labels], bool)
    if mark is not None and labels.dtype.kind == "U":
        return labels == str(mark)
    if isinstance(mark, Real) and labels.dtype.kind in "biuf":
        return labels == mark
    return np.zeros(len(labels), bool)


def typed(values: np.ndarray, rows: np.ndarray, name: str) -> np.ndarray:
    """Return labels as an array of numbers or booleans if they are objects of these kinds; words stay what they are.

    Parameters
    ----------
    values : ndarray of shape (n_labels,)
    rows : ndarray of int, shape (n_labels,)
        Where they stand in what was handed over.
    name : str
        What messages call it.

    Returns
    -------
    ndarray of shape (n_labels,)
    """
    if values.dtype.kind != "O" or len(values) == 0:
        return values
    are_words = np.array([isinstance(label, str) for label in values])
    if are_words.all():
        return np.array([str(label) for label in values], dtype=object)  # not NumPy's own strings, which are no JSON
    if are_words.any():
        word, number = are_words.argmax(), are_words.argmin()
        raise DataError(
            f"{name} mixes words and numbers, {shown(values[word])} at row {rows[word]} and {shown(values[number])} at "
            f"row {rows[number]}; use one kind of label."
        )
    numbers = np.asarray(values.tolist())
    if numbers.dtype.kind not in "biuf" or numbers.tolist() != values.tolist():
        largest = max(range(len(values)), key=lambda index: abs(values[index]))
        raise DataError(f"{name} holds {shown(values[largest])} at row {rows[largest]}, which 64 bits cannot hold.")
    return numbers
