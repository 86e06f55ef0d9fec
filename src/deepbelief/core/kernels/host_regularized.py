"""Backpropagation through logistic or rectified units with regularisation, in arrays made once.

The rows of a step come first in each array, the moved rows after them. The second half is also where the direction is
searched in which rows are moved. What the rows lead to is computed once, and serves the search and the gradient.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from deepbelief.core.adversarial import PROBE, of_length
from deepbelief.core.arrays import to_numpy
from deepbelief.core.ascent import Carry, StepsResult
from deepbelief.core.kernels.engine import Engine
from deepbelief.core.kernels.host_learning import Learner, NetworkArrays
from deepbelief.core.outputs import SOFTMAX
from deepbelief.core.progress import State
from deepbelief.core.randomness import Stream
from deepbelief.core.recipes import FineTuning
from deepbelief.core.rows import Rows

Moments = tuple[np.ndarray | float, np.ndarray | float]  # means and deviations; 0 and 1 where nothing is normalised


class HostRegularizedSteps:
    """Steps with batch normalisation, adversarial rows, noise and distortions, or with none of them.

    Parameters
    ----------
    engine : Engine
    rows : Rows
    order : ndarray of int, shape (n_rows,)
        In which the epoch takes the rows.
    state : State
    carried : dict of array
        Summed loss and accuracy so far.
    recipe : FineTuning
        Without dropout.
    noise : Stream
        Of all that is random in a step.
    learner : callable
        Takes the arrays of the network, returns what changes them.
    rectifies : bool
        Whether hidden units are rectified instead of logistic.
    """

    is_awaited = True

    def __init__(
        self,
        engine: Engine,
        rows: Rows,
        order: np.ndarray,
        state: State,
        carried: Carry,
        recipe: FineTuning,
        noise: Stream,
        learner: Callable[[NetworkArrays], Learner],
        rectifies: bool,
    ) -> None:
        self._engine, self._rows, self._order = engine, rows, order
        self._units = _rectify if rectifies else engine.scaled_units
        self._backward = partial(_backward_rectified, engine) if rectifies else engine.backward
        self._recipe, self._noise = recipe, noise
        self.name = f"kernel ({engine.name})"
        self._sums = dict(carried)
        self._arrays = arrays = NetworkArrays.of(engine, state.parameters)
        self._learner = learner(arrays)
        self._gains = arrays.gains or [np.ones_like(bias) for bias in arrays.biases]
        self._gradient = arrays.other_vector()  # of biases and gains
        n_most = min(recipe.batch_size, len(order))
        self._reader = engine.reader(rows, n_most)
        n_rows = 2 * n_most if recipe.radius else n_most
        self._inputs = [engine.zeros(n_rows, len(matrix)) for matrix in arrays.matrices]
        self._values, self._errors = (
            [engine.zeros(n_rows, matrix.shape[1]) for matrix in arrays.matrices] for _ in range(2)
        )
        self._slopes = engine.zeros(n_most if recipe.radius else 0, len(arrays.matrices[0]))

    def advance(self, first: int, last: int, epoch: float) -> None:
        """Make one step."""
        indices, n = self._order[first:last], last - first
        rows, x = slice(n), self._inputs[0][:n]
        self._reader.read(indices, x)
        if self._recipe.distortion is not None:
            x[:] = self._recipe.distortion(x, self._noise)
        if self._recipe.input_noise:
            x += self._recipe.input_noise * self._noise.normal(x.shape, x)
        moments, logits = self._normalise(rows)
        answers, truth = SOFTMAX.answers(logits), SOFTMAX.truth(self._rows.known_labels[indices], logits)
        weights = np.ones(n, x.dtype)
        if self._rows.weights is not None:
            weights = self._rows.relative_weights(indices).astype(x.dtype)
        for name, values in (("loss", SOFTMAX.loss(answers, truth)), ("measured", SOFTMAX.measure(answers, truth))):
            self._sums[name] = self._sums[name] + (values * weights).sum()
        self._learner.begin(epoch)
        shares = (self._learner.error_scale / n * weights)[:, None]
        errors = self._errors[-1]
        errors[rows] = SOFTMAX.errors(answers, truth) * shares
        parts = [(rows, moments)]
        if self._recipe.radius:
            moved = slice(n, 2 * n)
            said = np.exp(to_numpy(answers))
            self._move(x, moved, moments, said)
            moments, logits = self._normalise(moved)
            errors[moved] = SOFTMAX.errors(SOFTMAX.answers(logits), said) * shares
            parts.append((moved, moments))
        self._learn(parts)

    def _normalise(self, rows: slice) -> tuple[list[Moments], np.ndarray]:
        """Go up with the moments of these rows themselves; return them, and the logits."""
        found: list[Moments] = []
        for depth, matrix in enumerate(self._arrays.matrices):
            values = self._values[depth][rows]
            self._engine.linear(self._inputs[depth][rows], matrix, values)
            found.append(self._engine.normalise(values) if self._arrays.gains else (0.0, 1.0))
            logits = self._answer(depth, rows, self._gains[depth], self._arrays.biases[depth])
        return found, logits

    def _answer(self, depth: int, rows: slice, scales: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Write what the units of a layer do where the next layer reads it; return the inputs of the output units."""
        values = self._values[depth][rows]
        if depth + 1 == len(self._arrays.matrices):
            return values * scales + offsets
        self._units(values, scales, offsets, self._inputs[depth + 1][rows])
        return values

    def _move(self, x: np.ndarray, moved: slice, moments: list[Moments], said: np.ndarray) -> None:
        """Write moved rows, see :mod:`~deepbelief.core.adversarial`; `said` are the probabilities of classes at x."""
        radius, arrays, inputs = self._recipe.radius, self._arrays, self._inputs
        inputs[0][moved] = x + of_length(self._noise.normal(x.shape, x), PROBE * radius)
        factors = [gain / deviation for gain, (_, deviation) in zip(self._gains, moments, strict=True)]
        for depth, matrix in enumerate(arrays.matrices):
            self._engine.linear(inputs[depth][moved], matrix, self._values[depth][moved])
            offsets = arrays.biases[depth] - moments[depth][0] * factors[depth]
            logits = self._answer(depth, moved, factors[depth], offsets)
        self._errors[-1][moved] = SOFTMAX.errors(SOFTMAX.answers(logits), said)
        for depth in range(len(factors) - 1, -1, -1):
            errors = self._errors[depth][moved]
            errors *= factors[depth]
            if depth:
                self._backward(errors, arrays.matrices[depth], inputs[depth][moved], self._errors[depth - 1][moved])
        slopes = self._slopes[: len(x)]
        self._engine.linear(errors, arrays.matrices[0].T, slopes)
        inputs[0][moved] = x + of_length(-slopes, radius)

    def _learn(self, parts: list[tuple[slice, list[Moments]]]) -> None:
        """Take the errors on top down, and change each layer."""
        arrays, gradient, everything = self._arrays, self._gradient, slice(parts[-1][0].stop)
        gradient.vector[:] = 0
        for depth in range(len(arrays.matrices) - 1, -1, -1):
            errors, inputs = self._errors[depth][everything], self._inputs[depth][everything]
            for rows, moments in parts if arrays.gains else ():
                factors = self._gains[depth] / moments[depth][1]
                sums = self._engine.normal_errors(self._errors[depth][rows], self._values[depth][rows], factors)
                gradient.biases[depth] += sums[0]
                gradient.gains[depth] += sums[1]
            if not arrays.gains:
                gradient.biases[depth] += errors.sum(axis=0)
            if depth:
                self._backward(errors, arrays.matrices[depth], inputs, self._errors[depth - 1][everything])
            self._learner.change_weights(depth, inputs, errors)
        self._learner.change_vector(gradient.vector)

    def is_finite(self) -> bool:
        """Tell whether every parameter is a finite number."""
        return all(np.isfinite(array).all() for array in (*self._arrays.matrices, self._arrays.vector))

    def result(self) -> StepsResult:
        """Return what the steps made so far have led to."""
        return StepsResult(self._arrays.layers(), self._learner.state(), dict(self._sums), self._learner.last())


def _rectify(x: np.ndarray, scales: np.ndarray, offsets: np.ndarray, out: np.ndarray) -> None:
    """Compute max(0, x · scales + offsets); in NumPy, since beside the products it takes no time that counts."""
    np.multiply(x, scales, out=out)
    out += offsets
    np.maximum(out, 0, out=out)


def _backward_rectified(engine: Engine, errors: np.ndarray, w: np.ndarray, values: np.ndarray, out: np.ndarray) -> None:
    """Bring errors down to the units below, to those that are above their thresholds."""
    engine.linear(errors, w.T, out)
    out *= values > 0
