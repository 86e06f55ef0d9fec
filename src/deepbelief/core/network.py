"""The deep neural network: forward and backpropagation.

A hidden layer computes the conditional mean of its units, and each unit type knows how a gradient goes back through it.
A network without hidden layers is softmax regression, and that is
how the softmax layer alone is trained: on the top activations of a stack.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from deepbelief.core.arrays import Array, namespace, product
from deepbelief.core.functions import log_softmax
from deepbelief.core.units import Activity, Units


@dataclass(frozen=True)
class Layers:
    """What a network learns, from the bottom up; the softmax layer is the last.

    Parameters
    ----------
    weights : tuple of array, shape (n_in, n_out)
    biases : tuple of array, shape (n_out,)
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]


@dataclass(frozen=True)
class Network:
    """A feed-forward network with a softmax on top: the unit types of its hidden layers, and the formulas.

    Parameters
    ----------
    hidden : tuple of Units
    """

    hidden: tuple[Units, ...] = ()

    def logits(self, layers: Layers, x: Array) -> Array:
        """Return the input of the softmax: (n_rows, n_features) → (n_rows, n_classes)."""
        for units, weights, bias in zip(self.hidden, layers.weights, layers.biases, strict=False):
            x = units.mean({"bias": bias}, product(x, weights))
        return product(x, layers.weights[-1]) + layers.biases[-1]

    def log_probabilities(self, layers: Layers, x: Array) -> Array:
        """Return log p(class | x): (n_rows, n_features) → (n_rows, n_classes)."""
        return log_softmax(self.logits(layers, x))

    def layer_inputs(self, layers: Layers, x: Array) -> list[Array]:
        """Return what each layer is given, the softmax layer last: arrays of shape (n_rows, n_in)."""
        return self._activations(layers, x, [None] * (len(self.hidden) + 1))[1]

    def gradient(
        self,
        layers: Layers,
        x: Array,
        targets: Array,
        masks: Sequence[Array | None] | None = None,
        row_weights: Array | None = None,
    ) -> tuple[Layers, Array]:
        """Return the gradient of the mean log-likelihood of the targets, by backpropagation.

        Parameters
        ----------
        layers : Layers
        x : array, shape (n_rows, n_features)
        targets : array, shape (n_rows, n_classes)
            One-hot, or probabilities.
        masks : sequence of array or None, optional
            What dropout multiplies the input and each hidden layer with; None leaves a layer alone.
        row_weights : array, shape (n_rows,), optional
            A weighted sum with these weights instead of the mean.

        Returns
        -------
        gradient : Layers
            Pointing uphill.
        log_probabilities : array, shape (n_rows, n_classes)
        """
        masks = masks or [None] * (len(self.hidden) + 1)
        activities, inputs = self._activations(layers, x, masks)
        log_probabilities = log_softmax(product(inputs[-1], layers.weights[-1]) + layers.biases[-1])
        delta = targets - namespace(x).exp(log_probabilities)
        delta = delta / x.shape[0] if row_weights is None else delta * row_weights[:, None]
        weight_gradients, bias_gradients = [], []
        for depth in range(len(self.hidden), -1, -1):
            weight_gradients.append(product(inputs[depth].T, delta))
            bias_gradients.append(delta.sum(0))
            if depth > 0:
                delta = self._below(layers, depth, delta, activities[depth], masks[depth])
        return Layers(tuple(reversed(weight_gradients)), tuple(reversed(bias_gradients))), log_probabilities

    def input_gradient(self, layers: Layers, x: Array, targets: Array) -> Array:
        """Return the gradient of each row's log-likelihood of its targets in the row itself.

        Parameters
        ----------
        layers : Layers
        x : array, shape (n_rows, n_features)
        targets : array, shape (n_rows, n_classes)
            Probabilities.

        Returns
        -------
        array, shape (n_rows, n_features)
        """
        activities, inputs = self._activations(layers, x, [None] * (len(self.hidden) + 1))
        delta = targets - namespace(x).exp(log_softmax(product(inputs[-1], layers.weights[-1]) + layers.biases[-1]))
        for depth in range(len(self.hidden), 0, -1):
            delta = self._below(layers, depth, delta, activities[depth], None)
        return product(delta, layers.weights[0].T)

    def _activations(
        self, layers: Layers, x: Array, masks: Sequence[Array | None]
    ) -> tuple[list[Activity], list[Array]]:
        """Return the rows and the means of each hidden layer, before dropout and after it."""
        activities, inputs = [Activity(x)], [_masked(x, masks[0])]
        for units, weights, bias, mask in zip(self.hidden, layers.weights, layers.biases, masks[1:], strict=False):
            activities.append(units.activity({"bias": bias}, product(inputs[-1], weights)))
            inputs.append(_masked(activities[-1].values, mask))
        return activities, inputs

    def _below(self, layers: Layers, depth: int, delta: Array, below: Activity, mask: Array | None) -> Array:
        """Bring the gradient in the input of layer `depth`, counted from 0, down to the input of the one below it."""
        units, parameters = self.hidden[depth - 1], {"bias": layers.biases[depth - 1]}
        return units.backward(parameters, below, _masked(product(delta, layers.weights[depth].T), mask))


def _masked(values: Array, mask: Array | None) -> Array:
    return values if mask is None else values * mask
