"""Gradient estimators of the log-likelihood: statistics(data) − statistics(model), both averages over rows.

Averages, never sums: a short last batch must not bias the step. Each estimator is a value with two functions, ``init``
(the state it carries from batch to batch) and ``estimate``; state goes in and comes out.
"""

from dataclasses import dataclass
from typing import Protocol

from deepbelief.core.arrays import Array, tree_map, zeros
from deepbelief.core.partition import model_statistics
from deepbelief.core.randomness import Stream
from deepbelief.core.rbm import Machine, Parameters

Chains = Array | None


class GradientEstimator(Protocol):
    """What training asks of a gradient estimator."""

    def init(self, machine: Machine, parameters: Parameters, n_chains: int) -> Chains:
        """Return the state before the first batch."""

    def estimate(
        self, machine: Machine, parameters: Parameters, v: Array, chains: Chains, stream: Stream
    ) -> tuple[Parameters, Chains]:
        """Estimate the gradient of the mean log-likelihood of a batch.

        Parameters
        ----------
        machine : Machine
        parameters : Parameters
        v : array, shape (n_rows, n_visible)
        chains : array, shape (n_chains, n_hidden), or None
            The state returned last time.
        stream : Stream

        Returns
        -------
        gradient : Parameters
            Pointing uphill.
        chains : array or None
            The state for the next batch.
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

    def init(self, machine: Machine, parameters: Parameters, n_chains: int) -> Chains:
        return None

    def estimate(
        self, machine: Machine, parameters: Parameters, v: Array, chains: Chains, stream: Stream
    ) -> tuple[Parameters, Chains]:
        means = not self.sample_everything
        h_means = machine.forward(parameters, v)
        h = machine.hidden.sample(parameters.hidden, h_means, stream)
        data = machine.statistics(parameters, v, h_means if means else h, visible_means=False, hidden_means=means)
        for step in range(1, self.n_steps + 1):
            last = step == self.n_steps
            v = machine.reverse(parameters, h)
            if not (last and means):
                v = machine.visible.sample(parameters.visible, v, stream)
            h_means = machine.forward(parameters, v)
            if not (last and means):
                h = machine.hidden.sample(parameters.hidden, h_means, stream)
        model = machine.statistics(parameters, v, h_means if means else h, visible_means=means, hidden_means=means)
        return _difference(data, model), None


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

    def init(self, machine: Machine, parameters: Parameters, n_chains: int) -> Chains:
        return zeros((n_chains, parameters.weights.shape[1]), parameters.weights)

    def estimate(
        self, machine: Machine, parameters: Parameters, v: Array, chains: Chains, stream: Stream
    ) -> tuple[Parameters, Chains]:
        means = not self.sample_everything
        h_data = machine.forward(parameters, v)
        if self.sample_everything:
            h_data = machine.hidden.sample(parameters.hidden, h_data, stream)
        data = machine.statistics(parameters, v, h_data, visible_means=False, hidden_means=means)
        for _ in range(self.n_steps):
            v = machine.sample_visible(parameters, chains, stream)
            h_means = machine.forward(parameters, v)
            chains = machine.hidden.sample(parameters.hidden, h_means, stream)
        model = machine.statistics(parameters, v, h_means if means else chains, visible_means=False, hidden_means=means)
        return _difference(data, model), chains


@dataclass(frozen=True)
class ExactGradient:
    """The gradient itself: the model's average by enumeration. For machines with a Bernoulli layer of few units."""

    def init(self, machine: Machine, parameters: Parameters, n_chains: int) -> Chains:
        return None

    def estimate(
        self, machine: Machine, parameters: Parameters, v: Array, chains: Chains, stream: Stream
    ) -> tuple[Parameters, Chains]:
        h = machine.forward(parameters, v)
        data = machine.statistics(parameters, v, h, visible_means=False, hidden_means=True)
        return _difference(data, model_statistics(machine, parameters)), None


def _difference(data: Parameters, model: Parameters) -> Parameters:
    return tree_map(lambda a, b: a - b, data, model)
