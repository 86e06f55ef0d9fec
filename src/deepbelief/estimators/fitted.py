"""What the rules of the diagnosis look at, taken from a fitted estimator."""

from typing import Any

import numpy as np

from deepbelief.core.diagnosis import Training
from deepbelief.core.phases import FINETUNE, PRETRAIN
from deepbelief.core.stack import Layer
from deepbelief.estimators.labels import labels_for


def net_of(estimator: Any) -> Any:
    """Return the RBM or the DBN that holds the layers of an estimator."""
    return getattr(estimator, "dbn_", estimator)


def stack_of(estimator: Any) -> list[Layer]:
    """Return the layers, from the bottom up; of a classifier, as pretraining left them."""
    return [Layer(rbm._machine(), rbm._parameters(estimator.device)) for rbm in _rbms(estimator)]


def training_of(estimator: Any) -> Training:
    """Return how the layers and the network were trained."""
    net = net_of(estimator)
    records = list(net.history_)
    if net is not estimator:
        records += _kept([record for record in estimator.history_ if record["phase"] != PRETRAIN.name], estimator)
    return Training(records, net.centered, getattr(_rbms(estimator)[0], "learning_rate_", None))


def known_labels(classifier: Any, y: Any, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of the rows whose label a classifier knows, and the indices of these labels among its classes.

    Raises
    ------
    ValueError
        If `y` does not hold such labels, one for each row.
    """
    labels = labels_for(classifier, y, n_rows).among(classifier.classes_)
    return labels.known, labels.codes(classifier.classes_)


def answers(classifier: Any, X: Any) -> np.ndarray:
    """Return what a classifier says of rows, as indices of its classes: (n_rows,)."""
    return np.searchsorted(classifier.classes_, classifier.predict(X))


def _rbms(estimator: Any) -> list[Any]:
    net = net_of(estimator)
    return getattr(net, "rbms_", [net])


def _kept(records: list[dict[str, Any]], classifier: Any) -> list[dict[str, Any]]:
    """Leave out the passes that early stopping has made undone."""
    losses: list[Any] = [record.get("validation_loss") for record in records if record["phase"] == FINETUNE.name]
    if not classifier.early_stopping or not losses or None in losses:
        return records
    return records[: len(records) - len(losses) + losses.index(min(losses)) + 1]
