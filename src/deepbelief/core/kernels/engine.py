"""The operations of a step on the host: fused matrix products, and updates of matrices in place.

The bias of a layer is the weight of a unit that is always on: x W + b = [x, 1] [W; b]. So weights and biases are one
matrix with a border, and units have one too, a column of ones. One product then gives the gradients of weights and
biases, and one pass over memory makes the step.
"""

from typing import Protocol

import numpy as np

from deepbelief.core import native
from deepbelief.core.kernels.native_engine import NativeEngine
from deepbelief.core.kernels.numpy_engine import AdamStep, NumpyEngine
from deepbelief.core.parallel import Group
from deepbelief.core.randomness import Stream
from deepbelief.core.rows import Reads, Rows


class Engine(Protocol):
    """The operations of a step, on arrays of one dtype."""

    @property
    def name(self) -> str:
        """What the records call it."""

    def zeros(self, n_rows: int, n_columns: int) -> np.ndarray:
        """Return a matrix of zeros that lies in memory as the other operations like it best.

        Parameters
        ----------
        n_rows : int
        n_columns : int

        Returns
        -------
        ndarray, shape (n_rows, n_columns)
        """

    def reader(self, rows: Rows, n_most: int) -> Reads:
        """Return what reads batches of at most `n_most` rows.

        Parameters
        ----------
        rows : Rows
        n_most : int
            The most rows at a time.

        Returns
        -------
        Reads
        """

    def logistic(
        self,
        x: np.ndarray,
        w: np.ndarray,
        means: np.ndarray | None = None,
        scale: float = 1.0,
        states: np.ndarray | None = None,
        stream: Stream | None = None,
    ) -> None:
        """Compute p = σ(x w), shape (n_rows, n); write scale · p into `means`, and states drawn from p into `states`.

        `w` may be a transposed view. Both outputs may have more columns than n, which stay as they are.

        Parameters
        ----------
        x : ndarray, shape (n_rows, n_in)
        w : ndarray, shape (n_in, n)
        means : ndarray, shape (n_rows, at least n), optional
        scale : float, default=1.0
        states : ndarray, shape (n_rows, at least n), optional
        stream : Stream, optional
            Where the random numbers of `states` come from.
        """

    def linear(self, x: np.ndarray, w: np.ndarray, out: np.ndarray) -> None:
        """Write x w into `out`.

        Parameters
        ----------
        x : ndarray, shape (n_rows, n_in)
        w : ndarray, shape (n_in, n)
        out : ndarray, shape (n_rows, n)
        """

    def backward(self, errors: np.ndarray, w: np.ndarray, means: np.ndarray, out: np.ndarray) -> None:
        """Write (errors wᵀ) m (1 − m) into `out`; m are the first columns of `means`, as many as `out` has.

        Parameters
        ----------
        errors : ndarray, shape (n_rows, n_above)
        w : ndarray, shape (n, n_above)
        means : ndarray, shape (n_rows, at least n)
        out : ndarray, shape (n_rows, n)
        """

    def softmax_errors(self, logits: np.ndarray, targets: np.ndarray, scale: float) -> tuple[float, int]:
        """Turn logits into scale · (targets − probabilities), in place.

        Parameters
        ----------
        logits : ndarray, shape (n_rows, n_classes)
        targets : ndarray of int, shape (n_rows,)
        scale : float

        Returns
        -------
        loss : float
            Cross-entropy, summed over rows (nats).
        n_correct : int
            Rows whose largest logit is the target's.
        """

    def centre(self, x: np.ndarray, offsets: np.ndarray) -> None:
        """Centre rows [y, b] in place: y ← y − b · offsets, then b ← b − y · offsets; b is the last column.

        With the border b, the product of such rows is the centred gradient of weights and biases together, see
        :mod:`deepbelief.core.centring`.

        Parameters
        ----------
        x : ndarray, shape (n_rows, n + 1)
        offsets : ndarray, shape (n,)
        """

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
        """Make a step: velocity ← momentum · velocity − decay · weights + leftᵀ right; matrix ← matrix + velocity.

        The learning rate, and the average over rows, are factors of `right`, the smaller array; and of `decay`. What
        lies beyond `n_in` rows and `n_out` columns are biases, which do not decay.

        Parameters
        ----------
        matrix : ndarray, shape (n_in + 1, n_out + 1)
            Weights with the biases as a border; changed in place.
        velocity : ndarray, shape of `matrix`
            The last step; changed in place.
        left : ndarray, shape (n_rows, n_in + 1)
        right : ndarray, shape (n_rows, n_out)
        momentum : float
        decay : float
            The learning rate times the decay of the weights.
        n_in, n_out : int
        group : Group
            The processes that add up their gradients.
        """

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
        """Make a step of Adam, whose gradient is leftᵀ right − decay · matrix.

        Parameters
        ----------
        matrix : ndarray, shape (n_in, n_out)
            Changed in place.
        mean, square : ndarray, shape of `matrix`
            The averages; changed in place.
        left : ndarray, shape (n_rows, n_in)
        right : ndarray, shape (n_rows, n_out)
        decay : float
        step : AdamStep
        """

    def normalise(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give each column mean 0 and variance 1, in place: see :mod:`~deepbelief.core.normalization`.

        Parameters
        ----------
        inputs : ndarray, shape (n_rows, n_units)

        Returns
        -------
        means, deviations : ndarray, shape (n_units,)
            What they were.
        """

    def normal_errors(
        self, errors: np.ndarray, values: np.ndarray, factors: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Take errors down to what was normalised, in place.

        Parameters
        ----------
        errors : ndarray, shape (n_rows, n_units)
            In what the units are given.
        values : ndarray, shape (n_rows, n_units)
            What :meth:`normalise` has left.
        factors : ndarray, shape (n_units,)
            Gains divided by deviations.

        Returns
        -------
        of_biases, of_gains : ndarray, shape (n_units,)
            The gradients in them: sums of the errors, and of the errors times the values.
        """

    def scaled_units(self, x: np.ndarray, scales: np.ndarray, offsets: np.ndarray, out: np.ndarray) -> None:
        """Write σ(x · scales + offsets) into the first columns of `out`.

        Parameters
        ----------
        x : ndarray, shape (n_rows, n_units)
        scales, offsets : ndarray, shape (n_units,)
        out : ndarray, shape (n_rows, n_units)
        """


def raise_biases(matrix: np.ndarray, velocity: np.ndarray, change: np.ndarray) -> None:
    """Add to a step that was just made, and to its velocity, a change of the biases below the weights, in place.

    Parameters
    ----------
    matrix, velocity : ndarray, shape (n_in + 1, at least n_out)
        Changed in place.
    change : ndarray, shape (n_out,)
    """
    for array in (matrix, velocity):
        array[-1, : len(change)] += change


def engine_for(dtype: np.dtype) -> Engine:
    """Return the fastest engine for parameters of this dtype.

    Parameters
    ----------
    dtype : dtype

    Returns
    -------
    Engine
    """
    if native.module is not None and dtype == np.float32:
        return NativeEngine(native.module)
    return NumpyEngine(dtype)
