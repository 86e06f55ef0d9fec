"""Rows with holes, for every pair of unit types: the gradient of the marginal likelihood, and what fills a hole."""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from deepbelief.core.arrays import to_numpy
from deepbelief.core.batch import Batch
from deepbelief.core.gradients import ContrastiveDivergence, ExactGradient, PersistentContrastiveDivergence
from deepbelief.core.holes import completed, data_statistics, drawn, expected
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.trees import tree_map
from deepbelief.core.units import Activity
from oracles import enumeration, finite_differences
from oracles.machines import (
    EXACT_MACHINES,
    assert_trees_close,
    data,
    exactly,
    example,
    layer_values,
    leaves,
    place,
    sizes,
)

ENUMERABLE = {
    name: machine for name, machine in EXACT_MACHINES.items() if machine.hidden.sites(sizes(machine)[1]) is not None
}
enumerable = pytest.mark.parametrize("machine", ENUMERABLE.values(), ids=ENUMERABLE.keys())
ESTIMATORS = [ContrastiveDivergence(2), ContrastiveDivergence(2, True), PersistentContrastiveDivergence(2)]


def mask_of(machine, n_rows=7):
    """Return which values are known: of each site some, one row with all and one with none."""
    sites = enumeration.layer_sites(machine.visible, sizes(machine)[0])
    known = np.random.default_rng(3).random((n_rows, len(sites))) < 0.5
    known[0], known[1] = True, False
    mask = np.empty((n_rows, sizes(machine)[0]), bool)
    for site, of_site in zip(sites, known.T, strict=True):
        mask[:, site.columns] = of_site[:, None]
    return mask


def batch_of(machine, device, weights=None):
    """Return rows with holes, in which numbers stand that must make no difference to what is exact."""
    mask = mask_of(machine)
    v = np.where(mask, data(machine), layer_values(machine.visible, 7, sizes(machine)[0], seed=8))
    weights = None if weights is None else place(weights, device)
    return Batch(place(v, device), place(mask, device), weights=weights)


def marginal_log_likelihoods(machine, parameters, v, mask):
    """Return log p(v_known) of each row: all states that agree with what is known, enumerated."""
    joint = enumeration.joint(machine, parameters)
    found = []
    for row, known in zip(v, mask, strict=True):
        full, log_volume = row[None], np.zeros(1)
        for site in enumeration.layer_sites(machine.visible, len(row)):
            if not known[site.columns].all():
                n_before = len(full)
                full = np.repeat(full, len(site.values), axis=0)
                full[:, site.columns] = np.tile(site.values, (n_before, 1))
                log_volume = (log_volume[:, None] + site.log_volume).ravel()
        free_energy = enumeration.free_energy(machine, parameters, full)
        found.append(enumeration.log_sum(-free_energy + log_volume) - joint.log_z)
    return np.array(found)


@cache
def slopes_by_row(machine):
    """Differentiate the enumerated log p(v_known) of each row in every single parameter: rows last."""
    batch = batch_of(machine, "numpy")
    return finite_differences.gradient(
        lambda parameters: marginal_log_likelihoods(machine, parameters, batch.v, batch.mask), example(machine)
    )


@enumerable
@pytest.mark.parametrize("weighted", [False, True])
def test_exact_gradient_is_the_slope_of_the_marginal_log_likelihood(machine, device, weighted):
    """∂/∂θ of the mean of log p(v_known), entry by entry; rows count by their weights."""
    weights = np.array([0.5, 2.0, 0.0, 1.0, 1.5, 1.0, 1.0]) if weighted else None
    batch, parameters = batch_of(machine, device, weights), place(example(machine), device)
    gradient = ExactGradient().estimate(machine, parameters, batch, None, None).gradient
    expected_slopes = tree_map(
        lambda leaf: np.average(leaf * (1 if weights is None else weights), axis=-1), slopes_by_row(machine)
    )
    assert_trees_close(gradient, expected_slopes, rtol=1e-5, atol=1e-7)


@enumerable
def test_sampled_data_phase_is_the_exact_one(machine):
    """Chains that mix fast, many copies: within 7.2 standard errors of the exact statistics (p < 1e-9 an entry)."""
    parameters, n_copies = example(machine), 40
    parameters = replace(parameters, weights=parameters.weights / 3)
    small = batch_of(machine, "numpy")
    batch = Batch(np.tile(small.v, (100, 1)), np.tile(small.mask, (100, 1)))
    exact = leaves(ExactGradient().estimate(machine, parameters, small, None, None).data)
    streams = RandomStreams(5)
    found = []
    for number in range(n_copies):
        stream = streams.stream("holes", number)
        v = drawn(machine, parameters, batch, 15, stream)
        hidden = Activity(machine.sample_hidden(parameters, v.values, stream))
        found.append(leaves(data_statistics(machine, parameters, batch, v, hidden)))
    for name, expected_leaf in exact.items():
        values = np.array([statistics[name] for statistics in found])
        error = values.std(axis=0, ddof=1) / math.sqrt(n_copies)
        assert np.all(np.abs(values.mean(axis=0) - expected_leaf) <= 7.2 * error + 1e-12), name


def test_what_is_known_stays_and_what_is_not_follows_from_it(machine, device):
    """Filled in or drawn; what stood in for a hole is forgotten by drawing, and nothing is drawn in complete rows."""
    parameters, batch = place(example(machine), device), batch_of(machine, device)
    stream = RandomStreams(6).stream("holes")
    mask, v = to_numpy(batch.mask), to_numpy(batch.v)
    for filled in (completed(machine, parameters, batch), drawn(machine, parameters, batch, 2, stream).values):
        filled = to_numpy(filled)
        np.testing.assert_array_equal(filled[mask], v[mask])
        assert not np.array_equal(filled[~mask], v[~mask])
        assert np.isfinite(filled).all()
    before = stream.state
    whole = Batch(batch.v)
    np.testing.assert_array_equal(to_numpy(drawn(machine, parameters, whole, 2, stream).values), v)
    assert stream.state == before


def test_one_sweep_of_the_mean_field(machine, device):
    """E[v | E[h | v]] where nothing is known, with the inputs that it follows from."""
    parameters, batch = place(example(machine), device), batch_of(machine, device)
    found = expected(machine, parameters, batch, 1)
    inputs = machine.visible_inputs(parameters, machine.forward(parameters, batch.v))
    means = to_numpy(machine.visible.mean(parameters.visible, inputs))
    mask = to_numpy(batch.mask)
    np.testing.assert_allclose(to_numpy(found.values)[~mask], means[~mask], rtol=1e-12)
    np.testing.assert_allclose(to_numpy(found.inputs), to_numpy(inputs), rtol=1e-12)


@pytest.mark.parametrize("hole", [0, 1])
def test_a_hole_counts_with_its_variance(hole):
    """A precision is learned from E[v²] of what is not known, which is more than E[v]²."""
    name = "gaussian_learned_variance-bernoulli"
    machine, parameters = EXACT_MACHINES[name], example(EXACT_MACHINES[name])
    mask = np.ones((3, 2), bool)
    mask[:, hole] = False
    batch = Batch(data(machine, n_rows=3), mask)
    filled = expected(machine, parameters, batch, 3)
    hidden = machine.hidden.activity(parameters.hidden, machine.hidden_inputs(parameters, filled.values))
    precision = np.exp(parameters.visible["log_precision"])
    squares = np.mean(filled.values**2, axis=0) + np.where(np.arange(2) == hole, 1 / precision, 0)
    found = data_statistics(machine, parameters, batch, filled, hidden).visible["log_precision"]
    np.testing.assert_allclose(found, -precision * squares / 2, rtol=1e-12)


@pytest.mark.parametrize("estimator", [ESTIMATORS[0], ESTIMATORS[2]], ids=["means", "chains"])
def test_a_mask_that_hides_nothing_changes_nothing(machine, device, estimator):
    parameters, v = place(example(machine), device), place(data(machine), device)
    chains = estimator.init(machine, parameters, 5)
    gradients = []
    for mask in (None, place(np.ones(data(machine).shape, bool), device)):
        stream = RandomStreams(7).stream("same")
        gradients.append(leaves(estimator.estimate(machine, parameters, Batch(v, mask), chains, stream).gradient))
    for name, leaf in gradients[0].items():
        np.testing.assert_allclose(gradients[1][name], leaf, rtol=1e-12, atol=1e-14, err_msg=name)


@exactly
@pytest.mark.parametrize("estimator", [*ESTIMATORS, ExactGradient()], ids=["means", "samples", "chains", "exact"])
def test_rows_of_weight_zero_are_not_there(machine, device, estimator):
    """They add nothing; the model's phase of a batch counts as much as the data's."""
    parameters = place(example(machine), device)
    chains = estimator.init(machine, parameters, 4)
    v, other = data(machine, n_rows=4), data(machine, n_rows=4, seed=9)
    gradients = []
    for rows in (v, np.concatenate([v[:2], other[2:]])):
        batch = Batch(place(rows, device), weights=place(np.array([1.0, 3.0, 0.0, 0.0]), device))
        stream = RandomStreams(8).stream("weights")
        estimate = estimator.estimate(machine, parameters, batch, chains, stream)
        gradients.append(leaves(estimate.gradient))
        assert any(leaf.any() for leaf in leaves(estimate.data).values())
    for name, leaf in gradients[0].items():
        np.testing.assert_allclose(gradients[1][name], leaf, rtol=1e-12, atol=1e-14, err_msg=name)


def test_weights_are_repetitions_in_the_exact_gradient(device):
    for machine in EXACT_MACHINES.values():
        parameters, v = place(example(machine), device), data(machine, n_rows=3)
        weights = np.array([1.0, 2.0, 3.0])
        weighted = Batch(place(v, device), weights=place(weights / weights.mean(), device))
        repeated = Batch(place(np.repeat(v, [1, 2, 3], axis=0), device))
        one, other = (
            ExactGradient().estimate(machine, parameters, batch, None, None) for batch in (weighted, repeated)
        )
        assert_trees_close(one.gradient, other.gradient, rtol=1e-10, atol=1e-12)
