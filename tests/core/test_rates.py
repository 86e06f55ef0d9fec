"""Learning rates that follow the data: the spectrum they start from, and what they promise."""

import numpy as np
import pytest

from deepbelief.core.network import Layers, Network
from deepbelief.core.optimizers import sgd
from deepbelief.core.outputs import Softmax, SquaredError
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rates import COUNT_SHARE, MACHINE_RATE, NETWORK_RATE, machine_rate, network_rate, stiffness
from deepbelief.core.rbm import Machine
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Constant
from deepbelief.core.spectrum import Spectrum, spectrum, spectrum_of
from deepbelief.core.units import Bernoulli, Binomial, Gaussian
from oracles.machines import place

RNG = np.random.default_rng(4)
GAUSSIAN = Machine(Gaussian(), Bernoulli())


@pytest.mark.parametrize("shape", [(200, 5), (30, 80)])
def test_the_spectrum_is_that_of_the_covariance(shape, device):
    """Largest eigenvalue within a per cent, trace to rounding; more features than rows too."""
    x = RNG.normal(size=shape) * np.linspace(0.2, 3, shape[1]) + 7
    found = spectrum(place(x, device))
    eigenvalues = np.linalg.eigvalsh(np.cov(x.T, bias=True))
    assert found.largest == pytest.approx(eigenvalues[-1], rel=0.01)
    assert found.total == pytest.approx(eigenvalues.sum(), rel=1e-10)


def test_the_spectrum_does_not_depend_on_where_the_data_lie():
    x = RNG.normal(size=(100, 6))
    near, far = spectrum(x), spectrum(x + 1000)
    assert far.largest == pytest.approx(near.largest, rel=1e-6)
    assert far.total == pytest.approx(near.total, rel=1e-6)


def test_rows_that_do_not_differ_have_no_spectrum():
    assert spectrum_of(Rows(np.full((20, 3), 7.0), np.float64)) == Spectrum(0.0, 0.0, 3)


@pytest.mark.parametrize("batch_size", [1, 10, 1000])
def test_a_linear_unit_is_stable_at_the_stable_rate_and_not_far_above(batch_size):
    """Squared error on noisy targets: at 2 / (λ + 2τ/b) the weights stay bounded, at four times that they do not."""
    x = RNG.normal(size=(2000, 8)) * np.linspace(0.1, 2, 8)
    rate = 2 / stiffness(spectrum(x), batch_size)

    def end(rate):
        weights, rng = np.zeros(8), np.random.default_rng(0)
        for _ in range(3000):
            rows = x[rng.integers(len(x), size=batch_size)]
            error = rng.normal(size=batch_size) - rows @ weights
            weights = np.clip(weights + rate * rows.T @ error / batch_size, -1e9, 1e9)
        return abs(weights).max()

    assert end(0.9 * rate) < 100
    assert end(4 * rate) > 1e6


@pytest.mark.parametrize("n_features", [2, 30, 2000])
@pytest.mark.parametrize("batch_size", [10, 100])
def test_machines_of_any_size_stay_bounded_at_their_rate(n_features, batch_size):
    """Real-valued units feed their own growth; 300 steps at the rate chosen for them leave weights of order one."""
    from deepbelief.core.gradients import ContrastiveDivergence
    from deepbelief.core.training import Recipe, start, train

    x = (RNG.normal(size=(300, 4)) @ RNG.normal(size=(4, n_features)) + RNG.normal(size=(300, n_features))).astype("f")
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    rows, n_hidden = Rows(x, np.float32), 50
    rate = machine_rate(GAUSSIAN, spectrum_of(rows), n_hidden, batch_size)
    n_epochs = 300 * batch_size // len(x)
    recipe = Recipe(
        ContrastiveDivergence(), sgd(Constant(rate), Constant(0.9), 0.0), n_epochs, batch_size, centred=True
    )
    streams = RandomStreams(0)
    *_, last = train(GAUSSIAN, rows, start(GAUSSIAN, rows, n_hidden, recipe, streams), recipe, streams)
    assert abs(last.state.parameters.weights).max() < 10
    assert last.metrics["reconstruction_error"] < 1


def test_rates_fall_with_what_makes_steps_unstable():
    """Features that vary together, many features, small batches, many hidden units, real-valued visible units."""
    usual = machine_rate(Machine(), Spectrum(20.0, 200.0), 500, 100)
    assert usual < MACHINE_RATE
    assert machine_rate(Machine(), Spectrum(60.0, 200.0), 500, 100) < usual
    assert machine_rate(Machine(), Spectrum(20.0, 2000.0), 500, 100) < usual
    assert machine_rate(Machine(), Spectrum(20.0, 200.0), 500, 10) < usual
    assert machine_rate(Machine(), Spectrum(20.0, 200.0), 5000, 100) < usual
    assert machine_rate(GAUSSIAN, Spectrum(20.0, 200.0), 500, 100) < usual
    assert machine_rate(Machine(Bernoulli(), Gaussian()), Spectrum(20.0, 200.0), 500, 100) < usual


def test_momentum_counts_where_something_else_than_the_gradient_holds_back():
    """Chains, precisions that are learned, and real-valued hidden units; not for contrastive divergence alone."""
    inputs = Spectrum(20.0, 200.0), 500, 100
    plain = machine_rate(Machine(), *inputs)
    assert machine_rate(Machine(), *inputs, momentum=0.9) == plain
    assert machine_rate(Machine(), *inputs, momentum=0.8, persistent=True) == pytest.approx(0.2 * plain / 2)
    real = machine_rate(GAUSSIAN, *inputs)
    learned = Machine(Gaussian(learn_variance=True), Bernoulli())
    assert machine_rate(learned, *inputs, momentum=0.8) == pytest.approx(0.2 * real / 4)
    assert machine_rate(learned, *inputs, momentum=0.8, persistent=True) == pytest.approx(0.2 * real / 8)
    hidden = Machine(Bernoulli(), Gaussian())
    assert machine_rate(hidden, *inputs, momentum=0.8) == pytest.approx(0.2 * machine_rate(hidden, *inputs))


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("learns_variance", [False, True])
def test_heavy_tails_stay_bounded(persistent, learns_variance):
    """Thirty passes over features of Student's t with three degrees of freedom, at the rate chosen for them."""
    from deepbelief import RBM

    x = RNG.standard_t(3, size=(600, 10))
    visible, gradient = ("gaussian", "gaussian-learned-variance")[learns_variance], ("cd", "pcd")[persistent]
    rbm = RBM(32, visible=visible, gradient=gradient, n_iter=30, random_state=0).fit(x / x.std(axis=0))
    assert abs(rbm.components_).max() < 10


def test_no_rate_is_above_the_usual_one():
    """However tame the data are; with batches of a quarter of the usual size, a network's is half as large."""
    assert machine_rate(Machine(), Spectrum(1e-9, 1e-9), 1, 100) == MACHINE_RATE
    assert network_rate([Spectrum(0.1, 1.0)], Softmax(), 100, 0.9) == NETWORK_RATE
    assert network_rate([Spectrum(0.1, 1.0)], Softmax(), 25, 0.9) == pytest.approx(NETWORK_RATE / 4)
    assert network_rate([Spectrum(0.0, 0.0)], Softmax(), 100, 0.9) == NETWORK_RATE


def test_the_stiffest_layer_decides():
    """A softmax layer at 2 / (L/2), one below at four times that."""
    tame, stiff = Spectrum(1.0, 10.0), Spectrum(80.0, 200.0)
    assert (
        network_rate([tame, tame, stiff], Softmax(), 100, 0.9)
        == network_rate([stiff], Softmax(), 100, 0.9)
        == pytest.approx(4 / 84)
    )
    assert network_rate([tame, stiff, tame], Softmax(), 100, 0.9) == pytest.approx(16 / 84)


@pytest.mark.parametrize("momentum, batch_size", [(0.9, 10), (0.9, 100), (0.0, 10)])
def test_twice_the_rate_of_numbers_is_where_errors_begin_to_grow(momentum, batch_size):
    """A linear unit that learns noise, by steps with momentum: at the rate, the mean squared error stays within three
    times that of the best weights; at three times the rate, it grows a millionfold."""
    x = RNG.normal(size=(2000, 40)) * np.linspace(2, 8, 40)
    y = RNG.normal(size=2000)
    rate = network_rate([spectrum(x)], SquaredError(), batch_size, momentum)
    assert rate < NETWORK_RATE * batch_size / 100
    errors = []
    for step_size in (rate, 3 * rate):
        weights, velocity, found = np.zeros(40), np.zeros(40), []
        for _ in range(600):
            some = RNG.integers(2000, size=batch_size)
            velocity = momentum * velocity + step_size * x[some].T @ (y[some] - x[some] @ weights) / batch_size
            weights = weights + velocity
            found.append(((y - x @ weights) ** 2).mean())
        errors.append(np.mean(found[300:]))
    assert errors[0] < 3
    assert errors[1] > 1e6


def test_the_layers_of_a_network_that_predicts_numbers_add_up():
    """A network of linear units that learns noise: at the rate, it stays within three times the error of the best
    weights; at the rate of its stiffest layer alone, which leaves the other one out, it diverges."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(1000, 20)), rng.normal(size=(1000, 1))
    begin = Layers((rng.normal(0, 0.1, (20, 30)), rng.normal(0, 1, (30, 1))), (np.zeros(30), np.zeros(1)))
    network, momentum, batch_size = Network((Gaussian(),), SquaredError()), 0.9, 10
    inputs = [spectrum(each) for each in network.layer_inputs(begin, x)]
    gains = network.error_gains(begin, x, y)
    assert gains == pytest.approx([(begin.weights[1] ** 2).sum(), 1])
    rate = network_rate(inputs, SquaredError(), batch_size, momentum, gains)
    alone = network_rate(inputs, SquaredError(), batch_size, momentum)
    errors = []
    for step_size in (rate, alone):
        layers, velocity = begin, [np.zeros_like(w) for w in begin.weights]
        for _ in range(300):
            some = rng.integers(1000, size=batch_size)
            slope, _ = network.gradient(layers, x[some], y[some])
            velocity = [momentum * v + step_size * g for v, g in zip(velocity, slope.weights, strict=True)]
            layers = Layers(tuple(w + v for w, v in zip(layers.weights, velocity, strict=True)), begin.biases)
            if abs(layers.weights[0]).max() > 1e9:
                break
        errors.append(((y - network.answers(layers, x)) ** 2).mean())
    assert errors[0] < 3
    assert not errors[1] < 1e6


@pytest.mark.parametrize("visible", ["replicated-softmax", "binomial"])
@pytest.mark.parametrize("hidden", ["gaussian", "relu"])
@pytest.mark.parametrize("gradient", ["cd", "pcd"])
def test_counts_and_hidden_units_without_bounds_do_not_drive_each_other_away(visible, hidden, gradient):
    """Documents of 20 to 120 words on three topics: reconstructions beat the mean row, with persistent chains too."""
    from deepbelief import RBM

    rng = np.random.default_rng(0)
    topics = rng.dirichlet(np.full(40, 0.1), size=3)
    x = np.array([rng.multinomial(rng.integers(20, 120), topics[row % 3]) for row in range(300)])
    rbm = RBM(10, visible=visible, hidden=hidden, gradient=gradient, random_state=0).fit(x)
    error = ((x - rbm.reconstruct(x)) ** 2).mean() / x.var(axis=0).mean()
    assert error < 0.95
    assert abs(rbm.components_).max() < 1


def test_the_rate_allows_for_counts_that_chains_drive_away():
    """Below hidden units without bounds, a fifth for documents and trials; for binary and real-valued units all."""
    inputs = Spectrum(20.0, 200.0), 500, 100
    for hidden in (Bernoulli(), Gaussian()):
        one, many = (machine_rate(Machine(Binomial(n), hidden), *inputs, momentum=0.5) for n in (1, 2))
        slope = {n: 2 / (hidden.slope() * (20 + 4) + n / 4 * 500 * hidden.slope() * 0.12) for n in (1, 2)}
        share = 1.0 if hidden.is_bounded else COUNT_SHARE
        assert many / one == pytest.approx(share * slope[2] / slope[1])
