"""Contrastive divergence between Bernoulli units in preallocated buffers."""

import numpy as np

from deepbelief.core.ascent import Carried, Reached
from deepbelief.core.kernels.affine import NumpyMatrix, Plan
from deepbelief.core.progress import State
from deepbelief.core.randomness import Stream
from deepbelief.core.rbm import Parameters


class NumpyMachineSteps:
    """Steps of CD-k or PCD-k.

    The visible states of data and model lie in one matrix, the data's first, the hidden ones (the model's negative) in
    another; with a column of ones beside each, their product is the gradient of weights and biases together.

    Probabilities are kept as t = tanh(x/2) = 2 σ(x) − 1 for as long as can be. So that no x has to be halved, the
    parameters are, all of them: that is exact.

    Parameters
    ----------
    plan : Plan
    state : State
    carried : dict of array
        The chains, if they are persistent.
    sampling : Stream
    n_steps : int
        k.
    persistent : bool
    """

    is_awaited = True

    def __init__(
        self, plan: Plan, state: State, carried: Carried, sampling: Stream, n_steps: int, *, persistent: bool
    ) -> None:
        self._plan, self._sampling, self._n_gibbs, self._persistent = plan, sampling, n_steps, persistent
        halves = _bordered(state.parameters) / 2
        n_visible, n_hidden = state.parameters.weights.shape
        self._halves = NumpyMatrix(halves, _bordered(state.optimizer[-1]) / 2, n_visible, n_hidden)
        self._up, self._down = halves[:, :-1], halves[:-1].T  # with the biases of hidden, of visible units
        self._n_chains = len(carried["chains"]) if persistent else plan.batch_size
        self._chains = plan.group.part(self._n_chains)
        n_most = plan.most_rows
        n_model = len(self._chains) if persistent else n_most
        dtype = halves.dtype
        self._reader = plan.rows.reader(n_most)
        self._visible = np.ones((n_most + n_model, n_visible + 1), dtype)
        self._hidden = np.ones((n_most + n_model, n_hidden + 1), dtype)
        self._states = np.ones((n_model, n_hidden + 1), dtype)
        self._hidden_t = np.empty((max(n_most, n_model), n_hidden), dtype)
        self._visible_t = np.empty((n_model, n_visible), dtype)
        self._hidden_draws = np.empty((n_model, n_hidden), np.float32), np.empty((n_model, n_hidden), bool)
        self._visible_draws = np.empty((n_model, n_visible), np.float32), np.empty((n_model, n_visible), bool)
        if persistent:
            self._states[:, :-1] = carried["chains"][self._chains.first : self._chains.last]

    def climb(self, first: int, last: int, epoch: float) -> None:
        """Make one step."""
        plan, rate = self._plan, self._plan.rate(epoch)
        part = plan.group.part(last - first)
        model = self._chains if self._persistent else part
        n_data, n_model = len(part), len(model)
        stream = self._sampling.share(model.first, model.total - model.last)
        visible, hidden = self._visible[: n_data + n_model], self._hidden[: n_data + n_model]
        states, reconstruction = self._states[:n_model], visible[n_data:]

        self._reader.read(plan.order[first + part.first : first + part.last], out=visible[:n_data, :-1])
        t = self._forward(visible[:n_data])
        if not self._persistent:
            self._draw(t, self._hidden_draws, stream, states)
        data_rate = rate * part.weight / part.total / 2  # half, like the parameters
        _probabilities(t, data_rate, out=hidden[:n_data, :-1])
        for step in range(1, self._n_gibbs + 1):
            is_drawn = self._persistent or step < self._n_gibbs
            t = np.tanh(np.matmul(states, self._down, out=self._visible_t[:n_model]), out=self._visible_t[:n_model])
            if is_drawn:
                self._draw(t, self._visible_draws, stream, reconstruction)
            else:
                _probabilities(t, 1.0, out=reconstruction[:, :-1])
            t = self._forward(reconstruction)
            if is_drawn:
                self._draw(t, self._hidden_draws, stream, states)
        model_rate = rate * model.weight / model.total / 2
        _probabilities(t, -model_rate, out=hidden[n_data:, :-1])
        hidden[:n_data, -1], hidden[n_data:, -1] = data_rate, -model_rate
        self._halves.climb(visible, hidden, plan.momentum(epoch), rate * plan.decay, plan.group)

    def is_finite(self) -> bool:
        """Tell whether every parameter is a finite number."""
        return bool(np.isfinite(self._halves.matrix).all())

    def reached(self) -> Reached:
        """Return where the steps have led so far."""
        velocity = _parameters(2 * self._halves.velocity)
        chains = {}
        if self._persistent:
            chains["chains"] = self._plan.group.joined(self._states[:, :-1].copy(), self._n_chains)
        return Reached(_parameters(2 * self._halves.matrix), (None, None, velocity), chains, (velocity.weights,))

    def _forward(self, visible: np.ndarray) -> np.ndarray:
        t = self._hidden_t[: len(visible)]
        return np.tanh(np.matmul(visible, self._up, out=t), out=t)

    @staticmethod
    def _draw(t: np.ndarray, buffers: tuple[np.ndarray, np.ndarray], stream: Stream, out: np.ndarray) -> None:
        numbers, are_on = (buffer[: len(t)] for buffer in buffers)
        stream.fill_signed(numbers)
        np.less(numbers, t, out=are_on)
        out[:, :-1] = are_on


def _probabilities(t: np.ndarray, scale: float, out: np.ndarray) -> None:
    """Write `scale` times the probabilities into `out`, and spoil `t`."""
    np.add(t, 1, out=t)
    np.multiply(t, scale / 2, out=out)


def _bordered(parameters: Parameters) -> np.ndarray:
    """Return weights, visible biases to their right and hidden biases below them in one matrix; the corner is 0."""
    n_visible, n_hidden = parameters.weights.shape
    matrix = np.zeros((n_visible + 1, n_hidden + 1), dtype=parameters.weights.dtype)
    matrix[:-1, :-1], matrix[:-1, -1] = parameters.weights, parameters.visible["bias"]
    matrix[-1, :-1] = parameters.hidden["bias"]
    return matrix


def _parameters(matrix: np.ndarray) -> Parameters:
    return Parameters(
        matrix[:-1, :-1].copy(), visible={"bias": matrix[:-1, -1].copy()}, hidden={"bias": matrix[-1, :-1].copy()}
    )
