"""Contrastive divergence against the enumerated Gibbs kernel; what enters which phase of which estimator."""

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy
from deepbelief.core.batch import Batch
from deepbelief.core.gradients import ContrastiveDivergence, PersistentContrastiveDivergence
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.units import Activity, Bernoulli, Poisson
from oracles import enumeration
from oracles.machines import MACHINES, data, example, layer_values, leaves, place, sizes
from oracles.monte_carlo import hoeffding_bound
from oracles.single_units import conditional
from oracles.streams import ConstantStream

BINARY = MACHINES["bernoulli-bernoulli"]
N_COPIES = 60_000


def kernels(parameters):
    """Return all states of either layer and the transition tables p(h | v), p(v | h) between them."""
    v = enumeration.layer_states(BINARY.visible, parameters.weights.shape[0]).values
    h, hidden_given_visible = enumeration.hidden_given_visible(BINARY, parameters, v)
    _, visible_given_hidden = enumeration.visible_given_hidden(BINARY, parameters, h)
    return v, h, hidden_given_visible, visible_given_hidden


def difference(data_phase, model_phase):
    data_phase, model_phase = leaves(data_phase), leaves(model_phase)
    return {name: data_phase[name] - model_phase[name] for name in data_phase}


def expected_sampled_cd(parameters, rows, n_steps):
    """Return E[CD-k] with samples everywhere: the data pushed k times through the Gibbs kernel, state by state."""
    v, h, up, down = kernels(parameters)
    p = np.bincount(enumeration.state_numbers(rows), minlength=len(v)) / len(rows)
    start = p
    for _ in range(n_steps):
        p = p @ up @ down
    phases = [enumeration.expected_statistics(BINARY, parameters, v, h, q[:, None] * up) for q in (start, p)]
    return difference(*phases)


def expected_mean_field_cd(parameters, rows, n_steps):
    """Return E[CD-k] as Hinton's guide has it: the last reconstruction, and the hidden units, as probabilities."""
    v, h, up, down = kernels(parameters)
    p = np.bincount(enumeration.state_numbers(rows), minlength=len(v)) / len(rows)
    data_phase = enumeration.expected_statistics(BINARY, parameters, v, h, p[:, None] * up)
    for _ in range(n_steps - 1):
        p = p @ up @ down
    last_h = p @ up
    reconstructions = down @ v
    hidden_means = 1 / (1 + np.exp(-(reconstructions @ parameters.weights + parameters.hidden["bias"])))
    model_phase = Parameters(
        weights=(reconstructions * last_h[:, None]).T @ hidden_means,
        visible={"bias": last_h @ reconstructions},
        hidden={"bias": last_h @ hidden_means},
    )
    return difference(data_phase, model_phase)


@pytest.mark.parametrize("n_steps", [1, 2, 3])
@pytest.mark.parametrize("is_sampled", [False, True], ids=["probabilities", "samples"])
def test_expectation_of_contrastive_divergence(n_steps, is_sampled, device):
    """Average over 60,000 copies of 7 rows against the enumerated expectation.

    Each copy's contribution to each entry is in [−1, 1] and independent of the others: Hoeffding's bound for all
    entries at once, 1e-9.
    """
    parameters, rows = example(BINARY, seed=4), data(BINARY)
    expected = (expected_sampled_cd if is_sampled else expected_mean_field_cd)(parameters, rows, n_steps)
    v = np.tile(rows, (N_COPIES, 1))
    estimate = ContrastiveDivergence(n_steps, sample_everything=is_sampled).estimate(
        BINARY, place(parameters, device), Batch(place(v, device)), None, RandomStreams(8).stream("cd")
    )
    n_entries = sum(leaf.size for leaf in expected.values())
    bound = hoeffding_bound(len(v), width=2, n_comparisons=n_entries)
    for name, actual in leaves(estimate.gradient).items():
        assert np.abs(actual - expected[name]).max() <= bound, name
    assert np.abs(expected["weights"]).max() > 5 * bound


@pytest.mark.parametrize("n_steps", [1, 2])
@pytest.mark.parametrize("is_sampled", [False, True], ids=["probabilities", "samples"])
def test_expectation_of_persistent_contrastive_divergence(n_steps, is_sampled, device):
    """Chains from known hidden states, pushed k times through the kernel; E[h] = probabilities, so both agree."""
    parameters, rows = example(BINARY, seed=4), data(BINARY)
    n_hidden = sizes(BINARY)[1]
    starts = layer_values(BINARY.hidden, 5, n_hidden, seed=1)
    v, h, up, down = kernels(parameters)
    p = np.bincount(enumeration.state_numbers(rows), minlength=len(v)) / len(rows)
    q = np.bincount(enumeration.state_numbers(starts), minlength=len(h)) / len(starts)
    for _ in range(n_steps - 1):
        q = q @ down @ up
    phases = [enumeration.expected_statistics(BINARY, parameters, v, h, r[:, None] * up) for r in (p, q @ down)]
    expected = difference(*phases)
    chains = np.tile(starts, (N_COPIES, 1))
    estimate = PersistentContrastiveDivergence(n_steps, sample_everything=is_sampled).estimate(
        BINARY,
        place(parameters, device),
        Batch(place(np.tile(rows, (N_COPIES, 1)), device)),
        place(chains, device),
        RandomStreams(9).stream("pcd"),
    )
    n_entries = sum(leaf.size for leaf in expected.values())
    bound = 2 * hoeffding_bound(len(chains), width=1, n_comparisons=2 * n_entries)
    for name, actual in leaves(estimate.gradient).items():
        assert np.abs(actual - expected[name]).max() <= bound, name
    shares = np.bincount(enumeration.state_numbers(to_numpy(estimate.state)), minlength=len(h)) / len(chains)
    assert np.abs(shares - q @ down @ up).max() <= hoeffding_bound(len(chains), width=1, n_comparisons=len(h))


@pytest.mark.parametrize("n_steps", [1, 4])
def test_a_step_of_mean_field_cd_follows_the_path_drawn_by_hand(machine, device, n_steps):
    """With all noise at its middle value the chain is deterministic, for every unit type.

    A unit is then at its median: a Bernoulli one on where its mean exceeds ½, a Gaussian one at its mean; the last step
    uses means.
    """
    parameters, v0 = example(machine), data(machine, n_rows=4)

    def middle(units, unit_parameters, activity):
        return conditional(units, unit_parameters, activity.inputs).median()

    def hidden(v):
        return machine.hidden.activity(parameters.hidden, machine.hidden_inputs(parameters, v))

    h = hidden(v0)
    for step in range(n_steps):
        inputs = machine.visible_inputs(parameters, middle(machine.hidden, parameters.hidden, h))
        visible = machine.visible.activity(parameters.visible, inputs)
        is_last = step == n_steps - 1
        h = hidden(visible.values if is_last else middle(machine.visible, parameters.visible, visible))
    data_phase = machine.statistics(parameters, Activity(v0), hidden(v0))
    model_phase = machine.statistics(parameters, visible, h)
    estimate = ContrastiveDivergence(n_steps).estimate(
        machine, place(parameters, device), Batch(place(v0, device)), None, ConstantStream()
    )
    for name, expected in difference(data_phase, model_phase).items():
        np.testing.assert_allclose(leaves(estimate.gradient)[name], expected, atol=1e-12, err_msg=name)


def test_persistent_chains_do_not_see_the_batch(machine, device):
    """The model's phase is the chains' alone: another batch leaves the chains, and the model's phase, as they were."""
    parameters = place(example(machine), device)
    chains = PersistentContrastiveDivergence().init(machine, parameters, 6)
    outcomes = []
    for seed in (1, 2):
        v = place(data(machine, seed=seed), device)
        estimate = PersistentContrastiveDivergence().estimate(
            machine, parameters, Batch(v), chains, RandomStreams(10).stream("chains")
        )
        outcomes.append((leaves(estimate.model), to_numpy(estimate.state)))
    (first_model, first_chains), (second_model, second_chains) = outcomes
    np.testing.assert_array_equal(first_chains, second_chains)
    assert first_chains.shape == (6, sizes(machine)[1])
    for name, expected in first_model.items():
        np.testing.assert_allclose(second_model[name], expected, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("estimator", [ContrastiveDivergence(), PersistentContrastiveDivergence()], ids=["cd", "pcd"])
def test_steps_of_counts_are_divided_by_the_largest_slope_in_either_phase(estimator, device):
    """Data of 0 give counts with the slope 1, and the model's visible units, all 1, a slope of exp(1 + 2)."""
    machine = Machine(Bernoulli(), Poisson())
    parameters = Parameters(np.array([[1.0], [2.0]]), {"bias": np.full(2, 50.0)}, {"bias": np.zeros(1)})
    parameters, batch = place(parameters, device), Batch(place(np.zeros((3, 2)), device))
    state = estimator.init(machine, parameters, 3)
    found = estimator.estimate(machine, parameters, batch, state, RandomStreams(0).stream("steps"))
    np.testing.assert_allclose(to_numpy(found.steepness), np.exp(3), rtol=1e-12)
    np.testing.assert_allclose(to_numpy(found.gradient.hidden["bias"]), 1 - np.exp(3), rtol=1e-12)
    np.testing.assert_allclose(to_numpy(found.step.hidden["bias"]), np.exp(-3) - 1, rtol=1e-12)
