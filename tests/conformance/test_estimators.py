"""Every gradient estimator on every pair and both backends: averages, expectations, and equal numbers everywhere."""

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy
from deepbelief.core.batch import Batch
from deepbelief.core.gradients import ContrastiveDivergence, ExactGradient, PersistentContrastiveDivergence
from deepbelief.core.partition import model_statistics
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.units import Activity
from oracles.machines import assert_trees_close, data, exactly, example, layer_values, leaves, place, sizes
from oracles.monte_carlo import exact_visible_draws, z_scores
from oracles.streams import ConstantStream

ESTIMATORS = {
    "cd1": ContrastiveDivergence(),
    "cd3": ContrastiveDivergence(3),
    "cd1_sampled": ContrastiveDivergence(1, sample_everything=True),
    "cd3_sampled": ContrastiveDivergence(3, sample_everything=True),
    "pcd1": PersistentContrastiveDivergence(),
    "pcd3": PersistentContrastiveDivergence(3),
    "pcd1_sampled": PersistentContrastiveDivergence(1, sample_everything=True),
    "exact": ExactGradient(),
}
N_BATCHES, N_ROWS = 64, 1500
MAX_Z = 7.2  # Student's t with 63 degrees of freedom is beyond it with a probability of 1e-9


@pytest.fixture(params=ESTIMATORS.values(), ids=ESTIMATORS.keys())
def estimator(request):
    return request.param


def chains_for(estimator, machine, n_chains, seed=7):
    """Return hidden states for persistent chains, None for estimators that keep none."""
    if not isinstance(estimator, PersistentContrastiveDivergence):
        return None
    return layer_values(machine.hidden, n_chains, sizes(machine)[1], seed)


def estimate(estimator, machine, parameters, v, chains, stream, device):
    chains = None if chains is None else place(chains, device)
    return estimator.estimate(machine, place(parameters, device), Batch(place(v, device)), chains, stream)


@exactly
def test_copies_of_a_row_give_the_step_of_the_row(machine, estimator, device):
    """Statistics are averages, not sums: the size of a batch (and the number of chains) does not scale the step.

    With every random number held constant all copies take the same path, so the identity is exact.
    """
    parameters, row = example(machine), data(machine, n_rows=1, seed=2)
    chain = chains_for(estimator, machine, 1)
    copies = None if chain is None else chain.repeat(3, axis=0)
    one = estimate(estimator, machine, parameters, row, chain, ConstantStream(), device)
    many = estimate(estimator, machine, parameters, row.repeat(3, axis=0), copies, ConstantStream(), device)
    assert_trees_close(many.gradient, one.gradient, rtol=1e-12, atol=1e-13)


@exactly
@pytest.mark.usefixtures("torch")
def test_numpy_and_torch_give_the_same_gradient(machine, estimator):
    """The same random numbers give the same gradient and the same chains to 1e-10."""
    parameters, v, chains = example(machine), data(machine, n_rows=30), chains_for(estimator, machine, 20)
    ours, theirs = (
        estimate(estimator, machine, parameters, v, chains, RandomStreams(3).stream("same"), device)
        for device in ("numpy", "cpu")
    )
    assert_trees_close(theirs.gradient, ours.gradient, atol=1e-10)
    if chains is None:
        assert ours.state is theirs.state is None
    else:
        np.testing.assert_allclose(to_numpy(theirs.state), ours.state, atol=1e-10)


def batch_gradients(estimator, machine, parameters, device):
    """Return independent estimates by leaf, (N_BATCHES, …) each: data, and chains, drawn from the machine itself."""
    v = exact_visible_draws(machine, parameters, N_BATCHES * N_ROWS, seed=11).reshape(N_BATCHES, N_ROWS, -1)
    fantasy = place(exact_visible_draws(machine, parameters, N_BATCHES * N_ROWS, seed=12), device)
    stream = RandomStreams(13).stream("estimates")
    placed = place(parameters, device)
    fantasy_h = to_numpy(machine.sample_hidden(placed, fantasy, stream)).reshape(N_BATCHES, N_ROWS, -1)
    estimates = []
    for batch, chains in zip(v, fantasy_h, strict=True):
        chains = chains if isinstance(estimator, PersistentContrastiveDivergence) else None
        estimates.append(leaves(estimate(estimator, machine, parameters, batch, chains, stream, device).gradient))
    return {name: np.array([gradient[name] for gradient in estimates]) for name in estimates[0]}


@exactly
def test_no_step_is_expected_where_the_data_are_the_machines_own(machine, estimator, device):
    """If rows (and chains) come from p itself, a Gibbs chain stays in p and the expected gradient is zero.

    For CD with probabilities the identity holds for the visible parameters only: there the last reconstruction enters
    through E[v | h], whose expectation is exact; in the others through a non-linear function of it.
    Bound: |mean| ≤ 7.2 standard errors over 64 independent batches.
    """
    parameters = example(machine, seed=1)
    is_mean_field = isinstance(estimator, ContrastiveDivergence) and not estimator.sample_everything
    checked = 0
    for name, gradients in batch_gradients(estimator, machine, parameters, device).items():
        if is_mean_field and not name.startswith("visible"):
            continue
        assert np.all(np.abs(z_scores(gradients, 0.0)) <= MAX_Z), name
        checked += 1
    assert checked >= 1


@exactly
def test_persistent_chains_at_the_exact_distribution_are_unbiased(machine, device):
    """Chains that start in p estimate the exact gradient, whatever the data. Bound as above."""
    estimator, parameters, v = PersistentContrastiveDivergence(2), example(machine, seed=1), data(machine)
    stream = RandomStreams(17).stream("persistent")
    exact = estimate(ExactGradient(), machine, parameters, v, None, stream, device).gradient
    fantasy = exact_visible_draws(machine, parameters, N_BATCHES * N_ROWS, seed=18)
    placed = place(parameters, device)
    h = to_numpy(machine.sample_hidden(placed, place(fantasy, device), stream)).reshape(N_BATCHES, N_ROWS, -1)
    estimates = [leaves(estimate(estimator, machine, parameters, v, chains, stream, device).gradient) for chains in h]
    for name, expected in leaves(exact).items():
        gradients = np.array([gradient[name] for gradient in estimates])
        assert np.all(np.abs(z_scores(gradients, expected)) <= MAX_Z), name


@exactly
def test_exact_gradient_vanishes_where_the_data_statistics_are_the_models(machine, device):
    """statistics(data) = statistics(model) + gradient, term by term."""
    parameters, v = place(example(machine), device), place(data(machine), device)
    estimate = ExactGradient().estimate(machine, parameters, Batch(v), None, None)
    h = machine.hidden.activity(parameters.hidden, machine.hidden_inputs(parameters, v))
    data_statistics = leaves(machine.statistics(parameters, Activity(v), h))
    model = leaves(model_statistics(machine, parameters))
    for name, leaf in leaves(estimate.gradient).items():
        np.testing.assert_allclose(model[name] + leaf, data_statistics[name], atol=1e-12)
