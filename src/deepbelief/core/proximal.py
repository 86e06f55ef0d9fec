"""The last links of an optimizer: they change a step so that it ends at weights that are allowed.

That point is the proximal one of a penalty, or the nearest one within a bound.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from deepbelief.core.arrays import Array, namespace
from deepbelief.core.optimizers import Learned
from deepbelief.core.schedules import Schedule
from deepbelief.core.trees import tree_map


@dataclass(frozen=True)
class Shrinkage:
    """Penalties `l1` · Σ|W| and `group_l1` · Σⱼ ‖Wⱼ‖ that make weights exactly zero.

    A group Wⱼ is the column of all weights of one unit above. The step ends at the proximal point, where all weights,
    and then the lengths of all columns, are smaller by the learning rate times the penalty, or zero (Parikh & Boyd,
    *Proximal algorithms*, 2014, §6.5).

    Parameters
    ----------
    schedule : callable
        The learning rate at a time in epochs.
    l1, group_l1 : float
    """

    schedule: Schedule
    l1: float
    group_l1: float

    def init(self, parameters: Learned) -> None:
        return None

    def update(self, step: Learned, state: None, parameters: Learned, epoch: float) -> tuple[Learned, None]:
        rate = float(self.schedule(epoch))

        def shrunk(weights: Array) -> Array:
            xp = namespace(weights)
            weights = xp.sign(weights) * xp.clip(abs(weights) - rate * self.l1, 0, None)
            lengths = _lengths(weights)
            return weights * xp.clip(1 - rate * self.group_l1 / xp.clip(lengths, 1e-30, None), 0, None)

        return _led_to(shrunk, step, parameters), None


@dataclass(frozen=True)
class MaxNorm:
    """The weights of each unit above have at most the length `limit` (Srivastava et al. 2014, §5.1).

    Parameters
    ----------
    limit : float
    """

    limit: float

    def init(self, parameters: Learned) -> None:
        return None

    def update(self, step: Learned, state: None, parameters: Learned, epoch: float) -> tuple[Learned, None]:
        def bounded(weights: Array) -> Array:
            return weights * namespace(weights).clip(self.limit / (_lengths(weights) + 1e-30), None, 1)

        return _led_to(bounded, step, parameters), None


def _lengths(weights: Array) -> Array:
    """Return the length of each column: (1, n_columns)."""
    return namespace(weights).sum(weights * weights, axis=0)[None, :] ** 0.5


def _led_to(allowed: Callable[[Array], Array], step: Learned, parameters: Learned) -> Learned:
    """Return the step to the allowed point that belongs to the one where a step would lead."""
    weights = tree_map(lambda s, w: allowed(w + s) - w, step.weights, parameters.weights)
    return replace(step, weights=weights)
