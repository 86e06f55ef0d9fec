"""Chains that are drawn by the loops in C against chains of the plain formulas: the same states, ratios to rounding."""

import numpy as np
import pytest

from deepbelief.core import native
from deepbelief.core.annealing import annealed
from deepbelief.core.gibbs import sweep as gibbs_sweep
from deepbelief.core.path import Path
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.tempering import sweep as tempered_sweep
from deepbelief.core.trees import tree_map


@pytest.fixture(params=native.instructions() or ["none"], autouse=True)
def loops(request, monkeypatch):
    module = pytest.importorskip(f"deepbelief.core.native.{request.param}", exc_type=ImportError)
    monkeypatch.setattr(native, "module", module)


def binary_path(n_visible=23, n_hidden=18):
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.5, (n_visible, n_hidden))
    parameters = Parameters(weights, {"bias": rng.normal(size=n_visible)}, {"bias": rng.normal(size=n_hidden)})
    parameters = tree_map(lambda leaf: leaf.astype(np.float32), parameters)
    means = (np.full(n, 0.3, np.float32) for n in weights.shape)
    return Path.from_means(Machine(), parameters, *means)


def annealed_chains(path, stream):
    return annealed(path, np.linspace(0, 1, 40), path.draw_base(30, stream), stream)


def tempered_chains(path, stream):
    h = np.zeros((4 * 30, 18), np.float32)
    for _ in range(10):
        swept = tempered_sweep(path, np.linspace(0, 1, 4).astype(np.float32), h, stream)
        h = swept.h
    return swept.acceptance, swept.v


def plain_chains(path, stream):
    v = path.draw_base(30, stream)
    for _ in range(10):
        v, h = gibbs_sweep(path.machine, path.parameters, v, stream)
    return h, v


@pytest.mark.parametrize("walk", [plain_chains, annealed_chains, tempered_chains])
def test_chains_pass_the_same_states_without_the_loops(walk, monkeypatch):
    path = binary_path()
    results = [walk(path, RandomStreams(3).stream("walk"))]
    monkeypatch.setattr(native, "module", None)
    results.append(walk(path, RandomStreams(3).stream("walk")))
    (measured, v), (expected, plain_v) = results
    assert 0.1 < v.mean() < 0.9
    np.testing.assert_array_equal(v, plain_v)
    np.testing.assert_allclose(measured, expected, rtol=1e-4, atol=1e-4)
