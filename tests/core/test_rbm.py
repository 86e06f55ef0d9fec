"""The generic machine: its statistics, its starting point, and the symmetry between its two layers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbelief.core.arrays import to_numpy
from deepbelief.core.partition import log_partition
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.units import Activity
from deepbelief.core.units.bernoulli import REST
from oracles import enumeration, finite_differences
from oracles.machines import (
    EXACT_MACHINES,
    MACHINES,
    UNIT_TYPES,
    assert_trees_close,
    data,
    example,
    layer_values,
    n_units,
    place,
    possible_mean,
    sizes,
)


def mean_minus_energy(machine, parameters, v, h, row_weights):
    energies = [enumeration.energy(machine, parameters, *row) for row in zip(v, h, strict=True)]
    return -float(row_weights @ energies)


@pytest.mark.parametrize("row_weights", [None, np.array([0.1, 0.0, 2.0, 0.7])], ids=["average", "weighted"])
def test_statistics_are_minus_the_slope_of_the_energy(machine, device, row_weights):
    """Average over rows (or weighted sum) of −∂E/∂parameters, by differences of the energy summed term by term."""
    parameters, v = example(machine), data(machine, n_rows=4)
    h = layer_values(machine.hidden, 4, sizes(machine)[1], seed=9)
    by_row = np.full(4, 0.25) if row_weights is None else row_weights
    expected = finite_differences.gradient(lambda p: mean_minus_energy(machine, p, v, h, by_row), parameters)
    actual = machine.statistics(
        place(parameters, device),
        Activity(place(v, device)),
        Activity(place(h, device)),
        row_weights=None if row_weights is None else place(row_weights, device),
    )
    assert_trees_close(actual, expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("given_layer", ["visible", "hidden"])
def test_statistics_of_means_are_conditional_expectations(machine, device, given_layer):
    """With conditional means for one layer: the average over rows of E[−∂E/∂parameters | the other layer]."""
    parameters = example(machine)
    if given_layer == "visible":
        v = data(machine, n_rows=5)
        h, conditional = enumeration.hidden_given_visible(machine, parameters, v)
        table = conditional / len(v)
        inputs = machine.hidden_inputs(place(parameters, device), place(v, device))
        activities = Activity(place(v, device)), machine.hidden.activity(place(parameters.hidden, device), inputs)
    else:
        h = layer_values(machine.hidden, 5, sizes(machine)[1])
        v, conditional = enumeration.visible_given_hidden(machine, parameters, h)
        table = conditional.T / len(h)
        inputs = machine.visible_inputs(place(parameters, device), place(h, device))
        activities = machine.visible.activity(place(parameters.visible, device), inputs), Activity(place(h, device))
    expected = enumeration.expected_statistics(machine, parameters, v, h, table)
    actual = machine.statistics(place(parameters, device), *activities)
    assert_trees_close(actual, expected, atol=1e-10)


def test_equal_row_weights_are_the_average(machine, device):
    parameters, v = place(example(machine), device), data(machine, n_rows=6)
    values, weights = place(v, device), place(np.full(6, 1 / 6), device)
    h = machine.hidden.activity(parameters.hidden, machine.hidden_inputs(parameters, values))
    averaged = machine.statistics(parameters, Activity(values), h)
    weighted = machine.statistics(parameters, Activity(values), h, row_weights=weights)
    assert_trees_close(weighted, averaged, rtol=1e-13, atol=1e-15)


def transposed(machine, parameters):
    return Machine(machine.hidden, machine.visible), Parameters(
        parameters.weights.T.copy(), parameters.hidden, parameters.visible
    )


@pytest.mark.parametrize("name", MACHINES)
@given(seed=st.integers(0, 2**32 - 1))
def test_exchanging_the_layers_exchanges_everything(name, seed):
    """E, log Z, forward and reverse do not know which layer is called visible."""
    machine, parameters = MACHINES[name], example(MACHINES[name], seed)
    other, turned = transposed(machine, parameters)
    v, h = data(machine, seed=seed), layer_values(machine.hidden, 7, sizes(machine)[1], seed)
    np.testing.assert_allclose(other.energy(turned, h, v), machine.energy(parameters, v, h), atol=1e-12)
    np.testing.assert_allclose(other.forward(turned, h), machine.reverse(parameters, h), atol=1e-13)
    if name in EXACT_MACHINES:
        assert log_partition(other, turned) == pytest.approx(log_partition(machine, parameters), abs=1e-11)


def test_energy_of_joint_state_and_free_energy_agree(machine, device):
    """F(v) = E(v, h) + log p(h | v) for every h: the free energy is what the energy leaves."""
    parameters, v = example(machine), data(machine, n_rows=3)
    states, probabilities = enumeration.hidden_given_visible(machine, parameters, v)
    log_volume = enumeration.layer_states(machine.hidden, states.shape[1]).log_volume
    free = to_numpy(machine.free_energy(place(parameters, device), place(v, device)))
    for row in range(3):
        likely = probabilities[row].argmax()
        energy = machine.energy(place(parameters, device), place(v[row][None], device), place(states[[likely]], device))
        log_density = np.log(probabilities[row, likely]) - log_volume[likely]
        assert float(energy[0]) + log_density == pytest.approx(free[row], abs=1e-10)


def test_initial_machine_reproduces_the_mean_of_the_data(machine, device):
    """Weights are N(0, 0.01²); with the hidden units at zero, E[v | h] is the data's mean; there, h is at rest.

    About 400 × 50 weights: mean within 6 · 0.01/√n of 0, standard deviation within 6 · 0.01/√(2n) of 0.01.
    """
    n_visible, n_hidden = n_units(machine.visible, 400), n_units(machine.hidden, 50)
    mean = possible_mean(machine.visible, np.linspace(0.05, 0.95, n_visible))
    parameters = machine.initial(
        place(mean, device), place(mean * (1 - mean), device), n_hidden, RandomStreams(1).stream("weights")
    )
    weights = to_numpy(parameters.weights)
    assert weights.shape == (n_visible, n_hidden)
    assert abs(weights.mean()) <= 6 * 0.01 / np.sqrt(weights.size)
    assert abs(weights.std() - 0.01) <= 6 * 0.01 / np.sqrt(2 * weights.size)
    reconstructed = machine.reverse(parameters, place(np.zeros((1, n_hidden)), device))
    np.testing.assert_allclose(to_numpy(reconstructed)[0], mean, rtol=1e-12)
    at_rest = machine.hidden.at_rest(n_hidden, np.zeros(1))
    hidden = machine.forward(parameters, place(mean[None], device))
    np.testing.assert_allclose(
        to_numpy(hidden)[0], machine.hidden.mean(at_rest, np.zeros((1, n_hidden)))[0], atol=1e-14
    )


@pytest.mark.parametrize("name", ["bernoulli", "spin", "binomial"])
def test_units_with_two_ends_start_a_tenth_of_the_way_up(name):
    units = UNIT_TYPES[name]
    low, high = units.bounds
    mean = units.mean(units.at_rest(3, np.zeros(1)), np.zeros((1, 3)))
    np.testing.assert_allclose(mean, low + REST * (high - low), atol=1e-14)


@pytest.mark.parametrize("other", ["gaussian", "gaussian_learned_variance", "relu", "poisson"])
@pytest.mark.parametrize("counts", ["visible", "hidden"])
def test_counts_beside_units_without_bounds_have_no_distribution(counts, other):
    """Σ exp(rate) with a rate that has no largest value: infinite, so there is no such machine."""
    layers = {"visible": UNIT_TYPES[other], "hidden": UNIT_TYPES[other]} | {counts: UNIT_TYPES["poisson"]}
    with pytest.raises(ValueError, match=r"^Poisson .* units have a distribution only where .*='bernoulli'\.$"):
        Machine(**layers)
