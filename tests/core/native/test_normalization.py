"""Normalised units in C against the formulas of core/normalization.py at float64."""

import numpy as np
import pytest
from scipy.special import expit

from deepbelief.core.normalization import Normalized, moments

SHAPES = [(1, 1), (2, 7), (5, 16), (100, 33), (300, 130)]


def drawn(shape, seed):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


@pytest.mark.parametrize("shape", SHAPES)
def test_inputs_are_normalised(loops, shape):
    """Also far from 0, where a mean of squares would lose its digits."""
    inputs = drawn(shape, 0) + np.float32(50)
    means, deviations = moments(inputs.astype(float))
    found_means, found_deviations = (np.empty(shape[1], np.float32) for _ in range(2))
    values = inputs.copy()
    loops.normalise(values, found_means, found_deviations)
    np.testing.assert_allclose(found_means, means, rtol=1e-6)
    np.testing.assert_allclose(found_deviations, deviations, rtol=1e-3 if len(inputs) == 1 else 2e-5)
    np.testing.assert_allclose(values * found_deviations + found_means, inputs, rtol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_errors_are_taken_down(loops, shape):
    errors, values, (gains, deviations) = drawn(shape, 0), drawn(shape, 1), 1.5 + drawn((2, shape[1]), 2)
    of_biases, of_gains = (np.empty(shape[1], np.float32) for _ in range(2))
    found = errors.copy()
    loops.normal_errors(found, values, gains / deviations, of_biases, of_gains)
    errors, values = errors.astype(float), values.astype(float)
    expected = Normalized(values, (deviations.astype(float),), [slice(None)]).backward(errors * gains)
    np.testing.assert_allclose(found, expected, rtol=0, atol=5e-6)
    np.testing.assert_allclose(of_biases, errors.sum(0), rtol=0, atol=len(errors) * 1e-6)
    np.testing.assert_allclose(of_gains, (errors * values).sum(0), rtol=0, atol=len(errors) * 1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_units_are_scaled(loops, shape):
    inputs, (scales, offsets) = drawn(shape, 0), drawn((2, shape[1]), 1)
    out = np.full((shape[0], shape[1] + 2), 7, np.float32)
    loops.scaled_units(inputs, scales, offsets, out)
    np.testing.assert_allclose(out[:, :-2], expit(inputs.astype(float) * scales + offsets), rtol=0, atol=1e-6)
    assert (out[:, -2:] == 7).all()


def test_numbers_do_not_depend_on_threads(loops, threads):
    found = []
    for n_threads in (1, 3):
        threads(n_threads)
        inputs, errors, vectors = drawn((300, 500), 0), drawn((300, 500), 1), [np.empty(500, np.float32)] * 2
        loops.normalise(inputs, *vectors)
        loops.normal_errors(errors, inputs, np.ones(500, np.float32), *vectors)
        loops.scaled_units(inputs, *vectors, errors)
        found.append((inputs, errors))
    np.testing.assert_array_equal(found[0], found[1])
