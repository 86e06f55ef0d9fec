"""How well each column of a table comes back from the layers, on its own scale."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from deepbelief.datasets import Dataset
from deepbelief.estimators.fitted import fitted_stack
from deepbelief.experiment.opening import Estimator


@dataclass(frozen=True)
class ColumnReconstruction:
    """How well one column comes back, measured on the cells that are not missing.

    Parameters
    ----------
    name : str
    is_number : bool
        Of numbers, the root mean squared error is measured, in their own unit; of bits and categories, the share of
        the cells that come back as they were.
    by_depth : tuple of float
        That, for each layer that rows go up to, from the bottom up.
    baseline : float
        The same without a model, always saying the mean or the most frequent value.
    """

    name: str
    is_number: bool
    by_depth: tuple[float, ...]
    baseline: float


def reconstructed_columns(estimator: Estimator, dataset: Dataset, images: np.ndarray) -> Iterator[ColumnReconstruction]:
    """Send rows of a table up to each layer and down again, and measure each column.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
        Fitted on tables with these columns; of a network, the net that pretraining left is measured.
    dataset : Dataset
    images : ndarray of shape (n_rows, n_features)
        Rows of it.

    Yields
    ------
    ColumnReconstruction
        None for images, nor for a model of units that are no features of the table.
    """
    stack = fitted_stack(estimator)
    if dataset.schema is None or stack.n_features != images.shape[1]:
        return
    rows = stack.rows(images)
    by_depth = [stack.through(stack.layers[:depth], rows) for depth in range(1, len(stack.layers) + 1)]
    for column, features in dataset.schema.slices:
        is_known = ~np.isnan(images[:, features.start])
        if not is_known.any():
            continue
        cells = images[is_known, features].astype(float)
        back = [values[is_known, features] for values in by_depth]
        if column.kind == "number":
            errors = [float(np.sqrt(np.mean((values - cells) ** 2))) for values in back]
            yield ColumnReconstruction(column.name, True, tuple(errors), float(cells.std()))
        else:
            codes = _codes(cells)
            shares = [float((_codes(values) == codes).mean()) for values in back]
            most = float(np.bincount(codes).max() / len(codes))
            yield ColumnReconstruction(column.name, False, tuple(shares), most)


def _codes(cells: np.ndarray) -> np.ndarray:
    """Return which category, or which of two values, each row has."""
    return cells.argmax(axis=1) if cells.shape[1] > 1 else (cells[:, 0] > 0.5).astype(int)
