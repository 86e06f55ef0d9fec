"""Trained models, and data to use them on."""

from pathlib import Path

from deepbelief import datasets
from deepbelief.datasets import Dataset
from deepbelief.errors import ModelError
from deepbelief.estimators import DBN, RBM, DBNClassifier
from deepbelief.experiment.outputs import MODEL_FILE

Estimator = RBM | DBN | DBNClassifier


def open_model(model: Path) -> Estimator:
    """Load a model file, or the one in the directory of a run.

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


def open_classifier(model: Path) -> DBNClassifier:
    """Load a model that must be a classifier.

    Raises
    ------
    ModelError
        As in :func:`open_model`, and if it is none.
    """
    estimator = open_model(model)
    if not isinstance(estimator, DBNClassifier):
        raise ModelError(
            f"{model}: this model is of the kind {type(estimator).__name__}, not a classifier; train one first"
        )
    return estimator


def open_data_for(estimator: Estimator, model: Path, data: str) -> Dataset:
    """Load data to use a model on; of a folder with both pairs of MNIST's files, the test pair.

    Raises
    ------
    DataError, ModelError
        If they cannot be read, or their rows have another length than those the model was trained on.
    """
    about = estimator.metadata_
    shape = about["image_shape"]
    dataset = datasets.load(
        data,
        split="test",
        schema=about["table"],
        n_features=estimator.n_features_in_,
        image_size=None if shape is None else shape[:2],
    )
    n_pixels = dataset.images.shape[1]
    if n_pixels != estimator.n_features_in_:
        raise ModelError(
            f"{model}: the model was trained on images of {estimator.n_features_in_} pixels, but those of "
            f"{dataset.source} have {n_pixels}; use data of the same size"
        )
    return dataset


def open_pair(model: Path, data: str) -> tuple[DBNClassifier, Dataset]:
    """Load a classifier and data for it; see :func:`open_classifier` and :func:`open_data_for`."""
    classifier = open_classifier(model)
    return classifier, open_data_for(classifier, model, data)
