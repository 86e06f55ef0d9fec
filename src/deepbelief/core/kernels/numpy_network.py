"""Backpropagation through a network of Bernoulli means in preallocated buffers."""

import numpy as np

from deepbelief.core.ascent import Carried, Reached
from deepbelief.core.kernels.affine import NumpyMatrix, Plan, logistic
from deepbelief.core.network import Layers
from deepbelief.core.progress import State


class NumpyNetworkSteps:
    """Steps of backpropagation.

    Each layer's activations lie beside a column of ones, which the biases are the weights of; the errors that come down
    take the place of what the forward pass needed and nobody needs any more.

    Parameters
    ----------
    plan : Plan
    state : State
    carried : dict of array
        Summed loss and number of correct rows so far.
    targets : ndarray of int, shape (n_rows,)
    """

    is_awaited = True

    def __init__(self, plan: Plan, state: State, carried: Carried, targets: np.ndarray) -> None:
        self._plan, self._targets = plan, targets
        self._sums = dict(plan.group.begun(carried))
        self._matrices = [
            NumpyMatrix(matrix, velocity, len(matrix) - 1, matrix.shape[1])
            for matrix, velocity in zip(_stacked(state.parameters), _stacked(state.optimizer[-1]), strict=True)
        ]
        matrices = [layer.matrix for layer in self._matrices]
        n_most, dtype = plan.most_rows, matrices[0].dtype
        self._reader = plan.rows.reader(n_most)
        self._activations = [np.ones((n_most, len(matrix)), dtype) for matrix in matrices]
        self._inputs = [np.empty((n_most, matrix.shape[1]), dtype) for matrix in matrices]
        self._slopes = [np.empty((n_most, len(matrix) - 1), dtype) for matrix in matrices[1:]]

    def climb(self, first: int, last: int, epoch: float) -> None:
        """Make one step."""
        plan, rate = self._plan, self._plan.rate(epoch)
        part = plan.group.part(last - first)
        indices = plan.order[first + part.first : first + part.last]
        activations = [layer[: len(part)] for layer in self._activations]
        inputs = [layer[: len(part)] for layer in self._inputs]
        self._reader.read(indices, out=activations[0][:, :-1])
        for depth, layer in enumerate(self._matrices):
            np.matmul(activations[depth], layer.matrix, out=inputs[depth])
            if depth + 1 < len(self._matrices):
                logistic(inputs[depth], out=activations[depth + 1][:, :-1])
        delta = self._errors(inputs[-1], self._targets[indices], part.weight)
        delta *= rate * part.weight / part.total
        for depth in range(len(self._matrices) - 1, -1, -1):
            below = inputs[depth - 1]
            if depth > 0:
                np.matmul(delta, self._matrices[depth].matrix[:-1].T, out=below)
                self._times_slope(below, activations[depth][:, :-1], self._slopes[depth - 1][: len(part)])
            decay = rate * plan.decay
            self._matrices[depth].climb(activations[depth], delta, plan.momentum(epoch), decay, plan.group)
            delta = below

    def is_finite(self) -> bool:
        """Tell whether every parameter is a finite number."""
        return all(np.isfinite(layer.matrix).all() for layer in self._matrices)

    def reached(self) -> Reached:
        """Return where the steps have led so far."""
        velocity = _layers([layer.velocity for layer in self._matrices])
        parameters = _layers([layer.matrix for layer in self._matrices])
        sums = self._plan.group.summed(self._sums)
        return Reached(parameters, (None, None, velocity), sums, velocity.weights)

    def _errors(self, logits: np.ndarray, truth: np.ndarray, weight: float) -> np.ndarray:
        """Turn logits into targets less probabilities, in place, and add to the sums of loss and of correct rows."""
        rows = np.arange(len(truth))
        correct = np.count_nonzero(logits.argmax(axis=1) == truth)
        logits -= logits.max(axis=1, keepdims=True)
        of_truth = logits[rows, truth].sum(dtype=float)
        np.exp(logits, out=logits)
        totals = logits.sum(axis=1, keepdims=True)
        loss = np.log(totals).sum(dtype=float) - of_truth
        for name, value in (("loss", loss), ("correct", correct)):
            self._sums[name] = self._sums[name] + logits.dtype.type(weight * value)
        logits /= -totals
        logits[rows, truth] += 1
        return logits

    @staticmethod
    def _times_slope(errors: np.ndarray, means: np.ndarray, buffer: np.ndarray) -> None:
        """Multiply by the derivative of the logistic function where its value is `means`."""
        np.subtract(1, means, out=buffer)
        buffer *= means
        errors *= buffer


def _stacked(layers: Layers) -> list[np.ndarray]:
    """Return each layer's weights with the biases below them in one matrix."""
    return [np.vstack([weights, bias]) for weights, bias in zip(layers.weights, layers.biases, strict=True)]


def _layers(matrices: list[np.ndarray]) -> Layers:
    return Layers(tuple(matrix[:-1].copy() for matrix in matrices), tuple(matrix[-1].copy() for matrix in matrices))
