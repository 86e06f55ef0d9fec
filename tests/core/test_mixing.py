"""Mixtures of two rows."""

import numpy as np

from deepbelief.core.mixing import mixed

ROWS = np.random.default_rng(0).random((4, 3))


def test_a_mixture_lies_on_the_line_from_the_row_before_to_the_row():
    np.testing.assert_array_equal(mixed(ROWS, np.ones((4, 1))), ROWS)
    np.testing.assert_allclose(mixed(ROWS, np.zeros((4, 1))), ROWS[[3, 0, 1, 2]], rtol=1e-15)
    portions = np.array([[0.25], [0.5], [0.75], [1.0]])
    np.testing.assert_allclose(mixed(ROWS, portions), portions * ROWS + (1 - portions) * ROWS[[3, 0, 1, 2]])


def test_one_row_alone_is_its_own_mixture():
    np.testing.assert_array_equal(mixed(ROWS[:1], np.array([[0.3]])), ROWS[:1])
