"""Gradient estimators of the log-likelihood: statistics of the data and of the model, both averages over rows.

Averages, never sums: a short last batch must not bias the step. Each estimator is a value with two functions, ``init``
(the state it carries from batch to batch) and ``estimate``; state goes in and comes out.
"""

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from deepbelief.core.arrays import Array, like, namespace, to_numpy, zeros
from deepbelief.core.batch import Batch
from deepbelief.core.chain_states import ChainState
from deepbelief.core.holes import data_statistics, drawn, exact_statistics, expected
from deepbelief.core.partition import model_statistics
from deepbelief.core.path import Path
from deepbelief.core.randomness import Stream
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.tempering import ACCEPTANCE, adapted, sweep
from deepbelief.core.trees import tree_map
from deepbelief.core.units import Activity, UnitParameters, Units, average

N_REPLICAS = 10  # of each tempered chain
MEMORY = 0.99  # share of a moving average, of acceptances and of hidden means, that is kept from step to step


@dataclass(frozen=True)
class Estimate:
    """What an estimator found for one batch.

    Parameters
    ----------
    data, model : Parameters
        The average statistics −∂E/∂parameters of either phase.
    state : tree of arrays or None
        For the next batch: persistent chains, for instance.
    steepness : array, shape (n_hidden,), or None
        By which the steps of each hidden unit are to be divided, see :func:`steepness_of`; None where nothing is.
    """

    data: Parameters
    model: Parameters
    state: ChainState = None
    steepness: Array | None = None

    @property
    def gradient(self) -> Parameters:
        """Of the mean log-likelihood of the batch, pointing uphill."""
        return tree_map(lambda data, model: data - model, self.data, self.model)

    @property
    def step(self) -> Parameters:
        """The gradient, with the steps of each hidden unit divided by its steepness."""
        gradient, steepness = self.gradient, self.steepness
        if steepness is None:
            return gradient
        hidden = {name: leaf / steepness for name, leaf in gradient.hidden.items()}
        return replace(gradient, weights=gradient.weights / steepness, hidden=hidden)


class GradientEstimator(Protocol):
    """What training asks of a gradient estimator."""

    def init(self, machine: Machine, parameters: Parameters, n_chains: int) -> ChainState:
        """Return the state before the first batch: a tree of arrays, or None.

        Parameters
        ----------
        machine : Machine
        parameters : Parameters
        n_chains : int

        Returns
        -------
        tree of arrays, or None
        """

    def estimate(self, machine: Machine, parameters: Parameters, batch: Batch, state: Any, stream: Stream) -> Estimate:
        """Estimate the gradient of the mean log-likelihood of a batch; of a row with holes, that of what is known.

        Parameters
        ----------
        machine : Machine
        parameters : Parameters
        batch : Batch
            Of as many features as there are visible units.
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

    In rows with holes, what is not known is filled in first, by k steps that hold fast what is known: with conditional
    means, or sampled.

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

    def estimate(self, machine: Machine, parameters: Parameters, batch: Batch, state: None, stream: Stream) -> Estimate:
        means, machine = not self.sample_everything, machine.given(batch.v)
        filled = _filled(machine, parameters, batch, self.n_steps, stream, means)
        inputs = machine.hidden_inputs(parameters, filled.values)
        steepness = steepness_of(machine, parameters, inputs)
        h, hidden = _drawn_and_measured(machine.hidden, parameters.hidden, inputs, stream, means)
        data = data_statistics(machine, parameters, batch, filled, hidden)
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
        if steepness is not None:
            steepness = namespace(steepness).maximum(steepness, steepness_of(machine, parameters, inputs))
        hidden = _measured(machine.hidden, parameters.hidden, inputs, h, means)
        return Estimate(data, machine.statistics(parameters, visible, hidden, batch.shares), steepness=steepness)


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

    def estimate(
        self, machine: Machine, parameters: Parameters, batch: Batch, state: Array, stream: Stream
    ) -> Estimate:
        means = not self.sample_everything
        filled = _filled(machine, parameters, batch, self.n_steps, stream, means)
        inputs = machine.hidden_inputs(parameters, filled.values)
        steepness = steepness_of(machine, parameters, inputs)
        h = None if means else machine.hidden.sample(parameters.hidden, inputs, stream)
        hidden = _measured(machine.hidden, parameters.hidden, inputs, h, means)
        data = data_statistics(machine, parameters, batch, filled, hidden)
        chains = state
        # Chains go on with what is given with these rows.
        machine = machine.given(batch.v[np.arange(len(chains)) % len(batch)])
        for _ in range(self.n_steps):
            v = machine.sample_visible(parameters, chains, stream)
            inputs = machine.hidden_inputs(parameters, v)
            chains = machine.hidden.sample(parameters.hidden, inputs, stream)
        if steepness is not None:
            steepness = namespace(steepness).maximum(steepness, steepness_of(machine, parameters, inputs))
        hidden = _measured(machine.hidden, parameters.hidden, inputs, chains, means)
        model = machine.statistics(parameters, Activity(v), hidden)
        return Estimate(data, _times(batch.weight, model), chains, steepness)


@dataclass(frozen=True)
class TemperedGradient:
    """The model's average is taken over persistent chains with replicas at several temperatures.

    Only the states at β = 1 enter the average. The path begins at units with the means over the data: of the visible
    units those that training began with, of the hidden ones a moving average. The gaps of the ladder change slowly, so
    that all pairs of neighbours come to exchange their states with one probability (Desjardins, Courville & Bengio,
    *Adaptive parallel tempering for stochastic maximum likelihood learning of RBMs*, 2010).

    Parameters
    ----------
    n_steps : int
        Sweeps for each batch, at least 1.
    sample_everything : bool
        Use sampled hidden states in the statistics of both phases too.
    n_replicas : int
        Of each chain, at least 2.
    """

    n_steps: int = 1
    sample_everything: bool = False
    n_replicas: int = N_REPLICAS

    def init(self, machine: Machine, parameters: Parameters, n_chains: int) -> dict[str, Array]:
        n_hidden, like_weights = parameters.weights.shape[1], parameters.weights
        return {
            "hidden": zeros((self.n_replicas * n_chains, n_hidden), like_weights),
            "betas": like(np.linspace(0, 1, self.n_replicas), like_weights),
            "acceptance": like(np.full(self.n_replicas - 1, ACCEPTANCE), like_weights),
            "visible_mean": machine.visible.mean(parameters.visible, zeros((1, len(like_weights)), like_weights))[0],
            "hidden_mean": machine.hidden.mean(parameters.hidden, zeros((1, n_hidden), like_weights))[0],
        }

    def estimate(
        self, machine: Machine, parameters: Parameters, batch: Batch, state: dict[str, Array], stream: Stream
    ) -> Estimate:
        means = not self.sample_everything
        filled = _filled(machine, parameters, batch, self.n_steps, stream, means)
        inputs = machine.hidden_inputs(parameters, filled.values)
        h = None if means else machine.hidden.sample(parameters.hidden, inputs, stream)
        activity = _measured(machine.hidden, parameters.hidden, inputs, h, means)
        data = data_statistics(machine, parameters, batch, filled, activity)
        hidden_mean = MEMORY * state["hidden_mean"] + (1 - MEMORY) * average(activity.values, batch.relative_shares)
        path = Path.from_means(machine, parameters, state["visible_mean"], hidden_mean)
        hidden, betas, acceptance = state["hidden"], state["betas"], to_numpy(state["acceptance"]).astype(float)
        for _ in range(self.n_steps):
            swept = sweep(path, betas, hidden, stream)
            hidden = swept.h
            acceptance[swept.pairs] += (1 - MEMORY) * (swept.acceptance - acceptance[swept.pairs])
            betas = adapted(betas, acceptance)
        own = slice(len(hidden) - len(hidden) // self.n_replicas, None)
        activity = _measured(machine.hidden, parameters.hidden, swept.product_with_v[own], hidden[own], means)
        model = machine.statistics(parameters, Activity(swept.v[own]), activity)
        state = state | {"hidden": hidden, "betas": betas, "hidden_mean": hidden_mean}
        state = state | {"acceptance": like(acceptance, betas)}
        return Estimate(data, _times(batch.weight, model), state)


@dataclass(frozen=True)
class ExactGradient:
    """The gradient itself: the model's average by enumeration. For machines with a layer of few states."""

    def init(self, machine: Machine, parameters: Parameters, n_chains: int) -> None:
        return None

    def estimate(self, machine: Machine, parameters: Parameters, batch: Batch, state: None, stream: Stream) -> Estimate:
        model = model_statistics(machine, parameters)
        inputs = machine.hidden_inputs(parameters, batch.v)
        return Estimate(
            exact_statistics(machine, parameters, batch),
            _times(batch.weight, model),
            steepness=steepness_of(machine, parameters, inputs),
        )


def steepness_of(machine: Machine, parameters: Parameters, inputs: Array) -> Array | None:
    """Return the largest slope of each hidden unit in a batch, at least 1, if slopes have no bound; else None.

    The mean of a count grows exponentially with its input. A step changes an input in proportion to the mean, and the
    mean in proportion to its square, so that no learning rate is small enough for long. Steps of a unit that are
    divided by its slope lead to the same points, where the gradient vanishes, and change no mean much at once.

    Parameters
    ----------
    machine : Machine
    parameters : Parameters
    inputs : array, shape (n_rows, n_hidden)
        Of the hidden units.

    Returns
    -------
    array, shape (n_hidden,), or None
    """
    if not machine.hidden.slope_grows:
        return None
    slopes = machine.hidden.variance(parameters.hidden, inputs)
    return namespace(slopes).clip(namespace(slopes).amax(slopes, axis=0), 1.0, None)


def _times(factor: float, statistics: Parameters) -> Parameters:
    return statistics if factor == 1 else tree_map(lambda leaf: factor * leaf, statistics)


def _filled(
    machine: Machine, parameters: Parameters, batch: Batch, n_steps: int, stream: Stream, means: bool
) -> Activity:
    """Return the rows of a batch with conditional means, or drawn values, for what is not known."""
    if means:
        return expected(machine, parameters, batch, n_steps)
    return drawn(machine, parameters, batch, n_steps, stream)


def _drawn_and_measured(
    units: Units, parameters: UnitParameters, inputs: Array, stream: Stream, means: bool
) -> tuple[Array, Activity]:
    """Draw, and return with it what statistics are taken of: the conditional means, or the values drawn."""
    if means:
        return units.sample_and_activity(parameters, inputs, stream)
    drawn = units.sample(parameters, inputs, stream)
    return drawn, Activity(drawn)


def _measured(units: Units, parameters: UnitParameters, inputs: Array, drawn: Array | None, means: bool) -> Activity:
    """Return what statistics are taken of: the conditional means, or the values drawn."""
    return units.activity(parameters, inputs) if means or drawn is None else Activity(drawn)
