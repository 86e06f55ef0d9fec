"""The deep neural network: forward and backpropagation.

A hidden layer computes the conditional mean of its units, and each unit type knows how a gradient goes back through it.
What the layer on top means and how it learns is an :class:`~deepbelief.core.outputs.Output`. A network without hidden
layers is softmax or linear regression, and that is how the top layer alone is trained: on the top activations of a
stack.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from deepbelief.core.arrays import Array, product
from deepbelief.core.outputs import SOFTMAX, Output
from deepbelief.core.units import Activity, Units


@dataclass(frozen=True)
class Layers:
    """What a network learns, from the bottom up; the top layer is the last.

    Parameters
    ----------
    weights : tuple of array, shape (n_in, n_out)
    biases : tuple of array, shape (n_out,)
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]


@dataclass(frozen=True)
class Network:
    """A feed-forward network: the unit types of its hidden layers, the kind of its top layer, and the formulas.

    Parameters
    ----------
    hidden : tuple of Units
    output : Output
    """

    hidden: tuple[Units, ...] = ()
    output: Output = SOFTMAX

    def logits(self, layers: Layers, x: Array) -> Array:
        """Return the inputs of the output units: (n_rows, n_features) → (n_rows, n_outputs)."""
        for units, weights, bias in zip(self.hidden, layers.weights, layers.biases, strict=False):
            x = units.mean({"bias": bias}, product(x, weights))
        return product(x, layers.weights[-1]) + layers.biases[-1]

    def answers(self, layers: Layers, x: Array) -> Array:
        """Return what the network says of rows, such as log p(class | x): (n_rows, …) → (n_rows, n_outputs)."""
        return self.output.answers(self.logits(layers, x))

    def layer_inputs(self, layers: Layers, x: Array) -> list[Array]:
        """Return what each layer is given, the top layer last: arrays of shape (n_rows, n_in)."""
        return self._activations(layers, x, [None] * (len(self.hidden) + 1))[1]

    def gradient(
        self,
        layers: Layers,
        x: Array,
        targets: Array,
        masks: Sequence[Array | None] | None = None,
        row_weights: Array | None = None,
    ) -> tuple[Layers, Array]:
        """Return the gradient of minus the mean loss, by backpropagation.

        Parameters
        ----------
        layers : Layers
        x : array, shape (n_rows, n_features)
        targets : array, shape (n_rows, n_targets)
            As the output takes them: one-hot or probabilities of a softmax, numbers of a linear layer.
        masks : sequence of array or None, optional
            What dropout multiplies the input and each hidden layer with; None leaves a layer alone.
        row_weights : array, shape (n_rows,), optional
            A weighted sum with these weights instead of the mean.

        Returns
        -------
        gradient : Layers
            Pointing uphill.
        answers : array, shape (n_rows, n_outputs)
        """
        masks = masks or [None] * (len(self.hidden) + 1)
        activities, inputs = self._activations(layers, x, masks)
        answers = self.output.answers(product(inputs[-1], layers.weights[-1]) + layers.biases[-1])
        delta = self.output.errors(answers, targets)
        delta = delta / x.shape[0] if row_weights is None else delta * row_weights[:, None]
        weight_gradients, bias_gradients = [], []
        for depth in range(len(self.hidden), -1, -1):
            weight_gradients.append(product(inputs[depth].T, delta))
            bias_gradients.append(delta.sum(0))
            if depth > 0:
                delta = self._below(layers, depth, delta, activities[depth], masks[depth])
        return Layers(tuple(reversed(weight_gradients)), tuple(reversed(bias_gradients))), answers

    def input_gradient(self, layers: Layers, x: Array, targets: Array) -> Array:
        """Return the gradient of minus each row's loss in the row itself.

        Parameters
        ----------
        layers : Layers
        x : array, shape (n_rows, n_features)
        targets : array, shape (n_rows, n_targets)
            See :meth:`gradient`.

        Returns
        -------
        array, shape (n_rows, n_features)
        """
        activities, inputs = self._activations(layers, x, [None] * (len(self.hidden) + 1))
        answers = self.output.answers(product(inputs[-1], layers.weights[-1]) + layers.biases[-1])
        delta = self.output.errors(answers, targets)
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
