"""A fitted estimator as one file: arrays as tensors, everything else as JSON, and nothing that could be executed.

The file holds what is needed to transform, predict, sample and learn on. It does not hold the momentum of training
(that is for checkpoints), nor where the stream of `gibbs` and `sample` had got to: a loaded estimator draws from the
beginning of its `random_state`. Everything a file says is checked while the estimator is rebuilt from it; `save`
rebuilds from its own bytes before they replace a file, so that what was saved can be loaded.
"""

import io
import json
import math
import os

import numpy as np
import sklearn
from sklearn.utils.validation import check_is_fitted

from deepbelief.errors import DataError, ModelError
from deepbelief.estimators.classifier import DBNClassifier
from deepbelief.estimators.dbn import DBN
from deepbelief.estimators.learned_rows import LearnedRows
from deepbelief.estimators.model_description import describe, plain
from deepbelief.estimators.model_rebuild import rebuild, upgraded
from deepbelief.estimators.rbm import RBM
from deepbelief.estimators.regressor import DBNRegressor
from deepbelief.estimators.tensor_file import TensorReader, opened
from deepbelief.estimators.tensor_writing import data_digest, packed, write_whole
from deepbelief.estimators.untrusted_json import (
    RETRAIN,
    Refused,
    entries,
    is_count,
    is_text,
    quoted,
    require,
    strict_json,
)
from deepbelief.table_schema import TableSchema

FORMAT_VERSION = 2
KEY = "deepbelief"  # of the only entry in the container's metadata
# What tells that training is done.
LEARNED = {RBM: "components_", DBN: "rbms_", DBNClassifier: "coefs_", DBNRegressor: "coefs_"}
KINDS: dict[str, type] = {kind.__name__: kind for kind in LEARNED}
CHANGED = "fit it again, then save it"
_HASHES = "learned_from"  # the tensor with the hashes of rows
REPLACE = "train the model again or copy the file again"

Estimator = RBM | DBN | DBNClassifier | DBNRegressor


def save(
    estimator: Estimator,
    path: str | os.PathLike[str],
    *,
    image_shape: tuple[int, ...] | None = None,
    table: TableSchema | None = None,
    learned_from: LearnedRows | None = None,
    overwrite: bool = False,
) -> None:
    """Write a fitted estimator to a file.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
        Fitted.
    path : path-like
        The file is written whole or not at all.
    image_shape : (int, int) or (int, int, 3), optional
        Height and width, where each row of the data is an image; and 3 if it is in colour.
    table : TableSchema, optional
        How the columns of a table were understood, where the data are one: ``Dataset.schema``.
    learned_from : LearnedRows, optional
        The rows it was trained on, ``LearnedRows.of(deepbelief.datasets.row_hashes(X))``: the command line then says
        how many of them are among the rows that it measures the model on. Whoever has the file and a row can tell
        whether the model learned from it.
    overwrite : bool, default=False
        Replace an existing file.

    Raises
    ------
    ModelError
        If the file exists, cannot be written, or the estimator's attributes do not fit together.
    NotFittedError
    TypeError
        If it is another kind of estimator.
    """
    if type(estimator) not in LEARNED:
        raise TypeError(f"Only {', '.join(KINDS)} can be saved; got {type(estimator).__name__}.")
    check_is_fitted(estimator, LEARNED[type(estimator)])
    if not overwrite and os.path.lexists(path):
        raise ModelError(f"{_shown(path)} already exists; choose another name, or ask to overwrite it.")
    try:
        tensors: dict[str, np.ndarray] = {}
        about = {
            "format_version": FORMAT_VERSION,
            "class": type(estimator).__name__,
            "versions": _versions(),
            "image_shape": None if image_shape is None else [plain(n) for n in image_shape],
            "learned_from": _described(learned_from, tensors),
            **({} if table is None else {"table": table.to_dict()}),
            "estimator": describe(estimator, tensors),
        }
        about["sha256"] = data_digest(tensors)
        payload = packed(tensors, {KEY: json.dumps(about, allow_nan=False)})
        _rebuilt(TensorReader(io.BytesIO(payload), len(payload)))
    except Refused as refused:
        problem = f"a file of this {type(estimator).__name__} {refused}; {refused.remedy or CHANGED}"
        raise ModelError(f"{_shown(path)} was not written: {problem}.") from None
    try:
        write_whole(path, payload)
    except Refused as refused:
        raise ModelError(f"{_shown(path)} {refused}; {refused.remedy}.") from refused


def load(path: str | os.PathLike[str]) -> Estimator:
    """Read an estimator from a file that `save` wrote.

    Parameters
    ----------
    path : path-like
        Need not be trusted: no code in it is run, and no more memory is taken than about twice its size and
        64 MB for the text in it.

    Returns
    -------
    RBM, DBN, DBNClassifier or DBNRegressor
        On the device ``"numpy"``, with an attribute ``metadata_``: a dict with ``format_version``, ``versions``,
        ``image_shape``, ``learned_from`` and ``table``, as they were given to `save`.

    Raises
    ------
    ModelError
        If there is no such file or anything in it is not as `save` writes it.
    """
    try:
        with opened(path) as reader:
            return _rebuilt(reader)
    except Refused as refused:
        raise ModelError(f"{_shown(path)} {refused}; {refused.remedy or RETRAIN}.") from None


def _shown(path: str | os.PathLike[str]) -> str:
    text = os.fsdecode(path)
    return text if text.isprintable() else repr(text)


def _versions() -> dict[str, str]:
    from deepbelief import __version__  # not above: the package imports this module while it is being made

    return {"deepbelief": __version__, "numpy": np.__version__, "scikit-learn": sklearn.__version__}


def _rebuilt(reader: TensorReader) -> Estimator:
    if set(reader.metadata) != {KEY}:
        raise Refused("holds no deepbelief model")
    about = strict_json(reader.metadata[KEY])
    version = about.get("format_version") if isinstance(about, dict) else None
    if type(version) is int and version > FORMAT_VERSION:
        raise Refused(f"has format {quoted(version)}, and this deepbelief knows {FORMAT_VERSION}", "update deepbelief")
    # Files of the first format held a fingerprint of all the data, which told little and is passed over.
    learned_from = "data_fingerprint" if version == 1 else "learned_from"
    keys = "format_version", "class", "versions", "image_shape", learned_from, "sha256", "estimator"
    table = about.pop("table", None) if isinstance(about, dict) else None  # of tables only
    version, kind, versions, image_shape, learned, digest, described = entries(about, "the file", *keys)
    require(type(version) is int and version > 0, "format_version")
    require(isinstance(kind, str) and kind in KINDS, "class")
    require(isinstance(versions, dict) and all(is_text(text) for text in versions.values()), "versions")
    require(is_text(digest), "sha256")
    if reader.digest() != digest:
        raise Refused("was altered or damaged: its numbers are not those that were saved", REPLACE)
    estimator = rebuild(KINDS[kind], upgraded(described) if version == 1 else described, reader)
    learned_rows = None if version == 1 else _learned_rows(learned, reader)
    reader.finish()
    if image_shape is not None:
        require(isinstance(image_shape, list) and len(image_shape) in (2, 3), "image_shape")
        require(all(is_count(n, 1) for n in image_shape) and image_shape[2:] in ([], [3]), "image_shape")
        require(math.prod(image_shape) == estimator.n_features_in_, "image_shape")
        image_shape = tuple(image_shape)
    estimator.metadata_ = {
        "format_version": version,
        "versions": versions,
        "image_shape": image_shape,
        "learned_from": learned_rows,
        "table": None if table is None else _table(table, estimator.n_features_in_),
    }
    return estimator


def _table(described: object, n_features: int) -> TableSchema:
    try:
        table = TableSchema.from_dict(described)
    except DataError:
        raise Refused("holds no description of a table") from None
    require(len(table.feature_names) == n_features, "table")
    return table


def _described(rows: LearnedRows | None, tensors: dict[str, np.ndarray]) -> dict[str, int] | None:
    if rows is None:
        return None
    tensors[_HASHES] = rows.hashes
    return {"n_distinct": rows.n_distinct, "n_hashes": len(rows.hashes)}


def _learned_rows(described: object, reader: TensorReader) -> LearnedRows | None:
    if described is None:
        return None
    n_distinct, n_hashes = entries(described, "the rows it learned from", "n_distinct", "n_hashes")
    require(is_count(n_hashes, 1) and is_count(n_distinct, n_hashes), "learned_from")
    hashes = reader.take(_HASHES, (n_hashes,), "u")
    require(bool((hashes[:-1] < hashes[1:]).all()), "learned_from")
    return LearnedRows(hashes, n_distinct)
