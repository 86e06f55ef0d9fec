"""Learning rates and momenta over time: functions of the epochs that were trained so far, fractions included."""

from collections.abc import Callable
from dataclasses import dataclass

Schedule = Callable[[float], float]


@dataclass(frozen=True)
class Constant:
    """The same value at all times.

    Parameters
    ----------
    value : float
    """

    value: float

    def __call__(self, epoch: float) -> float:
        return self.value


@dataclass(frozen=True)
class Switch:
    """`before` until `epoch_of_change`, `after` from then on: Hinton's momentum of 0.5, then 0.9.

    Parameters
    ----------
    before, after : float
        The value until the change, and from then on.
    epoch_of_change : float
        In epochs.
    """

    before: float
    after: float
    epoch_of_change: float

    def __call__(self, epoch: float) -> float:
        return self.before if epoch < self.epoch_of_change else self.after


@dataclass(frozen=True)
class Linear:
    """A straight line from `start` to `end` over `n_epochs` from epoch `begin` on; constant afterwards.

    Parameters
    ----------
    start, end : float
        The first value, and the last one.
    n_epochs : float
        How long the line is.
    begin : float, default=0.0
        The epoch at which it starts.
    """

    start: float
    end: float
    n_epochs: float
    begin: float = 0.0

    def __call__(self, epoch: float) -> float:
        return self.start + (self.end - self.start) * min(1.0, (epoch - self.begin) / self.n_epochs)
