"""A sparsity target: a penalty on the mean activity of hidden units, for every gradient estimator."""

from dataclasses import dataclass, replace
from typing import Any

from deepbelief.core.batch import Batch
from deepbelief.core.chain_states import ChainState
from deepbelief.core.gradients import Estimate, GradientEstimator
from deepbelief.core.randomness import Stream
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.units import average


@dataclass(frozen=True)
class Sparse:
    """Another estimator, with a penalty on hidden units whose mean activity is not the one that is wanted.

    The penalty is the cross-entropy between `target` and the mean q of a unit over the batch. Its slope in the input of
    the unit is cost · (target − q), which is added to the gradient of the biases and, times the mean of the visible
    units, of the weights (Hinton 2010, §11).

    Parameters
    ----------
    estimator : GradientEstimator
    target : float
        Mean activity.
    cost : float
    """

    estimator: GradientEstimator
    target: float
    cost: float

    def init(self, machine: Machine, parameters: Parameters, n_chains: int) -> ChainState:
        return self.estimator.init(machine, parameters, n_chains)

    def estimate(self, machine: Machine, parameters: Parameters, batch: Batch, state: Any, stream: Stream) -> Estimate:
        found = self.estimator.estimate(machine, parameters, batch, state, stream)
        mean_activity = average(machine.forward(parameters, batch.v), batch.shares)
        missing = self.cost * (batch.weight * self.target - mean_activity)
        mean = average(batch.v, batch.relative_shares)
        hidden = found.data.hidden | {"bias": found.data.hidden["bias"] + missing}
        weights = found.data.weights + mean[:, None] * missing
        return replace(found, data=replace(found.data, weights=weights, hidden=hidden))


def with_gibbs_steps(estimator: Any, n_steps: int) -> Any:
    """Return an estimator of the same kind that makes another number of Gibbs steps.

    Parameters
    ----------
    estimator : GradientEstimator
    n_steps : int

    Returns
    -------
    GradientEstimator
    """
    if isinstance(estimator, Sparse):
        return replace(estimator, estimator=with_gibbs_steps(estimator.estimator, n_steps))
    return replace(estimator, n_steps=n_steps)
