"""What steps on the host are made of: products whose sums are dealt with at once, and changes of matrices in place.

The bias of a layer is the weight of a unit that is always on: x W + b = [x, 1] [W; b]. So weights and biases are one
matrix with a border, and units have one too, a column of ones. One product then gives the gradients of weights and
biases, and one pass over memory makes the step.
"""

from typing import Protocol

import numpy as np

from deepbelief.core import native
from deepbelief.core.kernels.native_engine import NativeEngine
from deepbelief.core.kernels.numpy_engine import NumpyEngine
from deepbelief.core.parallel import Group
from deepbelief.core.randomness import Stream
from deepbelief.core.rows import Reads, Rows


class Engine(Protocol):
    """The operations of a step, on arrays of one dtype."""

    @property
    def name(self) -> str:
        """What the records call it."""

    def zeros(self, n_rows: int, n_columns: int) -> np.ndarray:
        """Return a matrix of zeros that lies in memory as the other operations like it best."""

    def reader(self, rows: Rows, n_most: int) -> Reads:
        """Return what reads batches of at most `n_most` rows."""

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
        """

    def linear(self, x: np.ndarray, w: np.ndarray, out: np.ndarray) -> None:
        """Write x w into `out`."""

    def backward(self, errors: np.ndarray, w: np.ndarray, means: np.ndarray, out: np.ndarray) -> None:
        """Write (errors wᵀ) m (1 − m) into `out`; m are the first columns of `means`, as many as `out` has."""

    def softmax_errors(self, logits: np.ndarray, targets: np.ndarray, scale: float) -> tuple[float, int]:
        """Turn logits into scale · (targets − probabilities), in place.

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
        """

    def update(
        self,
        matrix: np.ndarray,
        velocity: np.ndarray,
        left: np.ndarray,
        right: np.ndarray,
        momentum: float,
        decay: float,
        n_out: int,
        group: Group,
    ) -> None:
        """Make a step: velocity ← momentum · velocity − decay · weights + leftᵀ right; matrix ← matrix + velocity.

        The learning rate, and the average over rows, are factors of `right`, the smaller array; and of `decay`. The
        last row, and what lies beyond `n_out` columns, are biases, which do not decay.
        """


def raise_biases(matrix: np.ndarray, velocity: np.ndarray, change: np.ndarray) -> None:
    """Add to a step that was just made, and to its velocity, a change of the biases below the weights, in place."""
    for array in (matrix, velocity):
        array[-1, : len(change)] += change


def engine_for(dtype: np.dtype) -> Engine:
    """Return the fastest engine for parameters of this dtype."""
    if native.module is not None and dtype == np.float32:
        return NativeEngine(native.module)
    return NumpyEngine(dtype)
