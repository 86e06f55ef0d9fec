"""What the torch kernels share: the schedule of an epoch on the device, and the step itself."""

from typing import cast

import numpy as np
import torch
from torch import Tensor

from deepbelief.core.arrays import like
from deepbelief.core.kernels.plan import Plan
from deepbelief.core.parallel import Part


class Timetable:
    """Order, rates and momenta of one epoch, moved to the device once: no step waits for the host.

    Parameters
    ----------
    plan : Plan
    epoch : int
        Passes made before.
    other : tensor
        On the device and with the dtype of the parameters.
    """

    def __init__(self, plan: Plan, epoch: int, other: Tensor) -> None:
        self._plan = plan
        self._order = torch.from_numpy(plan.order).to(other.device) if plan.rows.on_device else plan.order
        self._weights: Tensor | None = None
        if plan.rows.weights is not None:
            self._weights = like(plan.rows.relative_weights(plan.order)[:, None], other)
        n_batches = -(-len(plan.order) // plan.batch_size)
        times = [epoch + number / n_batches for number in range(n_batches)]
        self._rates = like(np.array([plan.rate(time) for time in times]), other)
        self._momenta = like(np.array([plan.momentum(time) for time in times]), other)

    def rows(self, part: Part, first: int) -> tuple[Tensor, Tensor | None]:
        """Return one's part of the batch that begins at `first`, without holes, and which values are known.

        Parameters
        ----------
        part : Part
        first : int
            Place of the first row of the batch in the order of the epoch.

        Returns
        -------
        v : tensor, shape (n_own, n_features)
        mask : tensor of bool, shape (n_own, n_features), or None
            None if all values are known.
        """
        return cast(tuple[Tensor, Tensor | None], self._plan.rows.known(self._own(part, first)))

    def _own(self, part: Part, first: int) -> Tensor:
        return self._order[first + part.first : first + part.last]

    def weights(self, first: int, last: int) -> Tensor | None:
        """Return how much each row of a batch counts, beside the mean of all rows; None if all count the same.

        Parameters
        ----------
        first, last : int
            Places in the order of the epoch.

        Returns
        -------
        tensor, shape (n_rows, 1), or None
        """
        return None if self._weights is None else self._weights[first:last]

    def rate(self, first: int) -> Tensor:
        """Return the learning rate of the batch that begins at `first`, a tensor without axes.

        Parameters
        ----------
        first : int
            Place of the first row of the batch in the order of the epoch.

        Returns
        -------
        tensor, shape ()
        """
        return self._rates[first // self._plan.batch_size]

    def momentum(self, first: int) -> Tensor:
        """Return the momentum of the batch that begins at `first`, a tensor without axes.

        Parameters
        ----------
        first : int
            Place of the first row of the batch in the order of the epoch.

        Returns
        -------
        tensor, shape ()
        """
        return self._momenta[first // self._plan.batch_size]


def update(
    matrix: Tensor, velocity: Tensor, change: Tensor, momentum: Tensor, decay: Tensor, n_in: int, n_out: int
) -> None:
    """Make a step in place: see :meth:`~.engine.Engine.update`.

    Parameters
    ----------
    matrix : tensor, shape (n_in + 1, n_out + 1)
    velocity : tensor, shape of `matrix`
    change : tensor, shape of `matrix`
        The gradient times the learning rate.
    momentum : tensor, shape ()
    decay : tensor, shape ()
    n_in : int
    n_out : int
    """
    velocity.mul_(momentum).add_(change)
    velocity[:n_in, :n_out].sub_(decay * matrix[:n_in, :n_out])
    matrix.add_(velocity)


def centred(x: Tensor, offsets: Tensor) -> Tensor:
    """Return rows [y, b] centred: see :meth:`~.engine.Engine.centre`.

    Parameters
    ----------
    x : tensor, shape (n_rows, n + 1)
    offsets : tensor, shape (n,)

    Returns
    -------
    tensor, shape of `x`
    """
    values, border = x[:, :-1], x[:, -1:]
    values = values - border * offsets
    return torch.cat([values, border - (values @ offsets)[:, None]], dim=1)
