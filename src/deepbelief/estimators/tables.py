"""Tables that users hand over: columns of numbers, booleans, words and categories, from a DataFrame or an array.

A DataFrame is known by what it can do, ``columns`` and ``iloc``: pandas itself is never imported.
"""

import math
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from deepbelief.core.far_values import standards
from deepbelief.core.rows import Rows
from deepbelief.core.units import UNITS
from deepbelief.errors import DataError
from deepbelief.estimators.annotations import Data, RowWeights
from deepbelief.estimators.features import Coding, Feature
from deepbelief.estimators.matrices import is_missing, is_sparse
from deepbelief.estimators.row_weights import with_weights
from deepbelief.estimators.scaling import ROUNDINGS

MIXED = "mixed"
CATEGORICAL = "categorical"
MOST_CATEGORIES = 1000  # of a column: with more, it is no variable but a name of each row
_BY_ROWS = {"replicated-softmax"}  # types that speak of whole rows, and so of no single column


@dataclass(frozen=True)
class Table:
    """Checked columns of equal length.

    Parameters
    ----------
    columns : tuple of ndarray, shape (n_rows,)
        Of numbers, booleans or objects.
    holes : ndarray of bool, shape (n_rows, n_features)
        Where a value is missing.
    names : tuple, optional
        What a DataFrame calls them.
    """

    columns: tuple[np.ndarray, ...]
    holes: np.ndarray
    names: tuple[object, ...] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(n_rows, n_features)."""
        return len(self.columns[0]), len(self.columns)

    @property
    def has_holes(self) -> bool:
        """Whether a value is missing."""
        return bool(self.holes.any())

    def known(self, index: int) -> np.ndarray:
        """Return the values of a column that are not missing.

        Parameters
        ----------
        index : int
            Of the column, from 0 on.

        Returns
        -------
        ndarray of shape (n_known,)
        """
        return self.columns[index][~self.holes[:, index]]

    def name(self, index: int) -> str:
        """Return what users call a column.

        Parameters
        ----------
        index : int
            Of the column, from 0 on.

        Returns
        -------
        str
        """
        return str(index) if self.names is None else repr(self.names[index])

    def numbers(self, index: int) -> np.ndarray:
        """Return a column as float64, NaN where a value is missing, or refuse the first that is no number.

        Parameters
        ----------
        index : int
            Of the column, from 0 on.

        Returns
        -------
        ndarray of float64, shape (n_rows,)

        Raises
        ------
        DataError
            If a value is not a number; the message names its row and column.
        """
        values = self.columns[index]
        if values.dtype.kind in "buif":
            return values.astype(float)
        for row, value in enumerate(values.tolist()):
            if isinstance(value, str):
                raise DataError(
                    f"Input X holds {value!r} at row {row}, column {self.name(index)}, a column of numbers; correct "
                    "that value, or train with this column as a categorical one."
                )
        return np.where(self.holes[:, index], np.nan, values).astype(float)


def is_table_setting(visible: str) -> bool:
    """Tell whether a setting of ``visible`` asks for a table: each column with units of its own.

    Parameters
    ----------
    visible : str

    Returns
    -------
    bool
    """
    return visible in (MIXED, CATEGORICAL) or "," in visible


def types_named(visible: str) -> list[str] | None:
    """Return the types of the columns that a setting names one by one, or None if it names anything else.

    Parameters
    ----------
    visible : str

    Returns
    -------
    list of str or None
    """
    types = [name.strip() for name in visible.split(",")]
    known = all(name in UNITS and name not in _BY_ROWS for name in types)
    return types if len(types) > 1 and known else None


def checked_table(estimator: BaseEstimator, X: Data, *, reset: bool) -> Table:
    """Return the columns of a DataFrame or an array.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    X : DataFrame or array-like of shape (n_rows, n_features)
    reset : bool
        Whether the estimator learns the columns from `X`, or compares `X` with those that it knows.

    Returns
    -------
    Table

    Raises
    ------
    ValueError
        If the estimator was fitted on other columns, X is no table, a value is neither a number nor a word, or all
        values of a row or a column to learn from are missing.
    """
    names = None
    if hasattr(X, "iloc") and hasattr(X, "columns"):
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        names = tuple(X.columns)
        columns = tuple(np.asarray(X.iloc[:, index]) for index in range(len(names)))
    else:
        array = X.toarray() if is_sparse(X) else np.asarray(X)
        if array.ndim != 2:
            raise ValueError(f"Expected 2D array, got {array.ndim}D array instead: a row for each sample.")
        validate_data(estimator, array, reset=reset, skip_check_array=True)
        columns = tuple(array[:, index] for index in range(array.shape[1]))
    columns = tuple(_plain(column) for column in columns)
    if not columns or not len(columns[0]):
        raise ValueError(f"Found array with {len(columns[0]) if columns else 0} sample(s): at least 1 is required.")
    table = Table(columns, np.stack([_missing(column) for column in columns], axis=1), names)
    for index in range(len(columns)):
        _require_values(table, index)
    if reset:
        _require_some(table)
    return table


def _missing(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f":
        return np.isnan(values)
    if values.dtype.kind == "O":
        return np.array([is_missing(value) for value in values], dtype=bool)
    return np.zeros(len(values), dtype=bool)


def _plain(values: np.ndarray) -> np.ndarray:
    """Return a column whose objects are Python's own numbers, not NumPy's."""
    if values.dtype.kind != "O":
        return values
    plain = np.empty(len(values), dtype=object)
    plain[:] = [value.item() if isinstance(value, np.generic) else value for value in values]
    return plain


def _require_values(table: Table, index: int) -> None:
    """Refuse dates, infinities, and what is neither a number nor a word."""
    values = table.columns[index]
    if values.dtype.kind in "mM":
        raise DataError(
            f"Input X holds dates or times in column {table.name(index)}; make numbers of them, such as a year, or "
            "leave that column out."
        )
    known = ~table.holes[:, index]
    for row in np.flatnonzero(known) if values.dtype.kind in "fO" else []:
        value = values[row]
        if not isinstance(value, str | int | float | np.floating):
            raise DataError(
                f"Input X holds {value!r} at row {row}, column {table.name(index)}, which is neither a number nor a "
                "word; make one of it, or leave that column out."
            )
        if not isinstance(value, str) and math.isinf(value):
            raise DataError(
                f"Input X holds infinity at row {row}, column {table.name(index)}; remove that row or fill in a value."
            )


def _require_some(table: Table) -> None:
    for axis, name in ((0, "column"), (1, "row")):
        empty = np.flatnonzero(table.holes.all(axis=axis))
        if len(empty):
            place = table.name(int(empty[0])) if name == "column" else str(int(empty[0]))
            other = "row" if name == "column" else "column"
            raise DataError(f"Input X contains no value in every {other} of {name} {place}; leave that {name} out.")


def suited_coding(table: Table, visible: str, sample_weight: RowWeights = None) -> Coding:
    """Return how the columns of training data become visible units, as a setting asks.

    Parameters
    ----------
    table : Table
    visible : str
        The setting ``visible``.
    sample_weight : array-like of shape (n_rows,), number or None
        How much each row counts in means and standard deviations.

    Returns
    -------
    Coding

    Raises
    ------
    DataError
        If a column cannot be what the setting says.
    """
    types = types_named(visible)
    if types is not None and len(types) != len(table.columns):
        raise DataError(
            f"visible names the types of {len(types)} columns, but X has {len(table.columns)}; name one for each."
        )
    if types is None:
        types = [CATEGORICAL if visible == CATEGORICAL else "" for _ in table.columns]
    return Coding(tuple(_feature(table, index, name, sample_weight) for index, name in enumerate(types)))


def _feature(table: Table, index: int, name: str, sample_weight: RowWeights) -> Feature:
    """Return the feature that a column is, by the rules of ``"mixed"`` where no type is named."""
    values = table.columns[index]
    is_number = values.dtype.kind in "buif"
    if name == CATEGORICAL:
        return Feature(CATEGORICAL, _categories(table, index))
    if name in ("", "bernoulli"):
        distinct = _distinct(table.known(index))
        if len(distinct) == 2 or (values.dtype.kind == "b" and not name):
            return Feature("bernoulli", (False, True) if values.dtype.kind == "b" else distinct)
        if not name and not is_number and not all(isinstance(value, int | float) for value in distinct):
            return Feature(CATEGORICAL, _categories(table, index))
    numbers = table.numbers(index)
    if name in ("", "gaussian"):
        rows = Rows(numbers[:, None], np.float64, stand_in=0.0)
        found = standards(with_weights(rows, numbers[:, None], sample_weight))
        mean, deviation, limit = (float(values[0]) for values in found)
        constant = deviation <= ROUNDINGS * np.finfo(float).eps * abs(mean)
        return Feature("gaussian", None, mean, 0.0 if constant else deviation, limit)
    units = UNITS[name]
    return Feature(name, number=units.number_of(numbers[:, None]) if units.number else None)


def _distinct(values: np.ndarray) -> tuple[object, ...]:
    """Return the values that there are, sorted, as Python's own."""
    found = set(values.tolist())
    return tuple(sorted(found, key=lambda value: (isinstance(value, str), value)))


def _categories(table: Table, index: int) -> tuple[object, ...]:
    values = table.columns[index]
    for row in np.flatnonzero(~table.holes[:, index]) if values.dtype.kind in "fO" else []:
        value = values[row]
        if isinstance(value, float | np.floating) and value != round(value):
            raise DataError(
                f"Input X holds {value:g} at row {row}, column {table.name(index)}, but categories are whole numbers "
                "or words; correct that number, or train with visible='mixed', which takes such columns as numbers."
            )
    found = _distinct(table.known(index))
    if len({isinstance(value, str) for value in found}) > 1:
        raise DataError(
            f"Input X holds words and numbers in column {table.name(index)}; make all of its categories words."
        )
    if len(found) > MOST_CATEGORIES:
        raise DataError(
            f"Input X holds {len(found)} different categories in column {table.name(index)}, more than "
            f"{MOST_CATEGORIES}; join the rare ones, or leave that column out."
        )
    return found
