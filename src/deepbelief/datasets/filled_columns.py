"""What the holes of each column of a table are filled with, in the values that the column holds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepbelief.datasets.dataset import Dataset
from deepbelief.datasets.pixels import NAMED, UNNAMED
from deepbelief.table_schema import Column

BRIGHTEST = 255


@dataclass(frozen=True)
class Filling:
    """What the holes of one column are filled with.

    Parameters
    ----------
    values : ndarray, shape (n_rows,)
        Numbers, or words as objects. Only those at holes are meant.
    is_hole : ndarray of bool, shape (n_rows,)
        Where the model has found no value that it knows.
    is_whole : bool
        The column holds whole numbers only: the brightnesses of pixels, and bits, which the file may write as words
        for false and true.
    """

    values: np.ndarray
    is_hole: np.ndarray
    is_whole: bool = False


def fillings(names: Sequence[str], dataset: Dataset, completed: np.ndarray) -> dict[int, Filling]:
    """Return what the columns with holes are filled with, by their number among the columns of the file.

    Parameters
    ----------
    names : sequence of str
        Of all columns of the file.
    dataset : Dataset
        What was read from it.
    completed : ndarray, shape (n_rows, n_features)
        Its `images`, filled.

    Returns
    -------
    dict of Filling
    """
    names, holes = list(names), np.isnan(dataset.images)
    if dataset.schema is None:
        scale = BRIGHTEST if "divided by 255" in dataset.source else 1
        found = {
            index: Filling(np.clip(scale * completed[:, column], 0, scale), holes[:, column], scale > 1)
            for column, index in enumerate(_pixels(names, dataset.images.shape[1]))
        }
    else:
        found = {
            names.index(column.name): Filling(
                column_values(column, completed[:, features]),
                np.asarray(holes[:, features].any(axis=1)),
                is_whole=column.kind == "bit" and not column.categories,
            )
            for column, features in dataset.schema.slices
        }
    return {index: filling for index, filling in found.items() if filling.is_hole.any()}


def column_values(column: Column, features: np.ndarray) -> np.ndarray:
    """Return what a column holds, given its features: the numbers, or the most probable of bits and categories.

    Parameters
    ----------
    column : Column
    features : ndarray, shape (n_rows, n_features)
        Those of this column.

    Returns
    -------
    ndarray, shape (n_rows,)
    """
    if column.kind == "number":
        return features[:, 0]
    codes = (features[:, 0] > 0.5).astype(int) if column.kind == "bit" else features.argmax(axis=1)
    return np.array(column.categories, object)[codes] if column.categories else codes


def _pixels(names: list[str], n_pixels: int) -> list[int]:
    """Return the columns that are pixels, which are all but one of labels and those without such a name."""
    named = [index for index, name in enumerate(names) if NAMED.fullmatch(name)]
    if len(named) == n_pixels:
        return named
    unnamed = [index for index, name in enumerate(names) if UNNAMED.fullmatch(name)]
    return unnamed[len(unnamed) - n_pixels :]
