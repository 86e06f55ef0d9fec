"""Categorical and mixed features: how they become units, and how units become features again.

Under ``visible="categorical"`` every column of the data holds the codes, or the words, of one categorical variable;
under ``visible="mixed"``, or with a type for each column, columns are of different kinds. The rules of ``"mixed"``, for
each column in their order:

1. Booleans, and columns in which there are two values, are binary units.
2. Numbers are Gaussian units. Each column is standardised, to mean 0 and variance 1. Values that are far from all
   others are limited, see :mod:`~deepbelief.core.far_values`.
3. Words and categories are categorical units, one for each category that the training data have.

The units of one type stand side by side, in the order of their first column: :class:`Coding` knows where each feature
is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbelief.core.rows import Rows
from deepbelief.core.units import UNITS, Mixed, Units
from deepbelief.errors import DataError

if TYPE_CHECKING:
    from deepbelief.estimators.tables import Table


@dataclass(frozen=True)
class Feature:
    """One column of the data, and the units that it is.

    Parameters
    ----------
    type : str
        Of its units.
    categories : tuple, optional
        The values that a categorical column can have, sorted, one unit for each; or the two that a binary unit stands
        for.
    shift, scale : float
        Of numbers: the unit sees (value − shift) / scale, or 0 where scale is 0.
    limit : float
        Of numbers: how far from 0 the unit sees a value at most.
    number : float, optional
        That the type needs, see :class:`~deepbelief.core.units.Units`.
    """

    type: str
    categories: tuple[Any, ...] | None = None
    shift: float = 0.0
    scale: float = 1.0
    limit: float = math.inf
    number: float | None = None

    @property
    def units(self) -> Units:
        """The type of its units."""
        if self.type == "categorical":
            return UNITS[self.type].fitted(self.n_units)
        return UNITS[self.type] if self.number is None else UNITS[self.type].fitted(self.number)

    @property
    def n_units(self) -> int:
        """How many units it is."""
        return len(self.categories) if self.type == "categorical" and self.categories else 1

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.categories is None or not isinstance(self.categories[0], str)


@dataclass(frozen=True)
class Coding:
    """How the columns of a table become visible units.

    Parameters
    ----------
    features : tuple of Feature
        One for each column.
    """

    features: tuple[Feature, ...]

    is_by_feature = False
    is_identity = False

    @cached_property
    def _order(self) -> list[list[int]]:
        """The features of each block of units, blocks in the order of their first feature."""
        blocks: dict[Units, list[int]] = {}
        for index, feature in enumerate(self.features):
            blocks.setdefault(feature.units, []).append(index)
        return list(blocks.values())

    @property
    def limited_features(self) -> dict[int, tuple[float, float, float]]:
        """Shift, scale and limit of the features that have a limit."""
        return {
            index: (feature.shift, feature.scale, feature.limit)
            for index, feature in enumerate(self.features)
            if math.isfinite(feature.limit)
        }

    @cached_property
    def columns(self) -> list[slice]:
        """Where the units of each feature stand."""
        places, first = {}, 0
        for block in self._order:
            for index in block:
                places[index] = slice(first, first := first + self.features[index].n_units)
        return [places[index] for index in range(len(self.features))]

    @property
    def n_units(self) -> int:
        """How many units all features are."""
        return sum(feature.n_units for feature in self.features)

    @property
    def units(self) -> Units:
        """The type of the layer."""
        blocks = tuple(
            (self.features[block[0]].units, sum(self.features[index].n_units for index in block))
            for block in self._order
        )
        return blocks[0][0] if len(blocks) == 1 else Mixed(blocks)

    def names(self, features: Sequence[object]) -> list[str]:
        """Return the names of all units, such as ``colour=red``, from those of the features.

        Parameters
        ----------
        features : sequence of str
            Names of the features.

        Returns
        -------
        list of str
            One for each unit.
        """
        named = [""] * self.n_units
        for name, feature, columns in zip(features, self.features, self.columns, strict=True):
            if feature.type == "categorical":
                named[columns] = [f"{name}={category}" for category in feature.categories or ()]
            else:
                named[columns] = [str(name)]
        return named

    def rows(self, table: "Table", dtype: type[np.floating], device: str) -> Rows:
        """Return the rows of a checked table, a :class:`~deepbelief.estimators.tables.Table`, as the units see them.

        Parameters
        ----------
        table : Table
            A table whose columns were checked.
        dtype : dtype
            The floating-point type of the result.
        device : str
            ``"numpy"``, or any device torch knows.

        Returns
        -------
        Rows
        """
        is_bits = all(feature.categories is not None for feature in self.features) and not table.has_holes
        matrix = np.zeros((table.shape[0], self.n_units), np.uint8 if is_bits else dtype)
        for index, (feature, columns) in enumerate(zip(self.features, self.columns, strict=True)):
            known = ~table.holes[:, index]
            if feature.categories is None:
                matrix[:, columns.start] = self._number(feature, table, index)
            else:
                codes = _codes(feature, table, index)
                if feature.type == "categorical":
                    matrix[np.flatnonzero(known), columns.start + codes] = 1
                else:
                    matrix[known, columns.start] = codes
            if not known.all():
                matrix[~known, columns] = np.nan
        return Rows(matrix, dtype, device)

    def _number(self, feature: Feature, table: "Table", index: int) -> np.ndarray:
        values = table.numbers(index)
        seen = (values - feature.shift) / feature.scale if feature.scale else 0 * values
        seen = seen.clip(-feature.limit, feature.limit)
        refused = np.flatnonzero(~(feature.units.takes(seen) | np.isnan(values)))
        if len(refused):
            row = int(refused[0])
            raise DataError(
                f"Input X holds {values[row]:g} at row {row}, column {table.name(index)}, but {feature.type} units "
                f"take {feature.units.values}; correct that number, or give this column another type."
            )
        return seen

    def undone(self, v: np.ndarray) -> np.ndarray:
        """Return visible units as data: (n_rows, n_units) → (n_rows, n_features).

        A categorical feature is the category whose unit is highest. The result is an array of objects where features
        hold words, and one of whole numbers where all are categories that are.

        Parameters
        ----------
        v : ndarray of shape (n_rows, n_units)

        Returns
        -------
        ndarray of shape (n_rows, n_features)
        """
        columns = [_decoded(feature, v[:, own]) for feature, own in zip(self.features, self.columns, strict=True)]
        if all(feature.is_number for feature in self.features):
            return np.stack(columns, axis=1)
        data = np.empty((len(v), len(columns)), dtype=object)
        for index, values in enumerate(columns):
            data[:, index] = values.tolist()
        return data

    def spread_of_features(self, deviation: np.ndarray) -> np.ndarray:
        """Return standard deviations of visible units as those of features: NaN of words and categories.

        Parameters
        ----------
        deviation : ndarray of shape (n_rows, n_units)
            Standard deviations of the units.

        Returns
        -------
        ndarray of shape (n_rows, n_features)
        """
        of_features = np.full((len(deviation), len(self.features)), np.nan)
        for index, (feature, columns) in enumerate(zip(self.features, self.columns, strict=True)):
            if feature.categories is None:
                of_features[:, index] = deviation[:, columns.start] * feature.scale
            elif feature.type == "bernoulli" and feature.is_number:
                low, high = (float(value) for value in feature.categories)
                of_features[:, index] = deviation[:, columns.start] * (high - low)
        return of_features

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Return for each unit the value of its feature: (n_features,) → (n_units,).

        Parameters
        ----------
        values : ndarray of shape (n_features,)

        Returns
        -------
        ndarray of shape (n_units,)
        """
        of_units = np.empty(self.n_units, values.dtype)
        for value, columns in zip(values, self.columns, strict=True):
            of_units[columns] = value
        return of_units

    def shown(self, v: np.ndarray) -> np.ndarray:
        """Return visible units for a picture: numbers at their scale, probabilities of bits and categories.

        Parameters
        ----------
        v : ndarray of shape (n_rows, n_units)

        Returns
        -------
        ndarray of shape (n_rows, n_units)
        """
        shifts, scales = self._scales()
        return v * scales + shifts

    def undone_for_difference(self, difference: np.ndarray) -> np.ndarray:
        """Return a difference of visible units as one at the scale of numbers, with its dtype.

        Parameters
        ----------
        difference : ndarray of shape (n_rows, n_units)

        Returns
        -------
        ndarray of shape (n_rows, n_units)
        """
        return difference * self._scales()[1].astype(difference.dtype)

    def _scales(self) -> tuple[np.ndarray, np.ndarray]:
        shifts, scales = np.zeros(self.n_units), np.ones(self.n_units)
        for feature, columns in zip(self.features, self.columns, strict=True):
            if feature.categories is None:
                shifts[columns], scales[columns] = feature.shift, feature.scale
        return shifts, scales


def _codes(feature: Feature, table: "Table", index: int) -> np.ndarray:
    """Return the number of the category of each row that has one."""
    values = table.known(index)
    numbers = {category: number for number, category in enumerate(feature.categories or ())}
    codes = np.array([numbers.get(value, -1) for value in values.tolist()], dtype=np.intp)
    unseen = np.flatnonzero(codes < 0)
    if len(unseen):
        row, known = int(np.flatnonzero(~table.holes[:, index])[unseen[0]]), feature.categories or ()
        listed = ", ".join(map(repr, known[:8])) + (f" and {len(known) - 8} more" if len(known) > 8 else "")
        raise DataError(
            f"Input X holds {values.tolist()[unseen[0]]!r} at row {row}, column {table.name(index)}, a category that "
            f"the training data did not have there (they have {listed}); leave that row out, or train with it."
        )
    return codes


def _decoded(feature: Feature, v: np.ndarray) -> np.ndarray:
    if feature.categories is None:
        return v[:, 0] * feature.scale + feature.shift
    if feature.type == "categorical":
        return np.array(feature.categories)[v.argmax(axis=1)]
    if feature.is_number:
        low, high = (float(value) for value in feature.categories)
        return low + (high - low) * v[:, 0]
    return np.array(feature.categories)[(v[:, 0] > 0.5).astype(int)]
