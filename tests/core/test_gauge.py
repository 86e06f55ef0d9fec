"""The zero-sum gauge: the same machine, with weights and biases of every group that add up to zero."""

import numpy as np
import pytest

from deepbelief.core.gauge import zero_sum
from deepbelief.core.likelihood import log_likelihood
from deepbelief.core.rbm import Machine
from deepbelief.core.units import Bernoulli, Categorical, Gaussian, Mixed, ReplicatedSoftmax, Spin
from oracles.machines import assert_trees_close, data, example, place

MACHINES = {
    "visible": Machine(Categorical(3), Gaussian()),
    "hidden": Machine(Bernoulli(), Categorical(3)),
    "both": Machine(Categorical(3), Categorical(2)),
    "mixed": Machine(Mixed(((Spin(), 1), (Categorical(2), 4), (Categorical(3), 3))), Categorical(3)),
    "documents": Machine(ReplicatedSoftmax(3), Bernoulli()),
}


def groups(machine, parameters):
    """Yield weights and biases of each group, groups along the first axis."""
    n_visible, n_hidden = parameters.weights.shape
    for group in machine.visible.constant_sums(n_visible):
        yield parameters.weights[group.columns], parameters.visible["bias"][group.columns]
    for group in machine.hidden.constant_sums(n_hidden):
        yield parameters.weights.T[group.columns], parameters.hidden["bias"][group.columns]


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES.keys())
def test_sums_are_zero_and_probabilities_stay(machine, device):
    parameters, v = example(machine), place(data(machine), device)
    there = zero_sum(machine, place(parameters, device))
    for weights, bias in groups(machine, there):
        np.testing.assert_allclose(weights.sum(0), 0, atol=1e-14)
        assert float(bias.sum()) == pytest.approx(0, abs=1e-14)
    assert abs(np.asarray(there.weights) - parameters.weights).max() > 0.01
    before = log_likelihood(machine, place(parameters, device), v)
    np.testing.assert_allclose(log_likelihood(machine, there, v), before, atol=1e-12)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES.keys())
def test_all_parameters_of_one_machine_come_to_the_same(machine):
    """Numbers added to the weights of a group, and taken from the biases that they add to: the same machine."""
    parameters, moved = example(machine), example(machine)
    rng = np.random.default_rng(5)
    sides = [
        (machine.visible, moved.weights, moved.visible["bias"], moved.hidden["bias"]),
        (machine.hidden, moved.weights.T, moved.hidden["bias"], moved.visible["bias"]),
    ]
    for units, weights, own, other in sides:
        for group in units.constant_sums(len(weights)):
            shift = rng.normal(size=weights.shape[1])
            weights[group.columns] += shift
            other -= group.total * shift
            own[group.columns] += rng.normal()
    assert abs(moved.weights - parameters.weights).max() > 0.1
    assert_trees_close(zero_sum(machine, moved), zero_sum(machine, parameters), atol=1e-13)


def test_a_machine_without_groups_stays_as_it_is():
    machine = Machine(Bernoulli(), Spin())
    assert_trees_close(zero_sum(machine, example(machine)), example(machine))
