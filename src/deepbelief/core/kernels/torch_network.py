"""Backpropagation through a network of Bernoulli means, with a softmax on top, on a torch device."""

import torch
from torch import Tensor

from deepbelief.core.ascent import Carry, StepsResult
from deepbelief.core.devices import compiled
from deepbelief.core.kernels.plan import Plan
from deepbelief.core.kernels.torch_engine import Timetable, centred, update
from deepbelief.core.network import Layers
from deepbelief.core.optimizers import velocity_of, with_velocity
from deepbelief.core.progress import State


class TorchNetworkSteps:
    """Steps of backpropagation on a torch device, see :class:`~.host_network.HostNetworkSteps`.

    Parameters
    ----------
    plan : Plan
    state : State
        At the beginning of the epoch.
    carried : dict of array
        The sums of what is measured.
    """

    name, is_awaited = "kernel (torch)", False

    def __init__(self, plan: Plan, state: State, carried: Carry) -> None:
        self._plan, self._sums = plan, plan.group.begun(carried)
        self._matrices, self._velocities = _stacked(state.parameters), _stacked(velocity_of(state.optimizer))
        device = self._matrices[0].device
        self._timetable = Timetable(plan, state.epoch, self._matrices[0])
        # In the order of the epoch, so that a batch's classes are a slice.
        self._truth = torch.from_numpy(plan.rows.known_labels[plan.order]).to(device)
        self._changes, self._update = compiled(_changes, self._matrices[0]), compiled(update, self._matrices[0])

    def advance(self, first: int, last: int, epoch: float) -> None:
        """Make one step."""
        part, rate = self._plan.group.part(last - first), self._timetable.rate(first)
        truth = self._truth[first + part.first : first + part.last]
        (data, _), centre = self._timetable.rows(part, first), self._plan.centre
        weights = self._timetable.weights(first, last)
        changes, loss, correct = self._changes(
            self._matrices,
            data,
            truth,
            None if weights is None else weights[part.first : part.last],
            rate * (part.weight / part.total),
            centre.offsets if centre else (),
        )
        self._sums = {
            "loss": self._sums["loss"] + part.weight * loss,
            "measured": self._sums["measured"] + part.weight * correct,
        }
        for depth, (matrix, velocity, change) in enumerate(zip(self._matrices, self._velocities, changes, strict=True)):
            self._plan.group.add_up(change)
            decay = rate * self._plan.decay.of(depth)
            if centre:
                change[-1] += decay * centre.fields[depth]
            n_in, n_out = matrix.shape[0] - 1, matrix.shape[1]
            self._update(matrix, velocity, change, self._timetable.momentum(first), decay, n_in, n_out)

    def is_finite(self) -> bool:
        """Tell whether every parameter is a finite number."""
        return all(bool(matrix.isfinite().all()) for matrix in self._matrices)

    def result(self) -> StepsResult:
        """Return what the steps made so far have led to."""
        velocity = _layers(self._velocities)
        sums = self._plan.group.summed(self._sums)
        return StepsResult(_layers(self._matrices), with_velocity(velocity), sums, velocity.weights)


def _changes(
    matrices: list[Tensor],
    x: Tensor,
    truth: Tensor,
    row_weights: Tensor | None,
    rate: Tensor,
    offsets: tuple[Tensor, ...],
) -> tuple[list[Tensor], Tensor, Tensor]:
    """Return the change of each layer, the summed loss, and how many rows are right, or what these weigh."""
    activations = []
    for depth, matrix in enumerate(matrices):
        activations.append(torch.cat([x, torch.ones_like(x[:, :1])], dim=1))
        x = activations[-1] @ matrix
        if depth + 1 < len(matrices):
            x = torch.sigmoid(x)
    log_probabilities = torch.log_softmax(x, dim=1)
    losses = -log_probabilities.gather(1, truth[:, None])
    correct = (x.argmax(dim=1) == truth)[:, None].to(x.dtype)
    targets = torch.nn.functional.one_hot(truth, x.shape[1]).to(x.dtype)
    delta = (targets - log_probabilities.exp()) * rate
    if row_weights is not None:
        losses, correct, delta = losses * row_weights, correct * row_weights, delta * row_weights
    changes = []
    for depth in range(len(matrices) - 1, -1, -1):
        inputs = centred(activations[depth], offsets[depth]) if offsets else activations[depth]
        changes.append(inputs.T @ delta)
        means = activations[depth][:, :-1]
        if depth > 0:
            delta = (delta @ matrices[depth][:-1].T) * means * (1 - means)
    return changes[::-1], losses.sum(), correct.sum()


def _stacked(layers: Layers) -> list[Tensor]:
    return [torch.vstack([weights, bias]) for weights, bias in zip(layers.weights, layers.biases, strict=True)]


def _layers(matrices: list[Tensor]) -> Layers:
    return Layers(tuple(matrix[:-1].clone() for matrix in matrices), tuple(matrix[-1].clone() for matrix in matrices))
