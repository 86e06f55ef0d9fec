"""The loops in C that draw and weigh binary units against the plain formulas: the same numbers, to within rounding."""

import numpy as np
import pytest
import scipy.special

from deepbelief.core import logistic, native
from deepbelief.core.annealing import annealed
from deepbelief.core.arrays import tree_map
from deepbelief.core.gibbs import sweep as gibbs_sweep
from deepbelief.core.path import Path
from deepbelief.core.randomness import RandomStreams
from deepbelief.core.rbm import Machine, Parameters
from deepbelief.core.tempering import sweep as tempered_sweep

SHAPES = [(1, 1), (3, 17), (60, 500), (2, 1200)]  # with a vector that is not full; more than a product has room for
BETAS = {"base": 0.0, "between": 0.37, "machine": 1.0, "of each row": None}


@pytest.fixture(params=native.instructions() or ["none"], autouse=True)
def loops(request, monkeypatch):
    module = pytest.importorskip(f"deepbelief.core.native.{request.param}", exc_type=ImportError)
    monkeypatch.setattr(native, "module", module)
    return module


def layer(n_rows, n_units, scale=4.0):
    """Inputs, fields and biases; some inputs lie far beyond where a logistic function changes."""
    rng = np.random.default_rng(n_units)
    inputs, field, bias = (rng.normal(0, scale, n).astype(np.float32) for n in ((n_rows, n_units), n_units, n_units))
    inputs[:, ::7] *= 100
    return inputs, field, bias


def betas(name, n_rows, seed=0):
    return np.random.default_rng(seed).random((n_rows, 1)) if BETAS[name] is None else BETAS[name]


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("n_rows, n_units", SHAPES)
def test_states_are_drawn_with_the_same_probabilities(n_rows, n_units, beta):
    """u < σ(β I + (1 − β) s + b) for the same u; only where the two are equal but for rounding may it be otherwise."""
    inputs, field, bias = layer(n_rows, n_units)
    beta = betas(beta, n_rows)
    drawn = logistic.drawn(beta, inputs, field, bias, RandomStreams(1).stream("draws"))
    u = RandomStreams(1).stream("draws").uniform(inputs.shape, inputs)
    p = scipy.special.expit(logistic.between(beta, inputs.astype(float), field) + bias)
    is_clear = abs(u - p) > 1e-5
    assert is_clear.mean() > 0.99
    assert drawn.dtype == np.float32
    np.testing.assert_array_equal(drawn[is_clear], (u < p)[is_clear])


@pytest.mark.parametrize("n_rows, n_units", SHAPES)
@pytest.mark.parametrize(
    "old, new, largest",
    [(0.0, 1.0, 2000.0), (0.37, 0.3701, 1.0), ("of each row", "of each row", 2000.0)],
    ids=["far", "near", "of each row"],
)
def test_changes_of_log_partitions_are_those_of_the_formula(n_rows, n_units, old, new, largest):
    """Within a few roundings, for each unit, of its input, or of 1 where a step is small."""
    inputs, field, bias = layer(n_rows, n_units)
    if old == new:
        old, new = (betas(old, n_rows, seed) for seed in (0, 1))
    actual = logistic.log_partition_change(old, new, inputs, field, bias)
    expected = logistic.log_partition_change(old, new, *(array.astype(float) for array in (inputs, field, bias)))
    assert actual.dtype == float
    assert abs(inputs).max() < 2000
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=4 * n_units * np.finfo(np.float32).eps * largest)


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_what_is_not_finite_stays_so(value):
    """Annealing finds out by it that a machine has no distribution."""
    inputs, field, bias = layer(2, 20)
    inputs[1, 3] = value
    changes = logistic.log_partition_change(0.2, 0.3, inputs, field, bias)
    np.testing.assert_array_equal(np.isfinite(changes), [True, False])


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


@pytest.mark.parametrize("which", range(6))
def test_arrays_of_another_length_or_dtype_are_refused(loops, which):
    x, row, column = np.ones((3, 5), np.float32), np.ones(3), np.ones(5, np.float32)
    bits = np.zeros((3, 6), np.uint32)
    for function, arguments in (
        (loops.draw, [x, row, column, column, x.copy(), bits]),
        (loops.changes, [x, row, row, column, column, row.copy()]),
    ):
        function(*arguments)
        for wrong in (arguments[which][:-1], arguments[which].astype(np.int8), None):
            with pytest.raises((ValueError, TypeError)):
                function(*arguments[:which], wrong, *arguments[which + 1 :])
