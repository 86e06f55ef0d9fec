"""Sweeps: where they lead, and what they hold fast."""

import itertools

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy
from deepbelief.core.gibbs import chain, sweep
from deepbelief.core.randomness import RandomStreams
from oracles.enumeration import joint
from oracles.machines import MACHINES, data, example, place, sizes
from oracles.monte_carlo import joint_normal, total_variation, total_variation_bound

N_CHAINS = 60_000


def after(chains, n_sweeps):
    return next(itertools.islice(chains, n_sweeps - 1, None))


def test_any_start_converges_to_the_model(device):
    """From all zeros, 60 sweeps reach p(v): total variation within the bound for independent draws.

    60 sweeps are enough: the kernel's second largest eigenvalue, enumerated, leaves less than 1e-6 of the start.
    """
    machine = MACHINES["bernoulli-bernoulli"]
    parameters = example(machine)
    table = joint(machine, parameters)
    hidden_given_visible = table.probabilities / table.visible_probabilities[:, None]
    visible_given_hidden = (table.probabilities / table.hidden_probabilities).T
    eigenvalues = np.sort(np.abs(np.linalg.eigvals(hidden_given_visible @ visible_given_hidden)))
    n_sweeps = 60
    assert eigenvalues[-2] ** n_sweeps < 1e-6
    start = place(np.zeros((N_CHAINS, sizes(machine)[0])), device)
    chains = chain(machine, place(parameters, device), start, RandomStreams(1).stream("chain"))
    v, _ = after(chains, n_sweeps)
    p = table.visible_probabilities
    assert total_variation(to_numpy(v), p) <= total_variation_bound(p, N_CHAINS)


@pytest.mark.parametrize("hidden", ["bernoulli", "gaussian", "gaussian_learned_variance"])
def test_clamped_chains_sample_the_rest_given_the_clamped_units(hidden, device):
    """p(v_free | v_clamped), enumerated; the clamped units keep their values in every sweep."""
    machine = MACHINES[f"bernoulli-{hidden}"]
    parameters = example(machine, seed=3)
    clamped, values = np.array([True, False, True, False]), np.array([1.0, 0.0, 0.0, 0.0])
    start = place(np.tile(values, (N_CHAINS, 1)), device)
    chains = chain(
        machine, place(parameters, device), start, RandomStreams(2).stream("clamped"), clamped=place(clamped, device)
    )
    for _ in range(40):
        v, _ = next(chains)
        np.testing.assert_array_equal(to_numpy(v)[:, clamped], np.broadcast_to(values[clamped], (N_CHAINS, 2)))
    table = joint(machine, parameters)
    agrees = np.all(table.v[:, clamped] == values[clamped], axis=1)
    p = np.where(agrees, table.visible_probabilities, 0.0)
    p = p / p.sum()
    assert total_variation(to_numpy(v), p) <= total_variation_bound(p, N_CHAINS)


def test_clamped_gaussian_chain_has_the_conditional_moments(device):
    """v₂ given v₁: the conditional mean and variance of the joint normal, within 6 standard errors."""
    machine = MACHINES["gaussian_learned_variance-gaussian"]
    parameters = example(machine, seed=3)
    mean, covariance = joint_normal(parameters)
    regression = covariance[0, 1] / covariance[0, 0]
    expected = mean[1] + regression * (0.8 - mean[0])
    variance = covariance[1, 1] - regression * covariance[0, 1]
    start = place(np.tile([0.8, 0.0], (N_CHAINS, 1)), device)
    clamped = place(np.array([True, False]), device)
    v, _ = after(
        chain(machine, place(parameters, device), start, RandomStreams(3).stream("clamped"), clamped=clamped), 40
    )
    free = to_numpy(v)[:, 1]
    assert np.all(to_numpy(v)[:, 0] == 0.8)
    assert abs(free.mean() - expected) <= 6 * np.sqrt(variance / N_CHAINS)
    assert abs(np.mean((free - expected) ** 2) - variance) <= 6 * variance * np.sqrt(2 / N_CHAINS)


def test_each_chain_can_have_its_own_clamp(machine, device):
    """A mask of shape (n_chains, n_visible): all of one chain held, none of the next."""
    parameters, v = place(example(machine), device), data(machine, n_rows=2, seed=5)
    mask = np.array([[True] * v.shape[1], [False] * v.shape[1]])
    stream, same = RandomStreams(4).stream("mask"), RandomStreams(4).stream("mask")
    held, _ = sweep(machine, parameters, place(v, device), stream, clamped=place(mask, device))
    free, _ = sweep(machine, parameters, place(v, device), same)
    np.testing.assert_array_equal(to_numpy(held)[0], v[0])
    np.testing.assert_array_equal(to_numpy(held)[1], to_numpy(free)[1])


def test_hidden_states_returned_are_those_the_visible_ones_were_drawn_from(device):
    """(v, h) of one sweep from p has the joint distribution p(v, h): total variation over all joint states."""
    machine = MACHINES["bernoulli-bernoulli"]
    parameters = example(machine, seed=6)
    table = joint(machine, parameters)
    p = table.visible_probabilities
    start = table.v[np.random.default_rng(6).choice(len(p), N_CHAINS, p=p / p.sum())]
    v, h = sweep(machine, place(parameters, device), place(start, device), RandomStreams(5).stream("joint"))
    both = np.concatenate([to_numpy(v), to_numpy(h)], axis=1)
    assert total_variation(both, table.probabilities.ravel()) <= total_variation_bound(
        table.probabilities.ravel(), N_CHAINS
    )


def test_a_chain_is_its_sweeps_one_after_the_other(machine, device):
    parameters, v = place(example(machine), device), place(data(machine), device)
    stream, same = RandomStreams(7).stream("sweeps"), RandomStreams(7).stream("sweeps")
    state, _ = after(chain(machine, parameters, v, stream), 3)
    for _ in range(3):
        v, _ = sweep(machine, parameters, v, same)
    np.testing.assert_array_equal(to_numpy(state), to_numpy(v))
