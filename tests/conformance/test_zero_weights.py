"""Without weights every unit is on its own, and everything has a closed form."""

import math

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy
from deepbelief.core.batch import Batch
from deepbelief.core.gradients import ContrastiveDivergence, ExactGradient, PersistentContrastiveDivergence
from deepbelief.core.likelihood import log_likelihood, pseudo_log_likelihood
from deepbelief.core.partition import log_partition
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Parameters
from oracles.enumeration import precision, unit_energy
from oracles.machines import MIXED, data, exactly, example, is_countable, layer_values, leaves, place, sizes
from oracles.single_units import conditional, log_density


def unconnected(machine, seed=0):
    parameters = example(machine, seed)
    return Parameters(np.zeros_like(parameters.weights), parameters.visible, parameters.hidden)


def unit_log_z(units, parameters):
    """Return log Σₓ exp(−U(x)) of every unit: −U(x) − log p(x), the same at every x."""
    x = layer_values(units, 1, len(parameters["bias"]))
    energies = [unit_energy(units, parameters, unit, x[:, unit]) for unit in range(x.shape[1])]
    return -np.concatenate(energies) - log_density(conditional(units, parameters), x)[0]


def unit_mean(units, parameters):
    return np.ravel(conditional(units, parameters).mean())


@exactly
def test_log_partition_is_a_sum_over_units(machine, device):
    parameters = unconnected(machine)
    expected = (
        unit_log_z(machine.visible, parameters.visible).sum() + unit_log_z(machine.hidden, parameters.hidden).sum()
    )
    assert log_partition(machine, place(parameters, device)) == pytest.approx(expected, abs=1e-12)


def test_each_layer_ignores_the_other(machine, device):
    """p(h | v) = p(h) and p(v | h) = p(v), whatever the other layer holds."""
    parameters = unconnected(machine)
    n_visible, n_hidden = sizes(machine)
    v, h = layer_values(machine.visible, 5, n_visible), layer_values(machine.hidden, 5, n_hidden)
    forward = to_numpy(machine.forward(place(parameters, device), place(v, device)))
    reverse = to_numpy(machine.reverse(place(parameters, device), place(h, device)))
    hidden_mean = unit_mean(machine.hidden, parameters.hidden)
    visible_mean = unit_mean(machine.visible, parameters.visible)
    np.testing.assert_allclose(forward, np.broadcast_to(hidden_mean, (5, n_hidden)), atol=1e-14)
    np.testing.assert_allclose(reverse, np.broadcast_to(visible_mean, (5, n_visible)), atol=1e-14)


@exactly
def test_log_likelihood_is_a_sum_over_visible_units(machine, device):
    """log p(v) = Σᵢ log p(vᵢ), from the density of each."""
    parameters, v = unconnected(machine), data(machine)
    terms = log_density(conditional(machine.visible, parameters.visible), v)
    actual = to_numpy(log_likelihood(machine, place(parameters, device), place(v, device)))
    np.testing.assert_allclose(actual, terms.sum(axis=1), atol=1e-12)


def test_pseudo_likelihood_is_the_likelihood(machine, device):
    """p(vᵢ | the others) = p(vᵢ), so that the sum of log conditionals is log p(v)."""
    parameters, v = unconnected(machine), data(machine)
    if is_countable(machine.visible) and machine.visible.bias_share is None:
        pseudo = to_numpy(pseudo_log_likelihood(machine, place(parameters, device), place(v, device)))
        expected = log_density(conditional(machine.visible, parameters.visible), v).sum(axis=1)
        np.testing.assert_allclose(pseudo, expected, atol=1e-12)
    else:
        with pytest.raises(TypeError, match="finitely many values"):
            pseudo_log_likelihood(machine, place(parameters, device), place(v, device))


@pytest.mark.parametrize("estimator", [ContrastiveDivergence(), ContrastiveDivergence(3)])
def test_contrastive_divergence_is_the_outer_product_of_the_means(machine, device, estimator):
    """No random number enters: the hidden sample acts through the weights only."""
    check_gradient(machine, device, estimator)


@exactly
def test_exact_gradient_is_the_outer_product_of_the_means(machine, device):
    check_gradient(machine, device, ExactGradient())


def check_gradient(machine, device, estimator):
    """∂W = (⟨v⟩ − E[v]) E[h]ᵀ, ∂b = ⟨v⟩ − E[v], and nothing is learned about the hidden units."""
    parameters, v = unconnected(machine), data(machine)
    estimate = estimator.estimate(
        machine, place(parameters, device), Batch(place(v, device)), None, RandomStreams(0).stream("unused")
    )
    gradient = leaves(estimate.gradient)
    surplus = v.mean(axis=0) - unit_mean(machine.visible, parameters.visible)
    expected = np.outer(surplus, unit_mean(machine.hidden, parameters.hidden))
    np.testing.assert_allclose(gradient["weights"], expected, atol=1e-13)
    np.testing.assert_allclose(gradient["visible.bias"], surplus, atol=1e-13)
    for name in gradient:
        if name.startswith("hidden"):
            np.testing.assert_allclose(gradient[name], 0, atol=1e-13, err_msg=name)
    if "visible.log_precision" in gradient and machine.visible is not MIXED:
        gamma = precision(parameters.visible)
        visible = conditional(machine.visible, parameters.visible)
        second_moment = visible.var() + visible.mean() ** 2
        expected = -gamma * ((v**2).mean(axis=0) - second_moment) / 2
        np.testing.assert_allclose(gradient["visible.log_precision"], expected, atol=1e-13)


def test_sampled_gradient_is_the_covariance_of_data_and_hidden_noise(machine, device):
    """CD with samples: E[∂W] is the same outer product, within 7.2 standard errors over 64 batches (p < 1e-9)."""
    parameters, v = unconnected(machine), data(machine)
    estimator, stream = ContrastiveDivergence(1, sample_everything=True), RandomStreams(4).stream("zero")
    batch = Batch(place(np.tile(v, (100, 1)), device))
    placed = place(parameters, device)
    estimates = [to_numpy(estimator.estimate(machine, placed, batch, None, stream).gradient.weights) for _ in range(64)]
    surplus = v.mean(axis=0) - unit_mean(machine.visible, parameters.visible)
    expected = np.outer(surplus, unit_mean(machine.hidden, parameters.hidden))
    error = np.std(estimates, axis=0, ddof=1) / math.sqrt(len(estimates))
    assert np.all(np.abs(np.mean(estimates, axis=0) - expected) <= 7.2 * error)


@exactly
def test_matched_visible_units_have_nothing_left_to_learn(machine, device):
    """With the data's own mean and variance as visible parameters the exact gradient is zero at zero weights."""
    n_visible, n_hidden = sizes(machine)
    v = data(machine, n_rows=400)
    placed = place(v, device)
    start = Parameters(
        place(np.zeros((n_visible, n_hidden)), device),
        machine.visible.matched(place(v.mean(axis=0), device), place(v.var(axis=0), device)),
        machine.hidden.neutral(n_hidden, placed),
    )
    estimate = ExactGradient().estimate(machine, start, Batch(placed), None, None)
    for name, leaf in leaves(estimate.gradient).items():
        np.testing.assert_allclose(leaf, 0, atol=1e-12, err_msg=name)


def test_persistent_chains_forget_their_start_at_once(machine, device):
    """Without weights the chains' old hidden states play no part: any start gives the same gradient."""
    parameters, v = place(unconnected(machine), device), place(data(machine), device)
    n_hidden = sizes(machine)[1]
    starts = [place(layer_values(machine.hidden, 9, n_hidden, seed), device) for seed in (1, 2)]
    gradients = [
        PersistentContrastiveDivergence()
        .estimate(machine, parameters, Batch(v), chains, RandomStreams(6).stream("pcd"))
        .gradient
        for chains in starts
    ]
    assert np.any(to_numpy(starts[0]) != to_numpy(starts[1]))
    for name, leaf in leaves(gradients[0]).items():
        np.testing.assert_array_equal(leaf, leaves(gradients[1])[name])
