"""From gradient to step: weight decay, learning rate and momentum, each a pair of ``init`` and ``update``.

They are composed with :class:`Chain`, work on any tree of arrays that has a field ``weights`` (a machine's parameters,
a network's), and go *uphill*. Schedules are functions of the time in epochs, fractions included.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from deepbelief.core.arrays import tree_map

Schedule = Callable[[float], float]


class Optimizer(Protocol):
    """What training asks of an optimizer, or of one link of a chain."""

    def init(self, parameters: Any) -> Any:
        """Return the state before the first step."""

    def update(self, step: Any, state: Any, parameters: Any, epoch: float) -> tuple[Any, Any]:
        """Turn a gradient (or the previous link's step) into a step, shaped like the parameters.

        Parameters
        ----------
        step : tree of arrays
            Uphill direction.
        state : object
            What the last call returned.
        parameters : tree of arrays
        epoch : float
            Epochs trained so far.

        Returns
        -------
        step : tree of arrays
            To be added to the parameters.
        state : object
        """


@dataclass(frozen=True)
class Constant:
    """The same value at all times."""

    value: float

    def __call__(self, epoch: float) -> float:
        return self.value


@dataclass(frozen=True)
class Switch:
    """`before` until `epoch_of_change`, `after` from then on: Hinton's momentum of 0.5, then 0.9."""

    before: float
    after: float
    epoch_of_change: float

    def __call__(self, epoch: float) -> float:
        return self.before if epoch < self.epoch_of_change else self.after


@dataclass(frozen=True)
class Linear:
    """A straight line from `start` to `end` over `n_epochs` from epoch `begin` on; constant afterwards."""

    start: float
    end: float
    n_epochs: float
    begin: float = 0.0

    def __call__(self, epoch: float) -> float:
        return self.start + (self.end - self.start) * min(1.0, (epoch - self.begin) / self.n_epochs)


@dataclass(frozen=True)
class WeightDecay:
    """L2 penalty `rate`/2 · ΣW² on the weights only, never on biases (Hinton 2010, §10)."""

    rate: float

    def init(self, parameters: Any) -> None:
        return None

    def update(self, step: Any, state: None, parameters: Any, epoch: float) -> tuple[Any, None]:
        if self.rate == 0:
            return step, None
        rate = float(self.rate)  # a NumPy scalar would raise float32 arrays to float64
        weights = tree_map(lambda g, w: g - rate * w, step.weights, parameters.weights)
        return replace(step, weights=weights), None


@dataclass(frozen=True)
class LearningRate:
    """Multiply by a scheduled learning rate."""

    schedule: Schedule

    def init(self, parameters: Any) -> None:
        return None

    def update(self, step: Any, state: None, parameters: Any, epoch: float) -> tuple[Any, None]:
        rate = float(self.schedule(epoch))
        return tree_map(lambda g: rate * g, step), None


@dataclass(frozen=True)
class Momentum:
    """Add a scheduled share of the last step to this one: velocity ← m · velocity + step (Hinton 2010, §9)."""

    schedule: Schedule

    def init(self, parameters: Any) -> Any:
        return tree_map(lambda leaf: 0 * leaf, parameters)

    def update(self, step: Any, state: Any, parameters: Any, epoch: float) -> tuple[Any, Any]:
        momentum = float(self.schedule(epoch))
        velocity = tree_map(lambda v, g: momentum * v + g, state, step)
        return velocity, velocity


@dataclass(frozen=True)
class Chain:
    """Optimizers one after the other, each taking the step of the one before."""

    links: tuple[Optimizer, ...]

    def init(self, parameters: Any) -> tuple[Any, ...]:
        return tuple(link.init(parameters) for link in self.links)

    def update(self, step: Any, state: Any, parameters: Any, epoch: float) -> tuple[Any, Any]:
        states = []
        for link, link_state in zip(self.links, state, strict=True):
            step, link_state = link.update(step, link_state, parameters, epoch)
            states.append(link_state)
        return step, tuple(states)


def decay_of(optimizer: Optimizer) -> float:
    """Return the rate at which an optimizer lets weights decay."""
    links = optimizer.links if isinstance(optimizer, Chain) else (optimizer,)
    return sum(float(link.rate) for link in links if isinstance(link, WeightDecay))


def sgd(learning_rate: Schedule, momentum: Schedule, weight_decay: float) -> Chain:
    """Return stochastic gradient ascent with momentum and weight decay."""
    return Chain((WeightDecay(weight_decay), LearningRate(learning_rate), Momentum(momentum)))
