"""Parallel tempering: the joint distribution of all replicas stays as it is, and modes are left."""

import itertools

import numpy as np

from deepbelief.core.arrays import to_numpy
from deepbelief.core.batch import Batch
from deepbelief.core.gibbs import chain
from deepbelief.core.gradients import TemperedGradient
from deepbelief.core.partition import model_statistics
from deepbelief.core.path import Path
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Parameters
from deepbelief.core.tempering import ladder, sweep, tempered_chain
from oracles.enumeration import joint
from oracles.machines import MACHINES, data, example, leaves, place
from oracles.monte_carlo import exact_visible_draws, total_variation, total_variation_bound

N_CHAINS = 100_000
BETAS = np.array([0.0, 0.45, 1.0])


def at(path, beta):
    """The distribution at β as an ordinary machine's."""
    parameters = path.parameters
    visible = {"bias": parameters.visible["bias"] + (1 - beta) * path.visible_field}
    hidden = {"bias": parameters.hidden["bias"] + (1 - beta) * path.hidden_field}
    return Parameters(beta * parameters.weights, visible, hidden)


def tiny(weight=2.5):
    machine = MACHINES["bernoulli-bernoulli"]
    parameters = example(machine, seed=4, shape=(3, 2))
    parameters = Parameters(weight * parameters.weights, parameters.visible, parameters.hidden)
    return machine, parameters, Path.from_means(machine, parameters, np.array([0.3, 0.6, 0.5]), np.array([0.4, 0.7]))


def exact_replicas(machine, path, n_chains, seed):
    """Draw h of each replica from its own p_β, and say how probable each joint visible state of all of them is."""
    rng, hidden, p = np.random.default_rng(seed), [], np.ones(1)
    for beta in BETAS:
        table = joint(machine, at(path, beta))
        hidden.append(table.h[rng.choice(len(table.h), n_chains, p=table.hidden_probabilities)])
        p = np.multiply.outer(p, table.visible_probabilities).ravel()
    return np.concatenate(hidden), p


def together(path, v, n_chains):
    """Put the visible states of all replicas of a chain side by side: their joint state."""
    return np.concatenate(np.split(to_numpy(v), len(BETAS)), axis=1)


def test_the_joint_distribution_of_all_replicas_stays_as_it_is(device):
    """Total variation over the 512 joint visible states of three replicas, after one sweep and after four."""
    machine, _parameters, path = tiny()
    hidden, p = exact_replicas(machine, path, N_CHAINS, 1)
    placed = place(path, device)
    h, stream, accepted = place(hidden, device), RandomStreams(1).stream("replicas"), []
    for number in range(4):
        state = sweep(placed, place(BETAS, device), h, stream)
        h = state.h
        accepted += list(state.acceptance)
        if number in (0, 3):
            assert total_variation(together(path, state.v, N_CHAINS), p) <= total_variation_bound(p, N_CHAINS)
    assert 0.05 < np.mean(accepted) < 0.95  # there were exchanges, and refusals


def test_hidden_states_belong_to_the_visible_ones_beside_them():
    """p_β(v, h) of every replica after a sweep."""
    machine, parameters, path = tiny()
    hidden, _ = exact_replicas(machine, path, N_CHAINS, 2)
    state = sweep(path, BETAS, hidden, RandomStreams(2).stream("joint"))
    np.testing.assert_allclose(state.product_with_v, state.v @ parameters.weights, atol=1e-12)
    for rung, beta in enumerate(BETAS):
        rows = slice(rung * N_CHAINS, (rung + 1) * N_CHAINS)
        p = joint(machine, at(path, beta)).probabilities.ravel()
        both = np.concatenate([state.v[rows], state.h[rows]], axis=1)
        assert total_variation(both, p) <= total_variation_bound(p, N_CHAINS)


def test_the_check_notices_exchanges_that_are_always_accepted():
    """A sweep in which all neighbours exchange their states changes the joint distribution by more than the bound."""
    machine, _, path = tiny()
    hidden, p = exact_replicas(machine, path, N_CHAINS, 1)
    state = sweep(path, BETAS, hidden, RandomStreams(1).stream("replicas"))
    v = state.v.reshape(3, N_CHAINS, -1)[[0, 2, 1]].reshape(len(state.v), -1)
    assert total_variation(together(path, v, N_CHAINS), p) > total_variation_bound(p, N_CHAINS)


def test_every_type_keeps_its_distribution(machine):
    """Means of v and of h at β = 1 within 6 standard errors, five sweeps after a start at the exact distribution.

    Replicas at lower β start there too, and are far from theirs: 40 sweeps before are for them.
    """
    parameters, n_chains = example(machine, 2), 20_000
    rows = data(machine, n_rows=40)
    path = Path.from_means(machine, parameters, rows.mean(axis=0), machine.forward(parameters, rows).mean(axis=0))
    start = exact_visible_draws(machine, parameters, n_chains, 5)
    chains = tempered_chain(path, np.array([0.0, 0.6, 1.0]), start, RandomStreams(5).stream("types"))
    v, h = next(itertools.islice(chains, 25, None))
    table = joint(machine, parameters)
    for values, states, p in (
        (v, table.v, table.visible_probabilities),
        (h, table.h, table.hidden_probabilities),
    ):
        mean = p @ states
        error = np.sqrt(np.maximum(p @ states**2 - mean**2, 1e-14) / n_chains)
        assert np.all(abs(values.mean(axis=0) - mean) <= 6 * error)


def two_sided(n_visible=12, n_hidden=4, weight=0.8):
    """Spins of which all are up, or all are down."""
    machine, weights = MACHINES["spin-spin"], np.full((n_visible, n_hidden), weight)
    parameters = Parameters(weights, {"bias": np.zeros(n_visible)}, {"bias": np.zeros(n_hidden)})
    return machine, parameters, Path.from_means(machine, parameters, np.zeros(n_visible), np.zeros(n_hidden))


def test_tempered_chains_change_sides_and_plain_ones_do_not():
    """64 chains that start up: after 200 sweeps about half of the tempered ones are down, and no plain one is."""
    machine, parameters, path = two_sided()
    start = np.ones((64, 12))
    streams = RandomStreams(6)
    betas = ladder(path, 100, streams.stream("ladder"))
    tempered, _ = next(itertools.islice(tempered_chain(path, betas, start, streams.stream("tempered")), 200, None))
    plain, _ = next(itertools.islice(chain(machine, parameters, start, streams.stream("plain")), 200, None))
    assert np.all(plain.mean(axis=1) > 0)
    assert 16 <= np.sum(tempered.mean(axis=1) < 0) <= 48  # 4 standard deviations


def test_clamped_chains_sample_the_rest(device):
    """p(v_free | v_clamped), enumerated; total variation within the bound, and clamped units keep their values."""
    machine, parameters, path = tiny()
    table = joint(machine, parameters)
    values, clamped = np.array([1.0, 0.0, 0.0]), np.array([True, False, False])
    n_chains = 30_000
    start = place(np.tile(values, (n_chains, 1)), device)
    held = place(np.tile(clamped, (n_chains, 1)), device)
    chains = tempered_chain(place(path, device), BETAS, start, RandomStreams(7).stream("held"), clamped=held)
    v = to_numpy(next(itertools.islice(chains, 15, None))[0])
    assert np.all(v[:, 0] == 1)
    p = np.where(table.v[:, 0] == 1, table.visible_probabilities, 0.0)
    p /= p.sum()
    assert total_variation(v, p) <= total_variation_bound(p, n_chains)


def test_a_ladder_has_exchanges_as_often_as_it_was_made_for():
    """Forty per cent on average, within ten points: log-densities are only nearly normal."""
    _, _, path = two_sided(n_visible=30, n_hidden=20, weight=0.2)
    betas = ladder(path, 500, RandomStreams(8).stream("ladder"))
    assert len(betas) > 3
    assert np.all(np.diff(betas) > 0)
    h, stream, found = np.ones((len(betas) * 200, 20)), RandomStreams(8).stream("sweeps"), []
    for _ in range(60):
        state = sweep(path, betas, h, stream)
        h = state.h
        found += list(state.acceptance)
    assert abs(np.mean(found[len(found) // 3 :]) - 0.4) < 0.1


def test_the_gradient_is_the_exact_one_on_average(device):
    """Statistics of the model over 400 batches of 100 chains, within 6 standard errors of the enumerated ones."""
    machine, parameters, _ = tiny()
    parameters = place(parameters, device)
    rows = place(np.random.default_rng(0).integers(0, 2, (100, 3)).astype(float), device)
    estimator, stream = TemperedGradient(n_replicas=3), RandomStreams(9).stream("gradient")
    state, found = estimator.init(machine, parameters, 100), []
    for number in range(420):
        estimate = estimator.estimate(machine, parameters, Batch(rows), state, stream)
        state = estimate.state
        if number >= 20:
            found.append(leaves(estimate.model))
    expected = leaves(model_statistics(machine, parameters))
    for name, leaf in expected.items():
        averages = np.array([each[name] for each in found]).reshape(20, 20, *leaf.shape).mean(axis=1)
        error = averages.std(axis=0, ddof=1) / np.sqrt(20)
        assert np.all(abs(averages.mean(axis=0) - leaf) <= 6 * error), name
    hidden = machine.hidden.activity(parameters.hidden, machine.hidden_inputs(parameters, rows))
    np.testing.assert_allclose(to_numpy(estimate.data.hidden["bias"]), to_numpy(hidden.values).mean(axis=0))


def test_the_ladder_of_a_gradient_evens_out_its_exchanges():
    """From even steps, at which one gap is passed far more rarely than another, to gaps passed about as often."""
    machine, parameters, _ = two_sided(n_visible=30, n_hidden=20, weight=0.16)
    rows, stream = np.ones((10, 30)), RandomStreams(10).stream("ladder")
    estimator = TemperedGradient(n_replicas=5, n_steps=150)
    state = estimator.init(machine, parameters, 30)
    state["visible_mean"], state["hidden_mean"] = np.zeros(30), np.zeros(20)

    def spread(state):
        path, h = Path.from_means(machine, parameters, np.zeros(30), np.zeros(20)), state["hidden"]
        found = {pair: [] for pair in range(4)}
        for _ in range(100):
            swept = sweep(path, state["betas"], h, stream)
            h = swept.h
            for pair, value in zip(swept.pairs, swept.acceptance, strict=True):
                found[pair].append(value)
        means = [np.mean(values) for values in found.values()]
        return max(means) - min(means)

    before = spread(
        estimator.estimate(machine, parameters, Batch(rows), state, stream).state | {"betas": state["betas"]}
    )
    for _ in range(5):
        state = estimator.estimate(machine, parameters, Batch(rows), state, stream).state
    assert spread(state) < 0.5 * before
