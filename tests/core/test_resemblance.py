"""Statistics, neighbours and components of samples beside data, by numbers that can be computed in the head."""

import itertools

import numpy as np
import pytest

from deepbelief.core.randomness import RandomStreams
from deepbelief.core.resemblance import MOST_SETS, adversarial_accuracy, copied, moments, nearest, principal_components

STREAM = RandomStreams(0).stream("test")
RNG = np.random.default_rng(0)


def test_moments_are_means_covariances_and_third_central_moments():
    data, samples = RNG.random((40, 4)), RNG.random((30, 4))
    first, second, third = (moments(data, samples, order, STREAM) for order in (1, 2, 3))
    np.testing.assert_allclose(first.samples, samples.mean(axis=0))
    pairs = {tuple(pair): value for pair, value in zip(second.features.tolist(), second.data, strict=True)}
    covariance = np.cov(data.T, bias=True)
    assert pairs == {(i, j): pytest.approx(covariance[i, j]) for i, j in itertools.combinations(range(4), 2)}
    assert sorted(map(tuple, third.features.tolist())) == list(itertools.combinations(range(4), 3))
    i, j, k = third.features[0]
    centred = samples - samples.mean(axis=0)
    assert third.samples[0] == pytest.approx(np.mean(centred[:, i] * centred[:, j] * centred[:, k]))


def test_features_that_do_not_vary_are_left_out_and_many_sets_are_drawn():
    data = RNG.random((20, 100))
    data[:, 7] = 0.5
    for order in (1, 2, 3):
        found = moments(data, data, order, STREAM)
        assert 7 not in found.features
        assert len(found.data) <= MOST_SETS
        assert len({tuple(features) for features in found.features.tolist()}) == len(found.features)
        assert found.correlation == pytest.approx(1)
        assert found.slope == pytest.approx(1)
    assert len(moments(data[:, :2], data[:, :2], 3, STREAM).data) == 0


def test_neighbours():
    rows, others = np.array([[0.0, 0], [3, 4]]), np.array([[1.0, 0], [3, 3], [9, 9]])
    index, distance = nearest(rows, others)
    np.testing.assert_array_equal(index, [0, 1])
    np.testing.assert_allclose(distance, [1, 1])
    index, distance = nearest(others, others, same=True)
    np.testing.assert_array_equal(index, [1, 0, 1])
    np.testing.assert_allclose(distance, [13**0.5, 13**0.5, 72**0.5])
    many = RNG.random((600, 5))
    index, distance = nearest(many, many, same=True)
    distances = np.linalg.norm(many[:, None] - many, axis=2) + np.diag(np.full(600, np.inf))
    np.testing.assert_array_equal(index, distances.argmin(axis=1))
    np.testing.assert_allclose(distance, distances.min(axis=1))


def test_adversarial_accuracy_is_half_of_the_same_one_of_others_and_nought_of_copies():
    data, same = RNG.normal(size=(500, 4)), RNG.normal(size=(500, 4))
    found = adversarial_accuracy(data, same)
    for value in (found.truth, found.synthetic, found.value):
        assert value == pytest.approx(0.5, abs=4 * 0.5 / 500**0.5)
    other = adversarial_accuracy(data, data + 100)
    assert (other.truth, other.synthetic) == (1, 1)
    copies = adversarial_accuracy(data, data + 1e-6)
    assert (copies.truth, copies.synthetic) == (0, 0)
    blurred = adversarial_accuracy(data, 0.01 * same)  # all of them between the rows, and near each other
    assert blurred.synthetic > 0.95


def test_copies_are_near_a_row_by_the_distance_between_rows():
    data = np.arange(10.0)[:, None] * 10
    assert copied(data, data[[2, 3, 4, 5]] + np.array([[1.0], [2], [3], [-1]]), 0.25) == 0.75
    assert copied(np.zeros((10, 1)), np.zeros((4, 1)), 0.25) == 0  # equal rows have no distance: nothing is a copy


def test_components_are_those_of_the_data():
    data = RNG.normal(size=(200, 3)) * [5, 1, 0.1] + 7
    rows, samples = principal_components(data, data[:10])
    np.testing.assert_allclose(rows[:10], samples)
    np.testing.assert_allclose(abs(np.corrcoef(rows[:, 0], data[:, 0])[0, 1]), 1, atol=1e-2)
    assert rows.shape == (200, 2)
