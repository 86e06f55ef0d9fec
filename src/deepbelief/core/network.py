"""The deep neural network: forward and backpropagation.

A hidden layer computes the conditional means of its units, or their rectified inputs: see
:mod:`~deepbelief.core.activations`, where it is also said how a gradient goes back through it.
What the layer on top means and how it learns is an :class:`~deepbelief.core.outputs.Output`. A network without hidden
layers is softmax or linear regression, and that is how the top layer alone is trained: on the top activations of a
stack.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from deepbelief.core.activations import Activation
from deepbelief.core.arrays import Array, product
from deepbelief.core.normalization import Normalized
from deepbelief.core.outputs import SOFTMAX, Output
from deepbelief.core.units import Activity


@dataclass(frozen=True)
class Layers:
    """What a network learns, from the bottom up; the top layer is the last.

    Parameters
    ----------
    weights : tuple of array, shape (n_in, n_out)
    biases : tuple of array, shape (n_out,)
    gains : tuple of array, shape (n_out,)
        Of layers that are normalised while they learn, see :mod:`~deepbelief.core.normalization`; none of others.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    gains: tuple[Array, ...] = ()


@dataclass(frozen=True)
class Network:
    """A feed-forward network: what its hidden layers compute, the kind of its top layer, and the formulas.

    Parameters
    ----------
    hidden : tuple of Activation
    output : Output
    """

    hidden: tuple[Activation, ...] = ()
    output: Output = SOFTMAX

    def logits(self, layers: Layers, x: Array) -> Array:
        """Return the inputs of the output units: (n_rows, n_features) → (n_rows, n_outputs).

        Parameters
        ----------
        layers : Layers
        x : array, shape (n_rows, n_features)

        Returns
        -------
        array, shape (n_rows, n_outputs)
        """
        for units, weights, bias in zip(self.hidden, layers.weights, layers.biases, strict=False):
            x = units.mean({"bias": bias}, product(x, weights))
        return product(x, layers.weights[-1]) + layers.biases[-1]

    def answers(self, layers: Layers, x: Array) -> Array:
        """Return the output of the network, such as log p(class | x): (n_rows, n_features) → (n_rows, n_outputs).

        Parameters
        ----------
        layers : Layers
        x : array, shape (n_rows, n_features)

        Returns
        -------
        array, shape (n_rows, n_outputs)
        """
        return self.output.answers(self.logits(layers, x))

    def layer_inputs(self, layers: Layers, x: Array) -> list[Array]:
        """Return the input of each layer, the top layer last: arrays of shape (n_rows, n_in).

        Parameters
        ----------
        layers : Layers
        x : array, shape (n_rows, n_features)

        Returns
        -------
        list of array
        """
        return self._forward(layers, x)[0]

    def top_input(self, layers: Layers, x: Array) -> Array:
        """Return the input of the top layer, see :meth:`layer_inputs`.

        Parameters
        ----------
        layers : Layers
        x : array, shape (n_rows, n_features)

        Returns
        -------
        array, shape (n_rows, n_in)
        """
        return self.layer_inputs(layers, x)[-1]

    def gradient(
        self,
        layers: Layers,
        x: Array,
        targets: Array,
        masks: Sequence[Array | None] | None = None,
        row_weights: Array | None = None,
        parts: Sequence[slice] | None = None,
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
        parts : sequence of slice, optional
            Rows that are normalised together, where the layers are normalised; all of them if None.

        Returns
        -------
        gradient : Layers
            Pointing uphill.
        answers : array, shape (n_rows, n_outputs)
        """
        masks = masks or [None] * (len(self.hidden) + 1)
        inputs, activities, normalized = self._forward(layers, x, masks, parts or (slice(None),))
        answers = self.output.answers(activities[-1].values)
        delta = self.output.errors(answers, targets)
        delta = delta / x.shape[0] if row_weights is None else delta * row_weights[:, None]
        weight_gradients, bias_gradients, gain_gradients = [], [], []
        for depth in range(len(self.hidden), -1, -1):
            bias_gradients.append(delta.sum(0))
            if layers.gains:
                gain_gradients.append((delta * normalized[depth].values).sum(0))
                delta = normalized[depth].backward(delta * layers.gains[depth])
            weight_gradients.append(product(inputs[depth].T, delta))
            if depth > 0:
                delta = self._below(layers, depth, delta, activities[depth], masks[depth])
        gradients = (weight_gradients, bias_gradients, gain_gradients)
        return Layers(*(tuple(reversed(gradient)) for gradient in gradients)), answers

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
        _, activities, _ = self._forward(layers, x)
        answers = self.output.answers(activities[-1].values)
        delta = self.output.errors(answers, targets)
        for depth in range(len(self.hidden), 0, -1):
            delta = self._below(layers, depth, delta, activities[depth], None)
        return product(delta, layers.weights[0].T)

    def error_gains(self, layers: Layers, x: Array, targets: Array) -> list[float]:
        """Return how large the errors are that backpropagation brings to each layer, beside those of the output.

        Parameters
        ----------
        layers : Layers
        x : array, shape (n_rows, n_features)
        targets : array, shape (n_rows, n_targets)
            See :meth:`gradient`.

        Returns
        -------
        list of float
            Their squares, summed over the units of a layer and averaged over rows, over the same of the output units.
            The last one, of the top layer, is 1.
        """
        _, activities, _ = self._forward(layers, x)
        delta = self.output.errors(self.output.answers(activities[-1].values), targets)
        sizes = [float((delta**2).sum())]
        for depth in range(len(self.hidden), 0, -1):
            delta = self._below(layers, depth, delta, activities[depth], None)
            sizes.append(float((delta**2).sum()))
        return [size / sizes[0] if sizes[0] else 0.0 for size in reversed(sizes)]

    def _forward(
        self,
        layers: Layers,
        x: Array,
        masks: Sequence[Array | None] | None = None,
        parts: Sequence[slice] = (slice(None),),
    ) -> tuple[list[Array], list[Activity], list[Normalized]]:
        """Return what each layer is given, after dropout; what each does; and how its inputs were normalised.

        The first activity is the rows, the last one the inputs of the output units.
        """
        masks = masks or [None] * (len(self.hidden) + 1)
        inputs, activities = [_masked(x, masks[0])], [Activity(x)]
        normalized: list[Normalized] = []
        for depth, (weights, bias) in enumerate(zip(layers.weights, layers.biases, strict=True)):
            fields = product(inputs[-1], weights)
            if layers.gains:
                normalized.append(Normalized.of(fields, parts))
                fields = normalized[-1].values * layers.gains[depth]
            if depth == len(self.hidden):
                activities.append(Activity(fields + bias))
                break
            activities.append(self.hidden[depth].activity({"bias": bias}, fields))
            inputs.append(_masked(activities[-1].values, masks[depth + 1]))
        return inputs, activities, normalized

    def _below(self, layers: Layers, depth: int, delta: Array, below: Activity, mask: Array | None) -> Array:
        """Bring the gradient in the input of layer `depth`, counted from 0, down to the input of the one below it."""
        units, parameters = self.hidden[depth - 1], {"bias": layers.biases[depth - 1]}
        return units.backward(parameters, below, _masked(product(delta, layers.weights[depth].T), mask))


def _masked(values: Array, mask: Array | None) -> Array:
    return values if mask is None else values * mask
