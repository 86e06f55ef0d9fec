"""What a model draws: samples, samples given some values, and holes filled."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from deepbelief.errors import DataError, ModelError
from deepbelief.estimators import DBN, RBM
from deepbelief.experiment.opening import Estimator, open_data_for
from deepbelief.experiment.sources import naming

TABLES = (".npz", ".csv")


def drawn(
    estimator: Estimator,
    model: Path,
    n_samples: int,
    n_steps: int,
    *,
    given: str | None = None,
    method: str = "gibbs",
    seed: int = 0,
) -> np.ndarray:
    """Draw from a model.

    Parameters
    ----------
    estimator : RBM, DBN or DBNClassifier
        Of a classifier, the net that pretraining left is drawn from.
    model : Path
        Where it comes from, for messages.
    n_samples, n_steps : int
        Chains, and sweeps of each.
    given : str, optional
        Data whose rows are held fast where they are not NaN: one row for each sample, or a single one for all of them.
    method : {"gibbs", "tempered"}
    seed : int

    Returns
    -------
    ndarray, shape (n_samples, n_features)

    Raises
    ------
    DataError, ModelError
        If the data cannot be used, or the model cannot hold values fast.
    """
    net: Any = estimator if isinstance(estimator, RBM | DBN) else estimator.dbn_
    rbm = net if isinstance(net, RBM) else net.rbms_[-1]
    if rbm is not net and len(net.rbms_) == 1:
        net = rbm
    if net is rbm:
        values = None if given is None else open_data_for(estimator, model, given).images
        with naming(given or str(model)):
            return rbm.sample(n_samples, n_steps, given=values, random_state=seed, method=method)
    if given is not None or method != "gibbs":
        asked = "hold values fast" if given is not None else "use tempered chains"
        raise ModelError(
            f"{model}: a net of {len(net.rbms_)} layers cannot {asked} while it draws; use a model of one layer"
        )
    rbm.random_state = seed  # a model that comes from a file has drawn nothing yet
    return net.sample(n_samples, n_steps)


def completed(
    estimator: Estimator, model: Path, data: str, *, method: str = "gibbs", seed: int = 0
) -> dict[str, np.ndarray]:
    """Fill the holes of data, NaN in the `X` of an npz, with what a model expects given the rest of the row.

    Returns
    -------
    dict of ndarray
        All arrays of the npz; those without holes, and all known values, are as they were read.

    Raises
    ------
    DataError, ModelError
        If the data cannot be used or have no holes, or the model has several layers.
    """
    net: Any = estimator if isinstance(estimator, RBM | DBN) else estimator.dbn_
    rbms = [net] if isinstance(net, RBM) else net.rbms_
    if len(rbms) > 1:
        raise ModelError(f"{model}: a net of {len(rbms)} layers cannot fill holes; use a model of one layer")
    images = open_data_for(estimator, model, data).images
    is_hole = np.isnan(images)
    if not is_hole.any():
        raise DataError(f"{data}: no value is nan, so there is nothing to fill; holes are read from an npz")
    with naming(data):
        images = rbms[0].impute(images, random_state=seed, method=method)
    if not zipfile.is_zipfile(data):
        raise DataError(f"{data}: holes are filled in an npz, whose other arrays stay as they are; save X in one")
    with np.load(data) as archive:  # that it can be read, its reader has found out
        arrays = dict(archive)
    arrays["X"].reshape(is_hole.shape)[is_hole] = images[is_hole]
    return arrays


def table_bytes(path: Path, **arrays: np.ndarray) -> bytes:
    """Return a file of numbers: an npz with all of the arrays, or a CSV of `X` with a header.

    Raises
    ------
    ValueError
        If the name of the file says neither.
    """
    check_table(path)
    content = io.BytesIO()
    if path.suffix.lower() == ".npz":
        np.savez(content, **arrays)  # type: ignore[arg-type]  # one of its own names would be no array
    else:
        rows = arrays["X"].reshape(len(arrays["X"]), -1)
        header = ",".join(f"x{column}" for column in range(rows.shape[1]))
        np.savetxt(content, rows, fmt="%.9g", delimiter=",", header=header, comments="")
    return content.getvalue()


def check_table(path: Path) -> None:
    """Refuse a file whose name does not say that it holds a table.

    Raises
    ------
    ValueError
    """
    if path.suffix.lower() not in TABLES:
        raise ValueError(f"{path}: the name of the file says how to write it; end it in {' or '.join(TABLES)}")
