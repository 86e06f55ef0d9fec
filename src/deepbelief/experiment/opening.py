"""Trained models, and data to use them on."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from deepbelief import datasets
from deepbelief.datasets import Dataset
from deepbelief.datasets.dataset import square_shape
from deepbelief.datasets.options import Split
from deepbelief.errors import ModelError
from deepbelief.estimators import DBN, RBM, DBNClassifier, DBNRegressor
from deepbelief.estimators.fitted import net_of, was_pretrained
from deepbelief.experiment.outputs import MODEL_FILE
from deepbelief.experiment.sources import OF_WHOLE_NUMBERS

SPLIT: Split = "test"  # which pair of MNIST's files a model is used on
Estimator = RBM | DBN | DBNClassifier | DBNRegressor


def open_model(model: Path) -> Estimator:
    """Load a model file, or the one in the directory of a run.

    Parameters
    ----------
    model : Path
        A model file, or the directory of a run.

    Returns
    -------
    RBM, DBN, DBNClassifier or DBNRegressor

    Raises
    ------
    ModelError
        If there is none, or it cannot be used.
    """
    from deepbelief.estimators import model_file

    try:
        path = model / MODEL_FILE if model.is_dir() else model
        found = path.exists()
    except OSError as error:  # a folder on the way that may not be looked into
        problem = f"{model}: the model cannot be read ({error.strerror or error})"
        raise ModelError(f"{problem}; check the permissions of its folders") from None
    if not found:
        advice = "train one first" if path == model else "name the directory of a finished run, or a model file"
        raise ModelError(f"{path}: there is no such model; {advice}")
    return model_file.load(path)


def open_machines(model: Path) -> Estimator:
    """Load a model whose machines are asked for something; those of a network must have been pretrained.

    Parameters
    ----------
    model : Path
        A model file, or the directory of a run.

    Returns
    -------
    RBM, DBN, DBNClassifier or DBNRegressor

    Raises
    ------
    ModelError
        As in :func:`open_model`, and if its machines are random.
    """
    estimator = open_model(model)
    if not was_pretrained(estimator):
        raise ModelError(
            f"{model}: this network was not pretrained, so it has no machines that learned anything, and can only "
            "predict; train one that is pretrained, such as with --preset posts, or look at the units of this one with "
            "probe --finetuned"
        )
    return estimator


def open_network(model: Path) -> DBNClassifier | DBNRegressor:
    """Load a model that must predict something.

    Parameters
    ----------
    model : Path
        A model file, or the directory of a run.

    Returns
    -------
    DBNClassifier or DBNRegressor

    Raises
    ------
    ModelError
        As in :func:`open_model`, and if it predicts nothing.
    """
    estimator = open_model(model)
    if not isinstance(estimator, DBNClassifier | DBNRegressor):
        raise ModelError(
            f"{model}: this model is of the kind {type(estimator).__name__}, which predicts nothing; use transform or "
            "score, or train one with a target"
        )
    return estimator


def open_data_for(estimator: Estimator, model: Path, data: str, *, with_target: bool = True) -> Dataset:
    """Load data to use a model on; of a folder with both pairs of MNIST's files, the test pair.

    Without `with_target`, labels and targets are not checked.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
    model : Path
        A model file, or the directory of a run.
    data : str
        See :func:`deepbelief.datasets.load`.
    with_target : bool, default=True
        Whether labels or targets are read and checked.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError, ModelError
        If they cannot be read, or their rows have another length than those the model was trained on.
    """
    about = estimator.metadata_
    shape = about["image_shape"]
    table = about["table"]
    asked: dict[str, Any] = {} if table is not None or with_target else {"task": "features"}
    if table is None and with_target and isinstance(estimator, DBNRegressor):
        asked = {"task": "regress"}
    dataset = datasets.load(
        data,
        split=SPLIT,
        schema=table if table is None or with_target else replace(table, task="features"),
        n_features=estimator.n_features_in_,
        image_size=None if shape is None else shape[:2],
        keep_integers=net_of(estimator).visible_ in OF_WHOLE_NUMBERS,
        **asked,
    )
    n_features, n_known = dataset.images.shape[1], estimator.n_features_in_
    if n_features != n_known:
        is_picture = shape is not None or (table is None and square_shape(n_known) is not None)
        what = f"images of {n_known} pixels" if is_picture else f"rows of {n_known} features"
        raise ModelError(
            f"{model}: the model was trained on {what}, but those of {dataset.source} have {n_features}; use data of "
            "the same size"
        )
    return dataset
