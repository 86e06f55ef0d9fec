"""Any of the estimators as what the pictures need: its layers, its rows, and the way back to the scale of the data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from deepbelief.core.arrays import Array, to_numpy
from deepbelief.core.rows import Rows
from deepbelief.core.stack import Layer, up
from deepbelief.estimators import DBN, RBM, DBNClassifier
from deepbelief.estimators.inputs import mapped


@dataclass(frozen=True)
class Stack:
    """A fitted estimator seen as a stack of layers.

    Parameters
    ----------
    estimator : RBM, DBN or DBNClassifier
        Checks and scales the rows.
    rbms : list of RBM
        From the bottom up.
    layers : list of Layer
        The same, as the core wants them.
    """

    estimator: Any
    rbms: list[RBM]
    layers: list[Layer]

    @property
    def n_features(self) -> int:
        """The number of visible units: of columns of the data, where each is one unit."""
        return self.estimator.n_visible_

    def n_units(self, layer: int) -> int:
        """Return the number of hidden units of a layer, counted from 1."""
        return self.rbms[layer - 1].components_.shape[0]

    def rows(self, X: Any) -> Rows:
        """Check a matrix of data and return its rows, scaled for the bottom layer."""
        return self.estimator._rows(X)

    def to_data(self, visible: Array) -> np.ndarray:
        """Return visible means at the scale of the data, the probabilities of categories as they are."""
        return self.estimator._scaling.shown(to_numpy(visible))

    def change_to_data(self, difference: Array) -> np.ndarray:
        """Return a difference of visible means at the scale of the data."""
        return self.estimator._scaling.undone_for_difference(to_numpy(difference))

    def activations(self, rows: Rows, layer: int) -> np.ndarray:
        """Return the hidden means of a layer, counted from 1, for all rows."""
        return mapped(lambda x: up(self.layers[:layer], x), rows)

    def check_layer(self, layer: Any) -> int:
        """Return a layer number that exists, or refuse it in a sentence."""
        if isinstance(layer, bool) or not isinstance(layer, int | np.integer) or not 1 <= layer <= len(self.layers):
            raise ValueError(f"layer={layer} is not between 1 and {len(self.layers)}, the number of layers.")
        return int(layer)

    def down_to_data(self, reverse: Callable[[Array], Array], hidden: Rows) -> np.ndarray:
        """Apply `reverse` to rows, some thousands at a time, and return the result at the scale of the data."""
        return self.to_data(mapped(reverse, hidden))


def as_stack(estimator: Any) -> Stack:
    """Return a fitted estimator as a stack of layers.

    Raises
    ------
    TypeError
        If it is no estimator of this package.
    NotFittedError
        If it is not fitted.
    """
    if not isinstance(estimator, RBM | DBN | DBNClassifier):
        raise TypeError(f"estimator is a {type(estimator).__name__}; pass a fitted RBM, DBN or DBNClassifier.")
    check_is_fitted(estimator)
    if isinstance(estimator, RBM):
        return Stack(estimator, [estimator], [Layer(estimator._machine(), estimator._parameters())])
    dbn = estimator.dbn_ if isinstance(estimator, DBNClassifier) else estimator
    return Stack(estimator, dbn.rbms_, dbn._layers(None, estimator.device))
