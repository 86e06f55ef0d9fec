"""A fitted estimator as a value that the diagnosis, the displays and other estimators read.

Nobody but these modules needs to know in which attributes an estimator holds what it has learned.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import is_regressor

from deepbelief.core.arrays import Array, to_numpy
from deepbelief.core.diagnosis import Answers, Estimates, Predictions, Training
from deepbelief.core.phases import FINETUNE, PRETRAIN
from deepbelief.core.progress import Entry, Epoch, EpochRecord
from deepbelief.core.rows import Rows
from deepbelief.core.stack import Layer, down, up
from deepbelief.core.training import train
from deepbelief.errors import DivergedError
from deepbelief.estimators.annotations import Data, Targets
from deepbelief.estimators.drafts import draft_of
from deepbelief.estimators.inputs import VisibleInputMixin, dtypes_of, mapped, scaling_of
from deepbelief.estimators.labels import labels_for
from deepbelief.estimators.machines import layer_of, machine_of, recipe_of, resumed_state, rows_of
from deepbelief.estimators.multilabel import checked_matrix_of_labels
from deepbelief.estimators.settings import random_streams
from deepbelief.estimators.targets import targets_for

if TYPE_CHECKING:
    from deepbelief.estimators.classifier import DBNClassifier
    from deepbelief.estimators.dbn import DBN
    from deepbelief.estimators.feedforward import FeedForward
    from deepbelief.estimators.model_file import Estimator
    from deepbelief.estimators.rbm import RBM
    from deepbelief.estimators.regressor import DBNRegressor

AUTO_BATCH = 100  # rows of the mini-batch on which a step is tried where the setting is "auto"


@dataclass(frozen=True)
class FittedStack:
    """A fitted estimator seen as a stack of layers.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
        Checks and scales the rows.
    rbms : list of RBM
        From the bottom up; of a network, as pretraining left them.
    layers : list of Layer
        The same, as the core wants them, on the estimator's device.
    """

    estimator: VisibleInputMixin
    rbms: list["RBM"]
    layers: list[Layer]

    @property
    def n_features(self) -> int:
        """The number of visible units: of columns of the data, where each is one unit."""
        return self.estimator.n_visible_

    def n_units(self, layer: int) -> int:
        """Return the number of hidden units of a layer, counted from 1.

        Parameters
        ----------
        layer : int
            The lowest is 1.

        Returns
        -------
        int
        """
        return self.rbms[layer - 1].components_.shape[0]

    def rows(self, X: Data) -> Rows:
        """Check a matrix of data and return its rows, scaled for the bottom layer.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        Rows
        """
        return rows_of(self.estimator, X)

    def to_data(self, visible: Array) -> np.ndarray:
        """Return visible means at the scale of the data, the probabilities of categories as they are.

        Parameters
        ----------
        visible : array, shape (n_rows, n_visible)
            Means of the visible units.

        Returns
        -------
        ndarray of shape (n_rows, n_visible)
        """
        return scaling_of(self.estimator).shown(to_numpy(visible))

    def change_to_data(self, difference: Array) -> np.ndarray:
        """Return a difference of visible means at the scale of the data.

        Parameters
        ----------
        difference : array, shape (n_rows, n_visible)

        Returns
        -------
        ndarray of shape (n_rows, n_visible)
        """
        return scaling_of(self.estimator).undone_for_difference(to_numpy(difference))

    def activations(self, rows: Rows, layer: int) -> np.ndarray:
        """Return the hidden means of a layer, counted from 1, for all rows.

        Parameters
        ----------
        rows : Rows
        layer : int
            The lowest is 1.

        Returns
        -------
        ndarray of shape (n_rows, n_units of the layer)
        """
        return mapped(lambda x: up(self.layers[:layer], x), rows)

    def down_to_data(self, reverse: Callable[[Array], Array], hidden: Rows) -> np.ndarray:
        """Apply `reverse` to rows, some thousands at a time, and return the result at the scale of the data.

        Parameters
        ----------
        reverse : callable
            Takes hidden states, (n_rows, n_hidden), returns visible means, (n_rows, n_visible).
        hidden : Rows
            Hidden states.

        Returns
        -------
        ndarray of shape (n_rows, n_visible)
        """
        return self.to_data(mapped(reverse, hidden))

    def through(self, layers: Sequence[Layer], rows: Rows) -> np.ndarray:
        """Send rows up through layers and down again, and return what comes back at the scale of the data.

        Parameters
        ----------
        layers : sequence of Layer
            From the bottom up.
        rows : Rows

        Returns
        -------
        ndarray, shape (n_rows, n_features)
        """
        return self.down_to_data(lambda x: down(layers, up(layers, x)), rows)

    def next_step(self, rows: Rows, layer: int) -> np.ndarray:
        """Return what one training step on a mini-batch would add to ``components_`` of a layer, counted from 1.

        It is made without momentum, which a model that comes from a file does not have. Nothing that was fitted
        changes.

        Parameters
        ----------
        rows : Rows, shape (n_rows, n_features)
            The mini-batch is taken from these, evenly spaced: as many rows as the layer was trained with in one step,
            or `AUTO_BATCH` where that was ``"auto"``.
        layer : int

        Returns
        -------
        ndarray of shape (n_units, n_visible)
            NaN where the step diverges.
        """
        rbm = self.rbms[layer - 1]
        n_rows = AUTO_BATCH if isinstance(rbm.batch_size, str) else rbm.batch_size
        batch = to_numpy(up(self.layers[: layer - 1], rows.spread(n_rows).take(slice(None))))
        dtype, _ = dtypes_of(rbm)
        inputs = Rows(batch, dtype, rbm.device).in_order_of_content()  # as training takes them
        draft = draft_of(rbm, first=False).set_params(batch_size=len(inputs), random_state=0)
        recipe = recipe_of(draft, inputs, 1, len(rbm.history_), draft)
        begin = resumed_state(draft, recipe, at_rest=True)
        epochs = train(machine_of(draft), inputs, begin, recipe, random_streams(0))
        try:
            (epoch,) = (epoch for epoch in epochs if isinstance(epoch, Epoch))
        except DivergedError:
            return np.full_like(rbm.components_, np.nan)
        return to_numpy(epoch.state.parameters.weights).T - rbm.components_


def fitted_stack(estimator: VisibleInputMixin) -> FittedStack:
    """Return a fitted RBM, DBN, DBNClassifier or DBNRegressor as a stack of layers.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor

    Returns
    -------
    FittedStack
    """
    rbms = _rbms(estimator)
    return FittedStack(estimator, rbms, [layer_of(rbm, estimator.device) for rbm in rbms])


def was_pretrained(estimator: VisibleInputMixin) -> bool:
    """Tell whether the layers of an estimator have learned without labels: those of a network need not have.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor
        Fitted.

    Returns
    -------
    bool
    """
    return not hasattr(estimator, "coefs_") or any(rbm.history_ for rbm in _rbms(estimator))


def net_of(estimator: VisibleInputMixin) -> "RBM | DBN":
    """Return the RBM or the DBN that holds the layers of an estimator.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor

    Returns
    -------
    RBM or DBN
    """
    net: Any = getattr(estimator, "dbn_", estimator)
    return net


def training_of(estimator: "Estimator") -> Training:
    """Return how the layers and the network were trained.

    Parameters
    ----------
    estimator : RBM, DBN, DBNClassifier or DBNRegressor

    Returns
    -------
    Training
    """
    net = net_of(estimator)
    records = list(net.history_)
    if net is not estimator:
        of_networks = [record for record in estimator.history_ if record["phase"] != PRETRAIN.name]
        for index, of_one in groupby(of_networks, key=lambda record: EpochRecord.of_entry(record).network):
            if index < estimator.n_networks_:  # one that was broken off is no part of the model
                records += _kept(list(of_one), estimator)
    return Training(records, net.centered, getattr(_rbms(estimator)[0], "learning_rate_", None))


def known_labels(network: "DBNClassifier | DBNRegressor", y: Targets, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of the rows whose true answer is known to a network, and these answers.

    Of a classifier these are the rows with one of its classes, and the indices of their classes; of a regressor all
    rows, and their standardised targets, (n_rows, n_targets); of several labels all rows, and the labels.

    Parameters
    ----------
    network : DBNClassifier or DBNRegressor
    y : array-like of shape (n_rows,) or (n_rows, n_targets)
    n_rows : int
        The number of rows.

    Returns
    -------
    indices : ndarray of int, shape (n_known,)
    right : ndarray of shape (n_known,) or (n_known, n_targets)

    Raises
    ------
    ValueError
        If `y` does not hold such labels, one for each row.
    """
    if is_regressor(network):
        return np.arange(n_rows), _standardised(network, targets_for(network, y, n_rows))
    if network.multilabel_:
        return np.arange(n_rows), checked_matrix_of_labels(y, n_rows, len(network.classes_)).astype(float)
    labels = labels_for(network, y, n_rows).among(network.classes_)
    return labels.known, labels.codes(network.classes_)


def answers(network: "DBNClassifier | DBNRegressor", X: Data) -> np.ndarray:
    """Return the answers of a network for rows, in the form of the true answers of :func:`known_labels`.

    Parameters
    ----------
    network : DBNClassifier or DBNRegressor
    X : array-like or sparse matrix of shape (n_samples, n_features)

    Returns
    -------
    ndarray of shape (n_samples, n_outputs)
    """
    if is_regressor(network):
        return _standardised(network, network.predict(X))
    if network.multilabel_:
        return network.predict_proba(X)
    return np.searchsorted(network.classes_, network.predict(X))


def judged(network: "DBNClassifier | DBNRegressor", X: Data, right: np.ndarray) -> Answers:
    """Return the answers of a network together with the true ones, for a diagnosis.

    Parameters
    ----------
    network : DBNClassifier or DBNRegressor
    X : array-like or sparse matrix of shape (n_samples, n_features)
    right : ndarray of shape (n_samples,) or (n_samples, n_targets)
        See :func:`known_labels`.

    Returns
    -------
    Answers
    """
    return beside(network, right, answers(network, X))


def beside(network: "DBNClassifier | DBNRegressor", right: np.ndarray, said: np.ndarray) -> Answers:
    """Return answers of a network that were computed before, together with the true ones.

    Parameters
    ----------
    network : DBNClassifier or DBNRegressor
    right : ndarray of shape (n_rows,) or (n_rows, n_targets)
        See :func:`known_labels`.
    said : ndarray of shape (n_rows, n_outputs)
        See :func:`answers`.

    Returns
    -------
    Answers
    """
    if is_regressor(network):
        return Estimates(right, said, is_absolute=network.loss_ == "absolute")
    if network.multilabel_:
        return Estimates(right, said)
    return Predictions(right, said)


def _standardised(regressor: "DBNRegressor", targets: np.ndarray) -> np.ndarray:
    return ((targets - regressor.target_mean_) / regressor.target_scale_).reshape(len(targets), -1)


def _rbms(estimator: VisibleInputMixin) -> list["RBM"]:
    net = net_of(estimator)
    return getattr(net, "rbms_", [net])


def _kept(records: list[Entry], classifier: "FeedForward") -> list[Entry]:
    """Leave out the passes of a network that early stopping has made undone."""
    losses: list[Any] = [record.get("validation_loss") for record in records if record["phase"] == FINETUNE.name]
    if not classifier.early_stopping or not losses or None in losses:
        return records
    return records[: len(records) - len(losses) + losses.index(min(losses)) + 1]
