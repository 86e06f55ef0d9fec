"""From gradient to step: weight decay, learning rate and momentum, each a pair of ``init`` and ``update``.

They are composed with :class:`Chain`, work on any tree of arrays that has a field ``weights`` (a machine's parameters,
a network's), and go *uphill*. Their rates follow :mod:`.schedules`.

The links of :mod:`.proximal` come last.
"""

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from deepbelief.core.arrays import Array, like
from deepbelief.core.devices import compiled
from deepbelief.core.schedules import Schedule
from deepbelief.core.trees import tree_map

Learned = Any  # a tree of arrays with a field `weights`: the Parameters of a machine, or the Layers of a network
OptimizerState = Any  # a tree of arrays, or None: each optimizer has a form of its own


class Optimizer(Protocol):
    """What training asks of an optimizer, or of one link of a chain."""

    def init(self, parameters: Learned) -> OptimizerState:
        """Return the state before the first step.

        Parameters
        ----------
        parameters : tree of arrays
            What is learned.

        Returns
        -------
        object
        """

    def update(
        self, step: Learned, state: OptimizerState, parameters: Learned, epoch: float
    ) -> tuple[Learned, OptimizerState]:
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
class WeightDecay:
    """L2 penalty `rate`/2 · ΣW² on the weights only, never on biases (Hinton 2010, §10).

    Parameters
    ----------
    rate : float
    lowest : float, default=1
        What the rate is multiplied by for the lowest layer of a network.
    """

    rate: float
    lowest: float = 1.0

    def of(self, depth: int) -> float:
        """Return the rate for the weights of a layer, the lowest being 0.

        Parameters
        ----------
        depth : int

        Returns
        -------
        float
        """
        # A NumPy scalar would raise float32 arrays to float64.
        return float(self.rate if depth else self.rate * self.lowest)

    def init(self, parameters: Learned) -> None:
        return None

    def update(self, step: Learned, state: None, parameters: Learned, epoch: float) -> tuple[Learned, None]:
        if self.rate == 0:
            return step, None
        if not isinstance(step.weights, tuple):  # of a machine
            return replace(step, weights=step.weights - self.of(0) * parameters.weights), None
        layers = enumerate(zip(step.weights, parameters.weights, strict=True))
        return replace(step, weights=tuple(change - self.of(depth) * w for depth, (change, w) in layers)), None


@dataclass(frozen=True)
class LearningRate:
    """Multiply by a scheduled learning rate.

    Parameters
    ----------
    schedule : callable
        The rate at a time in epochs.
    """

    schedule: Schedule

    def init(self, parameters: Learned) -> None:
        return None

    def update(self, step: Learned, state: None, parameters: Learned, epoch: float) -> tuple[Learned, None]:
        rate = float(self.schedule(epoch))
        return tree_map(lambda g: rate * g, step), None


@dataclass(frozen=True)
class Momentum:
    """Add a scheduled share of the last step to this one: velocity ← m · velocity + step (Hinton 2010, §9).

    Parameters
    ----------
    schedule : callable
        The share m at a time in epochs.
    """

    schedule: Schedule

    def init(self, parameters: Learned) -> OptimizerState:
        return tree_map(lambda leaf: 0 * leaf, parameters)

    def update(
        self, step: Learned, state: OptimizerState, parameters: Learned, epoch: float
    ) -> tuple[Learned, OptimizerState]:
        momentum = float(self.schedule(epoch))
        velocity = tree_map(lambda v, g: momentum * v + g, state, step)
        return velocity, velocity


@dataclass(frozen=True)
class Adam:
    """A step of the same size for each parameter, whatever the size of its gradient (Kingma & Ba 2015, algorithm 1).

    Parameters
    ----------
    schedule : callable
        The learning rate at a time in epochs.
    first_decay, second_decay : float
        β₁ and β₂: the shares of the moving averages that one step keeps.
    epsilon : float
        Keeps the divisor from being zero.
    """

    schedule: Schedule
    first_decay: float = 0.9
    second_decay: float = 0.999
    epsilon: float = 1e-8

    def init(self, parameters: Learned) -> dict[str, OptimizerState]:
        nothing = tree_map(lambda leaf: 0 * leaf, parameters)
        return {"mean": nothing, "square": nothing, "n_steps": np.zeros(())}

    def update(
        self, step: Learned, state: OptimizerState, parameters: Learned, epoch: float
    ) -> tuple[Learned, OptimizerState]:
        n_steps = state["n_steps"] + 1
        some = step.weights[0] if isinstance(step.weights, tuple) else step.weights
        formula = compiled(_adam_step, some)
        factors = like(np.array(self.factors(float(n_steps), epoch)), some)
        step, mean, square = formula(self, step, state["mean"], state["square"], factors)
        return step, {"mean": mean, "square": square, "n_steps": n_steps}

    def factors(self, n_steps: float, epoch: float) -> tuple[float, float]:
        """Return the factors that correct both averages for having begun at 0.

        Parameters
        ----------
        n_steps : float
            That the averages are of.
        epoch : float
            Epochs trained so far.

        Returns
        -------
        rate : float
            The learning rate, times the factor of the averaged gradients.
        scale : float
            The factor of the roots of the averaged squares.
        """
        rate = float(self.schedule(epoch)) / (1 - self.first_decay**n_steps)
        return rate, (1 - self.second_decay**n_steps) ** -0.5


def _adam_step(
    adam: Adam, step: Learned, mean: Learned, square: Learned, factors: Array
) -> tuple[Learned, Learned, Learned]:
    first, second, (rate, scale) = adam.first_decay, adam.second_decay, factors
    mean = tree_map(lambda m, g: first * m + (1 - first) * g, mean, step)
    square = tree_map(lambda s, g: second * s + (1 - second) * g * g, square, step)
    step = tree_map(lambda m, s: rate * m / (scale * s**0.5 + adam.epsilon), mean, square)
    return step, mean, square


@dataclass(frozen=True)
class Chain:
    """Optimizers one after the other, each taking the step of the one before. Their states are found by their names.

    Parameters
    ----------
    links : tuple of Optimizer
    """

    links: tuple[Optimizer, ...]

    def init(self, parameters: Learned) -> dict[str, OptimizerState]:
        return {type(link).__name__: link.init(parameters) for link in self.links}

    def update(
        self, step: Learned, state: OptimizerState, parameters: Learned, epoch: float
    ) -> tuple[Learned, OptimizerState]:
        states = {}
        for link in self.links:
            name = type(link).__name__
            step, states[name] = link.update(step, state[name], parameters, epoch)
        return step, states


def going_on(begun: dict[str, OptimizerState], last: dict[str, OptimizerState]) -> dict[str, OptimizerState]:
    """Return the state with which a chain goes on from another one: where both have a link of a name, the other's.

    Parameters
    ----------
    begun : dict
        The state of the :class:`Chain` that goes on, before its first step.
    last : dict
        The state of the one before, which may have had other links.

    Returns
    -------
    dict
    """
    return {name: last.get(name, state) for name, state in begun.items()}


def decay_of(optimizer: Optimizer) -> WeightDecay:
    """Return how an optimizer lets weights decay.

    Parameters
    ----------
    optimizer : Optimizer

    Returns
    -------
    WeightDecay
        With the rate 0 if it does not.
    """
    links = optimizer.links if isinstance(optimizer, Chain) else (optimizer,)
    return next((link for link in links if isinstance(link, WeightDecay)), WeightDecay(0.0))


def with_decay(optimizer: Optimizer, factor: float) -> Optimizer:
    """Return an optimizer whose weight decay is that of another one times a factor.

    Parameters
    ----------
    optimizer : Optimizer
    factor : float

    Returns
    -------
    Optimizer
    """
    if isinstance(optimizer, Chain):
        return Chain(tuple(with_decay(link, factor) for link in optimizer.links))
    return replace(optimizer, rate=factor * optimizer.rate) if isinstance(optimizer, WeightDecay) else optimizer


def velocity_of(state: dict[str, OptimizerState]) -> Learned:
    """Return the velocity in the state of a chain with momentum.

    Parameters
    ----------
    state : dict
        The state of a :class:`Chain`.

    Returns
    -------
    tree of arrays
    """
    return state[Momentum.__name__]


def with_velocity(velocity: Learned) -> dict[str, OptimizerState]:
    """Return the state of :func:`sgd` with this velocity.

    Parameters
    ----------
    velocity : tree of arrays

    Returns
    -------
    dict
    """
    return {WeightDecay.__name__: None, LearningRate.__name__: None, Momentum.__name__: velocity}


def adam(learning_rate: Schedule, weight_decay: float, lowest: float = 1.0) -> Chain:
    """Return Adam with weight decay.

    Parameters
    ----------
    learning_rate : callable
        The rate at a time in epochs.
    weight_decay, lowest : float
        See :class:`WeightDecay`.

    Returns
    -------
    Chain
    """
    return Chain((WeightDecay(weight_decay, lowest), Adam(learning_rate)))


def sgd(learning_rate: Schedule, momentum: Schedule, weight_decay: float, lowest: float = 1.0) -> Chain:
    """Return stochastic gradient ascent with momentum and weight decay.

    Parameters
    ----------
    learning_rate, momentum : callable
        Values at a time in epochs.
    weight_decay, lowest : float
        See :class:`WeightDecay`.

    Returns
    -------
    Chain

    Examples
    --------
    >>> import numpy as np
    >>> from deepbelief.core.optimizers import sgd
    >>> from deepbelief.core.rbm import Parameters
    >>> from deepbelief.core.schedules import Constant
    >>> w = Parameters(np.ones((2, 1)), {"bias": np.zeros(2)}, {"bias": np.zeros(1)})
    >>> optimizer = sgd(Constant(0.5), Constant(0.9), weight_decay=0.0)
    >>> step, state = optimizer.update(w, optimizer.init(w), w, epoch=0.0)
    >>> step.weights.ravel().tolist()
    [0.5, 0.5]
    """
    return Chain((WeightDecay(weight_decay, lowest), LearningRate(learning_rate), Momentum(momentum)))
