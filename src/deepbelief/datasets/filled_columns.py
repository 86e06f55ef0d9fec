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
            names.index(column.name): _filling(
                column, completed[:, features], np.asarray(holes[:, features].any(axis=1))
            )
            for column, features in dataset.schema.slices
        }
    return {index: filling for index, filling in found.items() if filling.is_hole.any()}


def _filling(column: Column, completed: np.ndarray, is_hole: np.ndarray) -> Filling:
    """Return what a column is filled with: the expected number, or the most probable of bits and categories."""
    if column.kind == "number":
        return Filling(completed[:, 0], is_hole)
    if column.kind == "bit":
        bits = (completed[:, 0] > 0.5).astype(int)
        if not column.categories:
            return Filling(bits, is_hole, is_whole=True)
        return Filling(np.array(column.categories, object)[bits], is_hole)
    return Filling(np.array(column.categories, object)[completed.argmax(axis=1)], is_hole)


def _pixels(names: list[str], n_pixels: int) -> list[int]:
    """Return the columns that are pixels, which are all but one of labels and those without such a name."""
    named = [index for index, name in enumerate(names) if NAMED.fullmatch(name)]
    if len(named) == n_pixels:
        return named
    unnamed = [index for index, name in enumerate(names) if UNNAMED.fullmatch(name)]
    return unnamed[len(unnamed) - n_pixels :]
