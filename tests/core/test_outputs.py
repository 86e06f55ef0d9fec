"""Kinds of top layers: how they learn is the slope of their loss, and a linear one learns what least squares say."""

import itertools

import numpy as np
import pytest
from scipy.stats import norm

from deepbelief.core import kernels
from deepbelief.core.finetuning import evaluate, finetune
from deepbelief.core.network import Layers, Network
from deepbelief.core.optimizers import sgd
from deepbelief.core.outputs import AbsoluteError, GaussianLikelihood, Sigmoid, Softmax, SquaredError
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.recipes import FineTuning
from deepbelief.core.rows import Rows
from deepbelief.core.schedules import Constant
from deepbelief.core.training import State
from deepbelief.core.units import Bernoulli
from oracles import finite_differences

RNG = np.random.default_rng(0)
N_ROWS, N_TARGETS = 7, 3
NUMBERS = RNG.normal(size=(N_ROWS, N_TARGETS))
BITS = RNG.integers(0, 2, (N_ROWS, N_TARGETS))
CASES = {
    "softmax": (Softmax(), np.arange(N_ROWS) % N_TARGETS),
    "sigmoid": (Sigmoid(), BITS),
    "squared": (SquaredError(), NUMBERS),
    "absolute": (AbsoluteError(), NUMBERS),
    "gaussian": (GaussianLikelihood(), NUMBERS),
}
every = pytest.mark.parametrize("output, labels", CASES.values(), ids=CASES.keys())


def inputs_for(output, seed=1):
    return np.random.default_rng(seed).normal(0, 1.5, (N_ROWS, output.n_units(N_TARGETS)))


def variances_at(inputs):
    """Return what the slopes of a Gaussian are multiplied by: variances where they are below 1."""
    weights = np.minimum(np.exp(inputs[:, N_TARGETS:]), 1)
    return np.concatenate([weights, weights], axis=1)


@every
def test_errors_are_the_slope_of_the_loss(output, labels):
    """By differences, each number of each row to 1e-7; those of a Gaussian times its variance, or 1 if that is less."""
    inputs = inputs_for(output)
    truth = output.truth(labels, inputs)
    expected = finite_differences.gradient(lambda z: -output.loss(output.answers(z), truth).sum(), inputs)
    expected = expected * variances_at(inputs) if isinstance(output, GaussianLikelihood) else expected
    np.testing.assert_allclose(output.errors(output.answers(inputs), truth), expected, rtol=1e-7, atol=1e-9)


@every
def test_slope_bounds_the_curvature(output, labels):
    """No direction of the inputs of a row's units has more of it, in a thousand of them; and some have nearly that."""
    directions = np.random.default_rng(2).normal(size=(1000, output.n_units(N_TARGETS)))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    if isinstance(output, GaussianLikelihood):
        directions[:, N_TARGETS:] = 0  # the curvature in the variances has no bound that holds for every number
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    at = np.zeros_like(directions)
    truth = np.repeat(output.truth(labels[:1], at[:1]), 1000, axis=0)

    def along(step):
        return (output.errors(output.answers(at + step * directions), truth) * directions).sum(1)

    curvature = -(along(1e-4) - along(-1e-4)) / 2e-4
    assert curvature.max() <= output.slope * (1 + 1e-6)
    if not isinstance(output, AbsoluteError):
        assert curvature.max() >= 0.5 * output.slope


def test_losses_are_what_they_are_called():
    """Cross-entropies, half a squared error, and −log of a normal density, from SciPy."""
    z = inputs_for(Sigmoid())
    p = 1 / (1 + np.exp(-z))
    np.testing.assert_allclose(Sigmoid().loss(z, BITS), -np.log(np.where(BITS == 1, p, 1 - p)).sum(1))
    np.testing.assert_allclose(SquaredError().loss(z, NUMBERS), 0.5 * ((z - NUMBERS) ** 2).sum(1))
    np.testing.assert_allclose(AbsoluteError().loss(z, NUMBERS), abs(z - NUMBERS).sum(1))
    answers = inputs_for(GaussianLikelihood())
    means, deviations = answers[:, :N_TARGETS], np.exp(answers[:, N_TARGETS:] / 2)
    expected = -norm.logpdf(NUMBERS, means, deviations).sum(1)
    np.testing.assert_allclose(GaussianLikelihood().loss(answers, NUMBERS), expected)
    np.testing.assert_allclose(GaussianLikelihood().measure(answers, NUMBERS), ((NUMBERS - means) ** 2).mean(1))


def test_all_labels_of_a_row_must_be_right():
    z = np.array([[2.0, -1.0], [2.0, 1.0], [-0.5, 0.1]])
    np.testing.assert_array_equal(Sigmoid().measure(z, np.array([[1, 0], [1, 0], [0, 1]])), [1, 0, 1])


def layers_for(output, hidden=()):
    rng = np.random.default_rng(3)
    sizes = [4, *hidden, output.n_units(N_TARGETS)]
    weights = [rng.normal(0, 0.5, shape) for shape in itertools.pairwise(sizes)]
    return Layers(tuple(weights), tuple(rng.normal(0, 0.2, size) for size in sizes[1:]))


def rows_with(labels, dtype=np.float64, weights=None):
    x = np.random.default_rng(4).normal(size=(N_ROWS, 4))
    return Rows(x, dtype, labels=labels, weights=weights)


@pytest.mark.parametrize("output, labels", list(CASES.values())[:-1], ids=list(CASES)[:-1])  # a Gaussian's is no slope
def test_backpropagation_goes_through_every_top_layer(output, labels):
    """Weighted rows, one hidden layer, every parameter by differences to 1e-6 of it."""
    network, layers, rows = Network((Bernoulli(),), output), layers_for(output, (3,)), rows_with(labels)
    batch, shares = rows.batch(slice(None)), np.linspace(0.05, 0.3, N_ROWS)
    truth = output.truth(labels, layers.biases[-1])

    def likelihood(changed):
        return -(shares * output.loss(network.answers(changed, batch.v), truth)).sum()

    expected = finite_differences.gradient(likelihood, layers)
    gradient, answers = network.gradient(layers, batch.v, truth, row_weights=shares)
    for got, wanted in zip(gradient.weights + gradient.biases, expected.weights + expected.biases, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(answers, network.answers(layers, batch.v))


def finetuned(output, labels, n_epochs=3, rate=0.1, decay=0.01, hidden=(3,), weights=None, batch_size=3):
    network, layers = Network((Bernoulli(),) * len(hidden), output), layers_for(output, hidden)
    optimizer = sgd(Constant(rate), Constant(0.5), decay)
    recipe = FineTuning(optimizer, n_epochs, batch_size, centred=True)
    state = State(layers, optimizer.init(layers))
    return list(finetune(network, rows_with(labels, weights=weights), state, recipe, RandomStreams(5)))


@every
def test_the_kernel_takes_the_same_steps(output, labels, monkeypatch):
    """As the plain steps do, at float64: parameters, loss and what else is measured, to 1e-12."""
    fast = finetuned(output, labels)
    monkeypatch.setattr(kernels, "network_steps", lambda *_: kernels.NoKernel("a test"))
    plain = finetuned(output, labels)
    assert fast[-1].steps.startswith("kernel")
    for one, other in zip(fast, plain, strict=True):
        assert set(one.metrics) == {"loss", output.measured, "update_ratio"}
        np.testing.assert_allclose(*(list(epoch.metrics.values()) for epoch in (one, other)), rtol=1e-10)
    for a, b in zip(*(epochs[-1].state.parameters.weights for epochs in (fast, plain)), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


def test_a_linear_layer_alone_is_least_squares_with_weights():
    """The weighted optimum of NumPy's lstsq, to 1e-6, after enough steps over all rows."""
    weights = np.array([1.0, 2, 3, 1, 2, 3, 2])
    last = finetuned(SquaredError(), NUMBERS, 600, 0.3, 0.0, (), weights, N_ROWS)[-1].state.parameters
    x = np.column_stack([rows_with(NUMBERS).take(slice(None)), np.ones(N_ROWS)])
    root = np.sqrt(weights)[:, None]
    expected = np.linalg.lstsq(root * x, root * NUMBERS, rcond=None)[0]
    np.testing.assert_allclose(np.vstack([last.weights[0], last.biases[0]]), expected, atol=1e-6)
    loss, squares = evaluate(Network(output=SquaredError()), last, rows_with(NUMBERS, weights=weights))
    errors = np.average(((x @ expected - NUMBERS) ** 2).mean(1), weights=weights)
    assert (loss, squares) == pytest.approx((1.5 * errors, errors), rel=1e-6)
