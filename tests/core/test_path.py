"""The path of distributions from independent units to a machine, at every β against the enumerated ones."""

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy
from deepbelief.core.path import Path
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Parameters
from oracles import enumeration
from oracles.machines import MACHINES, data, exactly, example, layer_values, place, sizes

BETAS = [0.0, 0.37, 1.0]


def path_of(machine, parameters, device="numpy", seed=0):
    v = data(machine, n_rows=40, seed=seed)
    means = v.mean(axis=0), machine.forward(parameters, v).mean(axis=0)
    return Path.from_means(machine, place(parameters, device), *(place(mean, device) for mean in means))


def parameters_at(path, parameters, beta):
    """The distribution at β as an ordinary machine's: every type's bias adds to its input."""
    fields = to_numpy(path.visible_field), to_numpy(path.hidden_field)
    visible, hidden = (
        unit_parameters | {"bias": unit_parameters["bias"] + (1 - beta) * field}
        for unit_parameters, field in zip((parameters.visible, parameters.hidden), fields, strict=True)
    )
    return Parameters(beta * parameters.weights, visible, hidden)


def test_ratios_are_those_of_the_enumerated_densities(machine, device):
    """log f_β'(v) − log f_β(v) = F_β(v) − F_β'(v), each summed over all hidden states."""
    parameters, v = example(machine), data(machine)
    path = path_of(machine, parameters, device)
    energies = [enumeration.free_energy(machine, parameters_at(path, parameters, beta), v) for beta in (0.2, 0.9)]
    at = place(v, device)
    actual = path.log_ratio(0.2, 0.9, at, at @ path.parameters.weights)
    np.testing.assert_allclose(to_numpy(actual), energies[0] - energies[1], rtol=0, atol=1e-10)


def test_each_row_may_have_its_own_temperature(machine, device):
    parameters, v = example(machine), place(data(machine, n_rows=2), device)
    path = path_of(machine, parameters, device)
    products = v @ path.parameters.weights
    column = place(np.array([[0.3], [0.8]]), device)
    both = path.log_ratio(column, 1 - column, v, products)
    for row, beta in enumerate((0.3, 0.8)):
        alone = path.log_ratio(beta, 1 - beta, v[row : row + 1], products[row : row + 1])
        assert float(both[row]) == pytest.approx(float(alone[0]), abs=1e-12)
        inputs = path.hidden_inputs(column, products)[row]
        np.testing.assert_allclose(to_numpy(inputs), to_numpy(path.hidden_inputs(beta, products[row])), atol=1e-12)


def test_the_slope_is_the_derivative_of_the_ratio(machine, device):
    parameters, v = example(machine), place(data(machine), device)
    path, step = path_of(machine, parameters, device), 1e-5
    products = v @ path.parameters.weights
    expected = to_numpy(path.log_ratio(0.6 - step, 0.6 + step, v, products)) / (2 * step)
    np.testing.assert_allclose(to_numpy(path.slope(0.6, v, products)), expected, rtol=1e-6, atol=1e-8)


@exactly
def test_the_base_has_the_partition_function_of_independent_units(machine, device):
    parameters = example(machine)
    path = path_of(machine, parameters, device)
    independent = parameters_at(path, parameters, 0.0)
    assert path.log_base() == pytest.approx(enumeration.joint(machine, independent).log_z, abs=1e-9)


def test_the_base_has_the_means_it_is_asked_for(machine, device):
    """Means that units may have; those of data stay a little away from the ends of what is possible."""
    parameters, v = example(machine), data(machine, n_rows=40)
    path = path_of(machine, parameters, device)
    reached = machine.visible.mean(path.parameters.visible, path.visible_field[None])[0]
    np.testing.assert_allclose(to_numpy(reached), v.mean(axis=0), atol=1e-6)
    reached = machine.hidden.mean(path.parameters.hidden, path.hidden_field[None])[0]
    np.testing.assert_allclose(to_numpy(reached), machine.forward(parameters, v).mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("beta", BETAS)
def test_draws_have_the_enumerated_means(machine, beta):
    """40,000 draws from p_β(h | v) and from p_β(v | h), within 6 standard errors of the mean."""
    parameters, n_draws = example(machine), 40_000
    path = path_of(machine, parameters)
    there = parameters_at(path, parameters, beta)
    v, h = data(machine, n_rows=1), layer_values(machine.hidden, 1, sizes(machine)[1])
    stream = RandomStreams(3).stream("draws")
    drawn_h = path.draw_hidden(beta, np.repeat(v @ parameters.weights, n_draws, axis=0), stream)
    drawn_v = path.draw_visible(beta, np.repeat(h, n_draws, axis=0), stream)
    for drawn, (states, probabilities) in (
        (drawn_h, enumeration.hidden_given_visible(machine, there, v)),
        (drawn_v, enumeration.visible_given_hidden(machine, there, h)),
    ):
        mean = probabilities[0] @ states
        error = np.sqrt(probabilities[0] @ (states - mean) ** 2 / n_draws)
        assert np.all(abs(drawn.mean(axis=0) - mean) <= 6 * error)


def test_base_draws_are_independent_units():
    machine = MACHINES["bernoulli-bernoulli"]
    path = path_of(machine, example(machine))
    drawn = path.draw_base(40_000, RandomStreams(4).stream("base"))
    mean = machine.visible.mean(path.parameters.visible, path.visible_field[None])[0]
    assert np.all(abs(drawn.mean(axis=0) - mean) <= 6 * np.sqrt(mean * (1 - mean) / 40_000))
    assert np.all(abs(np.corrcoef(drawn.T) - np.eye(4)) <= 6 / np.sqrt(40_000))
