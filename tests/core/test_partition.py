"""The exact partition function: which layer is enumerated, in how many blocks, and when it refuses."""

import numpy as np
import pytest

import deepbelief.core.partition as partition
from deepbelief.core.partition import MAX_STATES, log_partition, model_statistics
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.trees import tree_map
from deepbelief.core.units import Bernoulli, Gaussian
from oracles import enumeration
from oracles.machines import EXACT_MACHINES, MACHINES, assert_trees_close, example, place, unit_parameters
from oracles.monte_carlo import joint_normal

BINARY = MACHINES["bernoulli-bernoulli"]


def enumerated(machine, parameters):
    table = enumeration.joint(machine, parameters)
    statistics = enumeration.expected_statistics(machine, parameters, table.v, table.h, table.probabilities)
    return table.log_z, statistics


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (7, 3), (5, 5), (12, 6), (6, 12)])
def test_either_binary_layer_may_be_the_smaller(shape, device):
    """log Z and the model's averages by all joint states, with fewer, as many and more visible than hidden units."""
    parameters = example(BINARY, shape=shape)
    log_z, statistics = enumerated(BINARY, parameters)
    assert log_partition(BINARY, place(parameters, device)) == pytest.approx(log_z, abs=1e-11)
    assert_trees_close(model_statistics(BINARY, place(parameters, device)), statistics, atol=1e-11)


@pytest.mark.parametrize(
    "name, shape", [("bernoulli-gaussian_learned_variance", (13, 1)), ("gaussian-bernoulli", (1, 13))]
)
def test_more_states_than_fit_in_one_block(name, shape, device):
    """2¹³ states are two blocks of 4096: all joint states of 13 binary units and a grid for the Gaussian one."""
    assert partition._STATES_AT_ONCE < 2**13
    machine = MACHINES[name]
    parameters = example(machine, shape=shape)
    log_z, statistics = enumerated(machine, parameters)
    assert log_partition(machine, place(parameters, device)) == pytest.approx(log_z, abs=1e-8)
    assert_trees_close(model_statistics(machine, place(parameters, device)), statistics, atol=1e-8)


@pytest.mark.parametrize("states_at_once", [1, 3, 5, 16, 1000])
def test_block_size_changes_nothing(monkeypatch, states_at_once):
    """The last block may be short; a sum over states does not depend on how it is cut."""
    parameters = example(BINARY, shape=(5, 4))
    log_z, statistics = enumerated(BINARY, parameters)
    monkeypatch.setattr(partition, "_STATES_AT_ONCE", states_at_once)
    assert log_partition(BINARY, parameters) == pytest.approx(log_z, abs=1e-12)
    assert_trees_close(model_statistics(BINARY, parameters), statistics, atol=1e-12)


@pytest.mark.parametrize(
    "name",
    ["gaussian-gaussian", "gaussian_learned_variance-gaussian", "gaussian_learned_variance-gaussian_learned_variance"],
)
def test_gaussian_machine_of_any_size_is_one_normal_distribution(name, device):
    """log Z = −E(x) − log N(x; μ, Σ) at any x, and ⟨−∂E/∂θ⟩ from the second moments Σ + μμᵀ."""
    machine = MACHINES[name]
    parameters = example(machine, shape=(9, 30))
    mean, covariance = joint_normal(parameters)
    x = np.random.default_rng(0).normal(size=39)
    shift = x - mean
    log_density = -0.5 * (
        shift @ np.linalg.solve(covariance, shift) + np.linalg.slogdet(covariance)[1] + 39 * np.log(2 * np.pi)
    )
    expected = -enumeration.energy(machine, parameters, x[:9], x[9:])
    assert log_partition(machine, place(parameters, device)) == pytest.approx(expected - log_density, abs=1e-9)

    moments = covariance + np.outer(mean, mean)

    def averages(unit_parameters, units):
        result = {"bias": mean[units]}
        if "log_precision" in unit_parameters:
            result["log_precision"] = -np.exp(unit_parameters["log_precision"]) * np.diag(moments)[units] / 2
        return result

    statistics = Parameters(
        moments[:9, 9:],
        averages(parameters.visible, slice(0, 9)),
        averages(parameters.hidden, slice(9, None)),
    )
    assert_trees_close(model_statistics(machine, place(parameters, device)), statistics, atol=1e-9)


@pytest.mark.parametrize(
    "visible, hidden, shape, named, size",
    [
        (Bernoulli(), Bernoulli(), (30, 23), "hidden", 23),
        (Bernoulli(), Bernoulli(), (25, 40), "visible", 25),
        (Bernoulli(), Gaussian(), (24, 2), "visible", 24),
        (Gaussian(learn_variance=True), Bernoulli(), (2, 23), "hidden", 23),
    ],
)
@pytest.mark.parametrize("function", [log_partition, model_statistics])
def test_a_machine_too_large_is_refused_by_the_name_and_size_of_its_layer(
    visible, hidden, shape, named, size, function
):
    assert 2**size > MAX_STATES
    rng = np.random.default_rng(0)
    parameters = Parameters(
        np.zeros(shape), unit_parameters(visible, shape[0], rng), unit_parameters(hidden, shape[1], rng)
    )
    with pytest.raises(ValueError, match=f"at most 22 units of two states each; the {named} layer, of {size} units"):
        function(Machine(visible, hidden), parameters)


@pytest.mark.parametrize("function", [log_partition, model_statistics])
def test_a_gaussian_machine_without_a_distribution_is_refused(function, device):
    """Normalisable if and only if the weights' largest singular value is below 1 (both variances one)."""
    machine = MACHINES["gaussian-gaussian"]
    biases = {"bias": np.zeros(2)}
    below = place(Parameters(np.diag([0.2, 0.999]), biases, biases), device)
    above = place(Parameters(np.diag([0.2, 1.001]), biases, biases), device)
    assert np.isfinite(log_partition(machine, below))
    with pytest.raises(ValueError, match="no distribution"):
        function(machine, above)


@pytest.mark.parametrize("name", EXACT_MACHINES)
def test_log_partition_at_float32_agrees_with_float64(name, device):
    """Single precision costs digits, 1e-5 of |log Z| + 1 at most here, and nothing else."""
    machine = MACHINES[name]
    parameters = example(machine)
    single = tree_map(np.float32, parameters)
    expected = log_partition(machine, parameters)
    assert log_partition(machine, place(single, device)) == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_a_machine_with_neither_a_countable_layer_nor_a_closed_form_is_refused():
    """Real lines on one side and half-lines on the other: that machine alone is left out of the exact tests."""
    assert MACHINES.keys() - EXACT_MACHINES.keys() == {"gaussian-relu"}
    machine = MACHINES["gaussian-relu"]
    with pytest.raises(ValueError, match=r"at most 4,194,304 states.*neither layer has\.$"):
        log_partition(machine, example(machine))
