"""A network that learns in arrays made once: rows go up, are moved against it, and errors come down.

What the rows lead to is computed once, and serves the search for the direction and the gradient.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from deepbelief.core.adversarial import PROBE, of_length
from deepbelief.core.ascent import Carry, StepsResult
from deepbelief.core.kernels.engine import Engine
from deepbelief.core.kernels.host_learning import Learner, NetworkArrays
from deepbelief.core.outputs import SOFTMAX
from deepbelief.core.progress import State
from deepbelief.core.randomness import Stream

Moments = tuple[np.ndarray | float, np.ndarray | float]  # means and deviations; 0 and 1 where nothing is normalised


class HostLayers:
    """The layers of a network with logistic or rectified units and a softmax on top, and the rows of a step in them.

    Parameters
    ----------
    engine : Engine
    state : State
    learner : callable
        Takes the arrays of the network, returns what changes them.
    rectifies : bool
        Whether hidden units are rectified instead of logistic.
    n_rows, n_moved : int
        The most rows that a step has of all kinds, and the most that it moves.

    Attributes
    ----------
    arrays : NetworkArrays
    learner : Learner
    inputs, values, errors : list of ndarray, shape (n_rows, n_in) or (n_rows, n_out)
        Of each layer: what it is given, what its units are given after normalisation, and the errors there.
    """

    def __init__(
        self,
        engine: Engine,
        state: State,
        learner: Callable[[NetworkArrays], Learner],
        rectifies: bool,
        n_rows: int,
        n_moved: int,
    ) -> None:
        self._engine = engine
        self._units = _rectify if rectifies else engine.scaled_units
        self._backward = partial(_backward_rectified, engine) if rectifies else engine.backward
        self.arrays = arrays = NetworkArrays.of(engine, state.parameters)
        self.learner = learner(arrays)
        self._gains = arrays.gains or [np.ones_like(bias) for bias in arrays.biases]
        self._gradient = arrays.other_vector()  # of biases and gains
        self.inputs = [engine.zeros(n_rows, len(matrix)) for matrix in arrays.matrices]
        self.values, self.errors = (
            [engine.zeros(n_rows, matrix.shape[1]) for matrix in arrays.matrices] for _ in range(2)
        )
        self._slopes = engine.zeros(n_moved, len(arrays.matrices[0]))

    def normalise(self, rows: slice) -> tuple[list[Moments], np.ndarray]:
        """Go up with the moments of these rows themselves.

        Parameters
        ----------
        rows : slice

        Returns
        -------
        moments : list of (means, deviations)
            Of each layer.
        logits : ndarray, shape (n_rows, n_classes)
        """
        found: list[Moments] = []
        for depth, matrix in enumerate(self.arrays.matrices):
            values = self.values[depth][rows]
            self._engine.linear(self.inputs[depth][rows], matrix, values)
            found.append(self._engine.normalise(values) if self.arrays.gains else (0.0, 1.0))
            logits = self._answer(depth, rows, self._gains[depth], self.arrays.biases[depth])
        return found, logits

    def _answer(self, depth: int, rows: slice, scales: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Write what the units of a layer do where the next layer reads it; return the inputs of the output units."""
        values = self.values[depth][rows]
        if depth + 1 == len(self.arrays.matrices):
            return values * scales + offsets
        self._units(values, scales, offsets, self.inputs[depth + 1][rows])
        return values

    def move(
        self, x: np.ndarray, moved: slice, moments: list[Moments], said: np.ndarray, radius: float, noise: Stream
    ) -> None:
        """Write moved rows, see :mod:`~deepbelief.core.adversarial`.

        Parameters
        ----------
        x : ndarray, shape (n_rows, n_features)
            The rows as they are.
        moved : slice
            Where the moved rows go.
        moments : list of (means, deviations)
            Of each layer at the rows as they are.
        said : ndarray, shape (n_rows, n_classes)
            The probabilities of the classes there.
        radius : float
        noise : Stream
            Where the search begins.
        """
        arrays, inputs = self.arrays, self.inputs
        inputs[0][moved] = x + of_length(noise.normal(x.shape, x), PROBE * radius)
        factors = [gain / deviation for gain, (_, deviation) in zip(self._gains, moments, strict=True)]
        for depth, matrix in enumerate(arrays.matrices):
            self._engine.linear(inputs[depth][moved], matrix, self.values[depth][moved])
            offsets = arrays.biases[depth] - moments[depth][0] * factors[depth]
            logits = self._answer(depth, moved, factors[depth], offsets)
        self.errors[-1][moved] = SOFTMAX.errors(SOFTMAX.answers(logits), said)
        for depth in range(len(factors) - 1, -1, -1):
            errors = self.errors[depth][moved]
            errors *= factors[depth]
            if depth:
                self._backward(errors, arrays.matrices[depth], inputs[depth][moved], self.errors[depth - 1][moved])
        slopes = self._slopes[: len(x)]
        self._engine.linear(errors, arrays.matrices[0].T, slopes)
        inputs[0][moved] = x + of_length(-slopes, radius)

    def learn(self, parts: list[tuple[slice, list[Moments]]]) -> None:
        """Take the errors on top down, and change each layer.

        Parameters
        ----------
        parts : list of (slice, moments)
            Rows that were normalised together, one part after the other from the first row on.
        """
        arrays, gradient, everything = self.arrays, self._gradient, slice(parts[-1][0].stop)
        gradient.vector[:] = 0
        for depth in range(len(arrays.matrices) - 1, -1, -1):
            errors, inputs = self.errors[depth][everything], self.inputs[depth][everything]
            for rows, moments in parts if arrays.gains else ():
                factors = self._gains[depth] / moments[depth][1]
                sums = self._engine.normal_errors(self.errors[depth][rows], self.values[depth][rows], factors)
                gradient.biases[depth] += sums[0]
                gradient.gains[depth] += sums[1]
            if not arrays.gains:
                gradient.biases[depth] += errors.sum(axis=0)
            if depth:
                self._backward(errors, arrays.matrices[depth], inputs, self.errors[depth - 1][everything])
            self.learner.change_weights(depth, inputs, errors)
        self.learner.change_vector(gradient.vector)

    def is_finite(self) -> bool:
        """Tell whether every parameter is a finite number.

        Returns
        -------
        bool
        """
        return all(np.isfinite(array).all() for array in (*self.arrays.matrices, self.arrays.vector))

    def result(self, sums: Carry) -> StepsResult:
        """Return what the steps made so far have led to.

        Parameters
        ----------
        sums : dict of array
            Of what is measured.

        Returns
        -------
        StepsResult
        """
        return StepsResult(self.arrays.layers(), self.learner.state(), dict(sums), self.learner.last())


MakeLayers = Callable[[int, int], HostLayers]  # from the most rows of a step, and the most that it moves


def _rectify(x: np.ndarray, scales: np.ndarray, offsets: np.ndarray, out: np.ndarray) -> None:
    """Compute max(0, x · scales + offsets); in NumPy, since beside the products it takes no time that counts."""
    np.multiply(x, scales, out=out)
    out += offsets
    np.maximum(out, 0, out=out)


def _backward_rectified(engine: Engine, errors: np.ndarray, w: np.ndarray, values: np.ndarray, out: np.ndarray) -> None:
    """Bring errors down to the units below, to those that are above their thresholds."""
    engine.linear(errors, w.T, out)
    out *= values > 0
