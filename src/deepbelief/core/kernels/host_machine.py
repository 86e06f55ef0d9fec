"""Contrastive divergence in arrays that are made once, and with one pass over the weights for each step."""

import numpy as np

from deepbelief.core.ascent import Carry, StepsResult
from deepbelief.core.kernels.engine import engine_for, raise_biases
from deepbelief.core.kernels.host_layers import host_layer
from deepbelief.core.kernels.plan import Plan
from deepbelief.core.optimizers import velocity_of, with_velocity
from deepbelief.core.parallel import Part
from deepbelief.core.progress import State
from deepbelief.core.randomness import Stream
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.units import Activity


class HostMachineSteps:
    """Steps of CD-k or PCD-k.

    The visible states of data and model lie in one matrix, the data's first, the hidden ones (the model's negative, and
    all times the learning rate) in another; with the ones beside each, their product is the change of weights and
    biases together.

    Parameters
    ----------
    machine : Machine
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
    """

    is_awaited = True

    def __init__(
        self,
        machine: Machine,
        plan: Plan,
        state: State,
        carried: Carry,
        sampling: Stream,
        n_steps: int,
        *,
        greys: Stream | None,
        persistent: bool,
    ) -> None:
        self._plan, self._sampling, self._n_gibbs, self._persistent = plan, sampling, n_steps, persistent
        self._machine, self._greys = machine, greys
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
        velocity = velocity_of(state.optimizer)
        n_rows = max(n_most, n_model)
        self._below = host_layer(self._engine, machine.visible, state.parameters.visible, velocity.visible, n_rows)
        self._above = host_layer(self._engine, machine.hidden, state.parameters.hidden, velocity.hidden, n_rows)
        if plan.rows.has_holes:
            self._expected = self._engine.zeros(n_most, n_visible)
            self._stand_in = np.asarray(plan.rows.stand_in, self._matrix.dtype)
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
        below, above = self._below, self._above

        self._reader.read(plan.order[first + part.first : first + part.last], data[:, :-1])
        if self._greys is not None:
            self._draw_data(data[:, :-1], self._greys.share(part.first, part.total - part.last))
        if plan.rows.has_holes:
            self._fill_holes(data, h_data)
        if self._machine.visible.bias_share is not None:
            self._give(data, reconstruction)
        data_weights, model_weights = self._row_weights(first, last, part, model)
        if self._persistent:
            activity = above.means(data, self._up, h_data, data_rate)
        else:
            activity = above.draw(data, self._up, states, stream, h_data, data_rate)
        steepness = above.steepness(activity)
        below.count(Activity(data[:, :-1]), data_rate * data_weights)
        above.count(activity, data_rate * data_weights)
        of_visible: Activity | None = None
        for step in range(1, self._n_gibbs + 1):
            is_last = step == self._n_gibbs
            if self._persistent or not is_last:
                below.draw(states, self._down, reconstruction, stream)
                of_visible = Activity(reconstruction[:, :-1])
                means = h_model if is_last else None
                activity = above.draw(reconstruction, self._up, states, stream, means, model_rate)
            else:
                of_visible = below.means(states, self._down, reconstruction)
                activity = above.means(reconstruction, self._up, h_model, model_rate)
        of_model = above.steepness(activity)
        if steepness is not None and of_model is not None:
            steepness = np.maximum(steepness, of_model)
        below.count(of_visible, model_rate * model_weights)
        above.count(activity, model_rate * model_weights)
        if plan.rows.weights is not None:
            h_data *= data_weights[:, None]
            h_model *= model_weights[:, None]
        visible, hidden = self._visible[:n_rows], self._hidden[:n_rows]
        n_visible, n_hidden = (length - 1 for length in self._matrix.shape)
        if steepness is not None:
            hidden[:, :-1] /= steepness
        if plan.centre:
            engine.centre(visible, np.asarray(plan.centre.offsets[0]))
        momentum, decay = plan.momentum(epoch), rate * plan.decay.of(0)
        engine.update(self._matrix, self._velocity, visible, hidden, momentum, decay, n_visible, n_hidden, plan.group)
        for layer in (below, above):
            layer.update(momentum, plan.group)
        if plan.centre and decay:
            raise_biases(self._matrix, self._velocity, np.asarray(decay * plan.centre.fields[0]))

    @staticmethod
    def _draw_data(values: np.ndarray, stream: Stream) -> None:
        """Draw ones with the probabilities that values are, in place; what is not known stays NaN."""
        drawn = stream.uniform(values.shape, values) < values
        values *= 0  # NaN stays NaN
        values += drawn

    def _fill_holes(self, data: np.ndarray, hidden: np.ndarray) -> None:
        """Write conditional means over what is not known, which is NaN, by means that go up and down k times."""
        values, means = data[:, :-1], self._expected[: len(data)]
        border = hidden[:, -1].copy()
        # Sums of what is known and what is not, each with zeros for the other, take a fraction of the time of choosing.
        are_holes = np.isnan(values).astype(values.dtype)
        known = np.fmax(values, np.finfo(values.dtype).min)  # any number for NaN
        known *= 1 - are_holes
        np.multiply(self._stand_in, are_holes, out=means)
        np.add(known, means, out=values)
        for _ in range(self._n_gibbs):
            self._above.means(data, self._up, hidden)
            hidden[:, -1] = 1
            self._below.means(hidden, self._down, means)
            np.multiply(means, are_holes, out=means)
            np.add(known, means, out=values)
        hidden[:, -1] = border

    def _give(self, data: np.ndarray, reconstruction: np.ndarray) -> None:
        """Tell the machine how long the documents are: hidden biases count in proportion to that."""
        chains = np.arange(len(reconstruction)) % len(data)  # chains go on with what is given with these rows
        data[:, -1:] = self._machine.bias_counts(data[:, :-1])
        reconstruction[:, -1] = data[chains, -1]
        self._below.give(data[chains, :-1])

    def _row_weights(self, first: int, last: int, part: Part, model: Part) -> tuple[np.ndarray, np.ndarray]:
        """Return the weights of the rows of both phases, beside the mean of all weights."""
        rows, order = self._plan.rows, self._plan.order
        if rows.weights is None:
            return np.ones(len(part), self._matrix.dtype), np.ones(len(model), self._matrix.dtype)
        batch = rows.relative_weights(order[first:last]).astype(self._matrix.dtype)
        own = batch[part.first : part.last]
        return own, np.full(len(model), batch.mean()) if self._persistent else own

    def is_finite(self) -> bool:
        """Tell whether every parameter is a finite number."""
        leaves = (*self._below.learned().values(), *self._above.learned().values())
        return all(bool(np.isfinite(leaf).all()) for leaf in (self._matrix, *leaves))

    def result(self) -> StepsResult:
        """Return what the steps made so far have led to."""
        parameters, velocity = _parameters(self._matrix), _parameters(self._velocity)
        parameters.visible.update(self._below.learned())
        parameters.hidden.update(self._above.learned())
        velocity.visible.update(self._below.velocity())
        velocity.hidden.update(self._above.velocity())
        chains = {}
        if self._persistent:
            chains["chains"] = self._plan.group.joined(self._states[:, :-1].copy(), self._n_chains)
        return StepsResult(parameters, with_velocity(velocity), chains, (velocity.weights,))


def _fill(matrix: np.ndarray, parameters: Parameters) -> None:
    """Write weights, visible biases to their right and hidden biases below them; the corner stays 0."""
    matrix[:-1, :-1], matrix[:-1, -1] = parameters.weights, parameters.visible["bias"]
    matrix[-1, :-1] = parameters.hidden["bias"]


def _parameters(matrix: np.ndarray) -> Parameters:
    return Parameters(
        matrix[:-1, :-1].copy(), visible={"bias": matrix[:-1, -1].copy()}, hidden={"bias": matrix[-1, :-1].copy()}
    )
