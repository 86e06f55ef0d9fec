"""A trained model opened in a page."""

from pathlib import Path
from typing import Any

import numpy as np

from deepbelief.datasets import Dataset
from deepbelief.errors import DataError, ModelError
from deepbelief.estimators import DBNRegressor
from deepbelief.estimators.exploring import page_for
from deepbelief.experiment.opening import Estimator, open_data_for, open_model
from deepbelief.experiment.training import Training
from deepbelief.page import Page


def explored(
    model: Path, data: str | None = None, image_shape: tuple[int, ...] | None = None, served: bool = False
) -> Page:
    """Return the page of a model.

    Parameters
    ----------
    model : Path
        A model file, or the directory of a run.
    data : str, optional
        Rows to choose from in the page, and to look up what turns each unit on; of a folder with both pairs of MNIST's
        files, the test pair.
    image_shape : tuple of (height, width), optional
        How a row is shown, where neither model nor data say.
    served : bool, default=False
        The page asks its server for the net, which may then be larger.

    Returns
    -------
    Page

    Raises
    ------
    DataError, ModelError
        If either cannot be used, they do not fit together, or the model is too large for a page.
    """
    estimator = open_model(model)
    dataset = None if data is None else open_data_for(estimator, model, data)
    shape = image_shape
    if shape is None and dataset is not None and estimator.metadata_["image_shape"] is None:
        shape = dataset.image_shape
    try:
        return page_for(
            estimator,
            None if dataset is None else dataset.images,
            None if dataset is None else _known(estimator, dataset),
            image_shape=shape,
            title=model.resolve().stem,
            source="" if dataset is None else dataset.name,
            served=served,
        )
    except ModelError as error:
        raise ModelError(f"{model}: {error}") from None
    except ValueError as error:  # DataError, or scikit-learn's own
        raise DataError(f"{model if data is None else data}: {error}") from None


def explored_run(training: Training) -> Page:
    """Return the page of a run that has just ended, with the rows it held out.

    Parameters
    ----------
    training : Training
        Finished.

    Returns
    -------
    Page

    Raises
    ------
    ModelError
        If the page would be too large, or cannot compute the units of the net.
    """
    dataset = training.dataset
    rows = np.asarray(training.held_out) if len(training.held_out) else np.arange(len(dataset.images))
    known = _known(training.estimator, dataset)
    return page_for(
        training.estimator,
        dataset.images[rows],
        None if known is None else known[rows],
        image_shape=dataset.image_shape,
        feature_names=dataset.feature_names,
        title=dataset.name,
        source=f"{dataset.name}, held out" if len(training.held_out) else dataset.name,
    )


def _known(estimator: Estimator, dataset: Dataset) -> Any:
    """Return what is known of the rows that this estimator predicts."""
    return dataset.targets if isinstance(estimator, DBNRegressor) else dataset.labels
