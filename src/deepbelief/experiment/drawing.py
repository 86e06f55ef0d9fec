"""What a model draws: samples, samples given some values, and holes filled."""

import io
from pathlib import Path
from typing import Any

import numpy as np

from deepbelief.datasets import filling
from deepbelief.datasets.filled_columns import column_values
from deepbelief.errors import DataError, ModelError
from deepbelief.estimators.fitted import net_of
from deepbelief.experiment.opening import SPLIT, Estimator, open_data_for
from deepbelief.experiment.sources import naming

TABLES = (".npz", ".npy", ".csv")
_SHOWN = 20  # classes in a message
_PICTURES = (".png", ".svg", ".pdf")
_ARROW = (".parquet", ".pq", ".feather", ".arrow")


def drawn(
    estimator: Estimator,
    model: Path,
    n_samples: int,
    n_steps: int,
    *,
    given: str | None = None,
    label: str | None = None,
    method: str = "gibbs",
    seed: int = 0,
) -> np.ndarray:
    """Draw from a model.

    Parameters
    ----------
    estimator : RBM, DBN or an estimator with a net
        Of these, the net that pretraining left is drawn from.
    model : Path
        Where it comes from, for messages.
    n_samples, n_steps : int
        Chains, and sweeps of each.
    given : str, optional
        Data whose rows are held fast where they are not NaN: one row for each sample, or a single one for all of them.
    label : str, optional
        A class of which to draw.
    method : {"gibbs", "tempered"}
    seed : int

    Returns
    -------
    ndarray, shape (n_samples, n_features)

    Raises
    ------
    DataError, ModelError
        If the data cannot be used, or the model knows no such class.
    """
    net = net_of(estimator)
    more = {} if label is None else {"label": _class_of(estimator, model, label)}
    values = None if given is None else open_data_for(estimator, model, given).images
    with naming(given or str(model)):
        return net.sample(n_samples, n_steps, given=values, random_state=seed, method=method, **more)


def _class_of(estimator: Estimator, model: Path, label: str) -> Any:
    """Return the class that a word on the command line names."""
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        raise ModelError(f"{model}: this model knows no classes, so leave --label out; train a classifier to have them")
    for known in classes.tolist():
        if str(known) == label:
            return known
    shown = ", ".join(map(str, classes.tolist()[:_SHOWN])) + (", …" if len(classes) > _SHOWN else "")
    raise ModelError(f"{model}: {label} is none of the classes of this model, which are {shown}")


def completed(
    estimator: Estimator, model: Path, data: str, output: Path, *, method: str = "gibbs", seed: int = 0
) -> tuple[bytes, int]:
    """Fill the holes of data with what a model expects given the rest of the row.

    Parameters
    ----------
    estimator : RBM, DBN or an estimator with a net
    model : Path
        Where it comes from, for messages.
    data : str
        A table, npz or npy.
    output : Path
        What the copy is to be called, which says how arrays are written.
    method : {"gibbs", "tempered"}
    seed : int

    Returns
    -------
    content : bytes
        Of the copy: everything but the holes is as it is in the file.
    n_rows : int

    Raises
    ------
    DataError, ModelError
        If the data cannot be used, or have no holes.
    """
    dataset = open_data_for(estimator, model, data)
    is_hole = np.isnan(dataset.images)
    if not is_hole.any():
        raise DataError(f"{data}: no value is missing, so there is nothing to fill")
    with naming(data):
        rows = net_of(estimator).impute(dataset.images, random_state=seed, method=method)
    ending = output.suffix.lower()
    if filling.holds_arrays(Path(data)) and ending != Path(data).suffix.lower():
        content = table_bytes(output, X=rows)
    else:
        content = filling.filled_copy(Path(data), dataset, rows, SPLIT)
    return content, len(rows)


def completed_name(data: str, output: Path | None) -> Path:
    """Return what a filled copy of data is called: by default ``completed``, and the ending of the original.

    Parameters
    ----------
    data : str
        See :func:`deepbelief.datasets.load`.
    output : Path or None
        What the user asks for.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If the ending asks for another format than the copy has, or the data are of a kind that is not filled.
    """
    source = Path(data)
    if data == "digits" or source.is_dir() or not source.exists():
        return output or Path("completed.npz")  # the reader says what is wrong, or that nothing is missing
    has_arrays = filling.holds_arrays(source)
    output = output or Path(
        f"completed{''.join(source.suffixes[-2:] if source.suffix == '.gz' else source.suffixes[-1:])}"
    )
    ending, kinds = output.suffix.lower(), (TABLES if has_arrays else ())
    is_arrow = source.suffix.lower() in _ARROW
    if ending == source.suffix.lower() or ending in kinds:
        return output
    if has_arrays or is_arrow or ending in (".npz", ".npy", *_ARROW, *_PICTURES):
        others = f" or {', '.join(kinds)}" if kinds else ""
        raise DataError(f"{output}: the copy is written like {source.name}; end its name in {source.suffix}{others}")
    return output


def samples_bytes(path: Path, estimator: Estimator, rows: np.ndarray) -> bytes:
    """Return a file of samples: as :func:`table_bytes`, but a CSV of what a table was learned from is such a table.

    Parameters
    ----------
    path : Path
        What the file is to be called.
    estimator : RBM, DBN or an estimator with a net
        What was drawn from.
    rows : ndarray, shape (n_samples, n_features)

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If the name of the file does not say how to write it.
    """
    schema = estimator.metadata_["table"]
    if schema is None or path.suffix.lower() != ".csv":
        return table_bytes(path, X=rows)
    import pandas as pd

    table = pd.DataFrame({column.name: column_values(column, rows[:, at]) for column, at in schema.slices})
    return table.to_csv(index=False, float_format="%.9g", lineterminator="\n").encode()


def table_bytes(path: Path, **arrays: np.ndarray) -> bytes:
    """Return a file of numbers: an npz with all of the arrays, an npy of `X`, or a CSV of it with a header.

    Parameters
    ----------
    path : Path
    **arrays : ndarray, shape (n_rows, ...)
        By name.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If the name of the file says neither.
    """
    check_table(path)
    content = io.BytesIO()
    if path.suffix.lower() == ".npz":
        np.savez(content, **arrays)  # type: ignore[arg-type]  # one of its own names would be no array
    elif path.suffix.lower() == ".npy":
        np.save(content, arrays["X"])
    else:
        rows = arrays["X"].reshape(len(arrays["X"]), -1)
        header = ",".join(f"x{column}" for column in range(rows.shape[1]))
        np.savetxt(content, rows, fmt="%.9g", delimiter=",", header=header, comments="")
    return content.getvalue()


def check_table(path: Path) -> None:
    """Refuse a file whose name does not say that it holds a table.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ValueError
        If the name ends in none of the known endings.
    """
    if path.suffix.lower() not in TABLES:
        raise ValueError(
            f"{path}: the name of the file says how to write it; end it in {', '.join(TABLES[:-1])} or {TABLES[-1]}"
        )
