"""Contrastive divergence between Bernoulli units on a torch device."""

from collections.abc import Iterator

import torch
from torch import Tensor

from deepbelief.core.ascent import Carry, StepsResult
from deepbelief.core.batch import Batch, binarized
from deepbelief.core.devices import compiled
from deepbelief.core.kernels.plan import Plan
from deepbelief.core.kernels.torch_engine import Timetable, centred, update
from deepbelief.core.optimizers import velocity_of, with_velocity
from deepbelief.core.parallel import Part
from deepbelief.core.progress import State
from deepbelief.core.randomness import Stream
from deepbelief.core.rbm import Parameters


class TorchMachineSteps:
    """Steps of CD-k or PCD-k on a torch device, see :class:`~.host_machine.HostMachineSteps`.

    Random numbers are drawn beforehand, so that a step is a function of arrays alone and can be compiled.

    Parameters
    ----------
    plan : Plan
    state : State
        At the beginning of the epoch.
    carried : dict of array
        The persistent chains, if there are any.
    sampling : Stream
        Where the random numbers of the chains come from.
    n_steps : int
        k of CD-k or PCD-k.
    greys : Stream, optional
        To draw the data from, if their values are probabilities of ones.
    persistent : bool
        Whether chains go on from step to step.
    """

    name, is_awaited = "kernel (torch)", False

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
    ) -> None:
        self._greys = greys
        self._plan, self._sampling, self._n_gibbs, self._persistent = plan, sampling, n_steps, persistent
        self._matrix, self._velocity = _bordered(state.parameters), _bordered(velocity_of(state.optimizer))
        self._timetable = Timetable(plan, state.epoch, self._matrix)
        self._n_chains = len(carried["chains"]) if persistent else 0
        self._own_chains = plan.group.part(self._n_chains)
        self._chains = None
        self._offset = plan.centre.offsets[0] if plan.centre else None
        if persistent:
            self._chains = carried["chains"][self._own_chains.first : self._own_chains.last]
        self._change, self._update = compiled(_change, self._matrix), compiled(update, self._matrix)

    def advance(self, first: int, last: int, epoch: float) -> None:
        """Make one step."""
        group = self._plan.group
        part = group.part(last - first)
        model = self._own_chains if self._persistent else part
        rate = self._timetable.rate(first)
        batch = Batch(*self._timetable.rows(part, first))
        if self._greys is not None:
            batch = binarized(batch, self._greys.share(part.first, part.total - part.last))
        data_rate, model_rate = rate * (part.weight / part.total), rate * (model.weight / model.total)
        if (weights := self._timetable.weights(first, last)) is not None:
            own = weights[part.first : part.last]
            data_rate, model_rate = data_rate * own, model_rate * (weights.mean() if self._persistent else own)
        change, self._chains = self._change(
            self._matrix,
            batch.v,
            batch.mask,
            self._chains,
            self._numbers(model),
            self._n_gibbs,
            data_rate,
            model_rate,
            self._offset,
        )
        group.add_up(change)
        decay = rate * self._plan.decay.of(0)
        n_visible, n_hidden = self._matrix.shape[0] - 1, self._matrix.shape[1] - 1
        if centre := self._plan.centre:
            change[-1, :-1] += decay * centre.fields[0]
        self._update(self._matrix, self._velocity, change, self._timetable.momentum(first), decay, n_visible, n_hidden)

    def is_finite(self) -> bool:
        """Tell whether every parameter is a finite number."""
        return bool(self._matrix.isfinite().all())

    def result(self) -> StepsResult:
        """Return what the steps made so far have led to."""
        velocity = _parameters(self._velocity)
        chains: dict[str, Tensor] = {}
        if self._chains is not None:
            chains["chains"] = self._plan.group.joined(self._chains, self._n_chains)
        return StepsResult(_parameters(self._matrix), with_velocity(velocity), chains, (velocity.weights,))

    def _numbers(self, model: Part) -> list[Tensor]:
        """Draw for each time that a layer is sampled, in turn."""
        stream = self._sampling.share(model.first, model.total - model.last)
        n_visible, n_hidden = self._matrix.shape[0] - 1, self._matrix.shape[1] - 1
        sizes = (n_visible, n_hidden) if self._persistent else (n_hidden, n_visible)
        n_draws = 2 * self._n_gibbs if self._persistent else 2 * self._n_gibbs - 1
        return [stream.uniform((len(model), sizes[number % 2]), self._matrix) for number in range(n_draws)]


def _change(
    matrix: Tensor,
    data: Tensor,
    mask: Tensor | None,
    chains: Tensor | None,
    numbers: list[Tensor],
    n_gibbs: int,
    data_rate: Tensor,
    model_rate: Tensor,
    offset: Tensor | None,
) -> tuple[Tensor, Tensor | None]:
    """Return the change of all parameters, and the chains where they are persistent.

    Statistics of data less those of the model, each times its rate, which may be one for each row; the chains' hidden
    states come in and go out. What `mask` says is not known is filled in first, by means that go up and down k times.
    """
    draws = iter(numbers)
    up, down = matrix[:, :-1], matrix[:-1].T
    v = data
    if mask is not None:
        for _ in range(n_gibbs):
            v = torch.where(mask, data, torch.sigmoid(_with_ones(torch.sigmoid(_with_ones(v) @ up)) @ down))
    v_data = _with_ones(v)
    means = torch.sigmoid(v_data @ up)
    h_data = _with_ones(means) * data_rate
    states = _drawn(means, draws) if chains is None else chains
    for step in range(1, n_gibbs + 1):
        is_drawn = chains is not None or step < n_gibbs
        v = torch.sigmoid(_with_ones(states) @ down)
        v_model = _with_ones(_drawn(v, draws) if is_drawn else v)
        means = torch.sigmoid(v_model @ up)
        if is_drawn:
            states = _drawn(means, draws)
    h_model = _with_ones(means) * model_rate
    visible, hidden = torch.cat([v_data, v_model]), torch.cat([h_data, -h_model])
    if offset is not None:
        visible = centred(visible, offset)
    change = visible.T @ hidden
    return change, None if chains is None else states


def _with_ones(x: Tensor) -> Tensor:
    return torch.cat([x, torch.ones_like(x[:, :1])], dim=1)


def _drawn(means: Tensor, draws: Iterator[Tensor]) -> Tensor:
    return (next(draws) < means).to(means.dtype)


def _bordered(parameters: Parameters) -> Tensor:
    weights: Tensor = parameters.weights
    matrix = torch.zeros((weights.shape[0] + 1, weights.shape[1] + 1), dtype=weights.dtype, device=weights.device)
    matrix[:-1, :-1], matrix[:-1, -1] = weights, parameters.visible["bias"]
    matrix[-1, :-1] = parameters.hidden["bias"]
    return matrix


def _parameters(matrix: Tensor) -> Parameters:
    return Parameters(
        matrix[:-1, :-1].clone(), visible={"bias": matrix[:-1, -1].clone()}, hidden={"bias": matrix[-1, :-1].clone()}
    )
