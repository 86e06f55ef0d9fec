"""Features: what a layer of a model makes of rows, as a file that says which row is which."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepbelief.errors import ModelError
from deepbelief.estimators.fitted import fitted_stack
from deepbelief.experiment.opening import open_data_for, open_machines
from deepbelief.experiment.sources import naming

FORMATS = (".npz", ".npy", ".csv", ".parquet")


@dataclass(frozen=True, eq=False)
class Features:
    """The features of rows.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_units)
        Hidden means of a layer.
    names : list of str
        ``layer2_unit1`` and so on.
    row_name : str
        What the rows are told apart by: the column of an identifier, or "row".
    rows : list
        The identifier of each row, or its number, the first being 1.
    """

    values: np.ndarray
    names: list[str]
    row_name: str
    rows: list[object]


def features(model: Path, data: str, depth: int | None = None) -> Features:
    """Return what a layer of a model makes of data. What is missing in a row is first filled in.

    Parameters
    ----------
    model : Path
        A model file, or the directory of a run; of a network the layers as pretraining left them.
    data : str
        See :func:`deepbelief.datasets.load`; labels and targets in it are ignored.
    depth : int, optional
        The layer, the lowest being 1; the top one if None.

    Returns
    -------
    Features

    Raises
    ------
    DataError, ModelError
        If either cannot be used, they do not fit together, or there is no such layer.
    """
    estimator = open_machines(model)
    stack = fitted_stack(estimator)
    depth = len(stack.rbms) if depth is None else depth
    if not 1 <= depth <= len(stack.rbms):
        layers = "one layer" if len(stack.rbms) == 1 else f"{len(stack.rbms)} layers"
        raise ModelError(
            f"{model}: there is no layer {depth}, as the model has {layers}; leave out --depth for the top"
        )
    dataset = open_data_for(estimator, model, data, with_target=False)
    with naming(data):
        values = stack.activations(stack.rows(dataset.images), depth)
    numbers: tuple[str, list[object]] = "row", list(range(1, len(values) + 1))
    row_name, rows = dataset.identifiers or numbers
    names = [f"layer{depth}_unit{unit}" for unit in range(1, values.shape[1] + 1)]
    return Features(values, names, row_name, list(rows))


def check_features_file(path: Path) -> None:
    """Refuse a file whose name does not say how features are written.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ValueError
        If the name ends in none of the known endings.
    """
    if path.suffix.lower() not in FORMATS:
        *some, last = FORMATS
        raise ValueError(f"{path}: the name of the file says how to write it; end it in {', '.join(some)} or {last}")
    if path.suffix.lower() == ".parquet":
        try:
            import pyarrow  # noqa: F401  # looked for now: pandas would miss it only when it writes, after all is computed
        except ImportError:
            raise ValueError(f"{path}: Parquet needs pyarrow, which is not installed; end the name in .csv") from None


def features_bytes(path: Path, found: Features) -> bytes:
    """Return features as the bytes of a file, in the format that its name says.

    A table has a column for the rows, then one for each unit. An npz has arrays ``X``, ``names`` and one that is called
    as the rows are; an npy has the numbers alone.

    Parameters
    ----------
    path : Path
    found : Features

    Returns
    -------
    bytes
    """
    content = io.BytesIO()
    kind = path.suffix.lower()
    if kind == ".npy":
        np.save(content, found.values)
    elif kind == ".npz":
        called = "rows" if found.row_name in ("X", "names", "file") else found.row_name
        arrays: dict[str, Any] = {"X": found.values, "names": np.array(found.names), called: np.array(found.rows)}
        np.savez(content, **arrays)
    else:
        import pandas as pd

        table = pd.DataFrame(found.values, columns=found.names)
        table.insert(0, found.row_name, found.rows, allow_duplicates=True)
        if kind == ".csv":
            return table.to_csv(index=False, float_format="%.9g", lineterminator="\n").encode()
        table.to_parquet(content, index=False)
    return content.getvalue()
