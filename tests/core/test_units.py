"""Each unit type against the definition of its cumulant Γ(I) = log ∫ exp(x·I − U(x)) dx and its derivatives."""

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.units import Activity, Bernoulli, Binomial, Poisson, ReLU, Spin
from oracles import finite_differences
from oracles.enumeration import layer_sites, unit_energy, unit_slopes
from oracles.machines import COUNTABLE, MIXED, UNIT_TYPES, layer_values, place, possible_mean, unit_parameters
from oracles.single_units import conditional
from oracles.streams import ConstantStream

N_UNITS = 6  # a number that groups of three fit into
INPUTS = np.random.default_rng(0).uniform(-1.5, 1.5, (6, N_UNITS))
LAYERS = UNIT_TYPES | {"mixed": MIXED, "countable": COUNTABLE}


@pytest.fixture(params=LAYERS.values(), ids=LAYERS.keys())
def units(request):
    return request.param


@pytest.fixture
def parameters(units):
    return unit_parameters(units, N_UNITS, np.random.default_rng(1))


def states_of_sites(units, parameters, inputs):
    """Yield for each site its columns, its values (n_values, n_columns), and exp(x·I − U(x)) dx of each."""
    for site in layer_sites(units, N_UNITS):
        columns = range(N_UNITS)[site.columns]
        energies = [unit_energy(units, parameters, unit, x) for unit, x in zip(columns, site.values.T, strict=True)]
        yield site.columns, site.values, np.exp(site.values @ inputs[site.columns] - sum(energies) + site.log_volume)


def test_potential_is_the_sum_over_units(units, parameters, device):
    x = layer_values(units, 5, N_UNITS)
    expected = sum(unit_energy(units, parameters, unit, x[:, unit]) for unit in range(N_UNITS))
    actual = to_numpy(units.potential(place(parameters, device), place(x, device)))
    np.testing.assert_allclose(actual, expected, rtol=1e-13, atol=1e-14)


def test_log_partition_is_the_log_of_the_sum_over_states(units, parameters, device):
    """Γ(I) = log Σₓ exp(x·I − U(x)), an integral for Gaussian units."""
    actual = to_numpy(units.log_partition(place(parameters, device), place(INPUTS, device)))
    for row, inputs in enumerate(INPUTS):
        masses = [weights.sum() for _, _, weights in states_of_sites(units, parameters, inputs)]
        np.testing.assert_allclose(actual[row], np.log(masses), atol=1e-11)


def test_mean_is_the_slope_of_the_log_partition(units, parameters, device):
    """E[x | I] = dΓ/dI, and the average over states."""
    actual = to_numpy(units.mean(place(parameters, device), place(INPUTS, device)))
    slope = finite_differences.gradient(lambda inputs: float(units.log_partition(parameters, inputs).sum()), INPUTS)
    np.testing.assert_allclose(actual, slope, atol=1e-9)
    for row, inputs in enumerate(INPUTS):
        for columns, x, weights in states_of_sites(units, parameters, inputs):
            np.testing.assert_allclose(actual[row, columns], weights @ x / weights.sum(), atol=1e-11)


def test_variance_is_the_curvature_of_the_log_partition(units, parameters, device):
    """Var[x | I] = d²Γ/dI², and the average over states."""
    placed = place(parameters, device)
    actual = to_numpy(units.variance(placed, place(INPUTS, device)))
    for unit in range(N_UNITS):
        along = np.eye(N_UNITS)[unit]
        curvature = finite_differences.second_derivative(
            lambda step, along=along: units.log_partition(parameters, INPUTS + step * along).sum(axis=1), 0.0
        )
        np.testing.assert_allclose(actual[:, unit], curvature, atol=1e-7)
    for row, inputs in enumerate(INPUTS):
        for columns, x, weights in states_of_sites(units, parameters, inputs):
            p = weights / weights.sum()
            np.testing.assert_allclose(actual[row, columns], p @ x**2 - (p @ x) ** 2, atol=1e-10)


def test_backward_is_the_slope_of_a_function_of_the_means(units, parameters, device):
    """∂/∂I of Σ delta · E[x | I], by differences."""
    delta = np.random.default_rng(2).normal(size=INPUTS.shape)

    def function(tree):
        return float((delta * units.mean(parameters, tree["inputs"])).sum())

    expected = finite_differences.gradient(function, {"inputs": INPUTS})["inputs"]
    placed = place(parameters, device)
    actual = units.backward(placed, units.activity(placed, place(INPUTS, device)), place(delta, device))
    np.testing.assert_allclose(to_numpy(actual), expected, rtol=1e-9, atol=1e-9)


def test_absorbed_units_have_the_same_means(units, parameters, device):
    """E[x | I] = scale_out · E'[x | scale_in · (I + b)], where the bias is the only parameter that is left."""
    simple, scale_in, scale_out = units.absorbed(parameters)
    others = parameters if simple is units else {"bias": scale_in * parameters["bias"]}
    assert set(simple.parameter_names) == others.keys()
    actual = scale_out * simple.mean(others, scale_in * INPUTS)
    np.testing.assert_allclose(actual, units.mean(parameters, INPUTS), rtol=1e-12)


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
    expected = {name: np.zeros((len(INPUTS), N_UNITS)) for name in parameters}
    for row, inputs in enumerate(INPUTS):
        for columns, x, weights in states_of_sites(units, parameters, inputs):
            for unit, values in zip(range(N_UNITS)[columns], x.T, strict=True):
                for name, slopes in unit_slopes(units, parameters, unit, values).items():
                    expected[name][row, unit] = weights @ slopes / weights.sum()
    for name, values in expected.items():
        np.testing.assert_allclose(to_numpy(actual[name]), values.mean(axis=0), atol=1e-10, err_msg=name)


def test_samples_have_the_conditional_mean_and_variance(units, parameters, device):
    """Within 6 standard errors: √(variance/n), and √((μ₄ − variance²)/n) with the enumerated fourth moment μ₄."""
    n_draws, values = 100_000, np.array([0.9, -0.4, 0.0, -1.3, 0.5, 0.2])
    placed = place(parameters, device)
    inputs = place(np.broadcast_to(values, (n_draws, N_UNITS)), device)
    drawn = to_numpy(units.sample(placed, inputs, RandomStreams(2).stream("sample")))
    for columns, x, weights in states_of_sites(units, parameters, values):
        p, of_site = weights / weights.sum(), drawn[:, columns]
        expected = p @ x
        variance, fourth = p @ (x - expected) ** 2, p @ (x - expected) ** 4
        assert np.all(abs(of_site.mean(axis=0) - expected) <= 6 * np.sqrt(variance / n_draws))
        spread = np.mean((of_site - expected) ** 2, axis=0)
        assert np.all(abs(spread - variance) <= 6 * np.sqrt((fourth - variance**2) / n_draws))
    sites = units.sites(N_UNITS)
    for site, listed in zip(layer_sites(units, N_UNITS), sites or [], strict=sites is not None):
        assert {tuple(x) for x in drawn[:, site.columns]} == {tuple(x) for x in listed}
    assert units.takes(drawn).all()


def test_samples_of_different_units_and_rows_are_independent(units, parameters):
    """Correlation between units, and between neighbouring rows, within 6/√n of zero."""
    n_draws = 40_000
    drawn = units.sample(parameters, np.zeros((n_draws, N_UNITS)), RandomStreams(3).stream("independent"))
    between_units = np.corrcoef(drawn.T)
    for site in layer_sites(units, N_UNITS):
        between_units[site.columns, site.columns] = 0
    between_rows = [np.corrcoef(drawn[:-1, unit], drawn[1:, unit])[0, 1] for unit in range(N_UNITS)]
    assert np.abs(between_units).max() <= 6 / np.sqrt(n_draws)
    assert np.abs(between_rows).max() <= 6 / np.sqrt(n_draws)


def test_samples_and_means_together_are_those_of_each_alone(units, parameters, device):
    """Bit for bit, with the same random numbers, also far from where the units change most."""
    inputs = place(np.linspace(-40, 40, 5 * N_UNITS).reshape(5, N_UNITS), device)
    parameters = {name: place(leaf, device) for name, leaf in parameters.items()}
    drawn, activity = units.sample_and_activity(parameters, inputs, RandomStreams(2).stream("together"))
    alone = units.sample(parameters, inputs, RandomStreams(2).stream("together"))
    np.testing.assert_array_equal(to_numpy(drawn), to_numpy(alone))
    np.testing.assert_array_equal(to_numpy(activity.values), to_numpy(units.mean(parameters, inputs)))
    np.testing.assert_array_equal(to_numpy(activity.known_inputs), to_numpy(inputs))


def test_a_share_of_the_rows_is_drawn_as_it_is_among_all_of_them(units, parameters):
    """Several processes that each draw for some rows draw, together, what one process would."""
    whole = units.sample(parameters, INPUTS, RandomStreams(4).stream("rows"))
    part = units.sample(parameters, INPUTS[1:3], RandomStreams(4).stream("rows").share(1, len(INPUTS) - 3))
    np.testing.assert_array_equal(part, whole[1:3])


def test_matched_units_have_the_mean_and_variance_asked_for(units, device):
    """Only where a parameter says how much a unit varies does its variance not follow from its mean."""
    mean = possible_mean(units, [0.1, 0.5, 0.93, 0.3, 0.2, 0.6])
    variance = np.array([0.005, 0.1, 0.5, 0.05, 0.03, 0.2])
    matched = units.matched(place(mean, device), place(variance, device))
    nothing = place(np.zeros((1, N_UNITS)), device)
    np.testing.assert_allclose(to_numpy(units.mean(matched, nothing))[0], mean, rtol=1e-13)
    if units.learns_scale and units is not MIXED:
        np.testing.assert_allclose(to_numpy(units.variance(matched, nothing))[0], variance, rtol=1e-12)


def test_matched_rectified_units_of_heavy_tails_have_the_mean_at_least(device):
    """What varies more than an exponential distribution cannot be met; E[γ x²] over the data is one there.

    Features that are always 0 count as 0.001 ± 0.001.
    """
    mean, variance = np.array([0.01, 1.0, 40.0]), np.array([1.0, 1.5, 1e6])
    units = ReLU()
    matched = units.matched(place(mean, device), place(variance, device))
    nothing = place(np.zeros((1, 3)), device)
    np.testing.assert_allclose(to_numpy(units.mean(matched, nothing))[0], mean, rtol=1e-12)
    precision = np.exp(to_numpy(matched["log_precision"]))
    np.testing.assert_allclose(precision * (mean**2 + variance), 1, rtol=1e-12)
    assert np.all(to_numpy(units.variance(matched, nothing))[0] < mean**2)
    zero = place(np.zeros(1), device)
    matched = units.matched(zero, zero)
    np.testing.assert_allclose(to_numpy(units.mean(matched, place(np.zeros((1, 1)), device))), 1e-3, rtol=1e-12)


def test_matched_rectified_units_of_fixed_precision_have_the_mean(device):
    mean = np.array([1e-2, 0.5, 30.0])
    units = ReLU(learn_precision=False)
    matched = units.matched(place(mean, device), place(mean, device))
    assert matched.keys() == {"bias"}
    np.testing.assert_allclose(to_numpy(units.mean(matched, place(np.zeros((1, 3)), device)))[0], mean, rtol=1e-12)


@pytest.mark.parametrize(
    "units, mean", [(Spin(), [-1.0, 1.0]), (Binomial(3), [0.0, 3.0]), (Poisson(), [0.0]), (ReLU(), [0.0])]
)
def test_units_that_never_vary_start_with_finite_parameters(units, mean, device):
    """And with nearly that mean: 0.003 away at the most."""
    mean = np.array(mean)
    matched = units.matched(place(mean, device), place(0 * mean, device))
    assert all(np.isfinite(to_numpy(leaf)).all() for leaf in matched.values())
    actual = to_numpy(units.mean(matched, place(np.zeros((1, len(mean))), device)))[0]
    np.testing.assert_allclose(actual, mean, atol=0.0031)


def test_matched_bernoulli_bias_is_the_log_odds_and_finite_for_constant_units(device):
    """b = log(p/(1 − p)); p = 0 and p = 1 start at 0.001 from there."""
    mean = np.array([0.0, 0.25, 1.0])
    bias = to_numpy(Bernoulli().matched(place(mean, device), place(mean * (1 - mean), device))["bias"])
    np.testing.assert_allclose(bias, np.log([0.001 / 0.999, 1 / 3, 0.999 / 0.001]), rtol=1e-12)


def test_a_constant_feature_asks_for_a_finite_precision(device):
    """Variance zero is taken as 1e-6, and the mean is met all the same."""
    units = UNIT_TYPES["gaussian_learned_variance"]
    matched = units.matched(place(np.array([0.4]), device), place(np.array([0.0]), device))
    assert float(matched["log_precision"][0]) == pytest.approx(np.log(1e6))
    mean = units.mean(matched, place(np.zeros((1, 1)), device))
    assert float(mean[0, 0]) == pytest.approx(0.4)


def test_neutral_units_favour_nothing(units, device):
    """Without input, a unit then has the mean and variance that its values have by themselves."""
    neutral = units.neutral(N_UNITS, place(np.zeros(1), device))
    nothing = place(np.zeros((1, N_UNITS)), device)
    zero = {name: np.zeros(N_UNITS) for name in units.parameter_names}
    for columns, x, weights in states_of_sites(units, zero, np.zeros(N_UNITS)):
        p = weights / weights.sum()
        np.testing.assert_allclose(to_numpy(units.mean(neutral, nothing))[0, columns], p @ x, atol=1e-11)
        spread = p @ (x - p @ x) ** 2
        np.testing.assert_allclose(to_numpy(units.variance(neutral, nothing))[0, columns], spread, rtol=1e-11)


def unit_parameters_of_zero(units):
    return {name: np.zeros(1) for name in units.parameter_names}


def rectified_by_quadrature(a):
    """Return mean, variance and log-mass of exp(a x − x²/2) over x ≥ 0: after Laguerre far below 0, else Legendre."""
    if a < -5:
        t, shares = np.polynomial.laguerre.laggauss(60)
        x, weights, log_scale = t / -a, shares * np.exp(-((t / a) ** 2) / 2), -np.log(-a)
    else:
        low, high = max(0.0, a - 14), max(0.0, a) + 14
        nodes, shares = np.polynomial.legendre.leggauss(120)
        x = low + (high - low) * (nodes + 1) / 2
        weights, log_scale = shares * np.exp(-((x - a) ** 2) / 2), a**2 / 2 + np.log((high - low) / 2)
    mass = weights.sum()
    mean = weights @ x / mass
    return mean, weights @ (x - mean) ** 2 / mass, np.log(mass) + log_scale


@pytest.mark.parametrize("a", [-1e4, -300.0, -40.0, -20.1, -19.9, -8.0, -1.0, 0.0, 2.0, 9.0, 1e4])
def test_rectified_units_are_accurate_from_deep_below_the_threshold_to_far_above(a, device):
    """Mean and log-mass to 1e-10 of each, the variance, from which digits cancel, to 1e-7."""
    units, bias = ReLU(learn_precision=False), {"bias": place(np.zeros(1), device)}
    inputs = place(np.array([[a]]), device)
    mean, variance, mass = rectified_by_quadrature(a)
    assert float(units.mean(bias, inputs)[0, 0]) == pytest.approx(mean, rel=1e-10)
    assert float(units.variance(bias, inputs)[0, 0]) == pytest.approx(variance, rel=1e-7)
    assert float(units.log_partition(bias, inputs)[0, 0]) == pytest.approx(mass, rel=1e-10)


@pytest.mark.parametrize(
    "units, biases",
    [
        (Binomial(1), [-9.0, 0.0, 9.0]),
        (Binomial(200), [-9.0, 0.3, 9.0]),
        (Poisson(), [-9.0, 0.3, 9.0]),
        (ReLU(), [-90.0, -6.0, 90.0]),
    ],
)
def test_samples_are_distributed_as_asked_for_at_the_ends_of_the_range(units, biases):
    """Their distribution function against SciPy's: the largest distance within Massart's bound (p < 1e-9)."""
    n_draws = 20_000
    parameters = unit_parameters_of_zero(units) | {"bias": np.array(biases)}
    drawn = units.sample(parameters, np.zeros((n_draws, 3)), RandomStreams(6).stream("ends"))
    distribution = conditional(units, parameters)
    for unit in range(3):
        values, counts = np.unique(drawn[:, unit], return_counts=True)
        at, below = (
            distribution.cdf(np.repeat(x[:, None], 3, axis=1))[:, unit] for x in (values, np.nextafter(values, -np.inf))
        )
        n_up_to = np.cumsum(counts)
        distance = np.abs([n_up_to / n_draws - at, (n_up_to - counts) / n_draws - below]).max()
        assert distance <= np.sqrt(np.log(2e9) / (2 * n_draws))


@pytest.mark.parametrize("uniform", [0.0, 1 - 2.0**-23], ids=["lowest", "highest"])
@pytest.mark.parametrize("units", [Spin(), Binomial(5), Poisson(), ReLU()], ids=["spin", "binomial", "poisson", "relu"])
def test_samples_of_the_rarest_uniform_numbers_are_values_of_the_units(units, uniform, device):
    parameters = {name: place(np.zeros(5), device) for name in units.parameter_names}
    inputs = place(np.array([[-40.0, -7.0, 0.0, 7.0, 40.0]]), device)
    drawn = to_numpy(units.sample(parameters, inputs, ConstantStream(uniform)))
    assert np.isfinite(drawn).all()
    assert units.takes(drawn).all()


@pytest.mark.parametrize(
    "name, taken, refused",
    [
        ("bernoulli", [0.0, 0.3, 1.0], [-0.1, 1.1]),
        ("gaussian", [-1e9, 0.0, 1e9], []),
        ("spin", [-1.0, 1.0], [0.0, 0.5, 2.0]),
        ("binomial", [0.0, 1.0, 3.0], [2.5, -1.0, 4.0]),
        ("poisson", [0.0, 1.0, 1e6], [0.5, -1.0]),
        ("relu", [0.0, 0.5, 1e6], [-0.1]),
        ("categorical", [0.0, 1.0], [0.5, -1.0, 2.0]),
        ("replicated_softmax", [0.0, 7.0], [0.5, -1.0]),
    ],
)
def test_units_take_the_values_that_they_can_have(name, taken, refused):
    units = UNIT_TYPES[name]
    assert units.takes(np.array(taken)).all()
    assert not units.takes(np.array(refused)).any()
