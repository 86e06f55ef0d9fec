"""The operations of a step in NumPy, into arrays made beforehand."""

from typing import NamedTuple

import numpy as np

from deepbelief.core.normalization import EPSILON
from deepbelief.core.parallel import Group
from deepbelief.core.randomness import Stream
from deepbelief.core.rows import Reads, Rows


class AdamStep(NamedTuple):
    """The factors of one step of :class:`~deepbelief.core.optimizers.Adam`."""

    first: float
    second: float
    rate: float
    scale: float
    epsilon: float


class NumpyEngine:
    """An :class:`~.engine.Engine` for every processor and dtype.

    Parameters
    ----------
    dtype : numpy dtype
    """

    name = "numpy"

    def __init__(self, dtype: np.dtype) -> None:
        self._dtype = dtype
        self._scratch: dict[tuple[str, int, int], np.ndarray] = {}

    def zeros(self, n_rows: int, n_columns: int) -> np.ndarray:
        """Return a matrix of zeros."""
        return np.zeros((n_rows, n_columns), self._dtype)

    def reader(self, rows: Rows, n_most: int) -> Reads:
        """Return what reads batches of at most `n_most` rows."""
        return rows.reader(n_most)

    def logistic(
        self,
        x: np.ndarray,
        w: np.ndarray,
        means: np.ndarray | None = None,
        scale: float = 1.0,
        states: np.ndarray | None = None,
        stream: Stream | None = None,
    ) -> None:
        """Compute σ(x w), and draw from it."""
        p = self._array("units", len(x), w.shape[1])
        np.matmul(x, w, out=p)
        _logistic(p)
        if states is not None and stream is not None:
            numbers = self._array("numbers", len(p), p.shape[1], np.float32)
            are_on = self._array("are on", len(p), p.shape[1], bool)
            stream.fill_uniform(numbers)
            np.less(numbers, p, out=are_on)
            states[:, : w.shape[1]] = are_on
        if means is not None:
            np.multiply(p, scale, out=means[:, : w.shape[1]])

    def linear(self, x: np.ndarray, w: np.ndarray, out: np.ndarray) -> None:
        """Compute x w."""
        np.matmul(x, w, out=out)

    def backward(self, errors: np.ndarray, w: np.ndarray, means: np.ndarray, out: np.ndarray) -> None:
        """Bring errors down to the units below."""
        np.matmul(errors, w.T, out=out)
        slope = self._array("units", *out.shape)
        np.subtract(1, means[:, : out.shape[1]], out=slope)
        slope *= means[:, : out.shape[1]]
        out *= slope

    def softmax_errors(self, logits: np.ndarray, targets: np.ndarray, scale: float) -> tuple[float, int]:
        """Turn logits into scaled errors, in place."""
        rows = np.arange(len(targets))
        n_correct = np.count_nonzero(logits.argmax(axis=1) == targets)
        logits -= logits.max(axis=1, keepdims=True)
        of_targets = logits[rows, targets].sum(dtype=float)
        np.exp(logits, out=logits)
        totals = logits.sum(axis=1, keepdims=True)
        loss = float(np.log(totals).sum(dtype=float) - of_targets)
        logits *= -scale / totals
        logits[rows, targets] += scale
        return loss, int(n_correct)

    def centre(self, x: np.ndarray, offsets: np.ndarray) -> None:
        """Centre rows in place."""
        values, border = x[:, :-1], x[:, -1:]
        moves = self._array("moves", *values.shape)
        np.multiply(border, offsets, out=moves)
        values -= moves
        border -= np.matmul(values, offsets)[:, None]

    def update(
        self,
        matrix: np.ndarray,
        velocity: np.ndarray,
        left: np.ndarray,
        right: np.ndarray,
        momentum: float,
        decay: float,
        n_in: int,
        n_out: int,
        group: Group,
    ) -> None:
        """Make a step."""
        change = self._array("parameters", *matrix.shape)
        np.matmul(left.T, right, out=change)
        group.add_up(change)
        add_change(matrix, velocity, change, momentum, decay, n_in, n_out)

    def adam(
        self,
        matrix: np.ndarray,
        mean: np.ndarray,
        square: np.ndarray,
        left: np.ndarray,
        right: np.ndarray,
        decay: float,
        step: AdamStep,
    ) -> None:
        """Make a step of Adam."""
        gradient, work = (self._array(use, *matrix.shape) for use in ("parameters", "squares"))
        np.matmul(left.T, right, out=gradient)
        if decay:
            np.multiply(matrix, decay, out=work)
            gradient -= work
        add_adam(matrix, mean, square, gradient, work, step)

    def normalise(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give each column mean 0 and variance 1, in place."""
        means = inputs.mean(axis=0)
        inputs -= means
        squares = np.multiply(inputs, inputs, out=self._array("units", *inputs.shape))
        deviations = np.sqrt(squares.mean(axis=0) + EPSILON)
        inputs /= deviations
        return means, deviations

    def normal_errors(
        self, errors: np.ndarray, values: np.ndarray, factors: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Take errors down to what was normalised, in place."""
        products = np.multiply(errors, values, out=self._array("units", *errors.shape))
        of_biases, of_gains = errors.sum(axis=0), products.sum(axis=0)
        errors -= of_biases / len(errors)
        errors -= np.multiply(values, of_gains / len(errors), out=products)
        errors *= factors
        return of_biases, of_gains

    def scaled_units(self, x: np.ndarray, scales: np.ndarray, offsets: np.ndarray, out: np.ndarray) -> None:
        """Compute σ(x · scales + offsets)."""
        p = np.multiply(x, scales, out=self._array("units", *x.shape))
        p += offsets
        _logistic(p)
        out[:, : p.shape[1]] = p

    def _array(self, use: str, n_rows: int, n_columns: int, dtype: type | np.dtype | None = None) -> np.ndarray:
        """Return the same array each time."""
        key = (use, n_rows, n_columns)
        if key not in self._scratch:
            self._scratch[key] = np.empty((n_rows, n_columns), dtype or self._dtype)
        return self._scratch[key]


def add_change(
    matrix: np.ndarray, velocity: np.ndarray, change: np.ndarray, momentum: float, decay: float, n_in: int, n_out: int
) -> None:
    """Make a step; its gradient times the learning rate is `change`, which is overwritten: see :meth:`.Engine.update`.

    Parameters
    ----------
    matrix : ndarray, shape (n_in + 1, n_out + 1)
    velocity : ndarray, shape of `matrix`
        The last step; changed in place.
    change : ndarray, shape of `matrix`
        Its content is lost.
    momentum : float
    decay : float
    n_in, n_out : int
    """
    velocity *= momentum
    velocity += change
    if decay:
        # All of it and then nothing for the biases: passes over whole matrices are twice as fast as over parts.
        np.multiply(matrix, decay, out=change)
        change[n_in:], change[:, n_out:] = 0, 0
        velocity -= change
    matrix += velocity


def add_adam(
    values: np.ndarray, mean: np.ndarray, square: np.ndarray, gradient: np.ndarray, work: np.ndarray, step: AdamStep
) -> None:
    """Make a step of Adam from a gradient, which is overwritten: see :class:`~deepbelief.core.optimizers.Adam`.

    Parameters
    ----------
    values, mean, square : ndarray
        Changed in place.
    gradient, work : ndarray
        Their content is lost.
    step : AdamStep
    """
    mean *= step.first
    mean += np.multiply(gradient, 1 - step.first, out=work)
    square *= step.second
    np.multiply(gradient, 1 - step.second, out=work)
    work *= gradient
    square += work
    values += adam_change(mean, square, step, out=work)


def adam_change(mean: np.ndarray, square: np.ndarray, step: AdamStep, out: np.ndarray | None = None) -> np.ndarray:
    """Return what a step of Adam adds, from the averages that it has left.

    Parameters
    ----------
    mean, square : ndarray
    step : AdamStep
    out : ndarray, optional
        To write to.

    Returns
    -------
    ndarray, shape of `mean`
    """
    roots = np.sqrt(square, out=out)
    roots *= step.scale
    roots += step.epsilon
    change = np.divide(mean, roots, out=roots)
    change *= step.rate
    return change


def _logistic(x: np.ndarray) -> None:
    """Replace x by σ(x) = (1 + tanh(x/2))/2, which takes half the time of an exponential.

    Its error is 10⁻⁷ of one at float32, not of σ, which is what a gradient feels.
    """
    x *= 0.5
    np.tanh(x, out=x)
    x += 1
    x *= 0.5
