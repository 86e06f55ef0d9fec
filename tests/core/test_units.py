"""Each unit type against the definition of its cumulant Γ(I) = log ∫ exp(x·I − U(x)) dx and its derivatives."""

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.units import Activity, Bernoulli
from oracles import finite_differences
from oracles.enumeration import layer_states, unit_energy
from oracles.machines import UNIT_TYPES, layer_values, place, unit_parameters
from oracles.monte_carlo import precision

N_UNITS = 4
INPUTS = np.random.default_rng(0).uniform(-1.5, 1.5, (6, N_UNITS))


@pytest.fixture(params=UNIT_TYPES.values(), ids=UNIT_TYPES.keys())
def units(request):
    return request.param


@pytest.fixture
def parameters(units):
    return unit_parameters(units, N_UNITS, np.random.default_rng(1))


def weights_of_states(units, parameters, unit, value):
    """Return the values of one unit and exp(x·I − U(x)) dx of each, at input `value`."""
    states = layer_states(units, 1)
    x = states.values[:, 0]
    return x, np.exp(x * value - unit_energy(units, parameters, unit, x) + states.log_volume)


def test_potential_is_the_sum_over_units(units, parameters, device):
    x = layer_values(units, 5, N_UNITS)
    expected = sum(unit_energy(units, parameters, unit, x[:, unit]) for unit in range(N_UNITS))
    actual = to_numpy(units.potential(place(parameters, device), place(x, device)))
    np.testing.assert_allclose(actual, expected, rtol=1e-13, atol=1e-14)


def test_log_partition_is_the_log_of_the_sum_over_states(units, parameters, device):
    """Γ(I) = log Σₓ exp(x·I − U(x)), an integral for Gaussian units."""
    actual = to_numpy(units.log_partition(place(parameters, device), place(INPUTS, device)))
    for (row, unit), value in np.ndenumerate(INPUTS):
        _, weights = weights_of_states(units, parameters, unit, value)
        assert actual[row, unit] == pytest.approx(np.log(weights.sum()), abs=1e-11)


def test_mean_is_the_slope_of_the_log_partition(units, parameters, device):
    """E[x | I] = dΓ/dI, and the average over states."""
    actual = to_numpy(units.mean(place(parameters, device), place(INPUTS, device)))
    slope = finite_differences.derivative(lambda inputs: units.log_partition(parameters, inputs), INPUTS)
    np.testing.assert_allclose(actual, slope, atol=1e-10)
    for (row, unit), value in np.ndenumerate(INPUTS):
        x, weights = weights_of_states(units, parameters, unit, value)
        assert actual[row, unit] == pytest.approx(x @ weights / weights.sum(), abs=1e-11)


def test_variance_is_the_curvature_of_the_log_partition(units, parameters, device):
    """Var[x | I] = d²Γ/dI², and the average over states."""
    placed = place(parameters, device)
    actual = to_numpy(units.variance(placed, place(INPUTS, device)))
    curvature = finite_differences.second_derivative(lambda inputs: units.log_partition(parameters, inputs), INPUTS)
    np.testing.assert_allclose(actual, curvature, atol=1e-8)
    for (row, unit), value in np.ndenumerate(INPUTS):
        x, weights = weights_of_states(units, parameters, unit, value)
        p = weights / weights.sum()
        assert actual[row, unit] == pytest.approx(p @ x**2 - (p @ x) ** 2, abs=1e-10)


def minus_slope_of_potential(units, parameters, x, row_weights):
    """Differentiate −Σ weight · U(x) in every parameter."""
    minus = {name: np.copy(value) for name, value in parameters.items()}
    return finite_differences.gradient(lambda p: -float(row_weights @ units.potential(p, x)), minus)


def test_statistics_are_minus_the_slope_of_the_potential(units, parameters, device):
    """Average over rows of −∂U/∂parameter; with `row_weights` the weighted sum instead."""
    x = layer_values(units, 5, N_UNITS)
    equal, unequal = np.full(5, 0.2), np.array([0.0, 0.5, 1.0, 2.0, -0.3])
    placed, values = place(parameters, device), place(x, device)
    averaged = units.statistics(placed, Activity(values))
    weighted = units.statistics(placed, Activity(values), row_weights=place(unequal, device))
    for actual, row_weights in ((averaged, equal), (weighted, unequal)):
        expected = minus_slope_of_potential(units, parameters, x, row_weights)
        assert actual.keys() == parameters.keys()
        for name, slope in expected.items():
            np.testing.assert_allclose(to_numpy(actual[name]), slope, atol=1e-10, err_msg=name)


def test_statistics_of_means_average_over_the_conditional_distribution(units, parameters, device):
    """Σₓ p(x | I) · (−∂U/∂parameter), with the spread of x about its mean."""
    placed = place(parameters, device)
    actual = units.statistics(placed, units.activity(placed, place(INPUTS, device)))
    for unit in range(N_UNITS):
        mean_bias_slope, mean_precision_slope = [], []
        for value in INPUTS[:, unit]:
            x, weights = weights_of_states(units, parameters, unit, value)
            p = weights / weights.sum()
            mean_bias_slope.append(p @ x)
            mean_precision_slope.append(-precision(parameters)[unit] * (p @ x**2) / 2)
        assert float(actual["bias"][unit]) == pytest.approx(np.mean(mean_bias_slope), abs=1e-11)
        if "log_precision" in parameters:
            assert float(actual["log_precision"][unit]) == pytest.approx(np.mean(mean_precision_slope), abs=1e-10)


def test_samples_have_the_conditional_mean_and_variance(units, parameters, device):
    """Within 6 standard errors: √(variance/n), and √((μ₄ − variance²)/n) with the enumerated fourth moment μ₄."""
    n_draws, values = 100_000, np.array([0.9, -0.4, 0.0, -1.3])
    placed = place(parameters, device)
    inputs = place(np.broadcast_to(values, (n_draws, N_UNITS)), device)
    drawn = to_numpy(units.sample(placed, inputs, RandomStreams(2).stream("sample")))
    for unit, value in enumerate(values):
        x, weights = weights_of_states(units, parameters, unit, value)
        p = weights / weights.sum()
        expected = p @ x
        variance, fourth = p @ (x - expected) ** 2, p @ (x - expected) ** 4
        assert abs(drawn[:, unit].mean() - expected) <= 6 * np.sqrt(variance / n_draws)
        spread = np.mean((drawn[:, unit] - expected) ** 2)
        assert abs(spread - variance) <= 6 * np.sqrt((fourth - variance**2) / n_draws)
    assert not isinstance(units, Bernoulli) or set(np.unique(drawn)) == {0.0, 1.0}


def test_samples_of_different_units_and_rows_are_independent(units, parameters):
    """Correlation between units, and between neighbouring rows, within 6/√n of zero."""
    n_draws = 40_000
    drawn = units.sample(parameters, np.zeros((n_draws, N_UNITS)), RandomStreams(3).stream("independent"))
    between_units = np.corrcoef(drawn.T) - np.eye(N_UNITS)
    between_rows = [np.corrcoef(drawn[:-1, unit], drawn[1:, unit])[0, 1] for unit in range(N_UNITS)]
    assert np.abs(between_units).max() <= 6 / np.sqrt(n_draws)
    assert np.abs(between_rows).max() <= 6 / np.sqrt(n_draws)


def test_matched_units_have_the_mean_and_variance_asked_for(units, device):
    """A Bernoulli unit's variance is p(1 − p), and a unit of fixed precision has variance one: means only there."""
    mean, variance = np.array([0.1, 0.5, 0.93]), np.array([0.3, 1.0, 2.5])
    matched = units.matched(place(mean, device), place(variance, device))
    actual = units.mean(matched, place(np.zeros((1, 3)), device))
    np.testing.assert_allclose(to_numpy(actual)[0], mean, rtol=1e-13)
    if "log_precision" in matched:
        actual_variance = units.variance(matched, place(np.zeros((1, 3)), device))
        np.testing.assert_allclose(to_numpy(actual_variance)[0], variance, rtol=1e-13)


def test_matched_bernoulli_bias_is_the_log_odds_and_finite_for_constant_units(device):
    """b = log(p/(1 − p)); p = 0 and p = 1 start at 0.001 from there."""
    mean = np.array([0.0, 0.25, 1.0])
    bias = to_numpy(Bernoulli().matched(place(mean, device), place(mean * (1 - mean), device))["bias"])
    np.testing.assert_allclose(bias, np.log([0.001 / 0.999, 1 / 3, 0.999 / 0.001]), rtol=1e-12)


def test_a_constant_feature_asks_for_a_finite_precision(device):
    """Variance zero is taken as 1e-6, and the mean is met all the same."""
    units = UNIT_TYPES["gaussian_variance"]
    matched = units.matched(place(np.array([0.4]), device), place(np.array([0.0]), device))
    assert float(matched["log_precision"][0]) == pytest.approx(np.log(1e6))
    mean = units.mean(matched, place(np.zeros((1, 1)), device))
    assert float(mean[0, 0]) == pytest.approx(0.4)


def test_neutral_units_favour_nothing(units, device):
    """Bernoulli units are on half the time; Gaussian ones have mean 0 and variance 1."""
    like = place(np.zeros(1), device)
    neutral = units.neutral(3, like)
    nothing = place(np.zeros((1, 3)), device)
    mean, spread = units.mean(neutral, nothing), to_numpy(units.variance(neutral, nothing))
    is_binary = isinstance(units, Bernoulli)
    np.testing.assert_allclose(to_numpy(mean)[0], 0.5 if is_binary else 0.0)
    np.testing.assert_allclose(spread[0], 0.25 if is_binary else 1.0)
