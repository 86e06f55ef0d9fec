"""Autocorrelation times of processes that have known ones, and of chains that never meet."""

import numpy as np
import pytest

from deepbelief.core.chains import directions, integrated_time, mixing
from deepbelief.core.rbm import Parameters


def autoregressive(correlation, n_steps, n_chains, seed=0):
    """x_t = ρ x_{t−1} + noise, from its stationary distribution: ρ_t = ρᵗ, so τ = (1 + ρ)/(1 − ρ)."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(n_steps, n_chains)) * np.sqrt(1 - correlation**2)
    x = [rng.normal(size=n_chains)]
    for step in noise[1:]:
        x.append(correlation * x[-1] + step)
    return np.array(x)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9, -0.3])
def test_the_time_of_an_autoregressive_process(correlation):
    """Within a tenth of (1 + ρ)/(1 − ρ), from 4 chains of 20,000 steps."""
    expected = (1 + correlation) / (1 - correlation)
    assert integrated_time(autoregressive(correlation, 20_000, 4)) == pytest.approx(expected, rel=0.1)


def test_the_effective_sample_size_is_that_of_the_mean():
    """Var of the mean of m chains of n steps, measured over 400 repetitions, is Var(x) / effective sample size."""
    repetitions = [autoregressive(0.8, 400, 5, seed) for seed in range(400)]
    measured = 1 / np.var([x.mean() for x in repetitions])
    said = np.mean([mixing(x[:, :, None]).effective_sample_size for x in repetitions])
    assert said == pytest.approx(measured, rel=0.2)


def test_chains_that_stay_where_they_are_count_as_correlated_throughout():
    """Each by itself looks independent from step to step; half of them sit at −5, half at 5."""
    series = np.random.default_rng(0).normal(size=(300, 10)) + np.repeat([-5.0, 5.0], 5)
    assert integrated_time(series[:, :5]) == pytest.approx(1, abs=0.2)
    stuck = mixing(series[:, :, None])
    assert stuck.autocorrelation_time > 200
    assert "after 300 sweeps" in stuck.doubt
    assert mixing(series[:, :5, None]).doubt is None


def test_the_slowest_quantity_counts():
    fast, slow = autoregressive(0.0, 5000, 3), autoregressive(0.9, 5000, 3)
    both = mixing(np.stack([fast, slow], axis=-1))
    assert both.autocorrelation_time == integrated_time(slow)
    assert (both.n_steps, both.n_chains) == (5000, 3)


def test_what_does_not_vary_has_nothing_to_forget():
    assert integrated_time(np.full((50, 4), 3.0)) == 1.0
    assert integrated_time(np.ones((1, 1))) == 1.0


@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (2, 2)])
def test_directions_are_the_leading_singular_vectors(shape):
    weights = np.random.default_rng(1).normal(size=shape)
    found = directions(Parameters(weights, {}, {}))
    vectors = np.linalg.svd(weights)[0][:, : found.shape[1]]
    overlaps = abs(np.sum(found * vectors, axis=0)) / np.linalg.norm(found, axis=0)
    np.testing.assert_allclose(overlaps, 1, atol=1e-9)
    assert found.shape == (shape[0], min(3, *shape))
