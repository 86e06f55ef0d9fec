"""Draws of binary units and changes of their log-partitions in C, against the formulas beside them."""

import numpy as np
import pytest
import scipy.special

from deepbelief.core import logistic, native
from deepbelief.core.randomness import RandomStreams

SHAPES = [(1, 1), (3, 17), (60, 500), (2, 1200)]  # with a vector that is not full; more than a product has room for
BETAS = {"base": 0.0, "between": 0.37, "machine": 1.0, "of each row": None}


@pytest.fixture(autouse=True)
def used(loops, monkeypatch):
    monkeypatch.setattr(native, "module", loops)


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


def test_threads_change_nothing(threads):
    """There are enough numbers for all of them."""
    inputs, field, bias = layer(60, 500)
    results = []
    for n_threads in (1, 3):
        threads(n_threads)
        stream = RandomStreams(1).stream("draws")
        drawn = logistic.drawn(0.4, inputs, field, bias, stream)
        results.append((drawn, logistic.log_partition_change(0.3, 0.4, inputs, field, bias)))
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


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
