"""Contrastive divergence between Bernoulli units, or below them Gaussian ones, in arrays that are made once."""

import numpy as np

from deepbelief.core.ascent import Carry, StepsResult
from deepbelief.core.kernels.engine import engine_for, raise_biases
from deepbelief.core.kernels.plan import Plan
from deepbelief.core.optimizers import velocity_of, with_velocity
from deepbelief.core.progress import State
from deepbelief.core.randomness import Stream
from deepbelief.core.rbm import Parameters


class HostMachineSteps:
    """Steps of CD-k or PCD-k.

    The visible states of data and model lie in one matrix, the data's first, the hidden ones (the model's negative, and
    all times the learning rate) in another; with the ones beside each, their product is the change of weights and
    biases together.

    Parameters
    ----------
    plan : Plan
    state : State
    carried : dict of array
        The chains, if they are persistent.
    sampling : Stream
    n_steps : int
        k.
    greys : Stream, optional
        To draw the data from, if their values are probabilities of ones.
    persistent : bool
    gaussian : bool
        Whether visible units are Gaussian, with unit variance.
    """

    is_awaited = True

    def __init__(
        self,
        plan: Plan,
        state: State,
        carried: Carry,
        sampling: Stream,
        n_steps: int,
        *,
        greys: Stream | None,
        persistent: bool,
        gaussian: bool,
    ) -> None:
        self._plan, self._sampling, self._n_gibbs, self._persistent = plan, sampling, n_steps, persistent
        self._is_gaussian, self._greys = gaussian, greys
        n_visible, n_hidden = state.parameters.weights.shape
        self._engine = engine_for(state.parameters.weights.dtype)
        self.name = f"kernel ({self._engine.name})"
        self._matrix, self._velocity = (self._engine.zeros(n_visible + 1, n_hidden + 1) for _ in range(2))
        _fill(self._matrix, state.parameters)
        _fill(self._velocity, velocity_of(state.optimizer))
        self._up, self._down = self._matrix[:, :-1], self._matrix[:-1].T  # with the biases of hidden, of visible units
        self._n_chains = len(carried["chains"]) if persistent else plan.batch_size
        self._chains = plan.group.part(self._n_chains)
        n_most = plan.most_rows
        n_model = len(self._chains) if persistent else n_most
        self._reader = self._engine.reader(plan.rows, n_most)
        self._visible = self._engine.zeros(n_most + n_model, n_visible + 1)
        self._hidden = self._engine.zeros(n_most + n_model, n_hidden + 1)
        self._states = self._engine.zeros(n_model, n_hidden + 1)
        self._states[:, -1] = 1
        if plan.rows.has_holes:
            self._expected = self._engine.zeros(n_most, n_visible)
        if persistent:
            self._states[:, :-1] = carried["chains"][self._chains.first : self._chains.last]

    def advance(self, first: int, last: int, epoch: float) -> None:
        """Make one step."""
        plan, engine, rate = self._plan, self._engine, self._plan.rate(epoch)
        part = plan.group.part(last - first)
        model = self._chains if self._persistent else part
        n_data, n_rows = len(part), len(part) + len(model)
        data, reconstruction = self._visible[:n_data], self._visible[n_data:n_rows]
        h_data, h_model = self._hidden[:n_data], self._hidden[n_data:n_rows]
        states = self._states[: len(model)]
        data_rate, model_rate = rate * part.weight / part.total, -rate * model.weight / model.total
        self._visible[:n_rows, -1] = 1  # centring has changed it
        h_data[:, -1], h_model[:, -1] = data_rate, model_rate
        stream = self._sampling.share(model.first, model.total - model.last)

        self._reader.read(plan.order[first + part.first : first + part.last], data[:, :-1])
        if self._greys is not None:
            self._draw_data(data[:, :-1], self._greys.share(part.first, part.total - part.last))
        if plan.rows.has_holes:
            self._fill_holes(data, h_data)
        if self._persistent:
            engine.logistic(data, self._up, h_data, data_rate)
        else:
            engine.logistic(data, self._up, h_data, data_rate, states, stream)
        for step in range(1, self._n_gibbs + 1):
            is_last = step == self._n_gibbs
            if self._persistent or not is_last:
                self._draw_visible(states, reconstruction, stream)
                means = h_model if is_last else None
                engine.logistic(reconstruction, self._up, means, model_rate, states, stream)
            else:
                reverse = engine.linear if self._is_gaussian else engine.logistic
                reverse(states, self._down, reconstruction[:, :-1])
                engine.logistic(reconstruction, self._up, h_model, model_rate)
        if plan.rows.weights is not None:
            h_data *= plan.rows.relative_weights(plan.order[first + part.first : first + part.last])[:, None]
            of_model = plan.rows.relative_weights(plan.order[first:last])
            h_model *= of_model.mean() if self._persistent else of_model[part.first : part.last, None]
        visible, hidden, n_hidden = self._visible[:n_rows], self._hidden[:n_rows], self._up.shape[1]
        if plan.centre:
            engine.centre(visible, plan.centre.offsets[0])
        momentum, decay = plan.momentum(epoch), rate * plan.decay
        engine.update(self._matrix, self._velocity, visible, hidden, momentum, decay, n_hidden, plan.group)
        if plan.centre and decay:
            raise_biases(self._matrix, self._velocity, decay * plan.centre.fields[0])

    @staticmethod
    def _draw_data(values: np.ndarray, stream: Stream) -> None:
        """Draw ones with the probabilities that values are, in place; what is not known stays NaN."""
        drawn = stream.uniform(values.shape, values) < values
        np.copyto(values, drawn, where=~np.isnan(values))

    def _fill_holes(self, data: np.ndarray, hidden: np.ndarray) -> None:
        """Write conditional means over what is not known, which is NaN, by means that go up and down k times."""
        values = data[:, :-1]
        holes = np.isnan(values)
        np.copyto(values, np.asarray(self._plan.rows.stand_in), where=holes)
        down = self._engine.linear if self._is_gaussian else self._engine.logistic
        means, border = self._expected[: len(data)], hidden[:, -1].copy()
        for _ in range(self._n_gibbs):
            self._engine.logistic(data, self._up, hidden)
            hidden[:, -1] = 1
            down(hidden, self._down, means)
            np.copyto(values, means, where=holes)
        hidden[:, -1] = border

    def _draw_visible(self, states: np.ndarray, out: np.ndarray, stream: Stream) -> None:
        if not self._is_gaussian:
            self._engine.logistic(states, self._down, states=out, stream=stream)
            return
        means = out[:, :-1]  # all but the border
        self._engine.linear(states, self._down, means)
        means += stream.normal(means.shape, means)

    def is_finite(self) -> bool:
        """Tell whether every parameter is a finite number."""
        return bool(np.isfinite(self._matrix).all())

    def result(self) -> StepsResult:
        """Return what the steps made so far have led to."""
        velocity = _parameters(self._velocity)
        chains = {}
        if self._persistent:
            chains["chains"] = self._plan.group.joined(self._states[:, :-1].copy(), self._n_chains)
        return StepsResult(_parameters(self._matrix), with_velocity(velocity), chains, (velocity.weights,))


def _fill(matrix: np.ndarray, parameters: Parameters) -> None:
    """Write weights, visible biases to their right and hidden biases below them; the corner stays 0."""
    matrix[:-1, :-1], matrix[:-1, -1] = parameters.weights, parameters.visible["bias"]
    matrix[-1, :-1] = parameters.hidden["bias"]


def _parameters(matrix: np.ndarray) -> Parameters:
    return Parameters(
        matrix[:-1, :-1].copy(), visible={"bias": matrix[:-1, -1].copy()}, hidden={"bias": matrix[-1, :-1].copy()}
    )
