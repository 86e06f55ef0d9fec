"""The top layer of a network: what its outputs mean, and how they learn.

A kind of output is a value with a few formulas. `answers` makes of the inputs of the output units what the other
formulas take; `loss` is what training lowers, summed over the outputs of a row; `errors` is the slope of −loss in the
inputs of the output units, which backpropagation takes down; `measure` is what users watch beside the loss.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from deepbelief.core.arrays import Array, cast, like, namespace
from deepbelief.core.functions import log_softmax, sigmoid, softplus


class Output(Protocol):
    """What every kind of top layer has.

    Attributes
    ----------
    measured : str
        The name of what `measure` measures.
    slope : float
        The largest curvature of the loss in the inputs of the output units.
    is_bounded : bool
        Whether errors have bounds, however far answers are from the truth.
    """

    measured: ClassVar[str]
    slope: ClassVar[float]
    is_bounded: ClassVar[bool]

    def n_units(self, n_targets: int) -> int:
        """Return how many output units there are for so many classes, labels or numbers.

        Parameters
        ----------
        n_targets : int

        Returns
        -------
        int
        """

    def truth(self, labels: np.ndarray, inputs: Array) -> Array:
        """Return the labels of rows as an array beside `inputs`, the inputs of the output units or their biases.

        Parameters
        ----------
        labels : ndarray, shape (n_rows,) or (n_rows, n_targets)
        inputs : array

        Returns
        -------
        array
        """

    def answers(self, inputs: Array) -> Array:
        """Return what the network answers: (n_rows, n_units) → (n_rows, n_units).

        Parameters
        ----------
        inputs : array, shape (n_rows, n_units)
            Inputs of the output units.

        Returns
        -------
        array, shape (n_rows, n_units)
        """

    def loss(self, answers: Array, truth: Array) -> Array:
        """Return the loss of each row: (n_rows,).

        Parameters
        ----------
        answers : array, shape (n_rows, n_units)
            See `answers`.
        truth : array, shape (n_rows,) or (n_rows, n_targets)
            See `truth`.

        Returns
        -------
        array, shape (n_rows,)
        """

    def errors(self, answers: Array, truth: Array) -> Array:
        """Return the slope of −loss in the inputs of the output units: (n_rows, n_units).

        Parameters
        ----------
        answers : array, shape (n_rows, n_units)
            See `answers`.
        truth : array, shape (n_rows,) or (n_rows, n_targets)
            See `truth`.

        Returns
        -------
        array, shape (n_rows, n_units)
        """

    def measure(self, answers: Array, truth: Array) -> Array:
        """Return what users watch, for each row: (n_rows,).

        Parameters
        ----------
        answers : array, shape (n_rows, n_units)
            See `answers`.
        truth : array, shape (n_rows,) or (n_rows, n_targets)
            See `truth`.

        Returns
        -------
        array, shape (n_rows,)
        """


@dataclass(frozen=True)
class Softmax:
    """One of several classes. Answers are the logarithms of their probabilities, and truth is one-hot."""

    measured: ClassVar[str] = "accuracy"
    slope: ClassVar[float] = 0.5  # Böhning, *Multinomial logistic regression algorithm* (1992)
    is_bounded: ClassVar[bool] = True

    def n_units(self, n_targets: int) -> int:
        return n_targets

    def truth(self, labels: np.ndarray, inputs: Array) -> Array:
        return like(np.eye(inputs.shape[-1], dtype=np.float32)[labels], inputs)

    def answers(self, inputs: Array) -> Array:
        return log_softmax(inputs)

    def loss(self, answers: Array, truth: Array) -> Array:
        """Return the cross-entropy in nats."""
        return -(answers * truth).sum(-1)

    def errors(self, answers: Array, truth: Array) -> Array:
        return truth - namespace(answers).exp(answers)

    def measure(self, answers: Array, truth: Array) -> Array:
        """Return 1 where the most probable class is the true one."""
        xp = namespace(answers)
        return cast(xp.argmax(answers, axis=-1) == xp.argmax(truth, axis=-1), truth)


SOFTMAX = Softmax()


@dataclass(frozen=True)
class Sigmoid:
    """Any number of several labels. Answers are log-odds, and truth is 1 for a label that the row has and 0 else."""

    measured: ClassVar[str] = "accuracy"
    slope: ClassVar[float] = 0.25
    is_bounded: ClassVar[bool] = True

    def n_units(self, n_targets: int) -> int:
        return n_targets

    def truth(self, labels: np.ndarray, inputs: Array) -> Array:
        return like(labels.astype(np.float32), inputs)

    def answers(self, inputs: Array) -> Array:
        return inputs

    def loss(self, answers: Array, truth: Array) -> Array:
        """Return the sum of the labels' cross-entropies in nats."""
        return (softplus(answers) - truth * answers).sum(-1)

    def errors(self, answers: Array, truth: Array) -> Array:
        return truth - sigmoid(answers)

    def measure(self, answers: Array, truth: Array) -> Array:
        """Return 1 where all labels of the row are right."""
        return cast(((answers > 0) == (truth > 0.5)).all(-1), truth)


@dataclass(frozen=True)
class SquaredError:
    """Numbers, with half the squared error as loss. Answers are the numbers."""

    measured: ClassVar[str] = "squared_error"
    slope: ClassVar[float] = 1.0
    is_bounded: ClassVar[bool] = False

    def n_units(self, n_targets: int) -> int:
        return n_targets

    def truth(self, labels: np.ndarray, inputs: Array) -> Array:
        return like(labels, inputs)

    def answers(self, inputs: Array) -> Array:
        return inputs

    def loss(self, answers: Array, truth: Array) -> Array:
        return 0.5 * ((truth - answers) ** 2).sum(-1)

    def errors(self, answers: Array, truth: Array) -> Array:
        return truth - answers

    def measure(self, answers: Array, truth: Array) -> Array:
        """Return the squared error, a mean over the numbers."""
        return ((truth - answers) ** 2).mean(-1)


@dataclass(frozen=True)
class AbsoluteError(SquaredError):
    """Numbers, with the absolute error as loss: the network then learns medians, which outliers do not move."""

    is_bounded: ClassVar[bool] = True

    def loss(self, answers: Array, truth: Array) -> Array:
        return namespace(answers).abs(truth - answers).sum(-1)

    def errors(self, answers: Array, truth: Array) -> Array:
        return namespace(answers).sign(truth - answers)


@dataclass(frozen=True)
class GaussianLikelihood:
    """Numbers with their uncertainty: answers are means m, then the logarithms s of as many variances.

    The loss of a number t is −log N(t; m, eˢ). Its slope in m is (t − m) e⁻ˢ, which has no bound: where the variance is
    small, steps would be too large. So the slopes of each number are multiplied by its variance, as it is now, where
    that is less than 1 (Seitzer, Tavakoli, Antic & Martius, *On the pitfalls of heteroscedastic uncertainty estimation
    with probabilistic neural networks*, 2022, with β = 1 there). The mean then learns as it does by the squared error,
    and both slopes are zero where they were.
    """

    measured: ClassVar[str] = "squared_error"
    slope: ClassVar[float] = 1.0
    is_bounded: ClassVar[bool] = False

    def n_units(self, n_targets: int) -> int:
        return 2 * n_targets

    def truth(self, labels: np.ndarray, inputs: Array) -> Array:
        return like(labels, inputs)

    def answers(self, inputs: Array) -> Array:
        return inputs

    def loss(self, answers: Array, truth: Array) -> Array:
        """Return minus the log-likelihood, in nats."""
        xp, (means, log_variances) = namespace(answers), self.split(answers)
        squares = (truth - means) ** 2 * xp.exp(-log_variances)
        return 0.5 * (squares + log_variances + math.log(2 * math.pi)).sum(-1)

    def errors(self, answers: Array, truth: Array) -> Array:
        xp, (means, log_variances) = namespace(answers), self.split(answers)
        differences = truth - means
        weights = xp.exp(-xp.abs(log_variances))  # of the variance where that is below 1, of its inverse above
        is_small = log_variances < 0
        of_means = xp.where(is_small, differences, differences * weights)
        of_variances = xp.where(is_small, differences**2 - weights, differences**2 * weights - 1)
        return xp.concatenate([of_means, 0.5 * of_variances], axis=-1)

    def measure(self, answers: Array, truth: Array) -> Array:
        """Return the squared error of the means, a mean over the numbers."""
        return ((truth - self.split(answers)[0]) ** 2).mean(-1)

    def split(self, answers: Array) -> tuple[Array, Array]:
        """Return means and logarithms of variances, each (n_rows, n_targets).

        Parameters
        ----------
        answers : array, shape (n_rows, n_units)
            See `answers`.

        Returns
        -------
        means : array, shape (n_rows, n_targets)
        log_variances : array, shape (n_rows, n_targets)
        """
        n_targets = answers.shape[-1] // 2
        return answers[..., :n_targets], answers[..., n_targets:]
