"""Backpropagation through logistic or rectified units with regularisation, in arrays made once.

The rows of a step come first in each array, the moved rows after them, then the mixed rows.
"""

import numpy as np

from deepbelief.core.arrays import Array, to_numpy
from deepbelief.core.ascent import Carry, StepsResult
from deepbelief.core.kernels.engine import Engine
from deepbelief.core.kernels.host_network_layers import MakeLayers
from deepbelief.core.mixing import mixed
from deepbelief.core.outputs import SOFTMAX
from deepbelief.core.randomness import Stream
from deepbelief.core.recipes import FineTuning
from deepbelief.core.rows import Rows


class HostRegularizedSteps:
    """Steps with batch normalisation, adversarial and mixed rows, noise and distortions, or with none of them.

    Parameters
    ----------
    engine : Engine
    make_layers : callable
        Takes the most rows of a step and the most that it moves, returns the layers.
    rows : Rows
    order : ndarray of int, shape (n_rows,)
        In which the epoch takes the rows.
    carried : dict of array
        Summed loss and accuracy so far.
    recipe : FineTuning
        Without dropout.
    noise : Stream
        Of all that is random in a step.
    """

    is_awaited = True

    def __init__(
        self,
        engine: Engine,
        make_layers: MakeLayers,
        rows: Rows,
        order: np.ndarray,
        carried: Carry,
        recipe: FineTuning,
        noise: Stream,
    ) -> None:
        self._rows, self._order = rows, order
        self._recipe, self._noise = recipe, noise
        self.name = f"kernel ({engine.name})"
        self._sums = dict(carried)
        n_most = min(recipe.batch_size, len(order))
        self._reader = engine.reader(rows, n_most)
        n_moved = n_most if recipe.radius else 0
        self._layers = make_layers(n_most + n_moved + (n_most if recipe.mixup else 0), n_moved)

    def advance(self, first: int, last: int, epoch: float) -> None:
        """Make one step."""
        layers, indices, n = self._layers, self._order[first:last], last - first
        rows, x = slice(n), layers.inputs[0][:n]
        self._reader.read(indices, x)
        if self._recipe.distortion is not None:
            x[:] = self._recipe.distortion(x, self._noise)
        if self._recipe.input_noise:
            x += self._recipe.input_noise * self._noise.normal(x.shape, x)
        moments, logits = layers.normalise(rows)
        answers, truth = SOFTMAX.answers(logits), SOFTMAX.truth(self._rows.known_labels[indices], logits)
        weights = weights_of(self._rows, indices, x.dtype)
        add_measured(self._sums, answers, truth, weights)
        layers.learner.begin(epoch)
        shares = (layers.learner.error_scale / n * weights)[:, None]
        errors = layers.errors[-1]
        errors[rows] = SOFTMAX.errors(answers, truth) * shares
        parts = [(rows, moments)]
        if self._recipe.radius:
            moved = slice(n, 2 * n)
            said = np.exp(to_numpy(answers))
            layers.move(x, moved, moments, said, self._recipe.radius, self._noise)
            moments, logits = layers.normalise(moved)
            errors[moved] = SOFTMAX.errors(SOFTMAX.answers(logits), said) * shares
            parts.append((moved, moments))
        if self._recipe.mixup:
            mixtures, portions = slice(n * len(parts), n * (len(parts) + 1)), self._noise.uniform((n, 1), x)
            layers.inputs[0][mixtures] = mixed(x, portions)
            moments, logits = layers.normalise(mixtures)
            errors[mixtures] = SOFTMAX.errors(SOFTMAX.answers(logits), mixed(truth, portions)) * shares
            parts.append((mixtures, moments))
        layers.learn(parts)

    def is_finite(self) -> bool:
        """Tell whether every parameter is a finite number."""
        return self._layers.is_finite()

    def result(self) -> StepsResult:
        """Return what the steps made so far have led to."""
        return self._layers.result(self._sums)


def weights_of(rows: Rows, indices: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return the weights of some rows, 1 where rows have none.

    Parameters
    ----------
    rows : Rows
    indices : ndarray of int, shape (n_indices,)
    dtype : dtype

    Returns
    -------
    ndarray, shape (n_indices,)
    """
    return np.ones(len(indices), dtype) if rows.weights is None else rows.relative_weights(indices).astype(dtype)


def add_measured(sums: Carry, answers: Array, truth: Array, weights: np.ndarray) -> None:
    """Add the loss and the accuracy of some rows to their sums.

    Parameters
    ----------
    sums : dict of array
        Changed in place.
    answers, truth : array, shape (n_rows, n_classes)
    weights : ndarray, shape (n_rows,)
    """
    for name, values in (("loss", SOFTMAX.loss(answers, truth)), ("measured", SOFTMAX.measure(answers, truth))):
        sums[name] = sums[name] + (values * weights).sum()
