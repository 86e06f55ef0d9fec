"""Annealed importance sampling, up and down, against partition functions that are known."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from deepbelief.core.annealing import annealed, forward_estimate, reverse_estimate, scouted, temperatures
from deepbelief.core.partition import log_partition
from deepbelief.core.path import Path
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.units import Gaussian, ReLU
from oracles.enumeration import joint
from oracles.machines import MACHINES, data, exactly, example, place
from oracles.monte_carlo import exact_visible_draws

N_CHAINS, N_TEMPERATURES, N_MACHINES = 40, 12, 100


def path_of(machine, parameters, device="numpy"):
    v = data(machine, n_rows=40)
    means = v.mean(axis=0), machine.forward(parameters, v).mean(axis=0)
    return Path.from_means(machine, place(parameters, device), *(place(mean, device) for mean in means))


def estimates(machine, seed, device="numpy"):
    """Both estimates of a small machine, and its log Z."""
    parameters = example(machine, seed)
    path, betas = path_of(machine, parameters, device), np.linspace(0, 1, N_TEMPERATURES + 1)
    stream = RandomStreams(seed).stream("annealing")
    start = place(exact_visible_draws(machine, parameters, N_CHAINS, seed), device)
    up = forward_estimate(path, betas, N_CHAINS, stream)
    return up, reverse_estimate(path, betas, start, stream), log_partition(machine, parameters)


@exactly
def test_both_directions_meet_the_exact_value_within_their_own_error(machine):
    """At least 95 of 100 machines within 3 standard errors, as estimated by the chains themselves."""
    far = np.zeros(2)
    for seed in range(N_MACHINES):
        *both, exact = estimates(machine, seed)
        far += [abs(estimate.value - exact) > 3 * estimate.standard_error for estimate in both]
    assert far.max() <= 5


def test_both_directions_on_either_backend(device):
    up, down, exact = estimates(MACHINES["bernoulli-bernoulli"], 3, device)
    assert abs(up.value - exact) <= 4 * up.standard_error
    assert abs(down.value - exact) <= 4 * down.standard_error
    assert (up.method, down.method) == ("ais", "reverse-ais")
    assert (up.n_chains, up.n_temperatures) == (N_CHAINS, N_TEMPERATURES)


def test_ratios_are_unbiased():
    """Three temperatures: the mean of Z₀ w / Z₁ over 40,000 chains is one within 5 standard errors, both ways."""
    machine = MACHINES["bernoulli-bernoulli"]
    parameters = example(machine, 1)
    path, betas, n_chains = path_of(machine, parameters), np.array([0.0, 0.4, 0.8, 1.0]), 40_000
    difference = path.log_base() - joint(machine, parameters).log_z
    stream = RandomStreams(1).stream("unbiased")
    up, _ = annealed(path, betas, path.draw_base(n_chains, stream), stream)
    down, _ = annealed(path, betas[::-1], exact_visible_draws(machine, parameters, n_chains, 1), stream)
    for log_weights in (up + difference, down - difference):
        weights = np.exp(log_weights)
        assert abs(weights.mean() - 1) <= 5 * weights.std() / np.sqrt(n_chains)
        assert weights.std() > 0.05  # or nothing would have been tested


def test_the_record_counts_what_the_chains_are_worth():
    """One ratio among zeros: an effective sample size of one, and a doubt that says so and what to do."""
    machine = MACHINES["bernoulli-bernoulli"]
    up, *_ = estimates(machine, 0)
    assert 1 <= up.effective_sample_size <= N_CHAINS
    assert up.doubt is None
    few = replace(up, effective_sample_size=1.3).doubt
    assert "only 1.3 of 40 chains count" in few
    assert "n_temperatures=48" in few
    assert "larger than the value itself" in replace(up, standard_error=2 * abs(up.value) + 1).doubt


def test_weights_too_large_for_the_temperatures_are_noticed():
    """Two modes that are sixty nats apart from all else, and three temperatures."""
    machine, weights = MACHINES["spin-spin"], np.full((10, 6), 1.0)
    parameters = Parameters(weights, {"bias": np.zeros(10)}, {"bias": np.zeros(6)})
    path = Path.from_means(machine, parameters, np.zeros(10), np.zeros(6))
    stream = RandomStreams(0).stream("few")
    hurried = forward_estimate(path, np.linspace(0, 1, 4), 20, stream)
    assert hurried.doubt is not None
    patient = forward_estimate(path, temperatures(path, 20, stream), 20, stream)
    assert patient.doubt is None


def test_steps_have_the_same_conditional_effective_sample_size():
    """What exact variances say each step loses, 1 − (Σ p u)² / Σ p u², differs less than with even steps in β."""
    machine = MACHINES["bernoulli-bernoulli"]
    parameters = example(machine, 2)
    parameters = replace(parameters, weights=3 * parameters.weights)
    path = path_of(machine, parameters)
    betas = temperatures(path, 2000, RandomStreams(2).stream("betas"), 8)
    assert (betas[0], betas[-1]) == (0, 1)
    v = joint(machine, parameters).v
    products = v @ parameters.weights
    log_f0 = v @ path.visible_field - machine.visible.potential(parameters.visible, v)
    log_f0 += machine.hidden.log_partition(parameters.hidden, path.hidden_inputs(0.0, products)).sum(axis=1)

    def lost(old, new):
        log_p = log_f0 + path.log_ratio(0.0, old, v, products)
        p, u = np.exp(log_p - log_p.max()), np.exp(path.log_ratio(old, new, v, products))
        return 1 - (p @ u) ** 2 / (p.sum() * (p @ u**2))

    def unevenness(betas):
        found = [lost(float(old), float(new)) for old, new in itertools.pairwise(betas)]
        return max(found) / min(found)

    assert unevenness(betas) < 2.2 < unevenness(np.linspace(0, 1, 9))


def test_a_machine_without_weights_takes_few_temperatures_and_is_exact():
    machine = MACHINES["bernoulli-bernoulli"]
    parameters = example(machine, 0)
    parameters = replace(parameters, weights=0 * parameters.weights)
    path = path_of(machine, parameters)
    stream = RandomStreams(0).stream("still")
    betas = temperatures(path, 10, stream)
    estimate = forward_estimate(path, betas, 400, stream)
    assert abs(estimate.value - joint(machine, parameters).log_z) <= 4 * estimate.standard_error
    assert len(scouted(path, 10, stream)[0]) < 40


@pytest.mark.parametrize("hidden", [ReLU(), Gaussian()])
def test_a_machine_without_a_distribution_is_refused(hidden):
    machine = Machine(Gaussian(), hidden)
    weights = np.full((4, 3), 3.0)
    parameters = Parameters(weights, machine.visible.neutral(4, weights), hidden.neutral(3, weights))
    path = Path(machine, parameters, np.zeros(4), np.zeros(3))
    stream = RandomStreams(0).stream("endless")
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="the machine has no distribution"):
        forward_estimate(path, np.linspace(0, 1, 1000), 10, stream)
