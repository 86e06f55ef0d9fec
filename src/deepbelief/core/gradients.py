"""Gradient estimators of the log-likelihood: statistics of the data and of the model, both averages over rows.

Averages, never sums: a short last batch must not bias the step. Each estimator is a value with two functions, ``init``
(the state it carries from batch to batch) and ``estimate``; state goes in and comes out.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from deepbelief.core.arrays import Array, tree_map, zeros
from deepbelief.core.partition import model_statistics
from deepbelief.core.randomness import Stream
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.units import Activity, UnitParameters, Units


@dataclass(frozen=True)
class Estimate:
    """What an estimator found for one batch.

    Parameters
    ----------
    data, model : Parameters
        The average statistics −∂E/∂parameters of either phase.
    state : tree of arrays or None
        For the next batch: persistent chains, for instance.
    """

    data: Parameters
    model: Parameters
    state: Any = None

    @property
    def gradient(self) -> Parameters:
        """Of the mean log-likelihood of the batch, pointing uphill."""
        return tree_map(lambda data, model: data - model, self.data, self.model)


class GradientEstimator(Protocol):
    """What training asks of a gradient estimator."""

    def init(self, machine: Machine, parameters: Parameters, n_chains: int) -> Any:
        """Return the state before the first batch: a tree of arrays, or None."""

    def estimate(self, machine: Machine, parameters: Parameters, v: Array, state: Any, stream: Stream) -> Estimate:
        """Estimate the gradient of the mean log-likelihood of a batch.

        Parameters
        ----------
        machine : Machine
        parameters : Parameters
        v : array, shape (n_rows, n_visible)
        state : tree of arrays or None
            The one returned last time.
        stream : Stream

        Returns
        -------
        Estimate
        """


@dataclass(frozen=True)
class ContrastiveDivergence:
    """CD-k: the model's average is taken after `n_steps` Gibbs steps that start at the data (Hinton 2002).

    The hidden units driven by data are sampled for the reverse pass; the statistics use probabilities, and so does the
    last reconstruction (Hinton, *A Practical Guide to Training RBMs*, 2010, §3). Those in between are sampled.

    Parameters
    ----------
    n_steps : int
        k, at least 1.
    sample_everything : bool
        Use sampled states in the reconstruction and in the statistics of both phases too.
    """

    n_steps: int = 1
    sample_everything: bool = False

    def init(self, machine: Machine, parameters: Parameters, n_chains: int) -> None:
        return None

    def estimate(self, machine: Machine, parameters: Parameters, v: Array, state: Any, stream: Stream) -> Estimate:
        means, machine = not self.sample_everything, machine.given(v)
        inputs = machine.hidden_inputs(parameters, v)
        h = machine.hidden.sample(parameters.hidden, inputs, stream)
        data = machine.statistics(
            parameters, Activity(v), _measured(machine.hidden, parameters.hidden, inputs, h, means)
        )
        for step in range(1, self.n_steps + 1):
            is_smooth = means and step == self.n_steps  # nothing is drawn in the last step
            inputs = machine.visible_inputs(parameters, h)
            visible = (
                machine.visible.activity(parameters.visible, inputs)
                if is_smooth
                else Activity(machine.visible.sample(parameters.visible, inputs, stream))
            )
            inputs = machine.hidden_inputs(parameters, visible.values)
            if not is_smooth:
                h = machine.hidden.sample(parameters.hidden, inputs, stream)
        hidden = _measured(machine.hidden, parameters.hidden, inputs, h, means)
        return Estimate(data, machine.statistics(parameters, visible, hidden))


@dataclass(frozen=True)
class PersistentContrastiveDivergence:
    """PCD-k: the model's average is taken over chains that are never restarted (Tieleman 2008).

    The chains are sampled both ways; the statistics use the visible samples and the hidden probabilities.

    Parameters
    ----------
    n_steps : int
        k, Gibbs steps for each batch, at least 1.
    sample_everything : bool
        Use sampled hidden states in the statistics of both phases too.
    """

    n_steps: int = 1
    sample_everything: bool = False

    def init(self, machine: Machine, parameters: Parameters, n_chains: int) -> Array:
        return zeros((n_chains, parameters.weights.shape[1]), parameters.weights)

    def estimate(self, machine: Machine, parameters: Parameters, v: Array, state: Any, stream: Stream) -> Estimate:
        means = not self.sample_everything
        inputs = machine.hidden_inputs(parameters, v)
        drawn = None if means else machine.hidden.sample(parameters.hidden, inputs, stream)
        hidden = _measured(machine.hidden, parameters.hidden, inputs, drawn, means)
        data = machine.statistics(parameters, Activity(v), hidden)
        chains = state
        machine = machine.given(v[np.arange(len(chains)) % len(v)])  # chains go on with what is given with these rows
        for _ in range(self.n_steps):
            v = machine.sample_visible(parameters, chains, stream)
            inputs = machine.hidden_inputs(parameters, v)
            chains = machine.hidden.sample(parameters.hidden, inputs, stream)
        hidden = _measured(machine.hidden, parameters.hidden, inputs, chains, means)
        return Estimate(data, machine.statistics(parameters, Activity(v), hidden), chains)


@dataclass(frozen=True)
class ExactGradient:
    """The gradient itself: the model's average by enumeration. For machines with a layer of few states."""

    def init(self, machine: Machine, parameters: Parameters, n_chains: int) -> None:
        return None

    def estimate(self, machine: Machine, parameters: Parameters, v: Array, state: Any, stream: Stream) -> Estimate:
        hidden = machine.hidden.activity(parameters.hidden, machine.hidden_inputs(parameters, v))
        return Estimate(machine.statistics(parameters, Activity(v), hidden), model_statistics(machine, parameters))


def _measured(units: Units, parameters: UnitParameters, inputs: Array, drawn: Array, means: bool) -> Activity:
    """Return what statistics are taken of: the conditional means, or the values drawn."""
    return units.activity(parameters, inputs) if means else Activity(drawn)
