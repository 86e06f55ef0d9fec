"""Backpropagation through a network of Bernoulli means, in arrays that are made once."""

import numpy as np

from deepbelief.core.ascent import Carry, StepsResult
from deepbelief.core.kernels.engine import engine_for, raise_biases
from deepbelief.core.kernels.plan import Plan
from deepbelief.core.network import Layers
from deepbelief.core.optimizers import velocity_of, with_velocity
from deepbelief.core.outputs import Output, Softmax
from deepbelief.core.progress import State


class HostNetworkSteps:
    """Steps of backpropagation.

    Each layer's activations lie beside a column of ones, which the biases are the weights of.

    Parameters
    ----------
    plan : Plan
    state : State
    carried : dict of array
        Summed loss, and what else the output measures, so far.
    output : Output
        Of the top layer; there is compiled code for a softmax.
    """

    is_awaited = True

    def __init__(self, plan: Plan, state: State, carried: Carry, output: Output) -> None:
        self._plan, self._output = plan, output
        labels = plan.rows.known_labels
        self._labels = labels.astype(np.int64, copy=False) if output == Softmax() else labels
        self._sums = dict(plan.group.begun(carried))
        engine = self._engine = engine_for(state.parameters.weights[0].dtype)
        self.name = f"kernel ({engine.name})"
        shapes = [(len(weights) + 1, weights.shape[1]) for weights in state.parameters.weights]
        self._matrices, self._velocities = ([engine.zeros(*shape) for shape in shapes] for _ in range(2))
        _fill(self._matrices, state.parameters)
        _fill(self._velocities, velocity_of(state.optimizer))
        n_most = plan.most_rows
        self._reader = engine.reader(plan.rows, n_most)
        self._activations = [engine.zeros(n_most, n_in) for n_in, _ in shapes]
        self._errors = [engine.zeros(n_most, n_out) for _, n_out in shapes]

    def advance(self, first: int, last: int, epoch: float) -> None:
        """Make one step."""
        plan, engine, rate = self._plan, self._engine, self._plan.rate(epoch)
        part = plan.group.part(last - first)
        indices = plan.order[first + part.first : first + part.last]
        activations = [layer[: len(part)] for layer in self._activations]
        for layer in activations:
            layer[:, -1] = 1  # centring has changed it
        errors = [layer[: len(part)] for layer in self._errors]
        self._reader.read(indices, activations[0][:, :-1])
        for depth, matrix in enumerate(self._matrices[:-1]):
            engine.logistic(activations[depth], matrix, activations[depth + 1])
        engine.linear(activations[-1], self._matrices[-1], errors[-1])
        scale = rate * part.weight / part.total
        loss, measured = self._errors_on_top(errors[-1], indices, scale)
        for name, value in (("loss", loss), ("measured", measured)):
            self._sums[name] = self._sums[name] + errors[-1].dtype.type(part.weight * value)
        momentum = plan.momentum(epoch)
        for depth in range(len(self._matrices) - 1, -1, -1):
            matrix, velocity = self._matrices[depth], self._velocities[depth]
            if depth > 0:
                engine.backward(errors[depth], matrix[:-1], activations[depth], errors[depth - 1])
            n_in, n_out, decay = len(matrix) - 1, matrix.shape[1], rate * plan.decay.of(depth)
            if plan.centre:
                engine.centre(activations[depth], np.asarray(plan.centre.offsets[depth]))
            engine.update(matrix, velocity, activations[depth], errors[depth], momentum, decay, n_in, n_out, plan.group)
            if plan.centre and decay:
                raise_biases(matrix, velocity, np.asarray(decay * plan.centre.fields[depth]))

    def _errors_on_top(self, inputs: np.ndarray, indices: np.ndarray, scale: float) -> tuple[float, float]:
        """Turn the inputs of the output units into scaled errors, in place; return loss and what else is measured."""
        output, rows, labels = self._output, self._plan.rows, self._labels[indices]
        if output == Softmax() and rows.weights is None:
            return self._engine.softmax_errors(inputs, labels, scale)
        answers, truth = output.answers(inputs), output.truth(labels, inputs)
        weights = np.ones(len(inputs)) if rows.weights is None else rows.relative_weights(indices)
        sums = weights @ output.loss(answers, truth), weights @ output.measure(answers, truth)
        inputs[:] = (scale * weights[:, None]) * output.errors(answers, truth)
        return float(sums[0]), float(sums[1])

    def is_finite(self) -> bool:
        """Tell whether every parameter is a finite number."""
        return all(np.isfinite(matrix).all() for matrix in self._matrices)

    def result(self) -> StepsResult:
        """Return what the steps made so far have led to."""
        velocity = _layers(self._velocities)
        sums = self._plan.group.summed(self._sums)
        return StepsResult(_layers(self._matrices), with_velocity(velocity), sums, velocity.weights)


def _fill(matrices: list[np.ndarray], layers: Layers) -> None:
    """Write each layer's weights with the biases below them."""
    for matrix, weights, bias in zip(matrices, layers.weights, layers.biases, strict=True):
        matrix[:-1], matrix[-1] = weights, bias


def _layers(matrices: list[np.ndarray]) -> Layers:
    return Layers(tuple(matrix[:-1].copy() for matrix in matrices), tuple(matrix[-1].copy() for matrix in matrices))
