"""How far rows are from what comes back of them, which finds rows whose values do not go together."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepbelief.core.arrays import Array, to_numpy
from deepbelief.core.stack import down, up
from deepbelief.errors import DataError
from deepbelief.estimators.fitted import fitted_stack
from deepbelief.estimators.inputs import mapped
from deepbelief.experiment.opening import Estimator, open_data_for, open_machines
from deepbelief.experiment.sources import naming
from deepbelief.table_schema import TableSchema


@dataclass(frozen=True)
class Deviations:
    """How far rows are from what comes back of them, the farthest first.

    Parameters
    ----------
    rows : list of int
        The number of each row in the data, the first being 1.
    deviations : list of float
        1 is usual: the root of the mean over all units of their squared deviations, each in units of the mean squared
        deviation of this unit over all rows.
    columns : list of str or None
        Of a table, the column of each row that is farthest off.
    """

    rows: list[int]
    deviations: list[float]
    columns: list[str] | None


def deviations(model: Path, data: str) -> Deviations:
    """Rank rows by how far they are from what comes back of them from the lowest layer, the farthest first.

    What is missing in a row is first filled in.

    Parameters
    ----------
    model : Path
    data : str
        See :func:`deepbelief.datasets.load`.

    Returns
    -------
    Deviations

    Raises
    ------
    DataError, ModelError
        If either cannot be used, they do not fit together, or there is one row only.
    """
    estimator = open_machines(model)
    dataset = open_data_for(estimator, model, data, with_target=False)
    if len(dataset.images) < 2:
        raise DataError(
            f"{data}: deviations from reconstructions are measured beside those of other rows, and there is one row; "
            "give more rows, or rank by likelihood"
        )
    with naming(data):
        squares = squared_deviations(estimator, dataset.images)
    values = np.sqrt(squares.mean(axis=1))
    order = np.argsort(-values, kind="stable")
    columns = _farthest_off(dataset.schema, squares)
    return Deviations(
        rows=(order + 1).tolist(),
        deviations=values[order].tolist(),
        columns=None if columns is None else [columns[row] for row in order],
    )


def squared_deviations(estimator: Estimator, images: np.ndarray) -> np.ndarray:
    """Return how far each visible unit is from its reconstruction, squared, beside its mean over the rows.

    Of documents, the shares of the words are compared, which do not depend on their lengths.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    images : ndarray of shape (n_rows, n_features)

    Returns
    -------
    ndarray of shape (n_rows, n_visible)
        Its mean over the rows is 1, or 0 where a unit always comes back as it was.
    """
    stack = fitted_stack(estimator)
    rows, lowest = stack.rows(images), stack.layers[:1]
    are_documents = lowest[0].machine.visible.bias_share is not None

    def of(x: Array) -> np.ndarray:
        difference = to_numpy(x - down(lowest, up(lowest, x))).astype(float)
        return (difference / (to_numpy(x).sum(axis=1, keepdims=True) if are_documents else 1.0)) ** 2

    squares = mapped(of, rows)
    usual = squares.mean(axis=0)
    return squares / np.where(usual > 0, usual, 1.0)


def _farthest_off(schema: TableSchema | None, squares: np.ndarray) -> list[str] | None:
    """Return the column of each row that is farthest off; None for images, and for units that are no features."""
    if schema is None or len(schema.feature_names) != squares.shape[1]:
        return None
    columns = list(schema.slices)
    off = np.column_stack([squares[:, features].mean(axis=1) for _, features in columns])
    return [columns[place][0].name for place in off.argmax(axis=1)]
