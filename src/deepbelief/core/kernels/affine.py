"""An affine map in one matrix, and its steps uphill in place.

The bias of a layer is the weight of a unit that is always on: x W + b = [x, 1] [W; b]. So weights and biases are one
matrix, one product gives the gradients of all of them, and one pass over memory makes the step.
"""

from dataclasses import dataclass

import numpy as np

from deepbelief.core.optimizers import Schedule
from deepbelief.core.parallel import Group
from deepbelief.core.rows import Rows


@dataclass(frozen=True)
class Plan:
    """What every kernel is told: the rows, their order, and how large the steps are.

    Parameters
    ----------
    rows : Rows
    order : ndarray of int, shape (n_rows,)
    batch_size : int
    rate, momentum : Schedule
    decay : float
        Of the weights, not the biases.
    group : Group
    """

    rows: Rows
    order: np.ndarray
    batch_size: int
    rate: Schedule
    momentum: Schedule
    decay: float
    group: Group

    @property
    def most_rows(self) -> int:
        """The most rows that one process has of any batch."""
        return -(-min(self.batch_size, len(self.order)) // self.group.size)


class NumpyMatrix:
    """Weights with their biases around them, and the velocity of both, in buffers that are never given up.

    Parameters
    ----------
    matrix, velocity : ndarray, shape (n_in + 1, n_out) or (n_in + 1, n_out + 1)
    n_in, n_out : int
        Of the weights, which lie in the top left corner.
    """

    def __init__(self, matrix: np.ndarray, velocity: np.ndarray, n_in: int, n_out: int) -> None:
        self.matrix, self.velocity = matrix, velocity
        self._change = np.empty_like(matrix)
        self._n_in, self._n_out = n_in, n_out

    def climb(self, left: np.ndarray, right: np.ndarray, momentum: float, decay: float, group: Group) -> None:
        """Make a step: velocity ← momentum · velocity + leftᵀ right − decay · weights; matrix ← matrix + velocity.

        The learning rate, and the average over rows, are factors of `right`, the smaller array; and of `decay`.
        """
        np.matmul(left.T, right, out=self._change)
        group.add_up(self._change)
        self.velocity *= momentum
        self.velocity += self._change
        if decay:
            # All of it and then nothing for the biases: passes over whole matrices are twice as fast as over parts.
            np.multiply(self.matrix, decay, out=self._change)
            self._change[self._n_in :], self._change[:, self._n_out :] = 0, 0
            self.velocity -= self._change
        self.matrix += self.velocity


def logistic(x: np.ndarray, out: np.ndarray) -> None:
    """Write σ(x) into `out`, and spoil `x`: σ(x) = (1 + tanh(x/2))/2 takes half the time of an exponential.

    Its error is 10⁻⁷ of one at float32, not of σ, which is what a gradient feels.
    """
    np.multiply(x, 0.5, out=x)
    np.tanh(x, out=x)
    np.add(x, 1.0, out=x)
    np.multiply(x, 0.5, out=out)
