"""The data, step sizes and processes of an epoch, which every kernel is given."""

from dataclasses import dataclass

import numpy as np

from deepbelief.core.centring import Centre
from deepbelief.core.optimizers import WeightDecay
from deepbelief.core.parallel import Group
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Schedule


@dataclass(frozen=True)
class Plan:
    """The rows, their order, and how large the steps are.

    Parameters
    ----------
    rows : Rows
    order : ndarray of int, shape (n_rows,)
    batch_size : int
    rate, momentum : Schedule
    decay : WeightDecay
    group : Group
    centre : Centre, optional
        What gradients are centred by, if they are.
    """

    rows: Rows
    order: np.ndarray
    batch_size: int
    rate: Schedule
    momentum: Schedule
    decay: WeightDecay
    group: Group
    centre: Centre | None = None

    @property
    def most_rows(self) -> int:
        """The most rows that one process has of any batch."""
        return -(-min(self.batch_size, len(self.order)) // self.group.size)
