"""The deep neural network: forward, backpropagation, fine-tuning.

A hidden layer computes the conditional mean of its units, whose derivative in the input is their conditional variance:
backpropagation needs nothing else of a unit type. A network without hidden layers is softmax regression, and that is
how the softmax layer alone is trained: on the top activations of a stack.
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from deepbelief.core.arrays import Array, cast, like, namespace, zeros
from deepbelief.core.functions import log_softmax
from deepbelief.core.optimizers import Optimizer
from deepbelief.core.randomness import RandomStreams, Stream
from deepbelief.core.rows import Rows
from deepbelief.core.training import Epoch, State, ascend, diverged, update_ratio
from deepbelief.core.units import Units

PHASES = {"softmax": "the softmax layer", "finetune": "the network"}  # what each phase trains


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
            x = units.mean({"bias": bias}, x @ weights)
        return x @ layers.weights[-1] + layers.biases[-1]

    def log_probabilities(self, layers: Layers, x: Array) -> Array:
        """Return log p(class | x): (n_rows, n_features) → (n_rows, n_classes)."""
        return log_softmax(self.logits(layers, x))

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
        row_weights : array, shape (n_rows, 1), optional
            A weighted sum with these weights instead of the mean.

        Returns
        -------
        gradient : Layers
            Pointing uphill.
        log_probabilities : array, shape (n_rows, n_classes)
        """
        masks = masks or [None] * (len(self.hidden) + 1)
        means, inputs = self._activations(layers, x, masks)
        log_probabilities = log_softmax(inputs[-1] @ layers.weights[-1] + layers.biases[-1])
        delta = targets - namespace(x).exp(log_probabilities)
        delta = delta / x.shape[0] if row_weights is None else delta * row_weights
        weight_gradients, bias_gradients = [], []
        for depth in range(len(self.hidden), -1, -1):
            weight_gradients.append(inputs[depth].T @ delta)
            bias_gradients.append(delta.sum(0))
            if depth > 0:
                delta = self._below(layers, depth, delta, means[depth], masks[depth])
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
        means, _ = self._activations(layers, x, [None] * (len(self.hidden) + 1))
        delta = targets - namespace(x).exp(log_softmax(means[-1] @ layers.weights[-1] + layers.biases[-1]))
        for depth in range(len(self.hidden), 0, -1):
            delta = self._below(layers, depth, delta, means[depth], None)
        return delta @ layers.weights[0].T

    def _activations(self, layers: Layers, x: Array, masks: Sequence[Array | None]) -> tuple[list[Array], list[Array]]:
        """Return the input and the mean of each hidden layer, before dropout and after it."""
        means, inputs = [x], [_masked(x, masks[0])]
        for units, weights, bias, mask in zip(self.hidden, layers.weights, layers.biases, masks[1:], strict=False):
            means.append(units.mean({"bias": bias}, inputs[-1] @ weights))
            inputs.append(_masked(means[-1], mask))
        return means, inputs

    def _below(self, layers: Layers, depth: int, delta: Array, mean: Array, mask: Array | None) -> Array:
        """Bring the gradient in the input of layer `depth`, counted from 0, down to the input of the one below it."""
        slope = self.hidden[depth - 1].variance({"bias": layers.biases[depth - 1]}, mean)
        return _masked(delta @ layers.weights[depth].T, mask) * slope


@dataclass(frozen=True)
class FineTuning:
    """How to train a network.

    Parameters
    ----------
    optimizer : Optimizer
    n_epochs : int
        Passes over the rows.
    batch_size : int
        Rows in one step.
    dropout, input_dropout : float
        Share of the hidden units, and of the features, left out at random in each step (Srivastava et al. 2014).
    """

    optimizer: Optimizer
    n_epochs: int
    batch_size: int
    dropout: float = 0.0
    input_dropout: float = 0.0


def finetune(
    network: Network,
    rows: Rows,
    targets: np.ndarray,
    state: State,
    recipe: FineTuning,
    streams: RandomStreams,
    *,
    phase: str = "finetune",
    held_out: tuple[Rows, np.ndarray] | None = None,
) -> Generator[Epoch, None, State]:
    """Train a network on labelled rows, one epoch at a time.

    Parameters
    ----------
    network : Network
    rows : Rows, shape (n_rows, n_features)
    targets : array of int, shape (n_rows,)
        Index of each row's class.
    state : State
        With :class:`Layers` as parameters.
    recipe : FineTuning
    streams : RandomStreams
    phase : {"finetune", "softmax"}
        Written into the records.
    held_out : (Rows, array of int), optional
        Rows not trained on, and their classes. They add ``validation_loss`` and ``validation_accuracy``.

    Yields
    ------
    Epoch
        With ``loss``, the mean cross-entropy in nats, and ``accuracy``, both over the rows as they were trained on, and
        ``update_ratio``, see :func:`~deepbelief.core.training.update_ratio`.

    Returns
    -------
    State
        The last one.

    Raises
    ------
    DivergedError
        When a parameter is no longer a finite number.
    """
    last = state.epoch + recipe.n_epochs
    while state.epoch < last:
        state, metrics = _one_epoch(network, rows, targets, state, recipe, streams, phase)
        if held_out is not None:
            loss, accuracy = evaluate(network, state.parameters, *held_out)
            metrics |= {"validation_loss": loss, "validation_accuracy": accuracy}
        if not all(math.isfinite(value) for value in metrics.values()):
            raise diverged(PHASES[phase], state.epoch)
        yield Epoch(phase, 0, state.epoch, last, metrics, state)
    return state


def evaluate(network: Network, layers: Layers, rows: Rows, targets: np.ndarray) -> tuple[float, float]:
    """Return the mean cross-entropy (nats) and the accuracy of a network on labelled rows.

    Parameters
    ----------
    network : Network
    layers : Layers
    rows : Rows, shape (n_rows, n_features)
    targets : array of int, shape (n_rows,)

    Returns
    -------
    loss, accuracy : float
    """
    loss, correct, done = 0.0, 0.0, 0
    for chunk in rows.chunks():
        truth = one_hot(targets[done : done + len(chunk)], layers)
        chunk_loss, chunk_correct = score(network.log_probabilities(layers, chunk), truth)
        loss, correct, done = loss + float(chunk_loss), correct + float(chunk_correct), done + len(chunk)
    return loss / done, correct / done


def _one_epoch(
    network: Network,
    rows: Rows,
    targets: np.ndarray,
    state: State,
    recipe: FineTuning,
    streams: RandomStreams,
    phase: str,
) -> tuple[State, dict[str, float]]:
    noise = streams.stream("dropout", state.epoch)
    loss = correct = zeros((), state.parameters.biases[-1])

    def gradient(layers: Layers, indices: np.ndarray, batch: Array) -> Layers:
        nonlocal loss, correct
        truth = one_hot(targets[indices], layers)
        shapes = [tuple(batch.shape), *((len(batch), bias.shape[0]) for bias in layers.biases[:-1])]
        rates = [recipe.input_dropout] + [recipe.dropout] * len(network.hidden)
        masks = [_dropout_mask(rate, shape, batch, noise) for rate, shape in zip(rates, shapes, strict=True)]
        step, log_probabilities = network.gradient(layers, batch, truth, masks)
        batch_loss, batch_correct = score(log_probabilities, truth)
        loss, correct = loss + batch_loss, correct + batch_correct
        return step

    order = streams.stream("order", state.epoch)
    parameters, optimizer_state, step = ascend(
        gradient, rows, state, recipe.optimizer, recipe.batch_size, order, PHASES[phase]
    )
    metrics = {
        "loss": float(loss) / len(rows),
        "accuracy": float(correct) / len(rows),
        "update_ratio": update_ratio(step.weights, parameters.weights),
    }
    return State(parameters, optimizer_state, None, state.epoch + 1), metrics


def _masked(values: Array, mask: Array | None) -> Array:
    return values if mask is None else values * mask


def _dropout_mask(rate: float, shape: tuple[int, ...], other: Array, noise: Stream) -> Array | None:
    """Zero for a share `rate` of the units; the others are scaled up so that the mean input stays the same."""
    if rate == 0:
        return None
    return cast(noise.uniform(shape, other) >= rate, other) / (1 - rate)


def one_hot(targets: np.ndarray, layers: Layers) -> Array:
    """Return classes as rows with a single one: (n_rows,) → (n_rows, n_classes)."""
    n_classes = layers.biases[-1].shape[0]
    return like(np.eye(n_classes, dtype=np.float32)[targets], layers.biases[-1])


def score(log_probabilities: Array, truth: Array) -> tuple[Array, Array]:
    """Return the summed cross-entropy and the number of rows whose most probable class is the target."""
    xp = namespace(log_probabilities)
    correct = xp.argmax(log_probabilities, axis=-1) == xp.argmax(truth, axis=-1)
    return -xp.sum(log_probabilities * truth), xp.sum(cast(correct, truth))
