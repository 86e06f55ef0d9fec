"""The parameters of a network, and the optimizers that change them in place."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from deepbelief.core.kernels.engine import Engine
from deepbelief.core.kernels.numpy_engine import AdamStep, adam_change, add_adam
from deepbelief.core.network import Layers
from deepbelief.core.optimizers import Adam, OptimizerState, WeightDecay, velocity_of, with_velocity
from deepbelief.core.parallel import ALONE
from deepbelief.core.schedules import Schedule


@dataclass(frozen=True)
class NetworkArrays:
    """What a network learns, or an average of it: the weights of each layer, and one vector of all else.

    Parameters
    ----------
    matrices : list of ndarray, shape (n_in, n_out)
    vector : ndarray
        Biases of all layers, then gains if there are any.
    biases, gains : list of ndarray, shape (n_out,)
        Parts of `vector`.
    """

    matrices: list[np.ndarray]
    vector: np.ndarray
    biases: list[np.ndarray]
    gains: list[np.ndarray]

    @classmethod
    def of(cls, engine: Engine, layers: Layers) -> "NetworkArrays":
        """Copy layers.

        Parameters
        ----------
        engine : Engine
        layers : Layers

        Returns
        -------
        NetworkArrays
        """
        matrices = [engine.zeros(*weights.shape) for weights in layers.weights]
        for matrix, weights in zip(matrices, layers.weights, strict=True):
            matrix[:] = weights
        return cls(matrices, *_split([np.asarray(piece) for piece in (*layers.biases, *layers.gains)], len(matrices)))

    def other_vector(self) -> "NetworkArrays":
        """Return the same matrices beside another vector.

        Returns
        -------
        NetworkArrays
        """
        return NetworkArrays(self.matrices, *_split([*self.biases, *self.gains], len(self.matrices)))

    def layers(self) -> Layers:
        """Return copies.

        Returns
        -------
        Layers
        """
        return Layers(*(tuple(array.copy() for array in kind) for kind in (self.matrices, self.biases, self.gains)))


def _split(pieces: list[np.ndarray], n_layers: int) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Return one vector of all pieces, and its parts: the biases of so many layers, and their gains."""
    vector, ends = np.concatenate(pieces), np.cumsum([len(piece) for piece in pieces])[:-1]
    parts = np.split(vector, ends)
    return vector, parts[:n_layers], parts[n_layers:]


class Learner(Protocol):
    """An optimizer in the middle of its work."""

    @property
    def error_scale(self) -> float:
        """The factor that the gradients of a step are to have."""

    def begin(self, epoch: float) -> None:
        """Begin a step.

        Parameters
        ----------
        epoch : float
            Epochs trained so far.
        """

    def change_weights(self, depth: int, left: np.ndarray, right: np.ndarray) -> None:
        """Change the weights of a layer, whose gradient is leftᵀ right.

        Parameters
        ----------
        depth : int
        left : ndarray, shape (n_rows, n_in)
        right : ndarray, shape (n_rows, n_out)
        """

    def change_vector(self, gradient: np.ndarray) -> None:
        """Change biases and gains.

        Parameters
        ----------
        gradient : ndarray
            Its content is lost.
        """

    def state(self) -> OptimizerState:
        """Return the state of the optimizer, see :mod:`~deepbelief.core.optimizers`."""

    def last(self) -> list[np.ndarray]:
        """Return the last change of the weights of each layer."""


class MomentumLearner:
    """Steps with momentum and weight decay.

    Parameters
    ----------
    engine : Engine
    rate, momentum : Schedule
    decay : WeightDecay
    state : object
        Of the optimizer.
    arrays : NetworkArrays
        Changed in place.
    """

    def __init__(
        self,
        engine: Engine,
        rate: Schedule,
        momentum: Schedule,
        decay: WeightDecay,
        state: OptimizerState,
        arrays: NetworkArrays,
    ) -> None:
        self._engine, self._arrays, self._rate_at, self._momentum_at = engine, arrays, rate, momentum
        self._decay, self._velocity = decay, NetworkArrays.of(engine, velocity_of(state))
        self.error_scale = self._momentum = 0.0

    def begin(self, epoch: float) -> None:
        """Begin a step: its gradients are multiplied by the learning rate."""
        self.error_scale, self._momentum = float(self._rate_at(epoch)), float(self._momentum_at(epoch))

    def change_weights(self, depth: int, left: np.ndarray, right: np.ndarray) -> None:
        """Change the weights of a layer."""
        matrix, velocity = self._arrays.matrices[depth], self._velocity.matrices[depth]
        decay = self.error_scale * self._decay.of(depth)
        n_in, n_out = matrix.shape
        self._engine.update(matrix, velocity, left, right, self._momentum, decay, n_in, n_out, ALONE)

    def change_vector(self, gradient: np.ndarray) -> None:
        """Change biases and gains."""
        self._velocity.vector[:] = self._momentum * self._velocity.vector + gradient
        self._arrays.vector[:] += self._velocity.vector

    def state(self) -> OptimizerState:
        """Return the velocity."""
        return with_velocity(self._velocity.layers())

    def last(self) -> list[np.ndarray]:
        """Return the velocity of the weights."""
        return [velocity.copy() for velocity in self._velocity.matrices]


class AdamLearner:
    """Steps of Adam with weight decay.

    Parameters
    ----------
    engine : Engine
    adam : Adam
    decay : WeightDecay
    state : object
        Of the optimizer.
    arrays : NetworkArrays
        Changed in place.
    """

    error_scale = 1.0

    def __init__(
        self, engine: Engine, adam: Adam, decay: WeightDecay, state: OptimizerState, arrays: NetworkArrays
    ) -> None:
        self._engine, self._arrays, self._adam, self._decay = engine, arrays, adam, decay
        averages = state[Adam.__name__]
        self._mean, self._square = (NetworkArrays.of(engine, averages[name]) for name in ("mean", "square"))
        self._n_steps = averages["n_steps"]
        self._step = AdamStep(0, 0, 0, 0, 0)

    def begin(self, epoch: float) -> None:
        """Begin a step."""
        self._n_steps = self._n_steps + 1
        rate, scale = self._adam.factors(float(self._n_steps), epoch)
        self._step = AdamStep(self._adam.first_decay, self._adam.second_decay, rate, scale, self._adam.epsilon)

    def change_weights(self, depth: int, left: np.ndarray, right: np.ndarray) -> None:
        """Change the weights of a layer."""
        matrix, mean, square = (arrays.matrices[depth] for arrays in (self._arrays, self._mean, self._square))
        self._engine.adam(matrix, mean, square, left, right, self._decay.of(depth), self._step)

    def change_vector(self, gradient: np.ndarray) -> None:
        """Change biases and gains."""
        work = np.empty_like(gradient)
        add_adam(self._arrays.vector, self._mean.vector, self._square.vector, gradient, work, self._step)

    def state(self) -> OptimizerState:
        """Return both averages and the number of steps."""
        averages = {"mean": self._mean.layers(), "square": self._square.layers(), "n_steps": self._n_steps}
        return {"WeightDecay": None, Adam.__name__: averages}

    def last(self) -> list[np.ndarray]:
        """Return the last change of the weights, which follows from the averages."""
        pairs = zip(self._mean.matrices, self._square.matrices, strict=True)
        return [adam_change(mean, square, self._step) for mean, square in pairs]
