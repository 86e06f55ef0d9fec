"""Gibbs chains of every pair, on both backends: what starts at the exact distribution stays there."""

import numpy as np

from deepbelief.core.arrays import to_numpy
from deepbelief.core.gibbs import chain
from deepbelief.core.randomness import RandomStreams
from oracles.enumeration import joint
from oracles.machines import MACHINES, example, is_countable, place
from oracles.monte_carlo import exact_visible_draws, total_variation, total_variation_bound

N_CHAINS, N_SWEEPS = 100_000, 4


def states_after(machine, parameters, device, seed):
    """Return (v, h) of N_CHAINS chains that started at the exact p(v), after N_SWEEPS sweeps."""
    v = place(exact_visible_draws(machine, parameters, N_CHAINS, seed), device)
    chains = chain(machine, place(parameters, device), v, RandomStreams(seed).stream("gibbs"))
    for _ in range(N_SWEEPS):
        v, h = next(chains)
    return to_numpy(v), to_numpy(h)


def test_a_chain_started_at_the_exact_distribution_stays_there(machine, device):
    """Layers of finitely many states: total variation from p(v) or p(h) within the bound for independent draws.

    All layers, and every product vᵢhⱼ: mean and mean square within 6 standard errors, the errors taken from
    the enumerated variances.
    """
    parameters = example(machine, seed=2)
    table = joint(machine, parameters)
    v, h = states_after(machine, parameters, device, seed=21)
    layers = [
        (machine.visible, v, table.v, table.visible_probabilities),
        (machine.hidden, h, table.h, table.hidden_probabilities),
    ]
    for units, values, states, p in layers:
        if is_countable(units):
            assert total_variation(values, p, units) <= total_variation_bound(p, N_CHAINS)
        for power in (1, 2):
            expected = p @ states**power
            variance = np.maximum(p @ states ** (2 * power) - expected**2, 1e-14)  # a spin's square does not vary
            error = np.sqrt(variance / N_CHAINS)
            assert np.all(np.abs((values**power).mean(axis=0) - expected) <= 6 * error)
    products = table.v.T @ table.probabilities @ table.h
    error = np.sqrt(((table.v**2).T @ table.probabilities @ table.h**2 - products**2) / N_CHAINS)
    assert np.all(np.abs(v.T @ h / N_CHAINS - products) <= 6 * error)


def test_the_bound_notices_a_wrong_distribution(device):
    """The same check fails for a machine whose visible biases are 0.1 off: it has the power to find an error."""
    machine = MACHINES["bernoulli-bernoulli"]
    parameters = example(machine, seed=2)
    v, _ = states_after(machine, parameters, device, seed=21)
    wrong = example(machine, seed=2)
    wrong.visible["bias"] += 0.1
    p = joint(machine, wrong).visible_probabilities
    assert total_variation(v, p) > total_variation_bound(p, N_CHAINS)
