"""Every pair of unit types, on both backends, against the enumerated joint distribution."""

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy
from deepbelief.core.likelihood import log_likelihood
from deepbelief.core.partition import log_partition, model_statistics
from deepbelief.core.randomness import RandomStreams
from oracles import enumeration
from oracles.machines import assert_trees_close, data, exactly, example, layer_values, place, sizes

SEEDS = [0, 1]


@pytest.mark.parametrize("seed", SEEDS)
def test_energy_is_the_sum_of_its_terms(machine, device, seed):
    parameters, v = example(machine, seed), data(machine, seed=seed)
    h = layer_values(machine.hidden, len(v), sizes(machine)[1], seed + 10)
    expected = [enumeration.energy(machine, parameters, *row) for row in zip(v, h, strict=True)]
    actual = machine.energy(place(parameters, device), place(v, device), place(h, device))
    np.testing.assert_allclose(to_numpy(actual), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_free_energy_is_minus_log_sum_over_hidden_states(machine, device, seed):
    """F(v) = −log Σₕ exp(−E(v, h)); an integral over Gaussian hidden units."""
    parameters, v = example(machine, seed), data(machine, seed=seed)
    actual = machine.free_energy(place(parameters, device), place(v, device))
    np.testing.assert_allclose(to_numpy(actual), enumeration.free_energy(machine, parameters, v), rtol=0, atol=1e-11)


def test_forward_is_the_conditional_expectation(machine, device):
    """forward(v) = Σₕ h p(h | v)."""
    parameters, v = example(machine), data(machine)
    states, probabilities = enumeration.hidden_given_visible(machine, parameters, v)
    actual = machine.forward(place(parameters, device), place(v, device))
    np.testing.assert_allclose(to_numpy(actual), probabilities @ states, rtol=0, atol=1e-11)


def test_reverse_is_the_conditional_expectation(machine, device):
    """reverse(h) = Σᵥ v p(v | h)."""
    parameters, h = example(machine), layer_values(machine.hidden, 6, sizes(machine)[1])
    states, probabilities = enumeration.visible_given_hidden(machine, parameters, h)
    actual = machine.reverse(place(parameters, device), place(h, device))
    np.testing.assert_allclose(to_numpy(actual), probabilities @ states, rtol=0, atol=1e-11)


@exactly
@pytest.mark.parametrize("seed", SEEDS)
def test_log_partition_is_the_log_sum_over_joint_states(machine, device, seed):
    """log Z = log Σᵥₕ exp(−E(v, h))."""
    parameters = example(machine, seed)
    expected = enumeration.joint(machine, parameters).log_z
    assert log_partition(machine, place(parameters, device)) == pytest.approx(expected, abs=1e-9)


@exactly
@pytest.mark.parametrize("seed", SEEDS)
def test_model_statistics_are_expectations_under_the_joint_distribution(machine, device, seed):
    """model_statistics = Σᵥₕ p(v, h) · (−∂E/∂parameters)."""
    parameters = example(machine, seed)
    table = enumeration.joint(machine, parameters)
    expected = enumeration.expected_statistics(machine, parameters, table.v, table.h, table.probabilities)
    assert_trees_close(model_statistics(machine, place(parameters, device)), expected, atol=1e-9)


@exactly
def test_visible_probabilities_sum_to_one(machine, device):
    """Σᵥ p(v) = 1; an integral over Gaussian visible units."""
    parameters = example(machine)
    states = enumeration.layer_states(machine.visible, sizes(machine)[0])
    log_p = to_numpy(log_likelihood(machine, place(parameters, device), place(states.values, device)))
    assert np.exp(log_p + states.log_volume).sum() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("layer", ["visible", "hidden"])
def test_sampled_layer_has_the_enumerated_mean(machine, device, layer):
    """n draws from p(h | v) (or p(v | h)) average to its mean, within 6 standard deviations of that average."""
    n_draws = 40_000
    parameters = example(machine)
    given = machine.visible if layer == "hidden" else machine.hidden
    row = layer_values(given, 1, sizes(machine)[layer == "visible"], seed=4)
    conditional = enumeration.hidden_given_visible if layer == "hidden" else enumeration.visible_given_hidden
    states, probabilities = conditional(machine, parameters, row)
    mean = probabilities[0] @ states
    deviation = np.sqrt(probabilities[0] @ (states - mean) ** 2 / n_draws)
    draw = machine.sample_hidden if layer == "hidden" else machine.sample_visible
    stream = RandomStreams(5).stream("conditional")
    values = to_numpy(draw(place(parameters, device), place(row.repeat(n_draws, axis=0), device), stream))
    assert values.shape == (n_draws, sizes(machine)[layer == "hidden"])
    assert np.all(np.abs(values.mean(axis=0) - mean) <= 6 * deviation)
