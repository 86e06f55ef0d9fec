"""A fitted network as a value, for those who look at what its hidden units have learned."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepbelief.core.activations import ACTIVATIONS
from deepbelief.core.devices import to_device
from deepbelief.core.network import Layers, Network
from deepbelief.core.rows import Rows
from deepbelief.estimators.fitted import FittedStack, fitted_stack
from deepbelief.estimators.inputs import mapped

if TYPE_CHECKING:
    from deepbelief.estimators.classifier import DBNClassifier
    from deepbelief.estimators.regressor import DBNRegressor


@dataclass(frozen=True)
class FittedNetwork(FittedStack):
    """A fitted network, beside the stack that it was grown from: what its hidden units do is what the network computes.

    The network has no way down to the data. What comes down, comes down from the stack.

    Parameters
    ----------
    estimator : DBNClassifier or DBNRegressor
        Checks and scales the rows.
    rbms : list of RBM
        From the bottom up, as pretraining left them.
    layers : list of Layer
        The same, as the core wants them.
    network : Network
    trained : Layers
        What the network has learned, on the estimator's device.
    """

    network: Network
    trained: Layers

    def n_units(self, layer: int) -> int:
        """Return the number of hidden units of a layer of the network, counted from 1.

        Parameters
        ----------
        layer : int
            The lowest is 1.

        Returns
        -------
        int
        """
        return int(self.trained.biases[layer - 1].shape[0])

    def activations(self, rows: Rows, layer: int) -> np.ndarray:
        """Return what the hidden units of a layer of the network do, counted from 1, for all rows.

        Parameters
        ----------
        rows : Rows
        layer : int
            The lowest is 1.

        Returns
        -------
        ndarray of shape (n_rows, n_units of the layer)
        """
        return mapped(lambda x: self.network.layer_inputs(self.trained, x)[layer], rows)


def fitted_network(estimator: "DBNClassifier | DBNRegressor") -> FittedNetwork:
    """Return a fitted network beside the stack that it was grown from.

    Parameters
    ----------
    estimator : DBNClassifier or DBNRegressor

    Returns
    -------
    FittedNetwork
    """
    stack = fitted_stack(estimator)
    learned = (
        [to_device(array, estimator.device) for array in each] for each in (estimator.coefs_, estimator.intercepts_)
    )
    network = Network((ACTIVATIONS[estimator.activation_],) * len(stack.layers))
    return FittedNetwork(estimator, stack.rbms, stack.layers, network, Layers(*map(tuple, learned)))
