"""A network while its top layer or all of it learns, for those who watch: what it has come to, and what it answers."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from deepbelief.core import inspection
from deepbelief.core.arrays import like, to_numpy
from deepbelief.core.phases import FINETUNE
from deepbelief.core.stack import Layer
from deepbelief.estimators import DBNClassifier, DBNRegressor
from deepbelief.estimators.fitted import fitted_stack
from deepbelief.estimators.labels import labels_for
from deepbelief.estimators.machines import rows_of
from deepbelief.experiment.training import Training

UNITS, ROWS, LOOKED_AT = 24, 12, 500


@dataclass(frozen=True, eq=False)
class NetworkView:
    """What a network that learns has come to.

    Parameters
    ----------
    units, changes : ndarray of shape (n_units, n_visible)
        What each of the first units of layer 1 adds when it alone is on, in the network as it is; and how that differs
        from what it was before backpropagation.
    moved : float
        How far the weights of layer 1 have moved since then, as a share of their length.
    rows : ndarray of shape (n_rows, n_visible)
        Some rows as the visible units see them.
    truth : ndarray of shape (n_looked_at,)
        Of these rows and of more of their kind: the numbers of the classes, or the numbers to be predicted.
    answers : ndarray of shape (n_looked_at, n_classes) or (n_looked_at,)
        Probabilities of the classes, or the numbers that are predicted.
    names : list of str
        Of the classes; empty where numbers are predicted.
    are_held_out : bool
        Whether the network learns from other rows than these.
    """

    units: np.ndarray
    changes: np.ndarray
    moved: float
    rows: np.ndarray
    truth: np.ndarray
    answers: np.ndarray
    names: list[str]
    are_held_out: bool

    @property
    def confusion(self) -> np.ndarray:
        """How many rows of each class, one class a line, are given each class."""
        counts = np.zeros((len(self.names),) * 2, dtype=int)
        np.add.at(counts, (self.truth, self.answers.argmax(axis=1)), 1)
        return counts


class NetworkOnlooker:
    """Looks at the network of a training.

    Parameters
    ----------
    training : Training
        Whose estimator holds, after each epoch of the network, what this has led to.
    """

    def __init__(self, training: Training) -> None:
        self._training = training
        self._begin: np.ndarray | None = None  # weights of layer 1 before backpropagation

    def view(self) -> NetworkView | None:
        """Return what the network has come to after the newest epoch.

        Of several networks the first is seen. The others join it when they are done.

        Returns
        -------
        NetworkView or None
            None while another network than the first learns.
        """
        estimator, newest = self._training.estimator, self._training.newest
        assert newest is not None
        assert isinstance(estimator, DBNClassifier | DBNRegressor)
        if newest.network:
            return None
        rows, truth = self._examples
        images = self._training.dataset.images[rows]
        first = fitted_stack(estimator).layers[0]
        weights = estimator.coefs_[0]
        if newest.phase != FINETUNE.name:
            self._begin = weights.copy()
        elif self._begin is None:  # the top layer did not learn before the eyes of this one
            self._begin = to_numpy(first.parameters.weights).copy()
        pictures = _unit_images(first, weights)
        is_classifier = isinstance(estimator, DBNClassifier)
        answers = estimator.predict_proba(images) if is_classifier else estimator.predict(images)
        length = float(np.linalg.norm(self._begin))
        return NetworkView(
            pictures,
            pictures - _unit_images(first, self._begin),
            float(np.linalg.norm(weights - self._begin)) / length if length else 0.0,
            to_numpy(rows_of(estimator, images[:ROWS]).take(slice(None))),
            np.searchsorted(estimator.classes_, truth) if is_classifier else truth,
            answers if is_classifier else answers.reshape(len(truth), -1)[:, 0],
            [str(name) for name in estimator.classes_] if is_classifier else [],
            len(self._training.held_out) > 0,
        )

    @cached_property
    def _examples(self) -> tuple[np.ndarray, np.ndarray]:
        """Some rows of which it is known what is to be predicted, and that: of several numbers, the first."""
        training = self._training
        dataset, rows = training.dataset, training.held_out
        if not len(rows):
            rows = np.arange(len(dataset.images))
        if isinstance(training.estimator, DBNClassifier):
            labels = labels_for(training.estimator, np.asarray(dataset.labels)[rows], len(rows))
            rows, truth = rows[labels.known], np.asarray(labels.values)
        else:
            truth = np.asarray(dataset.targets)[rows].reshape(len(rows), -1)[:, 0]
        # In no order of the data, which may be one class after the other, and the same in every epoch.
        some = np.random.default_rng(0).permutation(len(rows))[:LOOKED_AT]
        return rows[some], truth[some]


def _unit_images(layer: Layer, weights: np.ndarray) -> np.ndarray:
    """Return what each of the first units of a layer adds if it has these weights: (n_units, n_visible)."""
    parameters = replace(layer.parameters, weights=like(weights, layer.parameters.weights))
    units = np.arange(min(UNITS, weights.shape[1]))
    return to_numpy(inspection.unit_images([Layer(layer.machine, parameters)], units))
